"""The log: any number of lines, of which only those on the screen are drawn."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rms_console.tui.keys import OPENING, SCROLLING, bindings
from rms_console.tui.lines import Line, Part
from rms_console.tui.logbook import TooSlow, next_place, previous_place
from rms_console.tui.logfind import NOTHING, Finder
from rms_console.tui.logsift import LEVELS, LogSift
from rms_console.tui.view import LogRow
from rms_console.tui.widgets.drawing import strip_of
from rms_console.tui.widgets.rows import under_cursor

BUDGET_S: Final = 0.012
"""Time that one tick may spend on looking through lines."""


@dataclass(frozen=True, slots=True)
class LogState:
    """What the title of the log tells."""

    level: str = "ALL"
    find: str = ""
    hides: bool = True
    """Whether lines that are not found are hidden; else found ones are marked only."""
    found: int = 0
    lines: int = 0
    follows: bool = True
    new: int = 0
    """Lines that came since it stopped following."""
    in_context: bool = False
    is_whole: bool = True
    """Whether every line was looked through; else it goes on."""


class LogView(ScrollView, can_focus=True):
    """Shows a ring of log lines through `draw(row, finder, width)`.

    `tick` is called while it is seen. It follows the newest line only while it stands at the very bottom.
    """

    DEFAULT_CSS = "LogView { height: 1fr; width: 1fr; scrollbar-size-horizontal: 0; overflow-x: hidden; }"
    BINDINGS = bindings((*SCROLLING, OPENING))

    class Chosen(Message):
        """A line was opened."""

        def __init__(self, row: LogRow) -> None:
            super().__init__()
            self.row = row

    class Changed(Message):
        """What the title tells has changed."""

    class GaveUp(Message):
        """The search was too slow: it was taken back."""

    def __init__(self, rows: deque[LogRow], draw: Callable[[LogRow, Finder, int], Line], *, id: str) -> None:
        super().__init__(id=id)
        self._draw = draw
        self._sift = LogSift(rows)
        self._book = self._sift.book
        self._follows = True
        self._cursor = 0
        self._top = 0
        self._seen = 0
        self._is_ours = False
        self._drawn: tuple[object, ...] = ()

    @property
    def shown(self) -> Sequence[int]:
        """Return the places of the lines that are shown, ascending."""
        return self._sift.shown

    @property
    def state(self) -> LogState:
        sift, shown = self._sift, self._sift.shown
        return LogState(
            LEVELS[sift.level],
            sift.finder.text,
            sift.hides,
            len(sift.hits),
            len(shown),
            self._follows,
            0 if self._follows else len(shown) - bisect_left(shown, self._seen),
            sift.around is not None,
            sift.is_whole,
        )

    @property
    def chosen(self) -> LogRow | None:
        """Return the line under the cursor."""
        self._book.catch_up()
        return self._book.row(self._cursor)

    def latest(self, most: int) -> list[LogRow]:
        """Return the last `most` of the lines that are shown, in order."""
        self._book.catch_up()
        shown = self.shown
        places = [shown[at] for at in range(max(0, len(shown) - most), len(shown))]
        return [row for place in places if (row := self._book.row(place)) is not None]

    def next_level(self) -> None:
        """Show only more serious lines, then all again."""
        self._sift.level = (self._sift.level + 1) % len(LEVELS)
        self._look_anew()

    def find(self, finder: Finder) -> None:
        """Show what is found; an empty search shows all."""
        self._sift.finder = finder
        self._look_anew()

    def turn_hiding(self) -> None:
        """Hide what is not found, or mark what is found among all."""
        self._sift.hides = not self._sift.hides
        self._look_anew()

    def turn_follow(self) -> None:
        """Follow the newest line, or stay where it is."""
        self._set_follow(not self._follows)
        if self._follows:
            self._sift.around = None
        self.tick()

    def turn_context(self) -> None:
        """Show the lines around the one under the cursor, whatever is looked for; then what was shown before."""
        sift = self._sift
        if sift.around is None and self._book.row(self._cursor) is None:
            return
        sift.around = self._cursor if sift.around is None else None
        self._set_follow(False)
        self._place()
        self._go_to(self._cursor)

    def go_to_match(self, step: int) -> bool:
        """Put the cursor on the next (1) or previous (-1) found line; return whether there is one."""
        hits = self._sift.hits
        place = next_place(hits, self._cursor) if step > 0 else previous_place(hits, self._cursor)
        if place is None:
            return False
        self._sift.around = None
        self._set_follow(False)
        self._place()
        self._go_to(place)
        return True

    def _look_anew(self) -> None:
        self._sift.look_anew()
        self._drawn = ()
        self.tick()

    def tick(self) -> None:
        """Take in new lines, look through a part of the old ones, and draw what changed."""
        try:
            self._sift.advance(BUDGET_S)
        except TooSlow:
            self.find(NOTHING)
            self.post_message(self.GaveUp())
            return
        self._place()

    def _place(self) -> None:
        """Bring size, scroll place and cursor in line with what is shown now; draw only where that changed it."""
        shown = self.shown
        count, height = len(shown), max(1, self.size.height)
        if self.virtual_size.height != count:
            self.virtual_size = Size(0, count)
        if self._follows:
            self._scroll(max(0, count - height))
            self._cursor = shown[-1] if count else self._book.total
            self._seen = self._book.total
        elif count:
            self._scroll(min(bisect_left(shown, self._top), max(0, count - height)))
        first = self.scroll_offset.y
        last = min(count, first + height)
        if count and (self._follows or self._sift.is_whole):
            # While older lines are still being looked through, the line to stay at may be yet to come.
            self._cursor = shown[min(bisect_left(shown, self._cursor), count - 1)]
            self._top = shown[min(first, count - 1)]
        drawn = (first, [shown[at] for at in range(first, last)], self._cursor, self._follows, self.size)
        if drawn != self._drawn:
            self._drawn = drawn
            self.refresh()
        self.post_message(self.Changed())

    def _scroll(self, y: int) -> None:
        if y == self.scroll_offset.y:
            return
        self._is_ours = True
        try:
            self.scroll_to(y=y, animate=False)
        finally:
            self._is_ours = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._is_ours or round(old_value) == round(new_value):
            return
        # A person scrolled with the mouse: at the very bottom it follows again, anywhere else it does not.
        shown, y, height = self.shown, round(new_value), max(1, self.size.height)
        if not shown:
            return
        self._top = shown[min(y, len(shown) - 1)]
        at = bisect_left(shown, self._cursor)
        self._cursor = shown[max(0, min(max(at, y), y + height - 1, len(shown) - 1))]
        self._set_follow(self._sift.around is None and y >= len(shown) - height)
        self.post_message(self.Changed())

    def _set_follow(self, follows: bool) -> None:
        if self._follows and not follows:
            self._seen = self._book.total
        self._follows = follows

    def render_line(self, y: int) -> Strip:
        self._book.catch_up()
        shown, at = self.shown, y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        place = shown[at] if at < len(shown) else -1
        row = self._book.row(place) if place >= 0 else None
        if row is None:
            return strip_of((), width, self)
        line = self._draw(row, self._sift.finder, width - 2)
        if place != self._cursor:
            return strip_of((Part("  "), *line), width, self)
        if not self._follows:
            line = (*under_cursor(line), Part(" " * width, "cursor"))
        return strip_of((Part("> ", "cursor"), *line), width, self)

    def action_move(self, step: int) -> None:
        self._step(step)

    def action_page(self, step: int) -> None:
        self._step(step * max(1, self.size.height - 1))

    def action_go(self, place: int) -> None:
        self._step(len(self.shown) if place < 0 else -len(self.shown))

    def action_choose(self) -> None:
        if (row := self.chosen) is not None:
            self.post_message(self.Chosen(row))

    def _step(self, step: int) -> None:
        self._book.catch_up()
        shown = self.shown
        if shown:
            at = bisect_left(shown, self._cursor) + step
            self._set_follow(self._sift.around is None and at >= len(shown) - 1)
            self._go_to(shown[max(0, min(len(shown) - 1, at))])

    def _go_to(self, place: int) -> None:
        """Put the cursor on a line and bring it into sight."""
        shown, height = self.shown, max(1, self.size.height)
        at = min(bisect_left(shown, place), len(shown) - 1)
        self._cursor = shown[at]
        first = bisect_left(shown, self._top)
        first = at if at < first else at - height + 1 if at >= first + height else first
        self._top = shown[max(0, first)]
        self._place()

    def on_click(self, event: events.Click) -> None:
        shown, at = self.shown, event.y + self.scroll_offset.y
        if at < len(shown):
            self._set_follow(self._sift.around is None and at == len(shown) - 1)
            self._go_to(shown[at])

    def on_resize(self) -> None:
        self._place()
