"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rms_console.locale import translate


def table(language: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table: `columns` are templates, the cells are text. A bar in a cell does not end it."""
    head = [translate(language, column, {}) for column in columns]
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def code(text: str) -> str:
    """Return a text as it is to be typed; nothing for nothing."""
    return f"`{text}`" if text else ""
