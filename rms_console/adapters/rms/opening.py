"""RMS wherever it is: in a file by `rms.url`, or on SQL Server by `rms.host` or a URL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from rms_console.adapters.rms.detection import AUTO
from rms_console.adapters.rms.dialect import PoolSettings
from rms_console.adapters.rms.mssql import Patience, Server, SqlServerDialect, server_of_url
from rms_console.adapters.rms.mssql.connection import Link, link_to
from rms_console.adapters.rms.mssql.drivers import bundled_driver, choose_driver, describe, load_pyodbc
from rms_console.adapters.rms.names import Names
from rms_console.adapters.rms.source import SqlSource, check_detection, open_source
from rms_console.adapters.rms.store_clock import StoreClock, utc_now
from rms_console.adapters.rms.watchdog import Watchdog
from rms_console.adapters.rms.watched import WatchedSource

_WITHOUT_POOL = 4


def open_rms(
    place: str | Server,
    *,
    zone: str,
    detection: str = AUTO,
    overlap_s: float = 1800,
    pool_size: int = 10,
    pooling: bool = True,
    names: Names | None = None,
    now: Callable[[], datetime] = utc_now,
    patience: Patience | None = None,
) -> SqlSource | WatchedSource:
    """Return the source for a URL or a server. Nothing is opened yet: the first read does that.

    Args:
        place: `sqlite:///FILE`, `mssql+pyodbc://...`, or a server as the settings name it.
        zone: IANA name of the store's time zone.
        detection: auto, rowversion or last_updated.
        names: the store's own names of tables and columns.
        now: the present instant, aware; for tests.
        patience: how long to wait for SQL Server; for tests.

    Raises:
        ConfigError: the place, the zone, the detection, the driver or its protection is not one that can serve.
    """
    server = place if isinstance(place, Server) else _server(place)
    if server is None:
        return open_source(
            str(place),
            zone=zone,
            detection=detection,
            overlap_s=overlap_s,
            pool_size=pool_size,
            pooling=pooling,
            names=names,
            now=now,
        )
    check_detection(detection)
    pyodbc = load_pyodbc()
    dialect = SqlServerDialect(_link(server, pyodbc), StoreClock(zone, now), pyodbc, patience or Patience())
    pool = PoolSettings(pool_size, pooling)

    def make() -> SqlSource:
        return SqlSource(dialect, pool, detection=detection, overlap_s=overlap_s, names=names)

    # A read left behind may hold a connection, and there may never be more of them than the settings say.
    most_hung = pool_size if pooling else _WITHOUT_POOL
    return WatchedSource(make, Watchdog(dialect.patience.read_s, most_hung))


def _server(url: str) -> Server | None:
    """Return the server that a URL names; None when it is for another kind of database."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    return server_of_url(parsed) if parsed.get_backend_name() == "mssql" else None


def _link(server: Server, pyodbc: Any) -> Link:
    if server.dsn:
        sources: dict[str, str] = pyodbc.dataSources()
        return link_to(server, describe(sources.get(server.dsn, "")))
    return link_to(server, choose_driver(server.driver, pyodbc.drivers(), bundled_driver()))
