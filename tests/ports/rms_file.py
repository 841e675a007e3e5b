"""A small RMS in a SQLite file of the public format, written by a connection of its own, as a till would."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rms_console.adapters.rms import SqlSource, open_source
from rms_console.domain.position import Position
from rms_console.domain.rows import ChangesRead

ZONE = "America/Costa_Rica"
NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
"""Noon in Costa Rica."""
LONG_AGO = "2020-01-01 08:00:00.000"

ITEM = (
    "ID INTEGER PRIMARY KEY, ItemLookupCode TEXT, LastUpdated DATETIME, DBTimeStamp INTEGER, Inactive BIT DEFAULT 0, "
    "WebItem BIT DEFAULT 1, ItemCannotBeSold BIT DEFAULT 0, SaleType INTEGER DEFAULT 0, "
    "QuantityCommitted REAL DEFAULT 0"
)
VIEW = (
    "ItemID, C_ARTICULO, Description, Price, Quantity, CCOD, color, talla, Familia, Categoria, SalePrice, "
    "SaleStartDate, SaleEndDate, ExtendedCategory, Tax, Exis00, Exis57, Genero, UPC, Weight, Manufacturer"
)


class Hand:
    """A clock that stands still until somebody moves it."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


_STANDING = Hand()


class RmsFile:
    def __init__(self, path: Path, item: str = ITEM, view: str = VIEW, journal: str = "wal") -> None:
        self.path = path
        self._sources: list[SqlSource] = []
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=1)
        self.connection.execute(f"PRAGMA journal_mode = {journal}")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.execute(f"CREATE TABLE Item ({item})")
        self.connection.execute(f"CREATE TABLE View_Items ({view})")
        self.version = 0

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def run(self, sql: str, *values: object) -> None:
        self.connection.execute(sql, values)

    def write(self, item_ids: Iterable[int], stamp: str | None, version: int | None = None) -> None:
        """Write items in one transaction, each under the next row version unless one is given for all."""
        self.run("BEGIN IMMEDIATE")
        for item_id in item_ids:
            self.version += 1
            self.connection.execute(
                "INSERT INTO Item (ID, ItemLookupCode, LastUpdated, DBTimeStamp) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (ID) DO UPDATE SET LastUpdated = excluded.LastUpdated, DBTimeStamp = excluded.DBTimeStamp",
                (item_id, f"SKU-{item_id}", stamp, self.version if version is None else version),
            )
        self.run("COMMIT")

    def show(self, item_id: int, **cells: object) -> None:
        """Put an item's row into the view."""
        row: dict[str, object] = {
            "ItemID": item_id,
            "C_ARTICULO": f"SKU-{item_id}",
            "Description": "BOTA",
            "Price": 22900.0,
            "Quantity": 3.0,
            "CCOD": "B100NE",
            "color": "Negro",
            "talla": "38",
        }
        row |= cells
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self.connection.execute(f"INSERT INTO View_Items ({names}) VALUES ({marks})", tuple(row.values()))

    def source(self, detection: str = "auto", now: Callable[[], datetime] = _STANDING, zone: str = ZONE) -> SqlSource:
        source = open_source(self.url, zone=zone, detection=detection, now=now)
        self._sources.append(source)
        return source

    def close(self) -> None:
        """Close the writer and the sources over this file."""
        for source in self._sources:
            source.close()
        self.connection.close()


class Reader:
    """Reads as the engine does: page after page, keeping the watermark; `arrived` counts each item's deliveries."""

    def __init__(self, source: SqlSource, after: Position, limit: int = 500) -> None:
        self.source = source
        self.watermark = after
        self.limit = limit
        self.arrived: set[int] = set()

    def page(self) -> ChangesRead:
        read = self.source.read_changes(self.watermark, self.limit)
        self.arrived |= {key.item_id for key in read.keys}
        assert read.complete_up_to >= self.watermark
        self.watermark = read.complete_up_to
        return read

    def poll(self) -> set[int]:
        """Read until nothing is left; return the items that came."""
        came: set[int] = set()
        for _ in range(10_000):
            read = self.page()
            came |= {key.item_id for key in read.keys}
            if not read.more:
                return came
        raise AssertionError("the pages do not end")


def stamp(at: datetime) -> str:
    """Return a naive local time as RMS's text."""
    return at.isoformat(" ", "milliseconds")


def local(utc: datetime, hours: float) -> str:
    return stamp((utc + timedelta(hours=hours)).replace(tzinfo=None))
