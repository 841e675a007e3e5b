"""Signals are ours, and a thread that needs no event loop sees to them: a stalled terminal must not keep us alive."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from rms_console.hosting.enginehost import SETTLE_WITHIN_S, EngineHost
from rms_console.hosting.terminal import Lent

LEAVE_WITHIN_S: Final = 1.5
"""How long the screen may take to close by itself."""
LOOK_EVERY_S: Final = 2.0
ENDING: Final = ("SIGTERM", "SIGQUIT", "SIGINT", "SIGBREAK")


class Watchdog:
    """While inside, signals end the screen and the engine in order, in at most about ten seconds.

    `on_hangup` is `continue` (a lost terminal leaves the engine running without a screen) or `stop`.
    """

    def __init__(self, host: EngineHost, terminal: Lent, on_hangup: str) -> None:
        self._host = host
        self._terminal = terminal
        self._on_hangup = on_hangup
        self._signals: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._before: dict[int, Any] = {}
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._close_screen: Callable[[], None] | None = None
        self._screen_closed = threading.Event()
        self._screen_closed.set()
        self.ended_by: int | None = None
        """The signal that ends the process."""
        self.is_screenless = False
        """Whether the terminal was lost and the engine goes on without."""

    def __enter__(self) -> Watchdog:
        for name in (*ENDING, "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None:
                # The queue may be filled from a signal's handler: documented as re-entrant (library/queue, 2026-11).
                self._before[number] = signal.signal(number, lambda got, _frame: self._signals.put(got))
        stop = getattr(signal, "SIGTSTP", None)
        if stop is not None:
            # To stop this process is to stop the engine with it.
            self._before[stop] = signal.signal(stop, signal.SIG_IGN)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._signals.put(None)
        self._thread.join(LOOK_EVERY_S)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def screen_opens(self, close: Callable[[], None]) -> None:
        """Remember how to close the screen from another thread; it is called again until it has closed."""
        self._close_screen = close
        self._screen_closed.clear()
        if self.ended_by is not None or self.is_screenless:
            close()

    def screen_closed(self) -> None:
        self._close_screen = None
        self._screen_closed.set()

    def _watch(self) -> None:
        while True:
            try:
                number = self._signals.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                if not self.is_screenless and self._terminal.is_gone():
                    self._hang_up()
                continue
            if number is None:
                return
            if number == getattr(signal, "SIGHUP", None):
                self._hang_up()
            else:
                self._end(number)

    def _hang_up(self) -> None:
        if self._on_hangup == "stop":
            self._end(int(getattr(signal, "SIGHUP", signal.SIGTERM)))
        elif not self.is_screenless:
            self.is_screenless = True
            self._terminal.drop()
            self.close_screen()

    def _end(self, number: int) -> None:
        """Stop everything. The main thread leaves by itself where it can; where it hangs, the process ends here."""
        began = time.monotonic()
        self.ended_by = number
        self._host.stop()
        if not self.close_screen():
            self._terminal.unblock()
        self._host.join(max(0.0, SETTLE_WITHIN_S - (time.monotonic() - began)))
        if self._screen_closed.wait(max(0.2, LEAVE_WITHIN_S - (time.monotonic() - began))) and not self._host.is_alive:
            return
        if not self.is_screenless:
            self._terminal.restore()
        os._exit(128 + number)

    def close_screen(self) -> bool:
        """Ask the screen to close; return whether it did in time."""
        until = time.monotonic() + LEAVE_WITHIN_S
        while time.monotonic() < until:
            if self._close_screen is not None:
                self._close_screen()
            if self._screen_closed.wait(0.2):
                return True
        return False
