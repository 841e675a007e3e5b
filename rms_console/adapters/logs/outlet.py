"""Lines to a terminal or pipe, written by a thread: a terminal that stalls must not stall the engine."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

_MOST_WAITING: Final = 5_000
_FULL_PIPE_WAIT_S: Final = 0.05


class LogStream(Protocol):
    """What lines are written to: a standard stream, or one that leads somewhere else each time."""

    @property
    def encoding(self) -> str: ...

    def write(self, text: str, /) -> int: ...

    def flush(self) -> None: ...

    def isatty(self) -> bool: ...

    def fileno(self) -> int:
        """Raise OSError where there is no descriptor."""
        ...


class StreamOutlet:
    """Takes lines at once and writes them in its own time.

    When the reader is slower than the writer for long, the oldest lines are left out and their number is told; when
    the reader is gone, the rest is counted and nothing more happens.
    """

    def __init__(self, stream: LogStream, left_out: Callable[[int], str]) -> None:
        self._stream = stream
        self._left_out = left_out
        self._waiting: deque[str] = deque()
        self._skipped = 0
        self._news = threading.Condition()
        self._closing = False
        self._gone = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="log-stream", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        with self._news:
            if self._gone or self._closing:
                self.dropped += 1
                return
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.popleft()
                self._skipped += 1
                self.dropped += 1
            self._waiting.append(line)
            self._news.notify()

    def close(self, wait_s: float) -> None:
        """Write what is waiting, for at most `wait_s`."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(wait_s)

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._closing)
                lines = list(self._waiting)
                self._waiting.clear()
                skipped, self._skipped = self._skipped, 0
                closing = self._closing
            if skipped:
                lines.insert(0, self._left_out(skipped))
            if lines and not self._write("".join(f"{line}\n" for line in lines)):
                self._give_up(len(lines))
                return
            if closing and not lines:
                return

    def _write(self, text: str) -> bool:
        try:
            descriptor = self._descriptor()
            if descriptor is None:
                self._stream.write(text)
                self._stream.flush()
            else:
                _write_all(descriptor, text.encode(self._stream.encoding or "utf-8", "backslashreplace"))
        except (OSError, ValueError):
            return False
        return True

    def _descriptor(self) -> int | None:
        """Return the descriptor to write to past Python's own buffer, or None where that is not possible.

        A thread that hangs inside the buffer would hold its lock, and the interpreter could not end.
        """
        if os.name == "nt" and self._stream.isatty():
            return None  # Windows's console takes Unicode through Python's own layer only
        try:
            return self._stream.fileno()
        except (OSError, AttributeError):
            return None

    def _give_up(self, lost: int) -> None:
        with self._news:
            self._gone = True
            self.dropped += lost + len(self._waiting)
            self._waiting.clear()
        self._point_to_nowhere()

    def _point_to_nowhere(self) -> None:
        """Let a standard stream whose reader is gone lead nowhere, or Python fails at its end when it flushes.

        Source: docs.python.org, library/signal, note on SIGPIPE, read 2026-11.
        """
        try:
            descriptor = self._stream.fileno()
            if descriptor in (1, 2):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
        except (OSError, ValueError, AttributeError):
            return


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            # Somebody made the descriptor non-blocking (a shared terminal): its reader is only slow.
            time.sleep(_FULL_PIPE_WAIT_S)
