"""A seat in front of the real program: a pseudo-terminal, keys that are typed, a screen that can be read or stalled."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

PATIENCE_S = 60.0


def until(condition: Callable[[], object], within_s: float = PATIENCE_S, what: str = "") -> None:
    """Wait until the condition holds.

    Raises:
        AssertionError: it did not in time.
    """
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s:.0f} s: {what}"
        time.sleep(0.05)


class Seat:
    """Runs a command on a terminal of its own and reads what it draws."""

    def __init__(
        self, arguments: list[str], *, columns: int = 80, rows: int = 24, environ: Mapping[str, str] | None = None
    ) -> None:
        self.raw = bytearray()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._guard = threading.Lock()
        self._reads = threading.Event()
        self._reads.set()
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.modes = termios.tcgetattr(slave)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("RMS_", "SHOPIFY_", "SSH_"))}
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # the child's controlling terminal
            env={**clean, "TERM": "xterm-256color", "LANG": "C.UTF-8", **(environ or {})},
        )
        self._slave = slave
        self._is_over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Seat:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._end_reading()
        for descriptor in (self._slave, self.master):
            if descriptor >= 0:
                os.close(descriptor)

    @property
    def text(self) -> str:
        with self._guard:
            return "\n".join(self._screen.display)

    def shows(self, text: str, within_s: float = PATIENCE_S) -> None:
        """Wait until `text` stands on the screen."""
        end = time.monotonic() + within_s
        while text not in self.text:
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.text}"
            assert time.monotonic() < end, f"{text!r} is not on the screen:\n{self.text}"
            time.sleep(0.05)

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def stall(self) -> None:
        """Read nothing any more: the far end of the line is asleep."""
        self._reads.clear()

    def go_on(self) -> None:
        self._reads.set()

    def hang_up(self) -> None:
        """Close the far end."""
        self._end_reading()
        master, self.master = self.master, -1
        os.close(self._slave)
        self._slave = -1
        os.close(master)

    def signal(self, name: str) -> float:
        """Send a signal; return when."""
        os.kill(self.process.pid, getattr(signal, name))
        return time.monotonic()

    def ends(self, within_s: float = PATIENCE_S) -> int:
        """Wait for the end; return the exit code."""
        return self.process.wait(within_s)

    def is_restored(self) -> bool:
        """Return whether the terminal is as it was: modes, main screen, cursor, no mouse reports."""
        last = self.raw.rfind
        return (
            termios.tcgetattr(self._slave)[3] == self.modes[3]
            and last(b"\x1b[?1049l") > last(b"\x1b[?1049h")
            and last(b"\x1b[?25h") > last(b"\x1b[?25l")
        )

    def _end_reading(self) -> None:
        """End the reader before its descriptor is closed: the number may be another terminal's a moment later."""
        self._is_over = True
        self._reads.set()
        self._reader.join(10)

    def _read(self) -> None:
        while not self._is_over:
            self._reads.wait()
            try:
                if not select.select([self.master], [], [], 0.1)[0] or not self._reads.is_set():
                    continue
                data = os.read(self.master, 65536)
            except (OSError, ValueError):
                return
            if not data:
                return
            with self._guard:
                self.raw += data
                self._stream.feed(data)


def log_lines(folder: Path) -> list[str]:
    """Return the lines of app.log."""
    file = folder / "app.log"
    return file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
