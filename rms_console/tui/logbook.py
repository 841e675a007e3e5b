"""Places of log lines in the console's ring of them, and which lines are wanted: kept up bit by bit, never at once.

Each line has a place that never changes, counted from the first line ever seen. The ring forgets its oldest lines;
their places then lie below `base`.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from rms_console.tui.view import LogRow

SLOW_LINE_S: Final = 0.1


class TooSlow(Exception):
    """One line took so long to search that a hundred thousand would freeze the console."""


class LogBook:
    """Gives places to the lines of a ring that somebody else fills and that forgets at its left end."""

    def __init__(self, rows: deque[LogRow]) -> None:
        self._rows = rows
        self._last: LogRow | None = None
        self.base = 0
        self.total = 0

    def catch_up(self) -> None:
        """Take in the lines that came; costs as much as there are new ones."""
        rows = self._rows
        if not rows:
            self.base = self.total
            return
        newest = rows[-1]
        if newest is self._last:
            return
        new = 0
        for row in reversed(rows):
            if row is self._last:
                break
            new += 1
        self._last = newest
        self.total += new
        self.base = self.total - len(rows)

    def row(self, place: int) -> LogRow | None:
        """Return the line of a place; None when it is forgotten. `catch_up` comes first."""
        at = place - self.base
        return self._rows[at] if 0 <= at < len(self._rows) else None


class LogIndex:
    """The places of the lines that `wanted` says yes to, newest lines first found, within a budget of time."""

    def __init__(self, book: LogBook, wanted: Callable[[LogRow], bool]) -> None:
        self._book = book
        self._wanted = wanted
        self._low = self._high = book.total
        self.places: deque[int] = deque()

    @property
    def is_whole(self) -> bool:
        """Return whether every line that is kept was looked at."""
        return self._low <= self._book.base and self._high == self._book.total

    def advance(self, budget_s: float) -> None:
        """Look at new lines, then at older ones, until the budget is used; forget what the ring forgot.

        Raises:
            TooSlow: one line alone took far too long.
        """
        book, places = self._book, self.places
        while places and places[0] < book.base:
            places.popleft()
        self._high, self._low = max(self._high, book.base), max(self._low, book.base)
        end = time.perf_counter() + budget_s
        while self._high < book.total:
            if self._takes(self._high):
                places.append(self._high)
            self._high += 1
            if time.perf_counter() > end:
                return
        while self._low > book.base:
            if self._takes(self._low - 1):
                places.appendleft(self._low - 1)
            self._low -= 1
            if time.perf_counter() > end:
                return

    def _takes(self, place: int) -> bool:
        row = self._book.row(place)
        if row is None:
            return False
        began = time.thread_time() if len(row.message) > 60 else 0.0
        taken = self._wanted(row)
        if began and time.thread_time() - began > SLOW_LINE_S:
            raise TooSlow
        return taken


def next_place(places: Sequence[int], after: int) -> int | None:
    """Return the first of these ascending places above `after`; the first of all when there is none."""
    at = bisect_right(places, after)
    return places[at] if at < len(places) else places[0] if places else None


def previous_place(places: Sequence[int], before: int) -> int | None:
    """Return the last of these ascending places below `before`; the last of all when there is none."""
    at = bisect_left(places, before)
    return places[at - 1] if places else None
