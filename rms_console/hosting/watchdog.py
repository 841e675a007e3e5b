"""Signals are ours, and a thread that needs no event loop sees to them: a stalled terminal must not keep us alive."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from rms_console.hosting.closing_window import ask_when_window_closes
from rms_console.hosting.enginehost import SETTLE_WITHIN_S
from rms_console.hosting.terminal import Lent

LEAVE_WITHIN_S: Final = 1.0
"""How long the screen may take to close by itself."""
FREE_WITHIN_S: Final = 3.0
"""How long it may then take to get rid of what a stalled terminal does not take."""
END_WITHIN_S: Final = 0.8
"""How long the process may take to end once screen and engine have."""
LOOK_EVERY_S: Final = 2.0
ENDING: Final = ("SIGTERM", "SIGQUIT", "SIGINT", "SIGBREAK")


class Ending(Protocol):
    """What is to end before the process may: the engine, where it is in this process."""

    @property
    def is_alive(self) -> bool: ...

    def stop(self) -> None:
        """Ask it to end; returns at once."""
        ...

    def join(self, timeout_s: float | None) -> bool:
        """Wait for its end; return whether it has ended."""
        ...

    def leave_nothing(self) -> None: ...


class Watchdog:
    """While inside, signals end the screen and the engine in order, in at most about ten seconds.

    `tell_lost` tells the engine of a lost terminal and returns whether there was one to tell.
    """

    def __init__(self, host: Ending, terminal: Lent, tell_lost: Callable[[], bool]) -> None:
        self._host = host
        self._terminal = terminal
        self._tell_lost = tell_lost
        self._is_told = False
        self._signals: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._before: dict[int, Any] = {}
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._close_screen: Callable[[], None] | None = None
        self._screen_closed = threading.Event()
        self._screen_closed.set()
        self.on_hangup = "continue"
        """`continue`: a lost terminal leaves the engine running without a screen; or `stop`."""
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
        ask_when_window_closes(lambda: self._signals.put(signal.SIGTERM), self._host.join)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.ended_by is not None:
            # The thread stays until the process has ended: whatever hangs on the way there is cut short.
            return
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

    def close_screen(self) -> bool:
        """Ask the screen to close; return whether it did in time."""
        return self._closes(LEAVE_WITHIN_S, lambda: None)

    def insist_on_closing(self) -> None:
        """Ask the screen to close until it has, however long a busy machine takes over that."""
        while not self.close_screen() and self.ended_by is None:
            pass

    def _watch(self) -> None:
        while True:
            try:
                number = self._signals.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                self._look()
                continue
            if number is None:
                return
            if number == getattr(signal, "SIGHUP", None):
                self._hang_up()
            else:
                self._end(number)

    def _look(self) -> None:
        """See to what no signal tells."""
        if not self.is_screenless:
            if self._terminal.is_gone():
                self._hang_up()
            return
        if not self._screen_closed.is_set() and self._free_screen():
            self._terminal.let_go()
        self._is_told = self._is_told or self._tell_lost()

    def _hang_up(self) -> None:
        if self.on_hangup == "stop":
            self._end(int(getattr(signal, "SIGHUP", signal.SIGTERM)))
        elif not self.is_screenless:
            self.is_screenless = True
            self._is_told = self._tell_lost()
            if self._free_screen():
                self._terminal.let_go()

    def _end(self, number: int) -> None:
        """Stop everything. The main thread ends the process by itself where it can; where it hangs, it ends here."""
        began = time.monotonic()
        self.ended_by = number
        self._host.stop()
        is_freed = not self.close_screen()
        is_closed = not is_freed or self._free_screen()
        self._host.join(max(0.0, SETTLE_WITHIN_S - (time.monotonic() - began)))
        if is_freed and not self.is_screenless:
            self._terminal.restore()
        if is_closed and not self._host.is_alive:
            time.sleep(END_WITHIN_S)
        if not self.is_screenless:
            self._terminal.restore()
        self._host.leave_nothing()
        os._exit(0 if self.is_screenless and not self._host.is_alive else 128 + number)

    def _free_screen(self) -> bool:
        """Close a screen that may wait for a terminal that takes nothing; return whether it closed in time."""
        self._terminal.drop()
        return self._closes(FREE_WITHIN_S, self._terminal.unblock)

    def _closes(self, within_s: float, meanwhile: Callable[[], None]) -> bool:
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            close = self._close_screen
            if close is not None:
                with contextlib.suppress(RuntimeError):
                    close()
            meanwhile()
            if self._screen_closed.wait(0.05):
                return True
        return False
