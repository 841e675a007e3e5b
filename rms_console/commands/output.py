"""How commands speak: JSON for scripts, aligned text for people, in the person's language."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import click

from rms_console.locale import translate

MIN_WIDTH, MAX_WIDTH = 40, 100


def emit_json(value: object) -> None:
    """Print one JSON value. Signs that a terminal would obey, or that it cannot show, are written as `\\uXXXX`."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)
    click.echo(text)


def say(language: str, template: str, /, **facts: object) -> None:
    """Print a sentence in the person's language, in as many lines as it needs."""
    click.echo(paragraph(translate(language, template, facts), page_width()))


def table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows under their column names, each column as wide as its widest cell."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) if cells else len(name) for i, name in enumerate(columns)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    head = "  ".join(name.ljust(width) for name, width in zip(columns, widths, strict=True)).rstrip()
    return "\n".join([head, *lines])


def page_width() -> int:
    """Return the columns to write in: the terminal's, but no line so long that it is hard to read."""
    return max(MIN_WIDTH, min(MAX_WIDTH, shutil.get_terminal_size((80, 24)).columns))


def paragraph(text: str, width: int, first: str = "", rest: str | None = None) -> str:
    """Return a text as lines of at most `width`, the first behind `first`, the others behind `rest` (as wide blanks).

    What has no blanks (a path, a command) is never broken: it must be fit to be copied.
    """
    rest = " " * len(first) if rest is None else rest
    return textwrap.fill(
        harmless(text),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def harmless(text: str) -> str:
    """Return a text in one line without control characters: it may come from the shop or from RMS."""
    return "".join(character if character.isprintable() else " " for character in text)


def _cell(value: object) -> str:
    """Return a value in one harmless line, at most 100 characters."""
    plain = harmless("" if value is None else str(value))
    return plain if len(plain) <= 100 else plain[:99] + "…"
