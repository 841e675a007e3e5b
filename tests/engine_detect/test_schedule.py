"""Time that jumps, loops that hang, processes that die half way: the engine goes on as if nothing had been."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from rms_console.adapters.timer import ApschedulerTimer
from rms_console.contract.events import EventName
from rms_console.contract.ports import Timer
from rms_console.demo.shopify.faults import RequestInfo
from rms_console.engine.timetable import Timetable
from rms_console.engine.wakes import Wake, Wakes
from tests.engine.world import SETTINGS, Death, Killed, shoes, tuned
from tests.engine_detect.conftest import Make
from tests.engine_detect.place import Place
from tests.twins.clock import settle

HOUR, MINUTE = 3600.0, 60.0
QUIET = tuned(SETTINGS, sweep_s=0.0, watch_s=0.0)


def cycles(place: Place) -> int:
    return place.names().count(EventName.CYCLE_FINISHED)


async def stocked(make: Make, **options: object) -> Place:
    place = make(settings=QUIET, **options)
    place.store.add(shoes(4, 2))
    await place.start()
    await place.converge()
    await place.stop()
    return place


async def test_s7_after_eight_hours_of_sleep_one_cycle_catches_up(make: Make) -> None:
    """S7: the laptop is closed for a night: what was missed rings once, not a hundred times."""
    place = await stocked(make)
    async with place.service():
        await place.wait(10 * MINUTE)
        before = cycles(place)
        place.store.change(11, Quantity=2.0)
        place.clock.advance(8 * HOUR)
        place.timer.run_due()
        await place.idle()
        assert cycles(place) == before + 1
        assert place.stock(11) == 2
        await place.wait(QUIET.interval_s * 2.5)
        assert cycles(place) == before + 3


@pytest.mark.parametrize("hours", [1, -1, 8, -8])
async def test_s7_a_wall_clock_that_is_set_loses_no_change_and_stops_no_cycle(make: Make, hours: int) -> None:
    """S7: an administrator corrects the machine's clock; RMS's own is the same machine's."""
    place = await stocked(make)
    async with place.service():
        await place.wait(10 * MINUTE)
        place.clock.set_wall(place.clock.now() + timedelta(hours=hours))
        for quantity in range(1, 13):
            place.store.change(11, Quantity=float(quantity))
            await place.wait(QUIET.interval_s)
        if hours > 0:
            assert place.stock(11) == 12
        await place.wait(max(0, -hours) * HOUR + 2 * QUIET.interval_s)
        assert place.stock(11) == 12
        assert place.engine.recovery.fault is None


@pytest.mark.parametrize("gone", ["rms", "shop"])
async def test_s7_a_clock_that_is_set_back_in_an_outage_puts_off_no_try(make: Make, gone: str) -> None:
    """S7, G1: the next try stood an hour off by the new time, and until then nothing was read or sent."""
    place = await stocked(make)
    async with place.service() as engine:
        await place.wait(10 * MINUTE)
        place.wire.is_cut = gone == "shop"
        place.faults.error_ratio = 1.0 if gone == "rms" else 0.0
        place.store.change(11, Quantity=2.0)
        await place.wait(20 * MINUTE)
        assert engine.recovery.fault is not None
        place.clock.set_wall(place.clock.now() - timedelta(hours=1))
        place.timer.fire("supervise")  # as every repeating call is once the timer sees that the clock was set
        place.wire.is_cut = False
        place.faults.error_ratio = 0.0
        await place.wait(1)
        assert engine.recovery.fault is None


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Madrid", datetime(2027, 3, 27, 12, tzinfo=UTC)),
        ("Europe/Madrid", datetime(2027, 10, 30, 12, tzinfo=UTC)),
        ("America/Costa_Rica", datetime(2027, 3, 27, 12, tzinfo=UTC)),
    ],
    ids=["spring", "autumn", "none"],
)
async def test_s7_d6_the_nightly_comparison_runs_once_a_day_over_both_switches(
    make: Make, zone: str, day: datetime
) -> None:
    """S7, D6: at half past two, which one night lacks and another has twice; changes arrive all along."""
    settings = tuned(QUIET, zone=zone, full_sync_hour=2, full_sync_minute=30)
    place = make(settings=settings, start=day)
    place.store.add(shoes(4, 2))
    async with place.service(settings):
        await place.wait(HOUR)
        for quantity in range(1, 49):
            place.store.change(11, Quantity=float(quantity))
            await place.wait(HOUR)
            assert place.stock(11) == quantity
        nights = [line for line in place.log if line.facts.get("reason") == "nightly"]
        assert len(nights) == 2


async def test_s7_a_read_that_hangs_does_not_pile_up_cycles(make: Make) -> None:
    """S7: every timer goes on ringing meanwhile; afterwards there is one cycle for all of it."""
    place = await stocked(make)
    async with place.service():
        await place.wait(10 * MINUTE)
        engine = place.engine
        before = cycles(place)
        release = asyncio.Event()
        real = engine.deps.sql

        class Hanging:
            async def __call__(self, call: object, *args: object, **kwargs: object) -> object:
                await release.wait()
                return await real(call, *args, **kwargs)  # type: ignore[arg-type]

            def close(self) -> None:
                return None

        engine.deps.sql = Hanging()  # type: ignore[assignment]
        place.store.change(11, Quantity=2.0)
        for _ in range(20):
            place.clock.advance(QUIET.interval_s)
            place.timer.run_due()
            await settle()
        # The one that hung was given up, and is in the history as such.
        assert cycles(place) == before + 1
        assert place.real_ledger.cycles(1, None)[0].error_code == "run-hung"
        engine.deps.sql = real
        release.set()
        await place.idle()
        assert before + 1 <= cycles(place) <= before + 2
        assert place.stock(11) == 2


async def test_s7_a_blocked_loop_rings_once_with_the_real_timer(make: Make) -> None:
    """S7: the scheduler's own habit is to skip what is a second late and to say so in a log nobody reads."""
    place = await stocked(make)
    engine = await place.start()
    wakes = Wakes()
    timer: Timer = ApschedulerTimer(engine.deps.clock)
    engine.deps.timer = timer
    timetable = Timetable(engine.deps, wakes, lambda: None)
    timetable.begin(tuned(QUIET, interval_s=0.05, health_interval_s=1000.0, recovery_check_interval_s=1000.0))
    try:
        taken = [await asyncio.wait_for(wakes.next(), 2) for _ in range(2)]
        assert set(taken) <= {Wake.SCHEDULE, Wake.HEALTH}
        time.sleep(1.2)  # noqa: ASYNC251  # the loop is what must be blocked
        assert await asyncio.wait_for(wakes.next(), 2) is Wake.SCHEDULE
        assert not wakes.is_pending(Wake.SCHEDULE)
    finally:
        timer.stop()


async def test_s9_three_products_in_progress_at_the_kill_run_again_in_the_first_cycle(make: Make) -> None:
    """S9: nothing stays marked as begun; what was in flight is read back, then sent, all in one cycle."""
    place = await stocked(make)
    for item in (11, 21, 31):
        place.store.change(item, Price=17000.0, Quantity=2.0)
    death = Death()
    await place.start(death=death)
    await place.run(place.engine.mending.reach())
    updates = 0
    place.wire.latency_s = 0.5

    def die_at_the_third(info: RequestInfo) -> None:
        nonlocal updates
        updates += "productVariantsBulkUpdate" in info.root_fields
        if updates == 3:
            death.at = len(death.steps) + 1

    place.wire.faults = die_at_the_third
    with pytest.raises(Killed):
        await place.cycle()
    in_flight = place.real_ledger.get_fact("in_flight")
    assert in_flight is not None
    assert all(f"24YM000{number}" in in_flight for number in (1, 2, 3))
    await place.collect()
    await place.start(death=Death())
    finished = await place.cycle()
    assert finished.fault is None
    place.assert_equal()
    assert place.real_ledger.get_fact("in_flight") is None
    assert {entry.code for entry in place.entries().values()} <= {"verifying"}, "only read once more, for late writes"
    await place.converge()
    assert place.counts().waiting == place.counts().retrying == 0


@pytest.mark.parametrize("step", range(1, 41, 3))
async def test_s9_s1_a_kill_at_any_step_is_over_after_one_cycle(make: Make, step: int) -> None:
    """S9, S1: three products in progress; the next process needs one cycle, and a second has nothing to send."""
    place = await stocked(make)
    for item in (11, 21, 31):
        place.store.change(item, Price=17000.0, Quantity=2.0)
    death = Death()
    await place.start(death=death)
    await place.run(place.engine.mending.reach())
    death.at = len(death.steps) + step
    try:
        await place.cycle()
    except Killed:
        pass
    else:
        death.dead = True
    await place.collect()
    await place.start(death=Death())
    assert (await place.cycle()).fault is None
    place.assert_equal()
    await place.assert_quiet()
