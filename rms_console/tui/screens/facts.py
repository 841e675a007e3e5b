"""What detail pages have in common: rows of a name and a value, and times as the view shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rms_console.tui.format import moment
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.view import View

Fact = tuple[str, object, str]
"""Name, value, role of the value."""


def fact_lines(title: str, facts: Sequence[Fact], name_width: int = 26) -> list[Line]:
    """Return a title and one line a fact."""
    rows = [
        line(Part(f"  {name:<{name_width}.{name_width}} ", "dim"), Part(clean(value, 300), role))
        for name, value, role in facts
    ]
    return [line(Part(title, "title")), *rows, ()]


def zone_name(view: View) -> str:
    """Return the zone that times are shown in: the store's, or UTC."""
    return "UTC" if view.words.utc or view.snapshot is None else view.snapshot.zone


def told_at(at: datetime | str | None, view: View, *, seconds: bool = False) -> str:
    """Return a time as the view shows it: the date only where it is not today's."""
    return moment(at, zone_name(view), view.now, view.words.language, seconds=seconds)
