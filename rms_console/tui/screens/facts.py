"""Rows of a name and a value: the body of pages that tell facts."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean

Fact = tuple[str, object, str]
"""Name, value, role of the value."""


def fact_lines(title: str, facts: Sequence[Fact], name_width: int = 26) -> list[Line]:
    """Return a title and one line a fact."""
    rows = [
        line(Part(f"  {name:<{name_width}.{name_width}} ", "dim"), Part(clean(value, 300), role))
        for name, value, role in facts
    ]
    return [line(Part(title, "title")), *rows, ()]
