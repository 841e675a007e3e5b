"""When an item's price changes by date alone, and how many products were created when."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import json_text, read_optional_time, read_time, time_text
from rms_console.adapters.store.statements import queries
from rms_console.contract.records import SaleBoundary, UpcomingSale
from rms_console.contract.sale_port import SaleMoment


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

    def of_items(self, item_ids: Sequence[int]) -> dict[int, frozenset[datetime]]:
        found: dict[int, set[datetime]] = {}
        for one in self._database.read(_boundary, self._sql["of_items"], (json_text(list(item_ids)),)):
            found.setdefault(one.item_id, set()).add(one.at)
        return {item_id: frozenset(times) for item_id, times in found.items()}

    def next_at(self) -> datetime | None:
        text = self._database.scalar(self._sql["next"])
        with self._database.decoding():
            return read_optional_time(text)

    def upcoming(self, until: datetime | None, limit: int, offset: int) -> tuple[UpcomingSale, ...]:
        wanted = (_until(until), limit, offset)
        return self._database.read(_upcoming, self._sql["upcoming"], wanted)

    def moments(self, until: datetime | None, limit: int) -> tuple[SaleMoment, ...]:
        return self._database.read(_moment, self._sql["moments"], (_until(until), limit))

    def count(self, until: datetime | None) -> int:
        return int(self._database.scalar(self._sql["count"], (_until(until),)))


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

    def prune(self, before: datetime, most: int) -> int:
        with self._database.transaction():
            return self._database.run(self._sql["prune"], (time_text(before), most))


_FOREVER = "9999"
"""Above every time there is, as text."""


def _until(at: datetime | None) -> str:
    return _FOREVER if at is None else time_text(at)


def _upcoming(row: sqlite3.Row) -> UpcomingSale:
    price, compare_at = _money(row["price"]), _money(row["compare_at"])
    is_on = compare_at is not None
    return UpcomingSale(
        at=read_time(row["at"]),
        item_id=row["item_id"],
        # An open sale ends next; of two boundaries the earlier one opens, the later one closes.
        starts=not is_on and not row["earlier"],
        sku=row["sku"],
        style=row["style"],
        title=row["title"],
        price=compare_at if is_on else price,
        sale_price=price if is_on else None,
    )


def _moment(row: sqlite3.Row) -> SaleMoment:
    return SaleMoment(read_time(row["at"]), row["products"], row["items"], row["begin"])


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _boundary(row: sqlite3.Row) -> SaleBoundary:
    return SaleBoundary(item_id=row["item_id"], at=read_time(row["at"]))
