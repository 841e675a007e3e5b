"""Durations over a month: counted by the hour, kept over restarts, small, told by the store's days."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rms_console.adapters.store import open_ledger
from rms_console.adapters.store.ledger import SqliteLedger
from rms_console.contract.events import Event, EventName, Fact
from rms_console.contract.timing_port import Timed, TimedHour
from rms_console.domain.histogram import RELATIVE_ERROR, Histogram
from rms_console.engine.deps import Deps
from rms_console.engine.pace import Pacer
from rms_console.engine.timings import KEPT_DAYS, Timings
from tests.inline import InlineOffload
from tests.unit.engine_pace.virtual import VirtualClock

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
ZONE = "America/Costa_Rica"
NEAR = RELATIVE_ERROR + 0.006
"""The stated error, and what three digits leave out."""


class Parts:
    """What `Timings` is given of an engine."""

    def __init__(self, ledger: SqliteLedger, clock: VirtualClock) -> None:
        self.ledger = ledger
        self.clock = clock
        self.pacer = Pacer(clock)
        self.sql = self.disk = InlineOffload()

    def timings(self) -> Timings:
        deps: Deps = self  # type: ignore[assignment]
        return Timings(deps, lambda: ZONE)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


def parts(folder: Path, clock: VirtualClock) -> Parts:
    return Parts(open_ledger(folder), clock)


def heard(timings: Timings, name: str, **facts: Fact) -> None:
    timings.hear(Event(1, NOW, name, "INFO", facts))


async def test_what_happens_is_told_by_kind(tmp_path: Path, clock: VirtualClock) -> None:
    timings = parts(tmp_path, clock).timings()
    for seconds in (1.0, 2.0, 3.0, 4.0):
        heard(timings, EventName.CYCLE_FINISHED, result="OK", duration_s=seconds)
    heard(timings, EventName.CYCLE_FINISHED, result="SKIP", duration_s=99.0)
    heard(timings, EventName.PRODUCT_SYNCED, waited_s=0.5, latency_s=7.0)
    heard(timings, EventName.PRODUCT_SYNCED)
    told = {view.timed: view for view in timings.views()}
    assert told["cycle"].count == 4
    assert told["cycle"].p50_s == pytest.approx(2.0, rel=NEAR)
    assert told["cycle"].p99_s == pytest.approx(4.0, rel=NEAR)
    assert told["queue"].p50_s == pytest.approx(0.5, rel=NEAR)
    assert told["latency"].p95_s == pytest.approx(7.0, rel=NEAR)
    assert (told["shopify"].count, told["shopify"].p50_s) == (0, None)


async def test_questions_to_rms_and_answers_of_the_shop_are_timed(tmp_path: Path, clock: VirtualClock) -> None:
    given = parts(tmp_path, clock)
    timings = given.timings()

    def ask(seconds: float) -> str:
        clock.advance(seconds)
        return "answer"

    assert await given.sql(ask, 0.2) == "answer"
    async with given.pacer.reserve(10.0, 10) as reservation:
        clock.advance(0.8)
        reservation.settle(10.0, None)
    told = {view.timed: view for view in timings.views()}
    assert told["rms"].p50_s == pytest.approx(0.2, rel=NEAR)
    assert told["shopify"].p50_s == pytest.approx(0.8, rel=NEAR)


async def test_a_restart_forgets_nothing_that_was_saved(tmp_path: Path, clock: VirtualClock) -> None:
    given = parts(tmp_path, clock)
    before = given.timings()
    before.note(Timed.CYCLE, 1.0)
    await before.save()
    given.ledger.close()
    after = parts(tmp_path, clock).timings()
    await after.load()
    after.note(Timed.CYCLE, 100.0)
    await after.save()
    told = after.views()[0]
    assert told.count == 2
    assert told.p50_s == pytest.approx(1.0, rel=NEAR)
    last = parts(tmp_path, clock).timings()
    await last.load()
    assert last.summary(7)["cycle"]["count"] == 2


async def test_days_are_those_of_the_store_and_old_ones_are_dropped(tmp_path: Path, clock: VirtualClock) -> None:
    given = parts(tmp_path, clock)
    timings = given.timings()
    for day in range(KEPT_DAYS + 10):
        timings.note(Timed.CYCLE, 1.0 + day)
        await timings.save()
        clock.advance(86400)
    timings.note(Timed.CYCLE, 0.5)
    clock.advance(13 * 3600)  # 01:30 UTC of the next day is still the day before in the store
    timings.note(Timed.CYCLE, 0.5)
    await timings.save()
    told = timings.summary(KEPT_DAYS)["cycle"]
    assert len(told["days"]) == KEPT_DAYS
    assert told["days"][-1] == {"day": "2027-01-03", "count": 2, "p50_s": 0.5, "p95_s": 0.5, "p99_s": 0.5} | {
        name: pytest.approx(0.5, rel=NEAR) for name in ("p50_s", "p95_s", "p99_s")
    }
    assert told["days"][-2]["count"] == 1
    assert told["count"] == KEPT_DAYS + 1
    kept = given.ledger.timings(datetime(2020, 1, 1, tzinfo=UTC))
    assert min(hour.at for hour in kept) >= clock.now() - timedelta(days=KEPT_DAYS)


async def test_a_day_without_any_is_there_and_unknown(tmp_path: Path, clock: VirtualClock) -> None:
    timings = parts(tmp_path, clock).timings()
    days = timings.summary(3)["latency"]["days"]
    assert [day["day"] for day in days] == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert all(day["count"] == 0 and day["p99_s"] is None for day in days)


def test_a_month_of_a_busy_store_stays_small(tmp_path: Path) -> None:
    ledger, rng = open_ledger(tmp_path), random.Random(7)
    for hour in range(24 * KEPT_DAYS):
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hour)
        hours = []
        for timed in Timed:
            durations = Histogram()
            for _ in range(360):
                durations.add(rng.lognormvariate(0, 1.0))
            hours.append(TimedHour(at, timed, durations))
        ledger.save_timings(hours, at - timedelta(days=KEPT_DAYS))
    kept = ledger.timings(datetime(2026, 1, 1, tzinfo=UTC))
    assert len(kept) == 24 * KEPT_DAYS * len(Timed)
    assert sum(len(hour.durations.encode()) for hour in kept) < 1_000_000
