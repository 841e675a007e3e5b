"""What the engine is told of its faces: a console that fell over is worth a line, never a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

CONSOLE = "Console"


def console_fell(engine: EngineService, where: str) -> None:
    """Note a defect of the console."""
    engine.journal.log("ERROR", CONSOLE, "The console fell over: {where}", where=where)
