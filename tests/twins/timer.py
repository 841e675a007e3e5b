"""A timer that fires when told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rms_console.contract.ports import Clock


@dataclass(slots=True)
class _Job:
    call: Callable[[], None]
    next_at: datetime
    again: Callable[[datetime], datetime | None]
    """From the time it was due and fired, the next one; None: it was the only one."""


class ManualTimer:
    """`contract.ports.Timer` over any clock: nothing fires until `run_due` or `fire` is called."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._spacing_s: dict[str, float] = {}
        self.is_running = False

    def start(self) -> None:
        self.is_running = True

    def every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        first = self._clock.now()
        if name in self._jobs and name in self._spacing_s:
            last = self._jobs[name].next_at - timedelta(seconds=self._spacing_s[name])
            first = max(first, last + timedelta(seconds=seconds))
        self._spacing_s[name] = seconds
        self._jobs[name] = _Job(call, first, lambda due: due + timedelta(seconds=seconds))

    def daily(self, name: str, hour: int, minute: int, zone: str, call: Callable[[], None]) -> None:
        def following(after: datetime) -> datetime:
            today = after.astimezone(ZoneInfo(zone)).date()
            days = (datetime.combine(today + timedelta(days=n), time(hour, minute), ZoneInfo(zone)) for n in (0, 1))
            return next(at for at in (day.astimezone(UTC) for day in days) if at > after)

        self._put(name, _Job(call, following(self._clock.now()), following))

    def at(self, name: str, when: datetime, call: Callable[[], None]) -> None:
        self._put(name, _Job(call, when, lambda due: None))

    def cancel(self, name: str) -> None:
        self._jobs.pop(name, None)
        self._spacing_s.pop(name, None)

    def next_at(self, name: str) -> datetime | None:
        return self._jobs[name].next_at if name in self._jobs else None

    def stop(self) -> None:
        self.is_running = False
        self._jobs.clear()
        self._spacing_s.clear()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._jobs))

    def fire(self, name: str) -> None:
        """Call a job now, whatever the clock says; it is planned anew from its due time."""
        job = self._jobs[name]
        following = job.again(job.next_at)
        if following is None:
            del self._jobs[name]
        else:
            job.next_at = following
        job.call()

    def run_due(self) -> int:
        """Call once each job that is due, the earliest first; return how many. Missed repetitions are one call."""
        if not self.is_running:
            return 0
        now = self._clock.now()
        due = sorted((job.next_at, name) for name, job in self._jobs.items() if job.next_at <= now)
        for _, name in due:
            job = self._jobs.get(name)
            if job is not None and job.next_at <= now:
                self.fire(name)
                self._skip_missed(name, now)
        return len(due)

    def _skip_missed(self, name: str, now: datetime) -> None:
        while (job := self._jobs.get(name)) is not None and job.next_at <= now:
            following = job.again(job.next_at)
            if following is None or following <= job.next_at:
                return
            job.next_at = following

    def _put(self, name: str, job: _Job) -> None:
        self._spacing_s.pop(name, None)
        self._jobs[name] = job
