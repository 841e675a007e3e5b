"""The one who writes: rows, their stamp and their version in one transaction, as RMS's own programs do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

VERSION = "dbts"
ZONE = "zone"
SEED = "seed"
NEXT_ID = "next_id"


def utc_now() -> datetime:
    return datetime.now(UTC)


def stamp_text(local: datetime) -> str:
    """Return a store-local time as the public format has it."""
    return local.isoformat(" ", "milliseconds")


class Till:
    """Writes one embedded store. Each use opens the file anew: nothing is held between two transactions.

    Raises:
        sqlite3.OperationalError: the file stayed locked for `patience_s`, or is gone.
    """

    def __init__(self, path: Path, *, zone: str | None = None, now: Clock = utc_now, patience_s: float = 2.0) -> None:
        self._path = path
        self._now = now
        self._patience_s = patience_s
        self._zone = ZoneInfo(zone) if zone is not None else None

    @contextmanager
    def transaction(self) -> Iterator[Writer]:
        """Lend a writer whose rows are all written, or none."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                zone = self._zone or ZoneInfo(str(get_state(connection, ZONE)))
                yield Writer(connection, self._now().astimezone(zone).replace(tzinfo=None))

    def update(self, item_id: int, **columns: object) -> datetime:
        """Write columns of one item, as a person at a till would; return the stamp the row got."""
        with self.transaction() as writer:
            writer.update(item_id, columns)
            return writer.at

    def _connect(self) -> sqlite3.Connection:
        """Open the file for writing; a missing one stays missing."""
        uri = f"{self._path.resolve().as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=self._patience_s, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


class Writer:
    """One open transaction. `at` is its stamp, naive and store-local."""

    def __init__(self, connection: sqlite3.Connection, at: datetime) -> None:
        self._connection = connection
        self.at = at

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> None:
        """Write what is not an Item row: no stamp moves, as in RMS."""
        self._connection.execute(sql, values)

    def update(self, item_id: int, columns: Mapping[str, object]) -> None:
        written = self._stamped(columns)
        names = ", ".join(f"{name} = ?" for name in written)
        self._connection.execute(f"UPDATE Item SET {names} WHERE ID = ?", (*written.values(), item_id))

    def insert(self, columns: Mapping[str, object]) -> None:
        written = self._stamped(columns)
        marks = ", ".join("?" * len(written))
        self._connection.execute(f"INSERT INTO Item ({', '.join(written)}) VALUES ({marks})", tuple(written.values()))

    def get(self, name: str) -> object:
        return get_state(self._connection, name)

    def set(self, name: str, value: object) -> None:
        set_state(self._connection, name, value)

    def _stamped(self, columns: Mapping[str, object]) -> dict[str, object]:
        version = int(str(self.get(VERSION))) + 1
        self.set(VERSION, version)
        return {**columns, "LastUpdated": stamp_text(self.at), "DBTimeStamp": version}


def get_state(connection: sqlite3.Connection, name: str) -> object:
    found = connection.execute("SELECT Value FROM Demo_State WHERE Name = ?", (name,)).fetchone()
    return None if found is None else found[0]


def set_state(connection: sqlite3.Connection, name: str, value: object) -> None:
    connection.execute(
        "INSERT INTO Demo_State (Name, Value) VALUES (?, ?) ON CONFLICT (Name) DO UPDATE SET Value = excluded.Value",
        (name, value),
    )
