"""The terminal's background: asked for before the screen is loaded, taken once it is, so that nobody waits for it."""

from __future__ import annotations

import contextlib
import os
import re
import select
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from rms_console.hosting.terminal import Terminal

termios: Any
try:
    import termios
except ImportError:  # Windows
    termios = None

QUESTION: Final = b"\x1b]11;?\x1b\\"
"""Source: XTerm Control Sequences, "Operating System Commands", Ps = 11, read 2026-11."""
ANSWER: Final = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?(?:\x07|\x1b\\)"
)
WITHIN_S: Final = 0.08
"""How long after it was asked a terminal may take; loading the screen takes longer."""
MUTE: Final = ("dumb", "linux", "cons25", "vt100", "vt102", "vt220", "ansi", "sun", "emacs", "unknown")
"""Terminals that would not answer, or would show the question."""
LIGHT_NUMBERS: Final = frozenset({"7", "15"})
"""The light ones of the sixteen colours, as COLORFGBG names a background."""
HALF: Final = 0.5


class Background:
    """One question to the terminal on descriptor 0. What it says meanwhile is not shown on it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._asked_at: float | None = None
        self._modes: Any = None

    def ask(self) -> None:
        """Ask, where an answer can be expected; returns at once, also over a stalled line."""
        if termios is None or not answers(self._environ):
            return
        with contextlib.suppress(OSError, termios.error):
            if os.tcgetpgrp(0) != os.getpgrp():
                return  # in the background: the shell has the terminal
            descriptor = os.open("/dev/tty", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            try:
                modes = termios.tcgetattr(0)
                quiet = [*modes[:3], modes[3] & ~(termios.ECHO | termios.ICANON), *modes[4:]]
                termios.tcsetattr(0, termios.TCSANOW, quiet)
                self._modes = modes
                os.write(descriptor, QUESTION)
                self._asked_at = time.monotonic()
            finally:
                os.close(descriptor)

    def take(self, terminal: Terminal) -> Terminal:
        """Return what is known of the terminal with what it answered; leaves it in the modes it was in."""
        try:
            heard = self._hear()
        finally:
            self._put_back()
        if heard is None:
            is_owed = self._asked_at is not None
            return replace(terminal, is_light=named_light(self._environ), owes_answer=is_owed)
        return replace(terminal, is_light=heard, owes_answer=False)

    def _hear(self) -> bool | None:
        """Return whether the answer tells a light colour; None without an answer in time."""
        if self._asked_at is None:
            return None
        told, until = b"", self._asked_at + WITHIN_S
        with contextlib.suppress(OSError):
            while select.select([0], [], [], max(0.0, until - time.monotonic()))[0]:
                some = os.read(0, 4096)
                told += some
                match = ANSWER.search(told)
                if match is not None:
                    return is_light(*match.groups())
                if not some or len(told) > 4096:
                    break
        return None

    def _put_back(self) -> None:
        if self._modes is not None:
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self._modes)
            self._modes = None


def answers(environ: Mapping[str, str]) -> bool:
    """Return whether a terminal of this name may answer. GNU screen keeps the question to itself, tmux does not."""
    name = environ.get("TERM", "")
    if not name or name.partition("-")[0] in MUTE:
        return False
    return not name.startswith("screen") or bool(environ.get("TMUX"))


def is_light(red: bytes, green: bytes, blue: bytes) -> bool:
    """Return whether a colour is light. Each part is a hexadecimal fraction of one to four digits.

    Weights of brightness: ITU-R BT.709.
    """
    parts = [int(part, 16) / (16 ** len(part) - 1) for part in (red, green, blue)]
    return bool(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] > HALF)


def named_light(environ: Mapping[str, str]) -> bool:
    """Return whether COLORFGBG (`foreground;background`, as rxvt and Konsole set it) names a light background."""
    return environ.get("COLORFGBG", "").rpartition(";")[2].strip() in LIGHT_NUMBERS
