"""Defects that the simulation found, each as the smallest story that shows it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from rms_console.adapters.store import SqliteLedger, open_memory_ledger
from rms_console.contract.records import Postponed, QueueKey, QueueReason, QueueState, Settlement
from rms_console.domain.changes import FieldChange
from rms_console.domain.holds import Aspect, Danger, Hold, HoldState, Reason
from rms_console.domain.rows import RowsRead
from tests.engine.world import World, shoes
from tests.engine_detect.place import KeptPlace
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
    closes: dict[str, Any] = {how: (hold.hold_id,)}
    ledger.settle(Settlement(1, 2, START, **closes))
    assert {entry.state for entry in ledger.entries([1, 2])} == {QueueState.WAITING}


async def test_s5_damage_that_shows_only_when_the_ledger_is_read_does_not_keep_the_engine_from_starting(
    tmp_path: Path,
) -> None:
    """S5, G6: it opened well, and every start ended at the first row that could not be read."""
    world = KeptPlace(tmp_path)
    world.store.add(shoes(1, sizes=2))
    await world.start()
    await world.once()
    await world.engine.close()
    await world.collect()
    with closing(sqlite3.connect(world.file)) as db, db:
        db.execute("UPDATE cycles SET body = CAST(x'7bff7d' AS TEXT)")
    await world.start()
    assert world.put_aside()
    await world.converge()
    world.assert_equal()
    await world.collect()
    world.close()


async def test_d14_a_new_item_is_not_forgotten_because_the_view_was_empty_for_a_moment(tmp_path: Path) -> None:
    """D14, G1: what the view does not show is looked at once more before it is let go, and then let go."""
    world = World(tmp_path)
    world.store.add(shoes(1))
    await world.start()
    read, is_empty = world.around._source.read_items, True

    def sometimes(item_ids: Sequence[int]) -> RowsRead:
        found = read(item_ids)
        return RowsRead((), (), frozenset(row.item_id for row in found.rows)) if is_empty else found

    with mock.patch.object(world.around._source, "read_items", sometimes):
        await world.once()
        assert world.entry(11).code == "not-in-view"
        assert world.counts().held == 0, "it waits for nobody's yes"
        is_empty = False
        await world.rest(16 * 60)
        await world.cycle()
        world.assert_equal()
        is_empty = True
        world.store.add(shoes(1, first=2))
        await world.cycle()
        await world.rest(16 * 60)
        await world.cycle()
        assert not world.entries()
    await world.collect()
    world.close()
