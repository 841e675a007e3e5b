"""What rings when: interval, watch, nightly comparison, sale windows, retries, recovery, health. Timers only ring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from rms_console.contract.settings import EngineSettings
from rms_console.engine.deps import Deps
from rms_console.engine.wakes import Wake, Wakes


class Timetable:
    def __init__(self, deps: Deps, wakes: Wakes, supervise: Callable[[], None]) -> None:
        self._supervise = supervise
        self._deps = deps
        self._wakes = wakes
        self._begun = False
        self._settings: EngineSettings | None = None

    def begin(self, settings: EngineSettings) -> None:
        """Set all repeating timers; again with other settings replaces them."""
        timer = self._deps.timer
        self._settings = settings
        if not self._begun:
            timer.start()
            self._begun = True
            if settings.startup_delay_s > 0:
                start = self._deps.clock.now() + timedelta(seconds=settings.startup_delay_s)
                timer.at("start", start, self._repeat)
        if timer.next_at("start") is None:
            self._repeat()

    async def plan_next(self) -> None:
        """Set the one-time timers from the ledger: the next sale window, the next retry."""
        deps = self._deps
        for name, wake, read in (
            ("sale", Wake.SALE, deps.ledger.next_boundary_at),
            ("retry", Wake.RETRY, deps.ledger.next_try_at),
        ):
            when = await deps.disk(read)
            if when is None:
                deps.timer.cancel(name)
            else:
                deps.timer.at(name, when, self._ring(wake))

    def recover_at(self, when: datetime) -> None:
        self._deps.timer.at("recover", when, self._ring(Wake.RECOVER))

    def resume_at(self, when: datetime) -> None:
        self._deps.timer.at("resume", when, self._ring(Wake.RESUME))

    def sweep_at(self, when: datetime | None) -> None:
        if when is None:
            self._deps.timer.cancel("sweep")
        else:
            self._deps.timer.at("sweep", when, self._ring(Wake.SWEEP))

    def ring(self, wake: Wake) -> Ring:
        """Return a call-back that leaves this reason."""
        return self._ring(wake)

    def _repeat(self) -> None:
        timer, settings = self._deps.timer, self._settings
        if settings is None:
            return
        timer.every("health", settings.health_interval_s, self._ring(Wake.HEALTH))
        timer.every("supervise", settings.recovery_check_interval_s, self._supervise)
        if not settings.enabled:
            for name in ("interval", "watch", "nightly"):
                timer.cancel(name)
            return
        timer.every("interval", settings.interval_s, self._ring(Wake.SCHEDULE))
        if settings.watch_s > 0:
            timer.every("watch", settings.watch_s, self._ring(Wake.WATCH))
        else:
            timer.cancel("watch")
        if settings.full_sync_hour is None:
            timer.cancel("nightly")
        else:
            timer.daily(
                "nightly", settings.full_sync_hour, settings.full_sync_minute, settings.zone, self._ring(Wake.RECONCILE)
            )

    def _ring(self, wake: Wake) -> Ring:
        return Ring(self._wakes, wake)


class Ring:
    """A call-back that only leaves a reason."""

    def __init__(self, wakes: Wakes, wake: Wake) -> None:
        self._wakes = wakes
        self._wake = wake

    def __call__(self) -> None:
        self._wakes.ring(self._wake)
