"""The ledger's SQL, kept in `.sql` files so that it can be read, searched and tried as SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_NAME = "-- name:"


@cache
def queries(topic: str) -> Mapping[str, str]:
    """Return the statements of `queries/<topic>.sql` by the name that stands above each."""
    text = files(__package__).joinpath("queries", f"{topic}.sql").read_text(encoding="utf-8")
    named: dict[str, str] = {}
    for block in text.split(_NAME)[1:]:
        name, _, statement = block.partition("\n")
        named[name.strip()] = statement.strip()
    return MappingProxyType(named)


def migrations() -> Iterator[tuple[int, str, str]]:
    """Yield (version, file name, SQL script) of every step of the schema, the oldest first."""
    folder = files(__package__).joinpath("schema")
    for name in sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql")):
        yield int(name.partition("_")[0]), name, folder.joinpath(name).read_text(encoding="utf-8")


def split(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one: `executescript` would commit what is open first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
