"""Looks at the engine from the side of whoever is not looking: silence, failures, slowness, memory, locks, versions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Final

from rms_console.contract.records import LeaseOwner
from rms_console.contract.snapshot import CycleView
from rms_console.contract.state import EngineState, LockStatus, Mode
from rms_console.domain.versions import version_notice
from rms_console.engine import alerting
from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.raising import put
from rms_console.engine.alerts.render import duration, moment
from rms_console.engine.figures import percentile
from rms_console.engine.recovery import Fault
from rms_console.errors import LeaseError, StoreError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.runner import Finished
    from rms_console.engine.service import EngineService

RECENT: Final = 5
"""Runs whose average is compared with what is normal."""
NORMAL_FROM: Final = 10
"""Runs before those without which nobody can say what is normal."""
SLOW_FROM_S: Final = 2.0
"""An average below this bothers nobody, whatever is normal."""
SLOWER, AS_USUAL = 2.0, 1.5
LATE: Final = timedelta(minutes=1)
"""A timer that rings later than this was held up: the machine slept, or its clock was set."""
GRACE: Final = timedelta(minutes=3)
SKIPS: Final = 2
MEMORY_WELL: Final = 0.95
"""The alert ends when the share falls below this part of its threshold: it must not come and go."""
_ENDED: Final = ("OK", "PART")


class AlertWatch:
    """Judges after each run and at each look of the supervisor; silence has a timer of its own."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self.fault: Fault | None = None
        """The fault that the latest alert of that sort was about."""
        self._quiet_since = engine.deps.clock.now()
        self._mended = ""
        self._skipped = 0
        self._left: LeaseOwner | None = None
        self._looking: asyncio.Task[None] | None = None

    def how_mended(self) -> str:
        """Return how the latest fault was got over; empty where it is not known."""
        fault, self.fault = self.fault, None
        if fault is None:
            return ""
        cause = fault.view(self._engine.settings).message
        self._mended = sentence(
            "It took {attempts} attempts; the cause was: {cause}", attempts=fault.attempt, cause=cause
        )
        return self._mended

    # Silence

    def expect(self) -> None:
        """Begin to wait for a run to finish."""
        self._quiet_since = self._engine.deps.clock.now()
        self._arm(self._quiet_since + self._limit())

    def _limit(self) -> timedelta:
        settings = self._engine.settings
        p99 = percentile([one.duration_s for one in self._engine.figures.cycles if one.result in _ENDED], 0.99)
        least = 2 * settings.interval_s + (p99 or 0.0)
        return timedelta(seconds=max(settings.alerts.motor_stopped_s, least))

    def _arm(self, due: datetime) -> None:
        self._engine.deps.timer.at(f"alert-{kinds.MOTOR_STOPPED}", due, lambda: self._silent(due))

    def _silent(self, due: datetime) -> None:
        engine, now = self._engine, self._engine.deps.clock.now()
        if engine.pause is not None or not engine.settings.enabled:
            self.expect()
            return
        if now - due > LATE:
            # The machine slept: the run that is overdue begins only now, as this timer does.
            self._arm(now + GRACE)
            return
        minutes = round((now - self._quiet_since) / timedelta(minutes=1))
        ended = self._last_ended()
        if ended is None:
            detail = sentence("No run has finished for {minutes} minutes", minutes=minutes)
        else:
            at = moment(ended, engine.settings.zone)
            detail = sentence(
                "No run has finished for {minutes} minutes; the last one ended at {at}", minutes=minutes, at=at
            )
        fault = engine.recovery.fault
        if fault is not None:
            cause: str = fault.view(engine.settings).message
        elif engine.runner.active is not None:
            cause = sentence("A run is on and does not come to its end")
        else:
            cause = ""
        put(engine, kinds.MOTOR_STOPPED, detail, cause=cause)
        self._arm(now + self._limit())

    def _last_ended(self) -> datetime | None:
        for one in reversed(self._engine.figures.cycles):
            if one.result in _ENDED:
                return one.started_at + timedelta(seconds=one.duration_s)
        return None

    # After each run

    def run_ended(self, finished: Finished) -> None:
        """Judge how a run went, and the ones before it."""
        engine, view = self._engine, finished.view
        self._lock_skipped(finished)
        if view.result in _ENDED:
            mended, self._mended = self._mended, ""
            engine.alerts.clear(kinds.MOTOR_STOPPED, mended)
            engine.alerts.clear(kinds.CONSECUTIVE_ERRORS)
            if engine.deps.lease.status() is LockStatus.HELD:
                engine.alerts.clear(kinds.ORPHAN_LOCK)
            self.expect()
        elif engine.consecutive_errors >= engine.settings.alerts.consecutive_errors:
            detail = sentence(
                "{count} runs in a row have failed, the last one with {code}: {note}",
                count=engine.consecutive_errors,
                code=view.error_code or "-",
                note=view.note or "-",
            )
            put(engine, kinds.CONSECUTIVE_ERRORS, detail)
        self._pace(engine.figures.cycles)

    def _lock_skipped(self, finished: Finished) -> None:
        engine = self._engine
        if not isinstance(finished.fault, LeaseError):
            self._skipped = 0
            if finished.view.result in _ENDED:
                engine.alerts.clear(kinds.LOCK_SKIPPED)
            return
        self._skipped += 1
        if self._skipped >= SKIPS:
            detail = sentence(
                "{count} runs in a row were given up: {message}", count=self._skipped, message=finished.fault.message
            )
            put(engine, kinds.LOCK_SKIPPED, detail, what_to_do=finished.fault.hint)

    def _pace(self, cycles: Sequence[CycleView]) -> None:
        """Judge the latest run by its length, and the latest few by what is normal."""
        engine = self._engine
        longest, ended = engine.settings.alerts.performance_s, [one for one in cycles if one.result in _ENDED]
        if not ended:
            return
        last = ended[-1]
        if last.duration_s > longest:
            took, most = duration(timedelta(seconds=last.duration_s)), duration(timedelta(seconds=longest))
            put(engine, kinds.PERFORMANCE, sentence("The last run took {took} (limit: {most})", took=took, most=most))
            return
        compared = slowdown(ended)
        if compared is not None and compared.ratio >= SLOWER and compared.average_s >= SLOW_FROM_S:
            detail = sentence(
                "Average of the last {runs} runs: {average} s (normal: {normal} s)",
                runs=RECENT,
                average=f"{compared.average_s:.1f}",
                normal=f"{compared.normal_s:.1f}",
            )
            put(engine, kinds.PERFORMANCE, detail)
        elif compared is None or compared.ratio < AS_USUAL or compared.average_s < SLOW_FROM_S:
            engine.alerts.clear(kinds.PERFORMANCE)

    # At each look of the supervisor

    def look(self) -> None:
        """Look once at all that has no moment of its own; on the engine's loop."""
        alerting.not_working_for_long(self._engine)
        self._memory()
        self._version()
        self._run_that_is_on()
        self._lock()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look_into_the_ledger())

    def find_lock(self) -> None:
        """Note a lock whose owner is dead, before this engine takes it over."""
        lease = self._engine.deps.lease
        self._left = lease.owner() if lease.status() is LockStatus.ORPHAN else None

    def tell_lock(self) -> None:
        """Alert of the lock that was taken over, until a run has shown that all is well."""
        if self._left is not None:
            self._orphan(self._left)

    def _lock(self) -> None:
        """Alert of a lock whose owner is dead at once, and of one that another engine holds for long."""
        engine, now = self._engine, self._engine.deps.clock.now()
        owner, status = engine.deps.lease.owner(), engine.deps.lease.status()
        if owner is None:
            return
        if status is LockStatus.ORPHAN:
            self._orphan(owner)
        elif status is LockStatus.HELD_BY_OTHER:
            held = now - owner.since_at
            if held > timedelta(seconds=engine.settings.alerts.orphan_lock_s):
                detail = sentence(
                    "Process {pid} on {host} holds the lock for {held}",
                    pid=owner.pid,
                    host=owner.host,
                    held=duration(held),
                )
                put(engine, kinds.ORPHAN_LOCK, detail)

    def _orphan(self, owner: LeaseOwner) -> None:
        detail = sentence(
            "The lock of process {pid} on {host}, held since {since}, was left behind: that process is dead",
            pid=owner.pid,
            host=owner.host,
            since=moment(owner.since_at, self._engine.settings.zone),
        )
        put(self._engine, kinds.ORPHAN_LOCK, detail)

    def _memory(self) -> None:
        engine, reading = self._engine, self._engine.deps.system.read()
        if not reading.memory_total_bytes:
            return
        percent = 100 * reading.memory_bytes / reading.memory_total_bytes
        most = engine.settings.alerts.memory_percent
        if percent > most:
            detail = sentence(
                "This process uses {used} MB of {total} MB ({percent} %)",
                used=reading.memory_bytes >> 20,
                total=reading.memory_total_bytes >> 20,
                percent=f"{percent:.0f}",
            )
            put(engine, kinds.MEMORY, detail)
        elif percent < most * MEMORY_WELL:
            engine.alerts.clear(kinds.MEMORY)

    def _version(self) -> None:
        engine, world = self._engine, self._engine.world
        if world is None:
            return
        today = engine.deps.clock.now().date()
        notice = version_notice(engine.settings.api_version, world.shop.served_version, today)
        if notice is None or notice.code == "version-preview":
            engine.alerts.clear(kinds.API_VERSION)
            return
        severity = "CRITICAL" if notice.code == "version-over" else ""
        put(engine, kinds.API_VERSION, sentence(notice.template, **notice.facts), severity=severity)

    def _run_that_is_on(self) -> None:
        engine, run = self._engine, self._engine.runner.active
        longest = engine.settings.alerts.performance_s
        if run is not None and engine.deps.clock.monotonic() - run.begun > longest:
            took = duration(timedelta(seconds=engine.deps.clock.monotonic() - run.begun))
            most = duration(timedelta(seconds=longest))
            put(engine, kinds.PERFORMANCE, sentence("A run goes on for {took} (limit: {most})", took=took, most=most))

    async def _look_into_the_ledger(self) -> None:
        """Look how long the oldest change has waited. What cannot reach the shop anyway is told by other alerts."""
        engine, deps = self._engine, self._engine.deps
        await engine.alert_desk.save()
        blocked = engine.pause is not None or engine.recovery.fault is not None or not engine.settings.enabled
        if blocked or engine.runner.mode is not Mode.LIVE or engine.machine.state is EngineState.STOPPED:
            engine.alerts.clear(kinds.OLDEST_UNSENT)
            return
        try:
            counts = await deps.disk(deps.ledger.queue_counts, deps.clock.now())
        except StoreError:
            return
        age = timedelta() if counts.oldest_at is None else deps.clock.now() - counts.oldest_at
        if age > timedelta(seconds=engine.settings.alerts.oldest_unsent_s):
            detail = sentence(
                "The oldest change that is not in the shop has waited for {age}; {count} items wait",
                age=duration(age),
                count=counts.waiting + counts.retrying,
            )
            put(engine, kinds.OLDEST_UNSENT, detail)
        else:
            engine.alerts.clear(kinds.OLDEST_UNSENT)


@dataclass(frozen=True, slots=True)
class Slowdown:
    """The average of the latest runs beside what is normal; `ratio` is the lesser of by run and by item."""

    average_s: float
    normal_s: float
    ratio: float


def slowdown(ended: Sequence[CycleView]) -> Slowdown | None:
    """Return how the latest runs compare with those before; None while too few are known.

    A delivery makes runs longer, and an item no slower: only what is slower by both is slower.
    """
    before, latest = ended[:-RECENT], ended[-RECENT:]
    if len(before) < NORMAL_FROM:
        return None
    average_s, normal_s = sum(one.duration_s for one in latest) / RECENT, median(one.duration_s for one in before)
    an_item = sum(map(_per_item, latest)) / RECENT
    normal_item = median(map(_per_item, before))
    ratio = min(average_s / max(normal_s, 1e-9), an_item / max(normal_item, 1e-9))
    return Slowdown(average_s, normal_s, ratio)


def _per_item(cycle: CycleView) -> float:
    return cycle.duration_s / max(1, cycle.items_found)
