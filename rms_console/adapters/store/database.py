"""One SQLite connection with whole transactions, and the only place that reads SQLite's errors.

WAL with `synchronous=FULL`: a committed transaction survives a power cut, an uncommitted one leaves nothing.
Needs SQLite 3.24 (2018) and its JSON functions; newer syntax is avoided for old servers' system libraries.

Source: sqlite.org, "Write-Ahead Logging", "PRAGMA synchronous" and "Result and Error Codes", read 2026-11.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rms_console.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from rms_console.locale import sentence

T = TypeVar("T")
Parameters = Sequence[object] | Mapping[str, object]

BUSY_S = 5.0
_PRIMARY = 0xFF
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_FULL = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOLFS,
}
_MISSING = ("no such table", "no such column")
"""The schema is of a known version, so what is missing was there."""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_SCHEMA}


class Database:
    """A connection and the name of its file, for messages. Used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        connection.row_factory = sqlite3.Row
        self.connection = connection
        self.name = name

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that follows or nothing of it. Inside another transaction it is part of that one."""
        if self._in_transaction():
            yield
            return
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            # SQLite has already rolled back after some errors (disk full); a second ROLLBACK would be an error.
            if self._in_transaction():
                self.run("ROLLBACK")
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one state of the ledger in several statements."""
        if self._in_transaction():
            yield
            return
        self.run("BEGIN")
        try:
            yield
        finally:
            self.run("ROLLBACK")

    def _in_transaction(self) -> bool:
        return self.connection.in_transaction

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute one statement; return how many rows it touched."""
        with self.translated():
            return self.connection.execute(sql, parameters).rowcount

    def run_many(self, sql: str, parameters: Iterable[Parameters]) -> int:
        """Execute one statement for each set of parameters; return how many rows were touched in all."""
        with self.translated():
            return max(0, self.connection.executemany(sql, parameters).rowcount)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        with self.translated():
            return self.connection.execute(sql, parameters).fetchall()

    def read(self, build: Callable[[sqlite3.Row], T], sql: str, parameters: Parameters = ()) -> tuple[T, ...]:
        """Return the rows as values made by `build`.

        Raises:
            StoreDamaged: a row does not hold such a value.
        """
        rows = self.rows(sql, parameters)
        with self.decoding():
            return tuple(build(row) for row in rows)

    def scalar(self, sql: str, parameters: Parameters = ()) -> Any:
        """Return the first column of the first row, None without rows."""
        rows = self.rows(sql, parameters)
        return rows[0][0] if rows else None

    def close(self) -> None:
        with self.translated():
            self.connection.close()

    def damaged(self, what: str) -> StoreDamaged:
        return StoreDamaged(
            sentence("{name}: {what}", name=self.name, what=what),
            hint=sentence(
                "stop the program, move {name} (with its -wal and -shm) aside and start again: "
                "the ledger is rebuilt from RMS and the shop",
                name=self.name,
            ),
        )

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Translate what reading a stored value can raise: the file is not what we wrote."""
        try:
            yield
        except (ValueError, TypeError, LookupError, ArithmeticError) as exc:
            raise self.damaged(sentence("a stored value cannot be read ({error})", error=exc)) from exc

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Translate SQLite's errors. What is none of the file's (a wrong statement of ours) passes as the bug it is."""
        try:
            yield
        except UnicodeDecodeError as exc:
            raise self.damaged(sentence("not readable ({error})", error=exc)) from exc
        except sqlite3.DatabaseError as exc:
            known = self._known(exc)
            if known is None:
                raise
            raise known from exc

    def _known(self, exc: sqlite3.DatabaseError) -> StoreError | None:
        code = getattr(exc, "sqlite_errorcode", None)
        if code is None:
            # Python's own, without a code of SQLite's: text that is no UTF-8. Anything else of that kind is a bug.
            return self.damaged(sentence("not readable ({error})", error=exc)) if "decode" in str(exc) else None
        if code & _PRIMARY in _BUSY:
            return StoreBusy(
                sentence("{name} is locked by another program ({error})", name=self.name, error=exc),
                hint=sentence("close whatever has the file open (a backup, a database browser); it is tried again"),
            )
        if code & _PRIMARY in _FULL:
            return StoreFull(
                sentence("{name} cannot be read or written ({error})", name=self.name, error=exc),
                hint=sentence(
                    "free space on the disk, or check the quota and the rights on the folder; it is tried again"
                ),
            )
        if code & _PRIMARY in _DAMAGED or str(exc).startswith(_MISSING):
            return self.damaged(sentence("not readable as a ledger ({error})", error=exc))
        return None
