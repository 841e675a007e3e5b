"""Timers over APScheduler 3.

What APScheduler does by itself and would be wrong here:

- it drops a run that is more than a second late: so `misfire_grace_time=None`;
- it runs plain functions on a pool of threads: so call-backs are wrapped in a coroutine function;
- it lists every missed run, one by one: so `Spacing` and `Daily` skip them;
- its cron trigger fires twice or without end in the hour that the end of summer time repeats, and misses a midnight
  when summer time begins: so `Daily`;
- it plans by the time of day alone: so a watch on both clocks mends what setting the clock breaks.

Source: APScheduler 3.11 sources (executors/asyncio.py, job.py, triggers/cron) and its issue 1021, read 2026-11.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import count
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.date import DateTrigger

from rms_console.contract.ports import Clock

MIN_SPACING_S = 0.05
_MAX_INSTANCES = 100
"""Call-backs cannot overlap: they are short and on the loop. A run counts until the loop has reaped it, though, and a
call-back that plans itself anew must not be refused for that."""
WATCH_S = 5.0
"""How often the two clocks are compared: the longest that setting the clock can delay a repeating call."""
_JUMP_S = 1.0

# Without a handler of its own or of the program's, logging prints warnings to stderr, over the screen.
logging.getLogger("apscheduler").addHandler(logging.NullHandler())


class Spacing(BaseTrigger):  # type: ignore[misc]
    """Every so many seconds on the grid of the first call; what was missed is skipped, not made up for."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(MIN_SPACING_S, seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        if previous_fire_time is None:
            return now
        missed = max(0, floor((now - previous_fire_time).total_seconds() / self.seconds))
        return previous_fire_time + timedelta(seconds=self.seconds * (missed + 1))


class Daily(BaseTrigger):  # type: ignore[misc]
    """At a time of day in a zone, once each day.

    Where clocks go back over that time, the first of the two counts; where they skip it, it is an hour on.
    """

    def __init__(self, hour: int, minute: int, zone: ZoneInfo) -> None:
        self.at = time(hour, minute, tzinfo=zone)
        self.zone = zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        after = now if previous_fire_time is None else max(now, previous_fire_time)
        day = after.astimezone(self.zone).date()
        return next(
            moment
            for days in count(-1)
            if (moment := datetime.combine(day + timedelta(days=days), self.at).astimezone(UTC)) > after
        )


class ApschedulerTimer:
    """`contract.ports.Timer`. All methods are called on the loop, and so is every call-back.

    A call-back that raises is a bug: it is handed to the loop's exception handler, as `call_later` would.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": _MAX_INSTANCES}
        )
        self._scheduler.add_listener(self._tell, EVENT_JOB_ERROR)
        self._calls: dict[str, Callable[[], None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._offset_s = 0.0

    def start(self) -> None:
        """Begin to call. Timers set before begin now."""
        self._loop = asyncio.get_running_loop()
        self._scheduler.start()
        self._offset_s = self._offset()
        self._watch = self._loop.call_later(WATCH_S, self.watch_clock)

    def every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        """Call at once and then every `seconds` (at least 0.05).

        For a name that repeats already, only spacing and call-back change: the next call is due one new spacing after
        the last one.
        """
        spacing = Spacing(seconds)
        now = self._clock.now()
        job = self._scheduler.get_job(name)
        first = now
        if job is not None and isinstance(job.trigger, Spacing):
            first = max(now, job.next_run_time + timedelta(seconds=spacing.seconds - job.trigger.seconds))
        self._put(name, spacing, first, call)

    def daily(self, name: str, hour: int, minute: int, zone: str, call: Callable[[], None]) -> None:
        """Call each day at a time of day in `zone`, an IANA name."""
        trigger = Daily(hour, minute, ZoneInfo(zone))
        self._put(name, trigger, trigger.get_next_fire_time(None, self._clock.now()), call)

    def at(self, name: str, when: datetime, call: Callable[[], None]) -> None:
        self._put(name, DateTrigger(when, timezone=UTC), when, call)

    def cancel(self, name: str) -> None:
        """Forget a timer. No such timer: nothing to do."""
        self._calls.pop(name, None)
        if self._scheduler.get_job(name) is not None:
            self._scheduler.remove_job(name)

    def next_at(self, name: str) -> datetime | None:
        job = self._scheduler.get_job(name)
        if job is None or job.next_run_time is None:
            return None
        return datetime.fromtimestamp(job.next_run_time.timestamp(), UTC)

    def stop(self) -> None:
        """Call no more. Waits for nothing; a call-back that is due this instant is dropped."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        self._calls.clear()
        if self._loop is not None and not self._loop.is_closed():
            self._scheduler.remove_all_jobs()
            self._scheduler.shutdown(wait=False)
        self._loop = None

    def watch_clock(self) -> None:
        """Notice that the time of day was set, or that the machine slept, and put the timers right.

        Repeating calls are made at once and go on from there: they would otherwise wait for as long as the clock was
        set back. What has a time of day keeps it, and is called when that has passed.
        """
        if self._loop is None:
            return
        offset = self._offset()
        if abs(offset - self._offset_s) > _JUMP_S:
            self._offset_s = offset
            self._restart_spacings()
            self._scheduler.wakeup()
        self._watch = self._loop.call_later(WATCH_S, self.watch_clock)

    def _restart_spacings(self) -> None:
        for job in self._scheduler.get_jobs():
            if isinstance(job.trigger, Spacing):
                job.modify(next_run_time=self._clock.now())

    def _offset(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _put(self, name: str, trigger: BaseTrigger, first: datetime, call: Callable[[], None]) -> None:
        self.cancel(name)
        self._calls[name] = call
        self._scheduler.add_job(self._run, trigger, args=(name, call), id=name, name=name, next_run_time=first)

    async def _run(self, name: str, call: Callable[[], None]) -> None:
        """Call, unless the timer was cancelled, replaced or stopped since its run was handed to the loop."""
        if self._calls.get(name) is call:
            call()

    def _tell(self, event: JobExecutionEvent) -> None:
        context: dict[str, Any] = {"message": f"the timer {event.job_id} failed", "exception": event.exception}
        asyncio.get_running_loop().call_exception_handler(context)
