"""The terminal: what it can do, how it is lent to the console, and how it is given back however that ends."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rms_console.locale import mark

termios: Any
try:
    import termios
except ImportError:  # Windows
    termios = None

RESTORE: Final = (
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l"  # mouse
    "\x1b[?2004l\x1b[?1004l"  # bracketed paste, focus reports
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[0m"  # kitty keyboard, alternate screen, cursor, colours
)
"""What undoes everything a full-screen program may have asked of a terminal."""
STDERR_FILE: Final = "stderr.log"
STDERR_AT_MOST: Final = 5_000_000
"""Bytes; a larger one is put aside as `stderr.log.1` at the next start."""
RESTORE_WITHIN_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Terminal:
    """What is known of the terminal before anything is drawn. `problem` says why nothing can be."""

    problem: str = ""
    is_utf8: bool = True
    no_color: bool = False
    over_ssh: bool = False
    is_light: bool = False
    """Whether its background is known to be light."""
    owes_answer: bool = False
    """Whether it was asked for its background and may still answer."""


def look_at_terminal(environ: Mapping[str, str]) -> Terminal:
    """Return what this process's terminal can do, from its streams and its environment."""
    problem = ""
    if not (_is_tty(sys.__stdin__) and _is_tty(sys.__stderr__) and _is_tty(sys.__stdout__)):
        problem = mark("there is no terminal to draw on")
    elif environ.get("TERM", "") in ("dumb", "") and os.name != "nt":
        problem = mark("the terminal (TERM) cannot draw")
    return Terminal(
        problem,
        is_utf8=_is_utf8(environ),
        no_color=bool(environ.get("NO_COLOR")),
        over_ssh=bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")),
    )


def _is_tty(stream: Any) -> bool:
    try:
        return bool(stream is not None and stream.isatty())
    except ValueError:
        return False


def _is_utf8(environ: Mapping[str, str]) -> bool:
    if os.name == "nt":
        return True
    named = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    return "utf" in named.lower()


def make_sane() -> bool:
    """Turn echo, line editing and signals of the keyboard on again; return whether there is a terminal."""
    if not _is_tty(sys.__stdout__):
        return False
    if termios is not None and os.isatty(0):
        modes = termios.tcgetattr(0)
        modes[0] |= termios.ICRNL | termios.IXON | termios.BRKINT
        modes[1] |= termios.OPOST | termios.ONLCR
        modes[3] |= termios.ECHO | termios.ECHOE | termios.ICANON | termios.ISIG | termios.IEXTEN
        termios.tcsetattr(0, termios.TCSANOW, modes)
    return True


class Lent:
    """The terminal while the console has it.

    `tty` is the descriptor the console draws on, `line` leads to the terminal itself as long as there is one.
    """

    def __init__(self, tty: int) -> None:
        self.tty = tty
        self.line = os.dup(tty)
        self._saved = termios.tcgetattr(0) if termios is not None and os.isatty(0) else None

    def log_to(self, folder: Path) -> None:
        """Let what is written to standard error go to a file in this folder from now on."""
        with contextlib.suppress(OSError):
            place = folder / STDERR_FILE
            if place.exists() and place.stat().st_size > STDERR_AT_MOST:
                place.replace(folder / f"{STDERR_FILE}.1")
            file = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(file, 2)
            os.close(file)

    def is_gone(self) -> bool:
        """Return whether nobody is at the other end any more."""
        try:
            import select

            poll = select.poll()
            poll.register(0, select.POLLHUP)
            return any(what & (select.POLLHUP | select.POLLNVAL | select.POLLERR) for _, what in poll.poll(0))
        except (ImportError, AttributeError, OSError):  # Windows has no poll
            return False

    def unblock(self) -> None:
        """Throw away what a stalled terminal has not taken: whoever waits to write goes on."""
        if termios is not None:
            with contextlib.suppress(OSError, termios.error):
                termios.tcflush(self.line, termios.TCOFLUSH)
                # Throwing away alone does not wake who waits to write to a pseudo-terminal; starting output anew does.
                termios.tcflow(self.line, termios.TCOOFF)
                termios.tcflow(self.line, termios.TCOON)

    def restore(self) -> None:
        """Give the terminal back as it was; never waits for it."""
        self.unblock()
        with contextlib.suppress(OSError):
            descriptor = os.open("/dev/tty", os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
            self._put_back(descriptor)
            os.close(descriptor)
        if self._saved is not None:
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(self.line, termios.TCSANOW, self._saved)

    def _put_back(self, descriptor: int) -> None:
        """Write the whole of what restores a terminal, as far as it takes it."""
        left, until = RESTORE.encode(), time.monotonic() + RESTORE_WITHIN_S
        while left and time.monotonic() < until:
            try:
                left = left[os.write(descriptor, left) :]
            except BlockingIOError:
                self.unblock()
                left = RESTORE.encode()  # what it had taken of it was thrown away too
                time.sleep(0.05)
            except OSError:
                return

    def drop(self) -> None:
        """Let all that is drawn from now on go nowhere, and nothing be read: it is gone, or takes nothing.

        Who waits already for a stalled terminal waits on, until `unblock` has made room for all of it.
        """
        self.unblock()
        nowhere = os.open(os.devnull, os.O_RDWR)
        _point(nowhere, 0, 1, self.tty)
        os.close(nowhere)

    def let_go(self) -> None:
        """Keep nothing open that leads to a lost terminal: it can be closed for good."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        _point(nowhere, self.line)
        os.close(nowhere)


def _point(target: int, *descriptors: int) -> None:
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.dup2(target, descriptor, inheritable=descriptor <= 2)


@contextlib.contextmanager
def lend_terminal() -> Iterator[Lent]:
    """Keep descriptor 2 away from the screen: the console draws on a copy, whatever else writes there goes to a file.

    A C library, a warning or a child that writes to standard error would tear the picture. Until the log's folder is
    known it goes nowhere.
    """
    tty = os.dup(2)
    file = os.open(os.devnull, os.O_WRONLY)
    before, lent = sys.__stderr__, Lent(tty)
    os.dup2(file, 2)
    os.close(file)
    drawn = os.fdopen(tty, "w", encoding="utf-8", errors="replace", closefd=False)
    sys.__stderr__ = drawn  # type: ignore[misc]
    faulthandler.enable(file=2)
    try:
        yield lent
    finally:
        faulthandler.disable()
        with contextlib.suppress(OSError, ValueError):
            drawn.flush()
        sys.__stderr__ = before  # type: ignore[misc]
        with contextlib.suppress(OSError):
            os.dup2(tty, 2)
        for descriptor in (tty, lent.line):
            with contextlib.suppress(OSError):
                os.close(descriptor)
