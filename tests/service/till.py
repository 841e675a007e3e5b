"""A database with the tables of RMS on a real SQL Server, and a till that writes them by its own connections."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from rms_console.adapters.rms import Server, SqlSource, WatchedSource, open_rms
from rms_console.adapters.rms.dialect import PoolSettings
from rms_console.adapters.rms.mssql import Patience, SqlServerDialect
from rms_console.adapters.rms.mssql.connection import link_to
from rms_console.adapters.rms.mssql.drivers import bundled_driver, choose_driver, load_pyodbc
from rms_console.adapters.rms.store_clock import StoreClock

ZONE = "America/Costa_Rica"
QUICK = Patience(login_s=5, query_s=10, lock_s=1.0, read_s=20.0)
APPLICATION = "rms_console"

ITEM = """
CREATE TABLE dbo.Item (
    ID int IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    ItemLookupCode nvarchar(25) NOT NULL DEFAULT '',
    Description nvarchar(30) NOT NULL DEFAULT '',
    LastUpdated datetime NOT NULL DEFAULT GETDATE(),
    DateCreated datetime NULL,
    DBTimeStamp timestamp NOT NULL,
    Quantity float NOT NULL DEFAULT 0,
    QuantityCommitted float NOT NULL DEFAULT 0,
    Price money NOT NULL DEFAULT 0,
    SalePrice money NOT NULL DEFAULT 0,
    SaleType int NOT NULL DEFAULT 0,
    SaleStartDate datetime NULL,
    SaleEndDate datetime NULL,
    Inactive bit NOT NULL DEFAULT 0,
    WebItem bit NOT NULL DEFAULT 1,
    ItemCannotBeSold bit NOT NULL DEFAULT 0,
    Style varchar(20) COLLATE Modern_Spanish_CI_AS NULL,
    Size nvarchar(10) NULL
)
"""
VIEW = """
CREATE VIEW dbo.View_Items AS
SELECT
    ID AS ItemID, ItemLookupCode AS C_ARTICULO, Description, Price, Quantity, Style AS CCOD, N'Negro' AS color,
    Size AS talla, SalePrice, SaleStartDate, SaleEndDate, Quantity AS Exis00, CAST(0 AS float) AS Exis57,
    CAST(13 AS float) AS Tax, CAST(N'Niño' AS varchar(10)) AS Genero, CAST(1.5 AS decimal(9, 3)) AS Weight
FROM dbo.Item
"""
CONFIGURATION = "CREATE TABLE dbo.Configuration (StoreID int NOT NULL, TaxSystem int NOT NULL)"


class Store:
    """One database, made for a run of the tests."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = replace(server, database=name)
        self.name = name
        self.pyodbc = load_pyodbc()
        self.driver = choose_driver(server.driver, self.pyodbc.drivers(), bundled_driver())

    def create(self) -> None:
        self.master(f"CREATE DATABASE [{self.name}]")

    def drop(self) -> None:
        self.master(f"ALTER DATABASE [{self.name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
        self.master(f"DROP DATABASE [{self.name}]")

    def master(self, *statements: str) -> None:
        """Run statements outside any transaction and outside the database, as administrators do."""
        connection = self.connect("master")
        try:
            for sql in statements:
                cursor = connection.execute(sql)
                while cursor.nextset():
                    pass
        finally:
            connection.close()

    def connect(self, database: str = "") -> Any:
        """Return a connection that is not ours to test: every statement is committed at once."""
        server = replace(self.server, database=database or self.name, more=(*self.server.more, ("APP", "till")))
        return self.pyodbc.connect(link_to(server, self.driver).text, autocommit=True, timeout=10)

    def source(
        self, detection: str = "auto", *, patience: Patience = QUICK, overlap_s: float = 1800, **changes: object
    ) -> WatchedSource:
        """Return the source as the engine uses it; `changes` are made to how the server is reached."""
        place = replace(self.server, **changes)  # type: ignore[arg-type]
        found = open_rms(place, zone=ZONE, detection=detection, overlap_s=overlap_s, patience=patience)
        assert isinstance(found, WatchedSource)
        return found

    def bare_source(self, detection: str = "auto") -> SqlSource:
        """Return the source without its watchdog, whose statements a test can look at."""
        dialect = SqlServerDialect(link_to(self.server, self.driver), StoreClock(ZONE), self.pyodbc, QUICK)
        return SqlSource(dialect, PoolSettings(), detection=detection, overlap_s=1800)


class Till:
    """Writes the tables of RMS."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.connection = store.connect()

    def set_up(self) -> None:
        self.run("IF OBJECT_ID('dbo.View_Items') IS NOT NULL DROP VIEW dbo.View_Items")
        for table in ("Item", "Configuration"):
            self.run(f"IF OBJECT_ID('dbo.{table}') IS NOT NULL DROP TABLE dbo.{table}")
        for sql in (ITEM, VIEW, CONFIGURATION, "INSERT INTO dbo.Configuration VALUES (1, 1)"):
            self.run(sql)

    def run(self, sql: str, *values: object) -> None:
        self.connection.execute(sql, *values)

    def scalar(self, sql: str, *values: object) -> Any:
        return self.connection.execute(sql, *values).fetchval()

    def add(self, count: int, stamp: str | None = None) -> list[int]:
        """Put items in, in one statement, so with one stamp: the one given, or the server's present."""
        when = "GETDATE()" if stamp is None else "CAST(? AS datetime)"
        values = () if stamp is None else (moment(stamp),)
        before = self.scalar("SELECT COALESCE(MAX(ID), 0) FROM dbo.Item")
        self.run(
            f"WITH n AS (SELECT TOP ({int(count)}) ROW_NUMBER() OVER (ORDER BY a.object_id) AS n "
            "FROM sys.all_columns AS a CROSS JOIN sys.all_objects AS b) "
            f"INSERT INTO dbo.Item (ItemLookupCode, LastUpdated) SELECT 'SKU-' + CAST(n AS varchar(10)), {when} FROM n",
            *values,
        )
        rows = self.connection.execute("SELECT ID FROM dbo.Item WHERE ID > ? ORDER BY ID", before).fetchall()
        return [row[0] for row in rows]

    def touch(self, item_ids: Iterable[int], stamp: str | None = None, connection: Any = None) -> None:
        """Write items as a till does; their row versions move by themselves."""
        when = "GETDATE()" if stamp is None else "CAST(? AS datetime)"
        values = () if stamp is None else (moment(stamp),)
        for item_id in item_ids:
            (connection or self.connection).execute(
                f"UPDATE dbo.Item SET Quantity = Quantity + 1, LastUpdated = {when} WHERE ID = ?", *values, item_id
            )

    def earlier(self, seconds: float) -> str:
        """Return the server's own clock, some seconds ago, as a stamp."""
        sql = "SELECT CONVERT(char(23), DATEADD(ms, ?, GETDATE()), 121)"
        return str(self.scalar(sql, int(-seconds * 1000)))

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Lend a connection with a transaction open; rolled back unless the test commits it."""
        connection = self.store.connect()
        connection.autocommit = False
        try:
            yield connection
        finally:
            connection.rollback()
            connection.close()

    @contextmanager
    def row_versions(self, wanted: bool) -> Iterator[None]:
        """Let readers see the last committed row in the place of waiting for a lock, if that is wanted.

        The switch ends every other session in the database, the till's own too.
        """
        if wanted:
            self._switch_row_versions("ON")
        try:
            yield
        finally:
            if wanted:
                self._switch_row_versions("OFF")

    def _switch_row_versions(self, to: str) -> None:
        self.close()
        name = self.store.name
        self.store.master(f"ALTER DATABASE [{name}] SET READ_COMMITTED_SNAPSHOT {to} WITH ROLLBACK IMMEDIATE")
        self.connection = self.store.connect()

    def our_sessions(self) -> list[int]:
        """Return the sessions that the source under test has open in this database."""
        rows = self.connection.execute(
            "SELECT s.session_id FROM sys.dm_exec_sessions AS s "
            "JOIN sys.sysprocesses AS p ON p.spid = s.session_id AND p.dbid = DB_ID() WHERE s.program_name = ?",
            APPLICATION,
        ).fetchall()
        return [row[0] for row in rows]

    def waits_for_no_session(self) -> bool:
        """Return whether our sessions end soon after they are closed: the server takes a moment to notice."""
        end = time.monotonic() + 5
        while self.our_sessions():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def kill_ours(self) -> int:
        """End the sessions of the source under test; return how many there were."""
        sessions = self.our_sessions()
        for session in sessions:
            self.run(f"KILL {int(session)}")
        return len(sessions)

    def close(self) -> None:
        self.connection.close()


def moment(stamp: str) -> datetime:
    """Return a stamp as the parameter that CAST(? AS datetime) turns into that very tick."""
    return datetime.fromisoformat(stamp)
