"""The creation brake."""

from __future__ import annotations

import pytest

from rms_console.domain.guard import limit_creations
from rms_console.domain.policy import GuardPolicy

STYLES = ("A", "B", "C")


@pytest.mark.parametrize(
    ("most", "today", "allowed"),
    [(2, 0, 2), (3, 0, 3), (4, 0, 3), (3, 2, 1), (3, 3, 0), (3, 99, 0), (0, 99, 3)],
)
def test_w16_only_so_many_products_a_day(most: int, today: int, allowed: int) -> None:
    """W16: N-1, N and N+1 creations, and no limit."""
    may, held = limit_creations(STYLES, today, GuardPolicy(max_created=most))
    assert len(may) == allowed
    assert may + held == STYLES
