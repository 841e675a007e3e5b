"""A few lines of text under a title, redrawn line by line where they changed."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from rms_console.tui.lines import Line, Part, width_of
from rms_console.tui.widgets.drawing import strip_of


class Panel(Widget):
    """Shows lines. As high as they are, unless its styles say otherwise."""

    DEFAULT_CSS = "Panel { height: auto; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None, rule: str = "-") -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._rule = rule

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(self._lines)

    def show(self, lines: Sequence[Line], title: Line = ()) -> None:
        """Show these lines, below a rule with `title` where one is given."""
        new = [self._titled(title), *lines] if title else list(lines)
        old, self._lines = self._lines, new
        if len(old) != len(new):
            self.refresh(layout=True)
            return
        changed = [y for y, (before, after) in enumerate(zip(old, new, strict=True)) if before != after]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def _titled(self, title: Line) -> Line:
        return (*title, Part(" ", "title"), Part(self._rule * max(0, 400 - width_of(title)), "dim"))

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else ()
        return strip_of(line, self.size.width, self)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width
