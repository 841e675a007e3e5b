"""When an item's price changes by date alone, and how many products were created when."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import read_optional_time, read_time, time_text
from rms_console.adapters.store.statements import queries
from rms_console.contract.records import SaleBoundary


class Sales:
    """Sale boundaries. One that is due stays until its item is queued for it or settled: a crash cannot lose it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("sales")

    def replace(self, boundaries: Mapping[int, tuple[SaleBoundary, ...]]) -> None:
        """Replace all boundaries of the items named; an empty tuple leaves an item without any."""
        self._database.run_many(self._sql["forget"], ((item_id,) for item_id in boundaries))
        self._database.run_many(
            self._sql["add"],
            ((item_id, time_text(one.at)) for item_id, several in boundaries.items() for one in several),
        )

    def passed(self, item_ids: Iterable[int], at: datetime) -> None:
        """Drop the boundaries up to `at` of items that are now queued for them: the queue remembers from here on.

        Otherwise an item that cannot be settled would be rung for again at once, for ever.
        """
        when = time_text(at)
        self._database.run_many(self._sql["pass"], ((item_id, when) for item_id in item_ids))

    def due(self, at: datetime) -> tuple[SaleBoundary, ...]:
        return self._database.read(_boundary, self._sql["due"], (time_text(at),))

    def next_at(self) -> datetime | None:
        text = self._database.scalar(self._sql["next"])
        with self._database.decoding():
            return read_optional_time(text)


class Creations:
    """Products created, for the day's brake."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("creations")

    def add(self, products: int, at: datetime) -> None:
        if products:
            self._database.run(self._sql["add"], (time_text(at), products))

    def since(self, at: datetime) -> int:
        return int(self._database.scalar(self._sql["since"], (time_text(at),)))


def _boundary(row: sqlite3.Row) -> SaleBoundary:
    return SaleBoundary(item_id=row["item_id"], at=read_time(row["at"]))
