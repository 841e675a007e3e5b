"""Pauses: kept in the ledger, so that they outlive the process; ended by a person, or at the time one named."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from rms_console.contract.snapshot import PauseView
from rms_console.contract.state import EngineState
from rms_console.engine import alerting
from rms_console.engine.journal import MONITOR
from rms_console.engine.ledger_watch import FACT_PAUSE
from rms_console.engine.wakes import Wake

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService


async def load(engine: EngineService) -> PauseView | None:
    """Return the pause that was in force when the engine last ran; a pause outlives restarts."""
    text = await engine.deps.disk(engine.deps.ledger.get_fact, FACT_PAUSE)
    if not text:
        return None
    plain = json.loads(text)
    until = plain.get("until_at")
    return PauseView(
        plain["by"],
        plain["reason"],
        datetime.fromisoformat(plain["since_at"]),
        datetime.fromisoformat(until) if until else None,
    )


async def save(engine: EngineService, view: PauseView | None) -> None:
    """Keep a pause, or that there is none, so that it outlives the process."""
    text = None
    if view is not None:
        plain = {
            "by": view.by,
            "reason": view.reason,
            "since_at": view.since_at.isoformat(),
            "until_at": view.until_at.isoformat() if view.until_at else None,
        }
        text = json.dumps(plain)
    await engine.deps.disk(engine.deps.ledger.set_fact, FACT_PAUSE, text)


async def begin(engine: EngineService, view: PauseView) -> None:
    """Pause; a run that is on starts nothing new.

    Raises:
        StoreError: it could not be kept, so the engine is not paused.
    """
    await save(engine, view)
    engine.pause = view
    watch(engine)
    if not engine.runner.ask("pause"):
        engine.machine.move(EngineState.PAUSED)


async def end(engine: EngineService) -> None:
    """Resume: the next run starts now, and what was asked for meanwhile comes first.

    Raises:
        StoreError: it could not be kept, so the engine stays paused.
    """
    await save(engine, None)
    engine.pause = None
    engine.deps.timer.cancel("resume")
    alerting.pause_changed(engine)
    fault = engine.recovery.fault
    engine.machine.move(EngineState.RUNNING if fault is None else engine.recovery.state(engine.settings))
    engine.wakes.ring(Wake.SCHEDULE)
    if engine.manual:
        engine.wakes.ring(Wake.MANUAL)


def watch(engine: EngineService) -> None:
    """Have the engine woken when the present pause is to end by itself, and people reminded of it until then."""
    alerting.pause_changed(engine)
    if engine.pause is not None and engine.pause.until_at is not None:
        engine.timetable.resume_at(engine.pause.until_at)


async def end_if_due(engine: EngineService) -> None:
    """Resume when the time has come that whoever paused named.

    Raises:
        StoreError: it could not be kept, so the engine stays paused.
    """
    pause = engine.pause
    if pause is None or pause.until_at is None or engine.deps.clock.now() < pause.until_at:
        return
    await end(engine)
    engine.journal.log("INFO", MONITOR, "The pause is over at the time that {by} named", by=pause.by)
