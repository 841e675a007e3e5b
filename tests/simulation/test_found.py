"""Defects that the simulation found, each as the smallest story that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from rms_console.adapters.store import SqliteLedger, open_memory_ledger
from rms_console.contract.records import Postponed, QueueKey, QueueReason, QueueState, Settlement
from rms_console.domain.changes import FieldChange
from rms_console.domain.holds import Aspect, Danger, Hold, HoldState, Reason
from tests.simulation.clockwork import START


@pytest.fixture
def ledger() -> Iterator[SqliteLedger]:
    opened = open_memory_ledger()
    yield opened
    opened.close()


def held(ledger: SqliteLedger) -> Hold:
    """Have item 1 of a style wait for a hold, and item 2 beside it; return the hold."""
    ledger.enqueue([QueueKey(item, QueueReason.CHANGE) for item in (1, 2)], None, START)
    change = FieldChange(1, "price", "100", "1")
    hold = Hold("A", "Zapato", Aspect.PRICE, Reason(Danger.PRICE_JUMP, "too far"), (change,), (1,))
    waiting = [
        Postponed(
            entry.item_id,
            entry.version,
            QueueState.HELD,
            "guard-price-jump",
            "too far",
            0,
            START + timedelta(days=1),
            "A",
        )
        for entry in ledger.entries([1, 2])
    ]
    ledger.settle(Settlement(1, 1, START, postponed=tuple(waiting), holds=(hold,)))
    return ledger.holds_page((HoldState.OPEN,), 10, 0)[0]


@pytest.mark.parametrize("how", ["overtaken_holds", "applied_holds"])
def test_what_waited_for_a_hold_is_looked_at_when_the_hold_is_no_more(ledger: SqliteLedger, how: str) -> None:
    """G1: an item on the list whose reason is gone is no honest exception; it stood there for a day."""
    ledger.claim_epoch()
    hold = held(ledger)
    assert {entry.state for entry in ledger.entries([1, 2])} == {QueueState.HELD}
    ledger.settle(Settlement(1, 2, START, **{how: (hold.hold_id,)}))
    assert {entry.state for entry in ledger.entries([1, 2])} == {QueueState.WAITING}
