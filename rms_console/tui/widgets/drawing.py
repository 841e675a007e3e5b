"""From a line of parts to a strip of the terminal: the one way text reaches the screen."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from rms_console.tui.lines import Line
from rms_console.tui.plain import clean
from rms_console.tui.themes import Theme, style_of


def strip_of(line: Line, width: int, widget: Widget) -> Strip:
    """Return `line` at exactly `width` cells in the theme of the widget's app; every text is made harmless here."""
    base = widget.rich_style
    theme = getattr(widget.app, "look", None)
    segments = [Segment(clean(part.text), _style(base, theme, part.role)) for part in line]
    return Strip(segments).adjust_cell_length(width, base)


def _style(base: Style, theme: Theme | None, role: str) -> Style:
    return base + style_of(theme, role) if theme is not None and role else base
