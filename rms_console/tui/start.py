"""Starts the console on an engine; the only module of this package that its host imports, and as late as it can."""

from __future__ import annotations

from collections.abc import Callable

from rms_console.contract.engine_port import EnginePort
from rms_console.tui.app import ConsoleApp
from rms_console.tui.late import sieve_keys
from rms_console.tui.setup import Leave, Setup


class ConsoleCrashed(Exception):  # it tells what happened
    """The console ended by a defect of its own; `__cause__` is that. The engine is not concerned."""


def run(port: EnginePort, setup: Setup, ready: Callable[[ConsoleApp], None] | None = None) -> Leave | None:
    """Run the console until a person leaves it or its host ends it (None).

    `ready` gets the app before it runs, so that a host can end it with `app.exit()` from its own loop.

    Raises:
        ConsoleCrashed: a defect of the console.
    """
    if setup.owes_answer:
        sieve_keys()
    app = ConsoleApp(port, setup)
    if ready is not None:
        ready(app)
    result = app.run(mouse=setup.mouse)
    if app.fault is not None:
        raise ConsoleCrashed(type(app.fault).__name__) from app.fault
    return result
