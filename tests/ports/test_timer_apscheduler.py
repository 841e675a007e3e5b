"""`ApschedulerTimer` over the real scheduler and the real clock, with short spacings."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rms_console.adapters.clock import SystemClock
from rms_console.adapters.timer import ApschedulerTimer, Daily, Spacing

PATIENCE_S = 5.0
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


class SettableClock(SystemClock):
    """The machine's clock, as set by somebody by so many seconds."""

    def __init__(self) -> None:
        self.set_by_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.set_by_s)


class Calls:
    """Remembers when and on which thread it was called."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.threads: set[int] = set()
        self._called = asyncio.Event()

    def __call__(self) -> None:
        self.at.append(time.monotonic())
        self.threads.add(threading.get_ident())
        self._called.set()

    async def wait(self, number: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.at) < number:
                self._called.clear()
                await self._called.wait()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def timer(clock: SettableClock) -> AsyncIterator[ApschedulerTimer]:
    timer = ApschedulerTimer(clock)
    timer.start()
    yield timer
    timer.stop()
    await asyncio.sleep(0)


async def test_every_calls_at_once_and_then_with_the_spacing(timer: ApschedulerTimer) -> None:
    calls = Calls()
    begun = time.monotonic()
    timer.every("poll", 0.1, calls)
    await calls.wait(1)
    assert calls.at[0] - begun < 0.1
    await calls.wait(4)
    assert calls.at[3] - begun >= 0.29


async def test_calls_are_made_on_the_loop_thread(timer: ApschedulerTimer) -> None:
    calls = Calls()
    timer.every("poll", 0.05, calls)
    timer.at("once", datetime.now(UTC), calls)
    await calls.wait(3)
    assert calls.threads == {threading.get_ident()}


async def test_timers_set_before_the_start_begin_with_it() -> None:
    timer = ApschedulerTimer(SystemClock())
    calls = Calls()
    timer.every("poll", 60, calls)
    await asyncio.sleep(0.06)
    assert calls.at == []
    timer.start()
    await calls.wait(1)
    timer.stop()


async def test_the_same_name_again_changes_the_spacing_and_does_not_call_at_once(timer: ApschedulerTimer) -> None:
    calls = Calls()
    timer.every("poll", 60, calls)
    await calls.wait(1)
    first = timer.next_at("poll")
    timer.every("poll", 90, calls)
    await asyncio.sleep(0.05)
    assert len(calls.at) == 1
    assert first is not None
    assert timer.next_at("poll") == first + timedelta(seconds=30)
    timer.every("poll", 0.05, calls)
    await calls.wait(3)


async def test_a_time_in_the_past_is_called_at_once_and_only_once(timer: ApschedulerTimer) -> None:
    calls = Calls()
    timer.at("sale", datetime.now(UTC) - timedelta(days=2), calls)
    await calls.wait(1)
    await asyncio.sleep(0.06)
    assert len(calls.at) == 1
    assert timer.next_at("sale") is None


async def test_a_call_that_plans_itself_anew_for_now_is_not_lost(timer: ApschedulerTimer) -> None:
    calls = Calls()

    def again() -> None:
        calls()
        if len(calls.at) < 20:
            timer.at("sale", datetime.now(UTC) - timedelta(seconds=1), again)

    timer.at("sale", datetime.now(UTC), again)
    await calls.wait(20)
    assert len(calls.at) == 20


async def test_a_cancelled_timer_is_silent_and_cancelling_nothing_is_fine(timer: ApschedulerTimer) -> None:
    calls = Calls()
    timer.at("sale", datetime.now(UTC), calls)
    timer.cancel("sale")
    timer.cancel("never there")
    await asyncio.sleep(0.06)
    assert calls.at == []


async def test_next_at_tells_utc(timer: ApschedulerTimer) -> None:
    when = datetime.now(UTC) + timedelta(hours=3)
    timer.at("sale", when.astimezone(ZoneInfo("America/Costa_Rica")), lambda: None)
    told = timer.next_at("sale")
    assert told == when
    assert told is not None
    assert told.tzinfo is UTC
    assert timer.next_at("unknown") is None


async def test_s7_a_blocked_loop_loses_no_call_and_makes_missed_ones_once(timer: ApschedulerTimer) -> None:
    """S7: more than a second late is beyond the scheduler's own grace; the run is made, once."""
    calls, once = Calls(), Calls()
    timer.every("poll", 0.1, calls)
    await calls.wait(1)
    timer.at("sale", datetime.now(UTC) + timedelta(seconds=0.2), once)
    time.sleep(1.5)  # noqa: ASYNC251 - to block the loop is the point
    before = len(calls.at)
    await once.wait(1)
    await calls.wait(before + 1)
    assert len(calls.at) - before <= 2


async def test_s7_setting_the_clock_back_does_not_silence_a_repeating_call(
    timer: ApschedulerTimer, clock: SettableClock
) -> None:
    """S7: an hour back would make the next call an hour late."""
    calls = Calls()
    timer.every("poll", 3600, calls)
    await calls.wait(1)
    clock.set_by_s = -3600
    timer.watch_clock()
    await calls.wait(2)
    assert len(calls.at) == 2


async def test_s7_a_clock_that_runs_evenly_changes_nothing(timer: ApschedulerTimer) -> None:
    calls = Calls()
    timer.every("poll", 3600, calls)
    await calls.wait(1)
    planned = timer.next_at("poll")
    timer.watch_clock()
    await asyncio.sleep(0.02)
    assert timer.next_at("poll") == planned
    assert len(calls.at) == 1


async def test_s7_stop_waits_for_nothing_and_nothing_is_called_after(timer: ApschedulerTimer) -> None:
    calls = Calls()
    timer.every("poll", 0.05, calls)
    await calls.wait(2)
    timer.at("sale", datetime.now(UTC), calls)
    before = len(calls.at)
    timer.stop()
    await asyncio.sleep(0.12)
    assert len(calls.at) == before
    timer.stop()


async def test_stop_without_a_start_is_fine() -> None:
    timer = ApschedulerTimer(SystemClock())
    timer.stop()
    assert timer.next_at("poll") is None


async def test_a_call_that_raises_reaches_the_loop_and_the_next_one_is_made(
    timer: ApschedulerTimer, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    calls = Calls()

    def broken() -> None:
        calls()
        raise LookupError("bug")

    timer.every("poll", 0.05, broken)
    await calls.wait(2)
    await asyncio.sleep(0)
    assert isinstance(told[0]["exception"], LookupError)
    assert "poll" in told[0]["message"]
    assert capfd.readouterr().err == ""


def test_the_scheduler_prints_nothing_by_itself() -> None:
    handlers = logging.getLogger("apscheduler").handlers
    assert any(isinstance(handler, logging.NullHandler) for handler in handlers)


def runs(next_fire: Callable[[datetime | None, datetime], datetime], start: datetime, number: int) -> list[datetime]:
    """Return the first runs, each asked for a moment after the one before was made."""
    found = [next_fire(None, start)]
    while len(found) < number:
        found.append(next_fire(found[-1], found[-1] + timedelta(milliseconds=3)))
    return found


def test_s7_spacing_skips_a_sleep_of_years_in_one_step() -> None:
    """S7: after a suspend, or a clock that began in 1970, the list of missed runs would be endless."""
    spacing = Spacing(5)
    later = NOON + timedelta(days=20_000, seconds=3)
    following = spacing.get_next_fire_time(NOON, later)
    assert later < following <= later + timedelta(seconds=5)
    assert (following - NOON).total_seconds() % 5 == 0


def test_spacing_is_never_shorter_than_it_may_be() -> None:
    assert Spacing(0).get_next_fire_time(NOON, NOON) == NOON + timedelta(seconds=0.05)


@pytest.mark.parametrize(
    ("zone", "hour", "minute", "day", "expected"),
    [
        pytest.param("Europe/Madrid", 2, 0, "2026-10-24", ["24 00:00", "25 00:00", "26 01:00"], id="repeated-hour"),
        pytest.param("Europe/Madrid", 2, 30, "2026-03-28", ["28 01:30", "29 01:30", "30 00:30"], id="skipped-hour"),
        pytest.param("America/New_York", 0, 0, "2026-03-08", ["08 05:00", "09 04:00", "10 04:00"], id="midnight"),
        pytest.param("America/Santiago", 0, 0, "2026-09-05", ["05 04:00", "06 04:00", "07 03:00"], id="no-midnight"),
        pytest.param("America/Costa_Rica", 2, 0, "2026-10-24", ["24 08:00", "25 08:00", "26 08:00"], id="no-dst"),
    ],
)
def test_s7_daily_is_once_a_day_on_both_sides_of_summer_time(
    zone: str, hour: int, minute: int, day: str, expected: list[str]
) -> None:
    """S7, D6: once each local day, whatever the clocks do; times are UTC."""
    daily = Daily(hour, minute, ZoneInfo(zone))
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(minutes=1)
    assert [f"{run:%d %H:%M}" for run in runs(daily.get_next_fire_time, start, 3)] == expected


def test_daily_missed_for_a_week_is_due_next_in_the_future() -> None:
    daily = Daily(2, 0, ZoneInfo("UTC"))
    later = NOON + timedelta(days=7)
    assert daily.get_next_fire_time(NOON, later) == datetime(2026, 11, 10, 2, 0, tzinfo=UTC)


async def test_daily_is_planned_in_the_zone_named(timer: ApschedulerTimer) -> None:
    timer.daily("nightly", 2, 0, "America/Costa_Rica", lambda: None)
    planned = timer.next_at("nightly")
    assert planned is not None
    assert (planned.hour, planned.minute, planned.second) == (8, 0, 0)
    assert timedelta(0) < planned - datetime.now(UTC) <= timedelta(days=1)
