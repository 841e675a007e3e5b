"""Which log lines are shown: by level, by what is looked for, or all around one line."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from rms_console.tui.logbook import LogBook, LogIndex
from rms_console.tui.logfind import NOTHING
from rms_console.tui.view import LogRow

LEVELS: Final = ("ALL", "INFO", "WARN", "ERROR")
RANKS: Final = {"DEBUG": 0, "INFO": 1, "WARN": 2, "WARNING": 2, "ERROR": 3, "CRITICAL": 3}
AROUND: Final = 20
"""Lines shown before and after one in its context."""


class LogSift:
    """Holds level, search and context, and keeps the places of the lines that pass."""

    def __init__(self, rows: deque[LogRow]) -> None:
        self.book = LogBook(rows)
        self.level = 0
        self.finder = NOTHING
        self.hides = True
        self.around: int | None = None
        """The line whose context is shown."""
        self._filtered: LogIndex | None = None
        self._hits: LogIndex | None = None

    @property
    def shown(self) -> Sequence[int]:
        """Return the places of the lines that are shown, ascending; a view of them, not a copy."""
        book = self.book
        if self.around is not None:
            return range(max(book.base, self.around - AROUND), min(book.total, self.around + AROUND + 1))
        return self._filtered.places if self._filtered is not None else range(book.base, book.total)

    @property
    def hits(self) -> Sequence[int]:
        """Return the places of the lines that are found, ascending; none where nothing is looked for."""
        return self._hits.places if self._hits is not None else ()

    @property
    def is_whole(self) -> bool:
        """Return whether every line was looked through; else `advance` goes on."""
        return all(index.is_whole for index in self._indexes())

    def advance(self, budget_s: float) -> None:
        """Take in new lines, and look through some of the older ones.

        Raises:
            TooSlow: the search takes far too long over one line.
        """
        self.book.catch_up()
        for index in self._indexes():
            index.advance(budget_s)

    def look_anew(self) -> None:
        """Begin again after level, search or hiding changed."""
        self.book.catch_up()
        self.around = None
        rank, finder = self.level, self.finder

        def is_serious(row: LogRow) -> bool:
            return RANKS.get(row.level, 1) >= rank

        def is_found(row: LogRow) -> bool:
            return RANKS.get(row.level, 1) >= rank and finder.matches(row)

        self._hits = None if finder.is_empty else LogIndex(self.book, is_found)
        if self._hits is not None and self.hides:
            self._filtered = self._hits
        else:
            self._filtered = LogIndex(self.book, is_serious) if rank else None

    def _indexes(self) -> list[LogIndex]:
        both = [index for index in (self._filtered, self._hits) if index is not None]
        return both[:1] if len(both) == 2 and both[0] is both[1] else both
