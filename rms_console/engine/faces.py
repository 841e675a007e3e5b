"""What the engine is told of its faces: a console that was lost or fell over is worth a line, never a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rms_console.locale import mark

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

CONSOLE = "Console"


def console_lost(engine: EngineService, reason: str) -> None:
    """Note that nobody watches any more; on the engine's own loop."""
    text = mark("The console is gone ({reason}): the engine goes on without a screen")
    engine.journal.log("WARN", CONSOLE, text, reason=reason)


def console_fell(engine: EngineService, where: str) -> None:
    """Note a defect of the console."""
    engine.journal.log("ERROR", CONSOLE, "The console fell over: {where}", where=where)
