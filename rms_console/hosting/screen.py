"""The screen of a console: opened again, a few times, where it falls over."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from rms_console.contract.engine_port import EnginePort
from rms_console.hosting.enginehost import place_of
from rms_console.hosting.terminal import Lent
from rms_console.hosting.watchdog import Watchdog

if TYPE_CHECKING:
    from rms_console.tui.app import ConsoleApp
    from rms_console.tui.setup import Leave, Setup

CRASHES: Final = 3
CRASHES_WITHIN_S: Final = 60.0


class Screen:
    """Shows the engine behind `port`. `setup` is asked for what holds each time it opens."""

    def __init__(self, port: EnginePort, setup: Callable[[], Setup], terminal: Lent, dog: Watchdog) -> None:
        self._port = port
        self._setup = setup
        self._terminal = terminal
        self._dog = dog
        self.fell = ""
        """Where it fell over, once it did so too often to be opened again."""

    def show(self, ready: Callable[[ConsoleApp], None], fallen: Callable[[str], object]) -> Leave | None:
        """Return how a person left; None where it was ended, or fell over too often. `fallen` is told each time."""
        # Nothing here is worth bytes on a slow line that only move; read when Textual is loaded.
        os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
        for size in ("COLUMNS", "LINES"):
            os.environ.pop(size, None)  # believed before the terminal, and wrong once that is resized
        # Loaded this late: nothing else of the program needs Textual.
        from rms_console.tui.start import ConsoleCrashed, run

        crashes: list[float] = []
        while True:
            try:
                return run(self._port, self._setup(), ready)
            except Exception as error:  # noqa: BLE001  # whatever is wrong with the screen, the engine goes on
                if not isinstance(error, ConsoleCrashed):
                    self._terminal.restore()  # Textual did not get to it
                cause = error.__cause__ or error
                where = f"{type(cause).__name__} {place_of(cause)}"
                fallen(where)
                crashes = [*(at for at in crashes if time.monotonic() - at < CRASHES_WITHIN_S), time.monotonic()]
                if len(crashes) >= CRASHES or self._dog.ended_by is not None:
                    self.fell = where
                    return None
            finally:
                self._dog.screen_closed()
