"""The closing of a console window on Windows: the system ends the process as soon as its handler has returned."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any, Final

CLOSE, LOGOFF, SHUTDOWN = 2, 5, 6
WINDOWS_WAITS_S: Final = 4.5
"""The system gives a handler about 5 s. Source: learn.microsoft.com, HandlerRoutine callback function, read 2026-11."""
_kept: list[Any] = []
"""Handlers in use: ctypes frees a callback that nothing refers to."""


def ask_when_window_closes(stop: Callable[[], object], ended: Callable[[float], object]) -> None:
    """Have `stop` called when the window closes or the person logs off, and `ended` waited for; nothing elsewhere."""
    if os.name != "nt":
        return

    def handle(event: int) -> int:
        if event not in (CLOSE, LOGOFF, SHUTDOWN):
            return 0
        stop()
        ended(WINDOWS_WAITS_S)
        return 1

    windows: Any = ctypes  # its names for Windows are not there elsewhere
    routine = windows.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(handle)
    _kept.append(routine)
    windows.windll.kernel32.SetConsoleCtrlHandler(routine, 1)
