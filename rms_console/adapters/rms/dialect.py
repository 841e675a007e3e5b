"""What differs between the kinds of database that can hold RMS."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Engine

from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.domain.findings import Finding
from rms_console.errors import SourceError


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """`size` connections at most; without `pooling` each read opens its own."""

    size: int = 10
    pooling: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """Equal to an earlier mark when nothing was committed in between; a value of None equals nothing.

    `outdated`: the open connection may not show what is there now, a new one must be opened. `identity`: which
    database the connection leads to, where only the connection can tell. `of_versions`: it counts what is written to
    tables with a row version, and nothing else.
    """

    value: Hashable
    outdated: bool = field(default=False, compare=False)
    identity: str = field(default="", compare=False)
    of_versions: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the database spells it, with its type in lower case."""

    name: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view: its name for people, in SQL text, and as the system's own tables look it up."""

    name: str
    sql: str
    lookup: str
    catalog: str = ""
    """Prefix of the system's tables, where the table is in another database than the connection."""


@dataclass(frozen=True, slots=True)
class About:
    """What a connection tells of itself."""

    description: str
    encryption: str = ""
    """Empty where nothing goes over a wire."""
    utc_offset_minutes: int | None = None
    """Of the server's clock; None where the database has no clock of its own."""


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

    @property
    def passes_locks(self) -> bool:
        """Whether rows that others hold locked can be left out of a read."""
        ...

    def engine(self, pool: PoolSettings) -> Engine: ...

    def identity(self) -> str:
        """Return what changes when the database is replaced; empty where only a connection can tell.

        Cheap: asked before every read.

        Raises:
            SourceError: there is nothing to read.
        """
        ...

    def mark(self, connection: Connection) -> Mark | None:
        """Return what says whether anything was committed since the last mark. The first call of every session.

        None: this kind of database cannot tell, or not for less than the read itself.
        """
        ...

    def begin_snapshot(self, connection: Connection) -> None:
        """Make all that follows on the connection see one state of the database, as far as that costs nobody else."""
        ...

    def server_time(self, connection: Connection) -> datetime:
        """Return the clock by which rows are stamped: naive, local."""
        ...

    def version_limit(self, connection: Connection) -> int | None:
        """Return the row version up to which no open transaction can add a row; None: nothing is ever open below."""
        ...

    def about(self, connection: Connection) -> About: ...

    def findings(self, connection: Connection, item: Table, view: Table) -> tuple[Finding, ...]:
        """Return what the login may do, and how well the connection is protected. Nothing is tried out."""
        ...

    def table(self, name: str) -> Table:
        """Return the table that the settings name, parts divided by dots."""
        ...

    def quote(self, name: str) -> str:
        """Return a name of the database's own as an identifier for SQL text."""
        ...

    def read(self, column: Column) -> str:
        """Return the expression that gives a column's value as `values` reads it."""
        ...

    def stamp_key(self, column: Column) -> str:
        """Return the expression that a stamp is compared and ordered by."""
        ...

    def stamp_value(self, stamp: str) -> object:
        """Return a stamp as the parameter that `stamp_key` is compared with."""
        ...

    def search_value(self, text: str) -> str:
        """Return what a person typed as the statements that search compare it."""
        ...

    def version_obstacle(self, table: Table, column: Column, *, is_view: bool) -> str:
        """Return why row versions of this column tell no changes, whatever they hold; empty where they may."""
        ...

    def stamp_obstacle(self, column: Column) -> str:
        """Return why this column orders no changes, whatever it holds; empty where it may."""
        ...

    def explain(self, exc: BaseException, what: str) -> SourceError:
        """Return the error of ours for a driver's exception."""
        ...
