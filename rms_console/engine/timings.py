"""How long things take, over a month: what happens is counted by the hour, kept in the ledger, told by the day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, Final, ParamSpec, TypeVar

from rms_console.contract.events import Event, EventName
from rms_console.contract.insight import TimingView
from rms_console.contract.ports import Clock
from rms_console.contract.timing_port import Timed, TimedHour, TimingLedger
from rms_console.domain.histogram import Histogram, merged
from rms_console.domain.zone import to_local
from rms_console.engine.deps import Deps
from rms_console.engine.offload import Offload
from rms_console.errors import StoreError

P = ParamSpec("P")
T = TypeVar("T")

HOUR: Final = timedelta(hours=1)
KEPT_DAYS: Final = 30
SHARES: Final = (("p50_s", 0.5), ("p95_s", 0.95), ("p99_s", 0.99))
_HOURS: Final = 24
"""So many hours, and the present one, are held singly; what is older is told by whole days alone."""


class Timings:
    """Counts durations and says what is usual. A process that is killed loses what came since the last `save`."""

    def __init__(self, deps: Deps, zone: Callable[[], str]) -> None:
        self._deps = deps
        self._zone = zone
        self._hours: dict[datetime, dict[Timed, Histogram]] = {}
        self._days: dict[date, dict[Timed, Histogram]] = {}
        self._unsaved: set[tuple[datetime, Timed]] = set()
        deps.sql = TimedOffload(deps.sql, deps.clock, lambda seconds: self.note(Timed.RMS, seconds))
        deps.pacer.answered = lambda seconds: self.note(Timed.SHOPIFY, seconds)

    async def load(self) -> None:
        """Take up what earlier processes counted.

        Raises:
            StoreError: the ledger cannot be read.
        """
        ledger: TimingLedger = self._deps.ledger
        now = self._deps.clock.now()
        for hour in await self._deps.disk(ledger.timings, now - timedelta(days=KEPT_DAYS)):
            self._hours.setdefault(hour.at, {}).setdefault(hour.timed, Histogram()).merge(hour.durations)
        self._put_by(now)

    def note(self, timed: Timed, seconds: float) -> None:
        """Count one duration, at the present hour."""
        now = self._deps.clock.now()
        at = _hour(now)
        if at not in self._hours:
            self._put_by(now)
        self._hours.setdefault(at, {}).setdefault(timed, Histogram()).add(seconds)
        self._unsaved.add((at, timed))

    def hear(self, event: Event) -> None:
        """Count what an event tells of."""
        if event.name == EventName.CYCLE_FINISHED and event.facts.get("result") != "SKIP":
            self._note_fact(Timed.CYCLE, event, "duration_s")
        elif event.name == EventName.PRODUCT_SYNCED:
            self._note_fact(Timed.QUEUE, event, "waited_s")
            self._note_fact(Timed.LATENCY, event, "latency_s")

    async def save(self) -> None:
        """Keep what was counted since the last time. A ledger that cannot be written is tried again next time."""
        if not self._unsaved:
            return
        saved = self._unsaved
        hours = [TimedHour(at, timed, merged([self._hours[at][timed]])) for at, timed in saved if at in self._hours]
        keep_since = self._deps.clock.now() - timedelta(days=KEPT_DAYS)
        ledger: TimingLedger = self._deps.ledger
        with suppress(StoreError):
            self._unsaved = set()
            try:
                await self._deps.disk(ledger.save_timings, hours, keep_since)
            except StoreError:
                self._unsaved |= saved
                raise

    def views(self) -> tuple[TimingView, ...]:
        """Return of each kind what the last 24 hours were like."""
        since = _hour(self._deps.clock.now()) - _HOURS * HOUR
        recent = [kinds for at, kinds in self._hours.items() if at > since]
        told = ((timed, merged(kinds[timed] for kinds in recent if timed in kinds)) for timed in Timed)
        return tuple(
            TimingView(timed.value, one.count, *(_share(one, share) for _, share in SHARES)) for timed, one in told
        )

    def summary(self, days: int) -> dict[str, Any]:
        """Return for each kind the percentiles of the last `days` days of the store, and of each day, oldest first.

        A day without any is there with None.
        """
        today = to_local(self._deps.clock.now(), self._zone()).date()
        wanted = [today - timedelta(days=back) for back in reversed(range(max(1, min(KEPT_DAYS, days))))]
        by_day = self._by_day()
        kinds = {}
        for timed in Timed:
            daily = [by_day.get(day, {}).get(timed, Histogram()) for day in wanted]
            rows = [{"day": day.isoformat(), **_told(one)} for day, one in zip(wanted, daily, strict=True)]
            kinds[timed.value] = {**_told(merged(daily)), "days": rows}
        return kinds

    def _by_day(self) -> Mapping[date, Mapping[Timed, Histogram]]:
        days = {day: {timed: merged([one]) for timed, one in kinds.items()} for day, kinds in self._days.items()}
        for at, kinds in self._hours.items():
            _add(days, to_local(at, self._zone()).date(), kinds)
        return days

    def _put_by(self, now: datetime) -> None:
        """Add hours that are over a day old to their days, and drop days that are too old. Not before they are kept."""
        oldest = _hour(now) - _HOURS * HOUR
        unsaved = {at for at, _ in self._unsaved}
        for at in [at for at in self._hours if at < oldest and at not in unsaved]:
            _add(self._days, to_local(at, self._zone()).date(), self._hours.pop(at))
        first = to_local(now, self._zone()).date() - timedelta(days=KEPT_DAYS)
        for day in [day for day in self._days if day < first]:
            del self._days[day]

    def _note_fact(self, timed: Timed, event: Event, name: str) -> None:
        seconds = event.facts.get(name)
        if isinstance(seconds, int | float):
            self.note(timed, seconds)


class TimedOffload:
    """An offload that tells how long each call took, from when it was asked for."""

    def __init__(self, inner: Offload, clock: Clock, note: Callable[[float], None]) -> None:
        self._inner = inner
        self._clock = clock
        self._note = note

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        begun = self._clock.monotonic()
        try:
            return await self._inner(call, *args, **kwargs)
        finally:
            self._note(self._clock.monotonic() - begun)

    def close(self) -> None:
        self._inner.close()


def _add(days: dict[date, dict[Timed, Histogram]], day: date, kinds: Mapping[Timed, Histogram]) -> None:
    for timed, durations in kinds.items():
        days.setdefault(day, {}).setdefault(timed, Histogram()).merge(durations)


def _told(durations: Histogram) -> dict[str, float | int | None]:
    return {"count": durations.count, **{name: _share(durations, share) for name, share in SHARES}}


def _share(durations: Histogram, share: float) -> float | None:
    """Return a percentile in three digits: the error is larger than what is left out."""
    value = durations.percentile(share)
    return None if value is None else float(f"{value:.3g}")


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
