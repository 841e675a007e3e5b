"""Commands and exit codes."""

from __future__ import annotations


def main() -> None:
    """Entry point of `rms-console`."""
    raise SystemExit(2)
