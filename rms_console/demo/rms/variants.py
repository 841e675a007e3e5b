"""Stores whose databases tell less than RMS's own does, and a till that works in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from rms_console.demo.rms.store import create_store
from rms_console.demo.rms.till import VERSION, ZONE, Clock, get_state, set_state, stamp_text, utc_now


class Variant(StrEnum):
    """`PLAIN` is RMS as it comes."""

    PLAIN = "plain"
    JOINED_STOCK = "joined_stock"
    """The view takes quantities from a table of their own: a sale writes no row of `Item`."""
    TILL_CLOCK = "till_clock"
    """LastUpdated is written by a till whose clock is two hours ahead."""
    NO_VERSION = "no_version"
    """`Item` has no DBTimeStamp."""
    TILL_CLOCK_NO_VERSION = "till_clock_no_version"


TILL_AHEAD = timedelta(hours=2)
_WITHOUT_VERSION = (Variant.NO_VERSION, Variant.TILL_CLOCK_NO_VERSION)
_BY_TILL_CLOCK = (Variant.TILL_CLOCK, Variant.TILL_CLOCK_NO_VERSION)


def create_variant(path: Path, variant: Variant, *, zone: str, skus: int = 40, now: Clock = utc_now) -> None:
    """Make the file as `create_store` does, then change what the variant changes.

    Raises:
        FileExistsError: there is a file already.
    """
    create_store(path, skus=skus, zone=zone, now=now)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        if variant is Variant.JOINED_STOCK:
            _join_stock(connection)
        if variant in _WITHOUT_VERSION:
            connection.execute("ALTER TABLE Item DROP COLUMN DBTimeStamp")


def _join_stock(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE Existencias (ItemID INTEGER PRIMARY KEY, Quantity REAL NOT NULL)")
    connection.execute("INSERT INTO Existencias SELECT ID, Quantity FROM Item")
    (text,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'View_Items'").fetchone()
    joined = text.replace("i.Quantity AS", "e.Quantity AS").replace(
        "FROM Item AS i", "FROM Item AS i JOIN Existencias AS e ON e.ItemID = i.ID"
    )
    connection.execute("DROP VIEW View_Items")
    connection.execute(joined)


class Counter:
    """Where one item is sold, received or repriced, each in one transaction."""

    def __init__(self, path: Path, variant: Variant = Variant.PLAIN, now: Clock = utc_now) -> None:
        self._path = path
        self._variant = variant
        self._now = now

    def sell(self, item_id: int) -> None:
        self._move_stock(item_id, -1)

    def receive(self, item_id: int) -> None:
        self._move_stock(item_id, 6)

    def reprice(self, item_id: int) -> None:
        self._write("UPDATE Item SET Price = Price + 1000 WHERE ID = ?", item_id, stamps=True)

    def _move_stock(self, item_id: int, pieces: int) -> None:
        if self._variant is Variant.JOINED_STOCK:
            self._write(
                f"UPDATE Existencias SET Quantity = Quantity + {pieces} WHERE ItemID = ?", item_id, stamps=False
            )
        else:
            self._write(f"UPDATE Item SET Quantity = Quantity + {pieces} WHERE ID = ?", item_id, stamps=True)

    def _write(self, sql: str, item_id: int, *, stamps: bool) -> None:
        uri = f"{self._path.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=2.0, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                connection.execute(sql, (item_id,))
                if stamps:
                    self._stamp(connection, item_id)

    def _stamp(self, connection: sqlite3.Connection, item_id: int) -> None:
        at = stamp_text(self._local(connection))
        connection.execute("UPDATE Item SET LastUpdated = ? WHERE ID = ?", (at, item_id))
        if self._variant not in _WITHOUT_VERSION:
            version = int(str(get_state(connection, VERSION))) + 1
            set_state(connection, VERSION, version)
            connection.execute("UPDATE Item SET DBTimeStamp = ? WHERE ID = ?", (version, item_id))

    def _local(self, connection: sqlite3.Connection) -> datetime:
        local = self._now().astimezone(ZoneInfo(str(get_state(connection, ZONE)))).replace(tzinfo=None)
        return local + TILL_AHEAD if self._variant in _BY_TILL_CLOCK else local
