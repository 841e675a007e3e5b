"""From a line of parts to a strip of the terminal: the one way text reaches the screen."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from rms_console.tui.lines import Line
from rms_console.tui.plain import clean
from rms_console.tui.themes import Theme, style_of

OLD: Final = "-old"
"""Class of a widget whose values are not of now: they are drawn dim, whatever they would be."""


def strip_of(line: Line, width: int, widget: Widget) -> Strip:
    """Return `line` at exactly `width` cells in the theme of the widget's app; every text is made harmless here."""
    base = widget.rich_style
    theme = getattr(widget.app, "look", None)
    words = getattr(widget.app, "words", None)
    is_old = widget.has_class(OLD)
    segments = []
    for part in line:
        text = clean(part.text)
        role = "dim" if is_old and part.role != "cursor" else part.role
        segments.append(Segment(words.glyphs.spelled(text) if words else text, _style(base, theme, role)))
    return Strip(segments).adjust_cell_length(width, base)


def _style(base: Style, theme: Theme | None, role: str) -> Style:
    return base + style_of(theme, role) if theme is not None and role else base
