"""An answer that the terminal still owes when the screen opens: it must not be read as key presses.

The question for the background is asked before there is a screen. Over a slow line its answer arrives when Textual
reads already, and Textual would take the letters in it for keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from textual._xterm_parser import XTermParser
from textual.message import Message

ANSWER: Final = re.compile(r"\x1b?\]11;rgba?:[0-9a-fA-F/]{0,24}(?:\x07|\x1b\\)")
BEGUN: Final = re.compile(r"\]1?$|\]11;?$|\]11;r(?:g(?:b(?:a?(?::[0-9a-fA-F/]{0,24}\x1b?)?)?)?)?$")
"""The beginning of an answer at the end of what was read, whose rest has not come yet."""


class Sieve:
    """Takes one answer out of what is typed, in whatever pieces it comes."""

    def __init__(self) -> None:
        self._held = ""
        self._is_done = False

    def __call__(self, data: str) -> str:
        """Return what is left of `data`; the beginning of an answer is held back until its rest comes."""
        if self._is_done:
            return data
        told, self._held = self._held + data, ""
        found = ANSWER.search(told)
        if found is not None:
            self._is_done = True
            return told[: found.start()] + told[found.end() :]
        begun = BEGUN.search(told)
        if begun is None:
            return told
        # The escape before it is the start of a sequence only here: alone it is a key, and goes on at once.
        start = begun.start() - told[: begun.start()].endswith("\x1b")
        self._held = told[start:]
        return told[:start]

    def rest(self) -> str:
        """Return what is held back although it may have been typed, for when nothing more comes."""
        if "]11;" in self._held:
            return ""  # nobody types that: the line is slow
        held, self._held = self._held, ""
        return held


class SievingParser(XTermParser):
    """Textual's reader of keys, with a sieve before it."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._sieve = Sieve()
        self._is_waiting = False

    def feed(self, data: str) -> Iterable[Message]:
        if not data:
            return super().feed(data)
        left = self._sieve(data)
        self._is_waiting = False
        # Nothing at all would mean the end of the input.
        return super().feed(left) if left else ()

    def tick(self) -> Iterable[Message]:
        # Called after each reading and then about every 0.1 s: the second time, nothing more has come.
        if self._is_waiting:
            self._is_waiting = False
            rest = self._sieve.rest()
            if rest:
                yield from super().feed(rest)
        else:
            self._is_waiting = True
        yield from super().tick()


def sieve_keys() -> None:
    """Have Textual's next screen read its keys through a sieve."""
    try:
        from textual.drivers import linux_driver
    except ImportError:  # Windows: nothing was asked there
        return
    linux_driver.XTermParser = SievingParser  # type: ignore[attr-defined]
