"""W1, W2: an answer that never came is remembered until the product is settled, whatever changes meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime

from rms_console.adapters.store import open_memory_ledger
from rms_console.contract.records import Postponed, QueueKey, QueueReason, QueueState, Settled, Settlement
from rms_console.domain.position import Position

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_w2_doubt_outlives_a_newer_change_and_ends_with_the_settlement() -> None:
    ledger = open_memory_ledger()
    ledger.enqueue([QueueKey(1, QueueReason.CHANGE, Position.of_version(5))], None, AT)
    (taken,) = ledger.take(10, AT)
    ledger.enqueue([QueueKey(1, QueueReason.CHANGE, Position.of_version(6))], None, AT)
    late = Postponed(1, taken.version, QueueState.RETRYING, "shop-outcome-unknown", "no answer", 1, AT, doubt=True)
    ledger.settle(Settlement(ledger.claim_epoch(), 1, AT, postponed=(late,)))
    (again,) = ledger.take(10, AT)
    assert again.version > taken.version
    assert again.doubt
    ledger.settle(Settlement(1, 1, AT, settled=(Settled(1, again.version),)))
    ledger.enqueue([QueueKey(1, QueueReason.CHANGE, Position.of_version(7))], None, AT)
    assert not ledger.take(10, AT)[0].doubt
