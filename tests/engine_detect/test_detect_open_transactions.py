"""Transactions that stay open: nothing is lost, nothing waits, and what was rolled back does not stay in the shop."""

from __future__ import annotations

from random import Random

import pytest

from rms_console.contract.events import EventName
from rms_console.domain.position import Detection
from tests.engine.world import shoes
from tests.engine_detect.conftest import Make
from tests.engine_detect.place import Place

MINUTE = 60.0
BOTH = pytest.mark.parametrize("detection", list(Detection))


async def stocked(make: Make, detection: str, styles: int = 6) -> Place:
    place = make(detection=detection)
    place.store.add(shoes(styles, 2))
    await place.start()
    await place.converge()
    place.assert_equal()
    return place


@BOTH
@pytest.mark.parametrize("seed", range(8))
async def test_d2_a_transaction_of_up_to_half_an_hour_arrives_within_one_poll_of_its_commit(
    make: Make, detection: str, seed: int
) -> None:
    """D2: open across one to six polls while others write; committed with an older stamp and a lower version."""
    random = Random(seed)
    place = await stocked(make, detection)
    for _ in range(3):
        place.clock.advance(2)
        opened = place.trouble.begin(
            11, Quantity=float(random.randrange(100, 200)), Price=16000.0 + random.randrange(900)
        )
        for _ in range(random.randrange(1, 7)):
            place.clock.advance(random.uniform(1, 5) * MINUTE)
            place.store.change(random.choice((21, 31, 41, 51)), Quantity=float(random.randrange(50)))
            await place.cycle()
        opened.commit()
        await place.cycle()
        place.assert_equal()


async def test_d3_other_changes_arrive_while_a_transaction_is_open_for_two_hours_and_the_lag_is_shown(
    make: Make,
) -> None:
    """D3: no stall and no loss; the watermark's lag grows, is told once, and is gone after the commit."""
    place = await stocked(make, Detection.ROWVERSION)
    opened = place.trouble.begin(11, Quantity=77.0)
    watermark = place.real_ledger.watermark()
    for number in range(24):
        place.clock.advance(5 * MINUTE)
        place.store.change((21, 31, 41)[number % 3], Quantity=float(100 + number))
        await place.cycle()
        assert place.stock((21, 31, 41)[number % 3]) == 100 + number
    held = place.real_ledger.watermark()
    assert held is not None
    assert watermark is not None
    assert held.number == opened.version - 1
    lag = (await place.engine.snapshot()).source.watermark_lag_s
    assert lag == pytest.approx(23 * 5 * MINUTE)
    assert place.names().count(EventName.WATERMARK_HELD_BACK) == 1
    opened.commit()
    await place.cycle()
    place.assert_equal()
    after = place.real_ledger.watermark()
    assert after is not None
    assert after > held
    assert (await place.engine.snapshot()).source.watermark_lag_s == 0


async def test_d3_a_restart_under_an_open_transaction_loses_nothing(make: Make) -> None:
    """D3: what lies above the limit is read again by the next process, and queued once."""
    place = await stocked(make, Detection.ROWVERSION)
    opened = place.trouble.begin(11, Quantity=77.0)
    place.store.change(21, Quantity=3.0)
    await place.cycle()
    before = place.mutations()
    await place.restart()
    await place.cycle()
    assert place.mutations() == before
    opened.commit()
    await place.cycle()
    place.assert_equal()


@BOTH
async def test_d15_a_value_that_is_rolled_back_after_the_read_is_taken_back_in_one_cycle(
    make: Make, detection: str
) -> None:
    """D15: read past the locks, published, rolled back; neither stamp nor version says so afterwards."""
    place = await stocked(make, detection)
    place.clock.advance(5 * MINUTE)
    place.store.change(31, Quantity=9.0)
    await place.cycle()
    place.clock.advance(5 * MINUTE)
    opened = place.trouble.begin(11, is_seen=True, Price=14000.0, Quantity=9.0)
    place.clock.advance(1)
    await place.cycle()
    assert place.price(11)[0] == "14000.00"
    opened.roll_back()
    place.clock.advance(5 * MINUTE)
    await place.cycle()
    await place.cycle()
    assert place.price(11)[0] == "15000.00"
    place.assert_equal()
    assert EventName.SOURCE_RESTORED not in place.names()


@BOTH
async def test_d15_what_the_fast_path_cannot_see_is_mended_by_the_next_sweep(make: Make, detection: str) -> None:
    """D15: the process that had read the dirty value is gone when it is rolled back."""
    place = await stocked(make, detection)
    place.clock.advance(45 * MINUTE)
    place.store.change(31, Quantity=9.0)
    opened = place.trouble.begin(11, is_seen=True, Price=14000.0)
    place.clock.advance(1)
    await place.cycle()
    assert place.price(11)[0] == "14000.00"
    await place.stop()
    opened.roll_back()
    async with place.service():
        await place.wait(2 * 3600.0)
    place.assert_equal()


async def test_d14_one_read_in_five_fails_and_nothing_is_lost(make: Make) -> None:
    """D14: an error is never taken for "no changes"."""
    place = await stocked(make, Detection.ROWVERSION)
    random = Random(5)
    place.faults.error_ratio = 0.2
    for _ in range(40):
        place.clock.advance(MINUTE)
        place.store.change(random.choice((11, 21, 31, 41)), Quantity=float(random.randrange(100)))
        await place.cycle()
    place.faults.error_ratio = 0.0
    await place.converge()
    place.assert_equal()
