"""Whether runs still finish: an engine that has gone silent must not look like one that has nothing to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.raising import put
from rms_console.engine.alerts.render import moment
from rms_console.engine.figures import percentile
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

LATE: Final = timedelta(minutes=1)
"""A timer that rings later than this was held up: the machine slept, or its clock was set."""
GRACE: Final = timedelta(minutes=3)
ENDED: Final = ("OK", "PART")
"""Results of a run that came to its end."""


class Silence:
    """Waits for a run to finish, by a timer that each finished run sets anew."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self._quiet_since = engine.deps.clock.now()

    def expect(self) -> None:
        """Begin to wait for a run to finish."""
        self._quiet_since = self._engine.deps.clock.now()
        self._arm(self._quiet_since + self._limit())

    def _limit(self) -> timedelta:
        settings = self._engine.settings
        p99 = percentile([one.duration_s for one in self._engine.figures.cycles if one.result in ENDED], 0.99)
        least = 2 * settings.interval_s + (p99 or 0.0)
        return timedelta(seconds=max(settings.alerts.motor_stopped_s, least))

    def _arm(self, due: datetime) -> None:
        self._engine.deps.timer.at(f"alert-{kinds.MOTOR_STOPPED}", due, lambda: self._silent(due))

    def _silent(self, due: datetime) -> None:
        engine, now = self._engine, self._engine.deps.clock.now()
        if engine.pause is not None or engine.standby.waiting() is not None or not engine.settings.enabled:
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
            if one.result in ENDED:
                return one.started_at + timedelta(seconds=one.duration_s)
        return None
