"""Every setting with its default, told from the settings themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Final

from rms_console.commands.handbook.tables import code, table
from rms_console.config.example import shown_default
from rms_console.config.names import names_of
from rms_console.config.tree import FIELDS, RUNTIME_KEYS
from rms_console.locale import mark, translate

COLUMNS: Final = (mark("key"), mark("default"), mark("what it does"), mark("environment"))
HEAD: Final = mark(
    "The strongest first: command line, environment, --env-file, console.toml, profile, default. A star marks what may"
    " change while the engine runs. A wrong value is told with file, line, key and the nearest right key, and nothing"
    " starts."
)


def page(language: str) -> str:
    """Return the reference of every setting, one table a section."""
    return translate(language, HEAD, {}) + "\n" + "".join(_sections(language))


def _sections(language: str) -> Iterator[str]:
    by_section: dict[str, list[str]] = {}
    for key in FIELDS:
        by_section.setdefault(key.rpartition(".")[0], []).append(key)
    for section, keys in by_section.items():
        rows = [_row(key, language) for key in keys]
        yield (f"\n## [{section}]\n\n" if section else "\n") + table(language, COLUMNS, rows)


def _row(key: str, language: str) -> tuple[str, str, str, str]:
    field = FIELDS[key]
    told = translate(language, inspect.cleandoc(field.description or ""), {})
    names = ", ".join(code(name) for name in names_of(key))
    return code(key) + (" *" if key in RUNTIME_KEYS else ""), code(shown_default(field)), told, names
