"""How a SQLite file is opened and asked: read only, with a patience for the writer, and without a clock of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine

from rms_console.adapters.rms.dialect import About, Column, Mark, PoolSettings, Table
from rms_console.adapters.rms.sqlite.faults import explain, missing, not_a_file
from rms_console.adapters.rms.statements import load_statements
from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.adapters.rms.values import as_text, decode
from rms_console.domain.findings import Finding
from rms_console.errors import SourceError

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class SqliteDialect:
    """A file of the public format. `lock_timeout_s` is how long a read waits for a writer to let go."""

    path: Path
    clock: StoreClock
    lock_timeout_s: float = 5.0
    ids_per_statement: int = 900
    driver_errors: tuple[type[Exception], ...] = (sqlite3.Error, OSError)
    passes_locks: bool = False

    @property
    def statements(self) -> Mapping[str, str]:
        return load_statements(__package__)

    def engine(self, pool: PoolSettings) -> Engine:
        if not pool.pooling:
            return create_engine("sqlite://", creator=self._open, poolclass=NullPool)
        return create_engine(
            "sqlite://",
            creator=self._open,
            poolclass=QueuePool,
            pool_size=pool.size,
            max_overflow=0,
            pool_timeout=self.lock_timeout_s,
            pool_use_lifo=True,
        )

    def identity(self) -> str:
        """Return the file's number in its file system: another file put in its place has another."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError) as exc:
            raise missing(self.path) from exc
        except OSError as exc:
            raise explain(exc, "opening RMS", self.path) from exc
        if not self.path.is_file():
            raise not_a_file(self.path)
        return str(found.st_ino)

    def mark(self, connection: Connection) -> Mark | None:
        """Return SQLite's commit counter as this connection sees it, with the file's size and time.

        A file that changed while the counter did not was overwritten in place by something that is no SQLite writer,
        or a checkpoint moved pages into it: either way what the connection holds in memory cannot be trusted. A
        connection that serves one read only has nothing to compare with.

        Source: sqlite.org/pragma.html, data_version, read 2026-11.
        """
        if isinstance(connection.engine.pool, NullPool):
            return None
        version = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        found = self.path.stat()
        info = connection.info
        number = info.setdefault("number", next(_numbers))
        file = (found.st_size, found.st_mtime_ns)
        before = info.get("seen")
        info["seen"] = (version, file)
        outdated = before is not None and before[0] == version and before[1] != file
        return Mark((number, version, file), outdated)

    def begin_snapshot(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    def server_time(self, connection: Connection) -> datetime:
        return self.clock.local()

    def version_limit(self, connection: Connection) -> int | None:
        """Return None: SQLite has one writer at a time, so none can commit below what was read."""
        return None

    def about(self, connection: Connection) -> About:
        return About(f"SQLite file {self.path}")

    def findings(self, connection: Connection, item: Table, view: Table) -> tuple[Finding, ...]:
        """Return nothing: the file is opened so that it cannot be written, and nothing goes over a wire."""
        return ()

    def table(self, name: str) -> Table:
        parts = name.split(".")
        return Table(name, ".".join(map(self.quote, parts)), parts[-1])

    def quote(self, name: str) -> str:
        """Return a quoted identifier; a colon in it must not read as a parameter.

        In back-ticks: a name in double quotes that is no column is read as text, so that a column which vanished
        would give its own name in every row instead of an error. Source: sqlite.org/quirks.html, read 2026-11.
        """
        doubled = name.replace("`", "``").replace(":", "\\:")
        return f"`{doubled}`"

    def read(self, column: Column) -> str:
        return self.quote(column.name)

    def stamp_key(self, column: Column) -> str:
        return self.quote(column.name)

    def stamp_value(self, stamp: str) -> object:
        return stamp

    def search_value(self, text: str) -> str:
        return _fold(text) or ""

    def version_obstacle(self, table: Table, column: Column, *, is_view: bool) -> str:
        return ""

    def stamp_obstacle(self, column: Column) -> str:
        return ""

    def explain(self, exc: BaseException, what: str) -> SourceError:
        return explain(exc, what, self.path)

    def _open(self) -> sqlite3.Connection:
        """Open the file so that nothing of ours can write it, with autocommit left to SQLite itself."""
        connection = sqlite3.connect(
            f"{_uri(self.path)}?mode=ro",
            uri=True,
            timeout=self.lock_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.text_factory = decode
        connection.create_function("rms_fold", 1, _fold, deterministic=True)
        connection.execute("PRAGMA query_only = 1")
        return connection


def _uri(path: Path) -> str:
    """Return a path as SQLite's `file:` URI. A network share's host goes into the path: SQLite takes no other host.

    Source: sqlite.org/uri.html, read 2026-11.
    """
    plain = path.resolve().as_uri()
    return plain if plain.startswith("file:///") else f"file:////{plain.removeprefix('file://')}"


def _fold(cell: object) -> str | None:
    """Return text without padding and case: SQLite's own `lower` knows ASCII only."""
    text = as_text(cell)
    return None if text is None else text.strip().casefold()
