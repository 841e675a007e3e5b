"""How SQL Server is connected to and asked: short reads that let the tills go first, by SQL that 2008 R2 takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, NullPool, QueuePool, create_engine, event, text

from rms_console.adapters.rms.dialect import About, Column, Mark, PoolSettings, Table
from rms_console.adapters.rms.mssql.connection import Link
from rms_console.adapters.rms.mssql.faults import explain, is_disconnect
from rms_console.adapters.rms.mssql.permissions import Rights, judge_clock, judge_protection, judge_rights
from rms_console.adapters.rms.statements import load_statements
from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.domain.findings import Finding
from rms_console.domain.position import parse_stamp
from rms_console.errors import SourceError

_EARLIEST = parse_stamp("1753-01-01 00:00:00.000")
_LATEST = parse_stamp("9999-12-31 23:59:59.997")
"""The ends of SQL Server's `datetime`."""
_TICK = timedelta(microseconds=3334)
_IDLE_S = 900
"""A connection that was idle for longer is opened anew: firewalls forget quiet ones."""
_LOOK, _IDENTITY = "rms_look", "rms_identity"
_PARTS_WITH_DATABASE = 3


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: for a connection, for one statement, for a lock, and for a whole read before it is given up.

    The last is kept outside the driver, because a driver may wait for ever on a network that swallows packets.
    """

    login_s: int = 10
    query_s: int = 45
    lock_s: float = 5.0
    read_s: float = 120.0


@dataclass(frozen=True, slots=True)
class _Look:
    """What the server said at the beginning of a read, before any row."""

    server_time: datetime
    open_from: int
    highest: int


@dataclass(frozen=True, slots=True)
class SqlServerDialect:
    """One database of SQL Server, reached through `pyodbc` (the module, handed in)."""

    link: Link
    clock: StoreClock
    pyodbc: Any = field(repr=False)
    patience: Patience = Patience()
    ids_per_statement: int = 2000
    passes_locks: bool = True

    @property
    def statements(self) -> Mapping[str, str]:
        return load_statements(__package__)

    @property
    def driver_errors(self) -> tuple[type[Exception], ...]:
        return (self.pyodbc.Error,)

    def engine(self, pool: PoolSettings) -> Engine:
        """Return an engine whose connections are opened by us, so that no URL ever holds the password."""
        options: dict[str, Any] = {"creator": self._open, "use_setinputsizes": False}
        if not pool.pooling:
            engine = create_engine("mssql+pyodbc://", poolclass=NullPool, **options)
        else:
            engine = create_engine(
                "mssql+pyodbc://",
                poolclass=QueuePool,
                pool_size=pool.size,
                max_overflow=0,
                pool_timeout=self.patience.lock_s,
                pool_use_lifo=True,
                pool_pre_ping=True,
                pool_recycle=_IDLE_S,
                **options,
            )
        # First of all listeners: SQLAlchemy asks a new server some questions, and these may hang as well.
        event.listen(engine, "connect", self._settle, insert=True)
        event.listen(engine, "handle_error", _tell_disconnect)
        return engine

    def identity(self) -> str:
        """Return nothing: only a connection can tell (see `mark`)."""
        return ""

    def mark(self, connection: Connection) -> Mark:
        """Return the highest row version given out, where no transaction holds one.

        While one does, its rows may appear without that number moving: then nothing can be told.
        """
        look = self._look(connection)
        settled = look.open_from == look.highest + 1
        return Mark(look.highest if settled else None, identity=self._identity(connection), of_versions=True)

    def begin_snapshot(self, connection: Connection) -> None:
        """Do nothing: SNAPSHOT isolation is the store's to allow, and READ COMMITTED is enough.

        `Item` is read before the view, so a row that changes in between is newer than the place it is filed under, and
        comes again with the next read of changes.
        """

    def server_time(self, connection: Connection) -> datetime:
        return self._looked(connection).server_time

    def version_limit(self, connection: Connection) -> int | None:
        """Return the version below the lowest that an open transaction holds, as it was before any row was read."""
        return self._looked(connection).open_from - 1

    def about(self, connection: Connection) -> About:
        version, edition, offset = connection.execute(text(self.statements["server"])).one()
        return About(f"{self.link.shown} ({version}, {edition})", self.link.encryption, int(offset))

    def findings(self, connection: Connection, item: Table, view: Table) -> tuple[Finding, ...]:
        values = {"item": item.lookup, "view": view.lookup}
        rights = Rights(*connection.execute(text(self.statements["permissions"]), values).one())
        return (
            *judge_rights(rights, item.name, view.name),
            judge_protection(self.link),
            judge_clock(self.server_time(connection), self.clock.local()),
        )

    def table(self, name: str) -> Table:
        parts = name.split(".")
        sql = ".".join(map(self.quote, parts))
        catalog = f"{self.quote(parts[0])}." if len(parts) == _PARTS_WITH_DATABASE else ""
        return Table(name, sql, ".".join(map(_bracketed, parts)), catalog)

    def quote(self, name: str) -> str:
        """Return a bracketed identifier; a colon in it must not read as a parameter."""
        return _bracketed(name).replace(":", "\\:")

    def read(self, column: Column) -> str:
        """Return the column, cast where pyodbc cannot read its type or reads it as something else."""
        name = self.quote(column.name)
        match column.type:
            case "timestamp":
                return f"CAST({name} AS bigint)"
            case "sql_variant":
                return f"CAST({name} AS nvarchar(4000))"
            case "datetimeoffset":
                return f"CAST({name} AS datetime)"
            case _:
                return name

    def stamp_key(self, column: Column) -> str:
        name = self.quote(column.name)
        return name if column.type == "datetime" else f"CAST({name} AS datetime)"

    def stamp_value(self, stamp: str) -> datetime:
        """Return a stamp as a parameter for CAST(... AS datetime), which finds the tick again that it was read from.

        One between ticks (a place just below a row) becomes the tick before: too much is read then, never too little.
        """
        try:
            moment = parse_stamp(stamp)
        except ValueError:
            return _EARLIEST
        if moment.microsecond % 1000:
            moment -= _TICK
        return min(max(moment, _EARLIEST), _LATEST)

    def search_value(self, text: str) -> str:
        """Return the text without padding; case is the business of the database's collation."""
        return text.strip()

    def version_obstacle(self, table: Table, column: Column, *, is_view: bool) -> str:
        """Say why `MIN_ACTIVE_ROWVERSION()` of our database would not speak for this column."""
        if column.type != "timestamp":
            return f"is of type {column.type}, which does not grow by itself as a rowversion does"
        if table.catalog:
            return "is in another database, whose open transactions cannot be seen from here"
        return "belongs to a view, whose rows may be of another database" if is_view else ""

    def stamp_obstacle(self, column: Column) -> str:
        fits = column.type in ("datetime", "datetime2")
        return "" if fits else f"is of type {column.type} and not of datetime"

    def explain(self, exc: BaseException, what: str) -> SourceError:
        return explain(exc, what, self.link.server.shown)

    def _open(self) -> Any:
        return self.pyodbc.connect(self.link.text, timeout=self.patience.login_s)

    def _settle(self, connection: Any, _: object) -> None:
        """Prepare a new connection.

        Narrow text comes as wide, so that the driver converts it by the column's code page and not by the locale
        that a service happens to run in.
        """
        connection.timeout = self.patience.query_s
        connection.setdecoding(self.pyodbc.SQL_CHAR, encoding="utf-16le", ctype=self.pyodbc.SQL_WCHAR)
        cursor = connection.cursor()
        try:
            cursor.execute(self.statements["settings"].format(lock_ms=int(self.patience.lock_s * 1000)))
        finally:
            cursor.close()
        connection.commit()

    def _look(self, connection: Connection) -> _Look:
        time, open_from, highest = connection.execute(text(self.statements["look"])).one()
        look = connection.info[_LOOK] = _Look(parse_stamp(time), int(open_from), int(highest))
        return look

    def _looked(self, connection: Connection) -> _Look:
        look: _Look = connection.info[_LOOK]
        return look

    def _identity(self, connection: Connection) -> str:
        if _IDENTITY not in connection.info:
            cells = connection.execute(text(self.statements["identity"])).one()
            connection.info[_IDENTITY] = " ".join(str(cell).strip() for cell in cells if cell is not None)
        return str(connection.info[_IDENTITY])


def _tell_disconnect(context: ExceptionContext) -> None:
    """Let SQLAlchemy throw a dead connection away also where it does not know the driver's way of saying so."""
    if is_disconnect(context.original_exception):
        context.is_disconnect = True


def _bracketed(name: str) -> str:
    doubled = name.replace("]", "]]")
    return f"[{doubled}]"
