"""Sales to come whose moments the ledger would lose: they begin and end all the same."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from rms_console.contract.events import EventName
from rms_console.contract.records import QueueState, Settlement
from tests.engine.world import CLOSES, OPENS, SETTINGS, Lost, on_sale, shoes, tuned
from tests.engine_detect.conftest import Make
from tests.engine_detect.place import Place

QUIET = tuned(SETTINGS, sweep_s=0.0, watch_s=0.0)


async def read_ahead(make: Make, ahead: timedelta) -> Place:
    """Return a place whose sale to come was read while the clock was ahead, and is right again."""
    place = make(settings=QUIET)
    place.store.add([*shoes(1), on_sale(place, 21)])
    await place.start()
    place.clock.set_wall(place.clock.now() + ahead)
    await place.converge()
    assert place.price(21)[1] is None
    place.clock.set_wall(place.clock.now() - ahead)
    return place


def told(place: Place) -> int:
    return sum("clock was set back" in line.template for line in place.log)


async def test_d12_d5_a_sale_that_a_clock_ahead_took_for_over_begins_and_ends(make: Make) -> None:
    """D12, D5: its window was let go as passed: no timer, no row and no version told of it any more."""
    place = await read_ahead(make, timedelta(hours=8))
    regular = place.price(21)
    await place.once()
    assert told(place) == 1
    assert place.real_ledger.next_boundary_at() == place.clock.now() + OPENS
    for after, wanted in ((OPENS, ("9000.00", regular[0])), (CLOSES - OPENS, regular)):
        await place.rest(after.total_seconds())
        await place.once()
        assert place.price(21) == wanted
    assert told(place) == 1


async def test_d12_d5_the_next_process_knows_that_the_clock_was_ahead(make: Make) -> None:
    """D12, D5: the machine began with a wrong clock, and was begun anew once that was right."""
    place = await read_ahead(make, timedelta(hours=8))
    await place.restart()
    await place.once()
    assert told(place) == 1
    assert place.real_ledger.next_boundary_at() == place.clock.now() + OPENS


async def test_g2_what_failed_while_the_clock_was_ahead_is_tried_when_it_is_right(make: Make) -> None:
    """G2: its next try was set by that clock, hours from now, and no change of its row need come before."""
    place = make(settings=QUIET)
    place.store.add(shoes(1))
    await place.start()
    await place.converge()
    place.clock.set_wall(place.clock.now() + timedelta(hours=8))
    place.store.change(11, Price=14000.0)
    place.wire.faults = lambda info: Lost(httpx.ReadError("reset")) if "productVariantsBulk" in str(info) else None
    await place.cycle()
    assert [entry.next_try_at is not None for entry in place.entries(QueueState.RETRYING).values()] == [True]
    place.wire.faults = lambda info: None
    place.clock.set_wall(place.clock.now() - timedelta(hours=8))
    await place.once()
    assert place.price(11)[0] == "14000.00"


async def test_g8_a_clock_that_was_a_little_ahead_has_nothing_compared(make: Make) -> None:
    """G8: what it worked out is right again by itself a moment later, and such clocks are set back every day."""
    place = await read_ahead(make, timedelta(seconds=45))
    await place.once()
    assert not told(place)
    assert await place.engine.reconciler.due() is None


@pytest.mark.parametrize("there", ["24YM0001", "24YM0003"])
async def test_d12_d18_a_sale_to_come_moves_with_its_item(make: Make, there: str) -> None:
    """D12, D18: the style that it left told, after the one that has it now, that it has no sale."""
    place = make(settings=QUIET)
    place.store.add([*shoes(1), *shoes(1, first=3), on_sale(place, 21)])
    await place.start()
    await place.converge()
    opens = place.real_ledger.next_boundary_at()
    for values in ({"style": there}, {"Quantity": 2.0}, {"Quantity": 2.0}):
        place.store.change(21, **values)
        await place.converge()
        assert place.real_ledger.next_boundary_at() == opens == place.clock.now() + OPENS, values


async def test_d12_a_full_comparison_finds_a_sale_to_come_that_no_timer_would_ring_for(make: Make) -> None:
    """D12: its price is right today, so by value nothing differs; found once, it is found no more."""
    place = make(settings=QUIET)
    place.store.add([*shoes(1), on_sale(place, 21)])
    await place.start()
    await place.converge()
    place.real_ledger.settle(Settlement(place.engine.tenure.epoch, 1, place.clock.now(), boundaries={21: ()}))
    assert place.real_ledger.next_boundary_at() is None
    for found in (1, 0):
        await place.engine.reconciler.ask("test")
        await place.once()
        assert place.facts(EventName.COMPARED)[-1]["queued"] == found
        assert place.real_ledger.next_boundary_at() == place.clock.now() + OPENS
