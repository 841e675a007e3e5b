"""SQL kept in `.sql` files, so that it can be read, searched and tried as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_HEADING = "-- name:"


@cache
def load_statements(package: str) -> Mapping[str, str]:
    """Return every statement in the `.sql` files of a package by the name in the comment above it.

    Values go in as `:parameters`. `{slots}` take column expressions, which the caller makes only of names that the
    database itself gave.
    """
    named: dict[str, str] = {}
    for entry in files(package).iterdir():
        if entry.name.endswith(".sql"):
            named |= _split(entry.read_text(encoding="utf-8"))
    return MappingProxyType(named)


def _split(text: str) -> dict[str, str]:
    blocks = (block.partition("\n") for block in text.split(_HEADING)[1:])
    return {name.strip(): _uncommented(statement) for name, _, statement in blocks}


def _uncommented(statement: str) -> str:
    """Drop comment lines: a colon in one would read as a parameter."""
    lines = (line for line in statement.splitlines() if not line.lstrip().startswith("--"))
    return "\n".join(lines).strip().removesuffix(";")
