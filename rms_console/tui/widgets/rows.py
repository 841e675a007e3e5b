"""A list of any length with a cursor: only the rows on the screen are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rms_console.tui.keys import OPENING, SCROLLING, bindings
from rms_console.tui.lines import Line, Part
from rms_console.tui.widgets.drawing import strip_of

Row = dict[str, Any]


class RowList(ScrollView, can_focus=True):
    """Shows rows through `draw`. The cursor stays on its row (by `key`) when rows come and go above it."""

    DEFAULT_CSS = "RowList { height: 1fr; width: 1fr; scrollbar-size-horizontal: 0; overflow-x: hidden; }"
    BINDINGS = bindings((*SCROLLING, OPENING))

    class Chosen(Message):
        """A row was opened."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    class NearEnd(Message):
        """The cursor came near the last row: older ones may be wanted."""

    class Moved(Message):
        """The cursor is on another row."""

    def __init__(self, draw: Callable[[Row, int], Line], key: Callable[[Row], object], *, id: str) -> None:
        super().__init__(id=id)
        self._draw = draw
        self._key = key
        self._rows: list[Row] = []
        self._cursor = 0
        self._empty: Sequence[Line] = ()

    @property
    def chosen(self) -> Row | None:
        """Return the row under the cursor; None in an empty list."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def place(self) -> int:
        """Return where the cursor is, counted from 0."""
        return self._cursor

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(self._rows)

    def show(self, rows: Sequence[Row], empty: Sequence[Line] = ()) -> None:
        """Show these rows; `empty` is told where there are none."""
        if list(rows) == self._rows and (rows or empty == self._empty):
            return
        held = self._key(self._rows[self._cursor]) if self._rows and self._cursor else None
        self._rows, self._empty = list(rows), empty
        keys = [self._key(row) for row in self._rows] if held is not None else []
        place = keys.index(held) if held in keys else min(self._cursor, len(self._rows) - 1)
        moved, self._cursor = max(0, place) - self._cursor, max(0, place)
        self.virtual_size = Size(0, max(len(self._rows), len(empty)))
        if moved and self.scroll_offset.y:
            self.scroll_to(y=self.scroll_offset.y + moved, animate=False)
        self.refresh()

    def redraw(self) -> None:
        """Draw again though the rows are the same: ages or widths changed."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        place, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if not self._rows:
            return strip_of(self._empty[place] if place < len(self._empty) else (), width, self)
        if place >= len(self._rows):
            return strip_of((), width, self)
        is_here = place == self._cursor
        line = self._draw(self._rows[place], width - 2)
        if is_here:
            line = (Part("> ", "cursor"), *under_cursor(line), Part(" " * width, "cursor"))
        else:
            line = (Part("  "), *line)
        return strip_of(line, width, self)

    def action_move(self, step: int) -> None:
        self._go(self._cursor + step)

    def action_page(self, step: int) -> None:
        self._go(self._cursor + step * max(1, self.size.height - 1))

    def action_go(self, place: int) -> None:
        self._go(len(self._rows) - 1 if place < 0 else place)

    def action_choose(self) -> None:
        if (row := self.chosen) is not None:
            self.post_message(self.Chosen(row))

    def _go(self, place: int) -> None:
        if not self._rows:
            return
        before, self._cursor = self._cursor, max(0, min(len(self._rows) - 1, place))
        self.refresh_lines(before)
        self.refresh_lines(self._cursor)
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False)
        self.post_message(self.Moved())
        if self._cursor >= len(self._rows) - 5:
            self.post_message(self.NearEnd())

    def on_click(self, event: events.Click) -> None:
        self._go(event.y + self.scroll_offset.y)

    def on_resize(self) -> None:
        self.refresh()


def under_cursor(line: Line) -> Line:
    """Return a line as it looks under the cursor: what is looked for stays marked."""
    return tuple(part if part.role == "match" else Part(part.text, "cursor") for part in line)
