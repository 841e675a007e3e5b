"""How commands speak: JSON for scripts, aligned text for people, in the person's language."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from rms_console.locale import translate


def emit_json(value: object) -> None:
    """Print one JSON value."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def say(language: str, template: str, /, **facts: object) -> None:
    """Print one line in the person's language."""
    click.echo(translate(language, template, facts))


def table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows under their column names, each column as wide as its widest cell."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) if cells else len(name) for i, name in enumerate(columns)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    head = "  ".join(name.ljust(width) for name, width in zip(columns, widths, strict=True)).rstrip()
    return "\n".join([head, *lines])


def _cell(value: object) -> str:
    """Return a value in one harmless line: no control characters, at most 100 characters."""
    text = "" if value is None else str(value)
    plain = "".join(" " if not character.isprintable() else character for character in text)
    return plain if len(plain) <= 100 else plain[:99] + "…"
