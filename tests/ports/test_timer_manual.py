"""The twins of clock and timer behave as the real ones do, on a clock moved by hand."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.twins.clock import START, ManualClock, settle
from tests.twins.timer import ManualTimer


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def timer(clock: ManualClock) -> ManualTimer:
    timer = ManualTimer(clock)
    timer.start()
    return timer


async def test_a_sleep_ends_when_the_clock_reaches_it(clock: ManualClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await settle()
    clock.advance(9.5)
    await settle()
    assert not sleeper.done()
    assert clock.next_wake_s == pytest.approx(0.5)
    clock.advance(0.5)
    await settle()
    assert sleeper.done()
    assert clock.now() == START + timedelta(seconds=10)


async def test_chains_of_sleeps_keep_their_order(clock: ManualClock) -> None:
    woken: list[tuple[str, float]] = []

    async def tick(name: str, seconds: float) -> None:
        for _ in range(3):
            await clock.sleep(seconds)
            woken.append((name, clock.monotonic()))

    tasks = [asyncio.create_task(tick("slow", 3)), asyncio.create_task(tick("quick", 2))]
    await clock.run_for(6.5)
    assert woken == [("quick", 2), ("slow", 3), ("quick", 4), ("slow", 6), ("quick", 6)]
    assert clock.monotonic() == pytest.approx(6.5)
    await clock.run_for(10)
    await asyncio.gather(*tasks)


async def test_a_cancelled_sleeper_is_forgotten(clock: ManualClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await settle()
    sleeper.cancel()
    await settle()
    assert clock.next_wake_s is None
    clock.advance(20)


async def test_setting_the_time_of_day_wakes_nobody(clock: ManualClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await settle()
    clock.set_wall(START + timedelta(hours=1))
    await settle()
    assert not sleeper.done()
    assert clock.monotonic() == 0
    sleeper.cancel()


def test_every_is_due_at_once_and_then_with_the_spacing(clock: ManualClock, timer: ManualTimer) -> None:
    calls: list[datetime] = []
    timer.every("poll", 10, lambda: calls.append(clock.now()))
    assert calls == []
    timer.run_due()
    clock.advance(9)
    assert timer.run_due() == 0
    clock.advance(1)
    timer.run_due()
    assert calls == [START, START + timedelta(seconds=10)]


def test_missed_repetitions_are_one_call(clock: ManualClock, timer: ManualTimer) -> None:
    calls: list[int] = []
    timer.every("poll", 10, lambda: calls.append(1))
    clock.advance(95)
    timer.run_due()
    assert calls == [1]
    assert timer.next_at("poll") == START + timedelta(seconds=100)


def test_another_spacing_counts_from_the_last_call(clock: ManualClock, timer: ManualTimer) -> None:
    timer.every("poll", 60, lambda: None)
    timer.run_due()
    timer.every("poll", 90, lambda: None)
    assert timer.next_at("poll") == START + timedelta(seconds=90)
    clock.advance(80)
    timer.every("poll", 60, lambda: None)
    assert timer.next_at("poll") == clock.now()


def test_a_time_is_called_once(clock: ManualClock, timer: ManualTimer) -> None:
    calls: list[int] = []
    timer.at("sale", START - timedelta(days=1), lambda: calls.append(1))
    timer.run_due()
    timer.run_due()
    assert calls == [1]
    assert timer.names == ()


def test_daily_is_planned_in_its_zone(timer: ManualTimer) -> None:
    timer.daily("nightly", 2, 0, "America/Costa_Rica", lambda: None)
    assert timer.next_at("nightly") == datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    timer.fire("nightly")
    assert timer.next_at("nightly") == datetime(2026, 11, 4, 8, 0, tzinfo=UTC)


def test_a_call_may_plan_itself_anew(clock: ManualClock, timer: ManualTimer) -> None:
    calls: list[int] = []

    def again() -> None:
        calls.append(1)
        timer.at("sale", clock.now() + timedelta(seconds=5), again)

    timer.at("sale", START, again)
    timer.run_due()
    assert calls == [1]
    clock.advance(5)
    timer.run_due()
    assert calls == [1, 1]


def test_nothing_fires_before_the_start_or_after_the_stop(clock: ManualClock) -> None:
    calls: list[int] = []
    timer = ManualTimer(clock)
    timer.every("poll", 10, lambda: calls.append(1))
    timer.run_due()
    timer.start()
    timer.stop()
    timer.run_due()
    assert calls == []
