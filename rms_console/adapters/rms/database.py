"""Connections to RMS: opened, pooled, counted, and never holding a foreign exception out to the caller."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, RowMapping, TextClause, bindparam, event, text

from rms_console.adapters.rms.dialect import About, Dialect, Mark, PoolSettings, Table
from rms_console.adapters.rms.errors import translated
from rms_console.contract.ports import PoolUse
from rms_console.domain.findings import Finding

Slots = tuple[tuple[str, str], ...]
"""(slot of a statement, column expression to put there) pairs."""


class Session:
    """One read of RMS on one connection."""

    def __init__(
        self, connection: Connection, mark: Mark | None, dialect: Dialect, cache: dict[Hashable, TextClause]
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._cache = cache
        self.mark = mark
        """Equal to that of an earlier session when nothing was committed in between; None: cannot tell."""

    def stream(self, name: str, slots: Slots = (), **values: object) -> Iterable[Sequence[Any]]:
        """Run a named statement and return its rows as they come, few in memory at a time."""
        return self._execute(name, slots, values)

    def rows(self, name: str, slots: Slots = (), **values: object) -> Sequence[Sequence[Any]]:
        return self._execute(name, slots, values).all()

    def records(self, name: str, slots: Slots = (), **values: object) -> Iterable[RowMapping]:
        """Run a named statement and return its rows by column name."""
        return self._execute(name, slots, values).mappings()

    def snapshot(self) -> None:
        """Make the statements that follow see one state of the database."""
        self._dialect.begin_snapshot(self._connection)

    def server_time(self) -> datetime:
        return self._dialect.server_time(self._connection)

    def version_limit(self) -> int | None:
        return self._dialect.version_limit(self._connection)

    def stamp(self, text: str) -> object:
        """Return a stamp as a parameter of a statement."""
        return self._dialect.stamp_value(text)

    def about(self) -> About:
        return self._dialect.about(self._connection)

    def findings(self, item: Table, view: Table) -> tuple[Finding, ...]:
        return self._dialect.findings(self._connection, item, view)

    def _execute(self, name: str, slots: Slots, values: Mapping[str, object]) -> CursorResult[Any]:
        lists = tuple(key for key, value in values.items() if isinstance(value, (list, tuple)))
        return self._connection.execute(self._prepared(name, slots, lists), values)

    def _prepared(self, name: str, slots: Slots, lists: tuple[str, ...]) -> TextClause:
        key = (name, slots, lists)
        if key not in self._cache:
            sql = self._dialect.statements[name].format(**dict(slots))
            self._cache[key] = text(sql).bindparams(*(bindparam(each, expanding=True) for each in lists))
        return self._cache[key]


class Database:
    """Opens sessions. `generation` grows when the database under it was replaced."""

    def __init__(self, dialect: Dialect, pool: PoolSettings) -> None:
        self._dialect = dialect
        self._identity = ""
        self._cache: dict[Hashable, TextClause] = {}
        self.generation = 0
        self.statements = 0
        self._checkouts = 0
        self._opened = 0
        self._engine = dialect.engine(pool)
        event.listen(self._engine, "before_cursor_execute", self._count_statement)
        event.listen(self._engine, "checkout", self._count_checkout)
        event.listen(self._engine, "connect", self._count_opened)

    @contextmanager
    def session(self, what: str) -> Iterator[Session]:
        """Lend a session for `what` is being done.

        Raises:
            SourceUnavailable, SourceSchemaChanged, SourceDenied.
        """
        with translated(what, self._dialect.explain, self._dialect.driver_errors):
            self._notice(self._dialect.identity())
            connection, mark = self._connect()
            try:
                self._notice(mark.identity if mark is not None else "")
                known = mark if mark is not None and mark.value is not None else None
                yield Session(connection, known, self._dialect, self._cache)
            finally:
                connection.close()

    @property
    def identity(self) -> str:
        return self._identity

    def use(self) -> PoolUse:
        return PoolUse(self._checkouts, self._opened)

    def close(self) -> None:
        self._engine.dispose()

    def _notice(self, identity: str) -> None:
        """Take note of which database is read; another one than before is read anew."""
        if not identity:
            return
        if self._identity and identity != self._identity:
            self._engine.dispose()
            self.generation += 1
        self._identity = identity

    def _connect(self) -> tuple[Connection, Mark | None]:
        connection = self._engine.connect()
        try:
            mark = self._dialect.mark(connection)
            if mark is None or not mark.outdated:
                return connection, mark
            connection.invalidate()
            self.generation += 1
        except BaseException:
            connection.close()
            raise
        connection.close()
        return self._engine.connect(), None

    def _count_statement(self, *_: object) -> None:
        self.statements += 1

    def _count_checkout(self, *_: object) -> None:
        self._checkouts += 1

    def _count_opened(self, *_: object) -> None:
        self._opened += 1
