"""Cutting a failing story down: the fewest acts that still break the same law."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.simulation.story import Step

Fails = Callable[[Sequence[Step]], bool]


def shrink(story: Sequence[Step], fails: Fails, most_runs: int = 200) -> tuple[Step, ...]:
    """Return a smaller story that still fails: halves, quarters ... single steps are left out while it does."""
    left, runs, size = list(story), 0, max(1, len(story) // 2)
    while runs < most_runs:
        start, is_smaller = 0, False
        while start < len(left) and runs < most_runs:
            tried = left[:start] + left[start + size :]
            runs += 1
            if tried and fails(tried):
                left, is_smaller = tried, True
            else:
                start += size
        if size == 1 and not is_smaller:
            break
        size = max(1, size // 2)
    return tuple(left)


def laws(violations: Sequence[str]) -> frozenset[str]:
    """Return which laws were broken."""
    return frozenset(told.partition(":")[0] for told in violations)
