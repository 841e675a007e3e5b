"""Who wins when the shop's stock moved since our last write."""

from __future__ import annotations

import pytest

from rms_console.domain.policy import Conflict, StockPolicy
from rms_console.domain.stock import StockDecision, resolve_stale

LOWER = StockPolicy(conflict=Conflict.LOWER)
RMS = StockPolicy(conflict=Conflict.RMS)


@pytest.mark.parametrize(
    ("desired", "acknowledged", "observed", "decision"),
    [
        (5, 5, 5, StockDecision(None, 5)),
        (3, 5, 3, StockDecision(None, 3)),
        (2, 5, 4, StockDecision(2, 4)),
        (0, 5, 4, StockDecision(0, 4)),
        (5, 5, 4, StockDecision(None, 4, hold=True)),
        (4, 5, 3, StockDecision(None, 3, hold=True)),
        (9, 5, 4, StockDecision(8, 4, hold=True)),
        (6, 5, 0, StockDecision(1, 0, hold=True)),
        (6, 5, -2, StockDecision(0, -2, hold=True)),
        (9, 5, 7, StockDecision(9, 7)),
        (9, None, 4, StockDecision(9, 4)),
    ],
)
def test_w3_nothing_is_raised_above_what_the_shop_lowered(
    desired: int, acknowledged: int | None, observed: int, decision: StockDecision
) -> None:
    """W3: only what RMS added since our last write is added to what the shop holds."""
    assert resolve_stale(desired, acknowledged, observed, LOWER) == decision


@pytest.mark.parametrize(("desired", "acknowledged", "observed"), [(5, 5, 4), (9, 5, 4), (0, 5, 4), (5, None, 0)])
def test_w3_rms_wins_where_the_store_says_so(desired: int, acknowledged: int | None, observed: int) -> None:
    assert resolve_stale(desired, acknowledged, observed, RMS) == StockDecision(desired, observed)
