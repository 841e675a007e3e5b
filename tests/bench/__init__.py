"""Figures, not tests: each bench prints ratios measured in one run. `python -m tests.bench [names]`."""
