"""Looks, from outside the engine's own work, whether that work still moves; gives up what hangs, wakes what sleeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rms_console.contract.events import EventName
from rms_console.engine.journal import MONITOR
from rms_console.engine.wakes import Wake

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

SLACK_S = 60.0
"""What a run may take beyond its own time-out before it counts as hung: its last requests must settle."""


def check(engine: EngineService) -> None:
    """Look once. Called by a timer, on the loop, whatever the engine is waiting for."""
    settings, now = engine.settings, engine.deps.clock.now()
    engine.alert_watch.look()
    run = engine.runner.active
    engine.journal.publish(EventName.SUPERVISOR_CHECKED, running=run is not None)
    _hasten(engine, now)
    if run is not None:
        # By the clock that only goes forward: setting the time of day must not end a healthy run. Reading and pushing
        # have the limit each.
        longest = 2 * min(settings.timeout_s, settings.lock_timeout_s) + SLACK_S
        taken_s = engine.deps.clock.monotonic() - run.begun
        if taken_s > longest:
            minutes = f"{taken_s / 60:.0f}"
            engine.journal.log(
                "ERROR", MONITOR, "The run hangs since {minutes} minutes: it is given up", minutes=minutes
            )
            engine.give_up()
        return
    last = engine.figures.last
    quiet = timedelta(seconds=2 * settings.interval_s + SLACK_S)
    is_held_back = engine.pause is not None or engine.standby.holds_back
    waits = not is_held_back and engine.recovery.fault is None and engine.world is not None
    if settings.enabled and waits and last is not None and now - last.started_at > quiet:
        engine.journal.log(
            "WARN",
            MONITOR,
            "No run since {minutes} minutes: one is started",
            minutes=f"{(now - last.started_at) / timedelta(minutes=1):.0f}",
        )
        engine.wakes.ring(Wake.SCHEDULE)


def _hasten(engine: EngineService, now: datetime) -> None:
    """Try again now where the next try is further off than any is planned: the time of day was set back since.

    While there is a fault nothing is sent, and with RMS gone nothing is read: all would wait for as long as the clock
    was set back.
    """
    fault, longest = engine.recovery.fault, timedelta(seconds=engine.settings.recovery_probe_s)
    if fault is not None and fault.next_try_at is not None and fault.next_try_at - now > longest:
        engine.wakes.ring(Wake.RECOVER)
