"""A text that may be longer than its place: it scrolls with the keys of the lists, and says how much more there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rms_console.tui.keys import SCROLLING, bindings
from rms_console.tui.lines import Line, Part, fit, pad
from rms_console.tui.view import Words
from rms_console.tui.widgets.drawing import strip_of


class Sheet(ScrollView, can_focus=True):
    """Shows lines. While some are below, the last row tells how many, and `hint`."""

    DEFAULT_CSS = "Sheet { height: 1fr; width: 1fr; scrollbar-size-horizontal: 0; overflow-x: hidden; }"
    BINDINGS = bindings(SCROLLING)

    def __init__(self, *, id: str | None = None, classes: str | None = None, hint: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._hint = hint

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(self._lines)

    @property
    def hint(self) -> str:
        return self._hint

    @hint.setter
    def hint(self, text: str) -> None:
        if text != self._hint:
            self._hint = text
            self.refresh()

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines, at the same place."""
        old, self._lines = self._lines, list(lines)
        if len(old) == len(self._lines):
            for place, (before, after) in enumerate(zip(old, self._lines, strict=True)):
                if before != after:
                    self.refresh_lines(place)
            return
        self.virtual_size = Size(0, len(self._lines))
        self.refresh()

    def to_top(self) -> None:
        """Go back to the first line: another thing is shown."""
        self.scroll_to(y=0, animate=False)

    def render_line(self, y: int) -> Strip:
        top, height, width = self.scroll_offset.y, self.size.height, self.scrollable_content_region.width
        below = len(self._lines) - top - height
        place = y + top
        one = self._lines[place] if place < len(self._lines) else ()
        if y < height - 1 or below <= 0:
            return strip_of(fit(one, width), width, self)
        words = cast("Words", self.app.words)  # type: ignore[attr-defined]
        if height > 1:
            return strip_of(more_line(words, below + 1, self._hint), width, self)
        sign = f" {words.glyphs.down}{below}"
        return strip_of((*pad(fit(one, width - len(sign)), width - len(sign)), Part(sign, "accent")), width, self)

    def action_move(self, step: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + step, animate=False)

    def action_page(self, step: int) -> None:
        # One row less than there are: the last one told how many were below it.
        self.action_move(step * max(1, self.size.height - 1))

    def action_go(self, place: int) -> None:
        self.scroll_to(y=len(self._lines) if place < 0 else 0, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.refresh()


def more_line(words: Words, count: int, hint: str = "") -> Line:
    """Return that so many lines are below."""
    told = words.phrase("{count} more lines", count=count)
    return (Part(f"{words.glyphs.down} {told}{f'  {hint}' if hint else ''}", "accent"),)
