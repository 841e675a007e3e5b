"""What differs between the kinds of database that can hold RMS."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Engine

from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.errors import SourceError


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """`size` connections at most; without `pooling` each read opens its own."""

    size: int = 10
    pooling: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """Equal to an earlier mark when nothing was committed in between.

    `outdated`: the open connection may not show what is there now, a new one must be opened.
    """

    value: Hashable
    outdated: bool = field(default=False, compare=False)


class Dialect(Protocol):
    """One kind of database: where its SQL text lies, how it is opened, what its errors mean."""

    @property
    def clock(self) -> StoreClock: ...

    @property
    def statements(self) -> Mapping[str, str]: ...

    @property
    def driver_errors(self) -> tuple[type[Exception], ...]:
        """What the driver raises when it is not called through SQLAlchemy (while connecting, say)."""
        ...

    @property
    def ids_per_statement(self) -> int:
        """How many ids fit one statement. SQL Server refuses more than 2,100 parameters."""
        ...

    def describe(self) -> str:
        """Return what is read, for people, without secrets."""
        ...

    def engine(self, pool: PoolSettings) -> Engine: ...

    def identity(self) -> str:
        """Return what changes when the database is replaced. Cheap: asked before every read.

        Raises:
            SourceError: there is nothing to read.
        """
        ...

    def mark(self, connection: Connection) -> Mark | None:
        """Return what says whether anything was committed since the last mark of this connection.

        None: this kind of database cannot tell, or not for less than the read itself.
        """
        ...

    def begin_snapshot(self, connection: Connection) -> None:
        """Make all that follows on the connection see one state of the database, until it is given back."""
        ...

    def server_time(self, connection: Connection) -> datetime:
        """Return the clock by which rows are stamped: naive, local."""
        ...

    def version_limit(self, connection: Connection) -> int | None:
        """Return the row version up to which no open transaction can add a row; None: nothing is ever open below."""
        ...

    def quote(self, column: str) -> str:
        """Return a column name of the database's own as an identifier for SQL text."""
        ...

    def explain(self, exc: BaseException, what: str) -> SourceError:
        """Return the error of ours for a driver's exception."""
        ...
