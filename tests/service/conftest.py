"""A real SQL Server for the tests that no stand-in can prove, named by RMS_TEST_DSN.

RMS_TEST_DSN is a SQLAlchemy URL (`mssql+pyodbc://sa:PASSWORD@HOST:1433/master?TrustServerCertificate=yes`) or an ODBC
connection string. The login must be allowed to create a database: every run makes one of its own and drops it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest
from sqlalchemy.engine import make_url

from rms_console.adapters.rms import Server
from rms_console.adapters.rms.mssql import server_of_url
from tests.service.till import Store, Till

NAME = "RMS_TEST_DSN"
REASON = f"{NAME} is not set: a SQL Server is needed"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, and skip it without a server."""
    for item in items:
        if "tests/service/" in item.path.as_posix():
            item.add_marker(pytest.mark.service)
            if not os.environ.get(NAME):
                item.add_marker(pytest.mark.skip(reason=REASON))


@pytest.fixture(scope="session")
def server() -> Server:
    place = os.environ[NAME]
    url = place if "://" in place else f"mssql+pyodbc:///?odbc_connect={quote_plus(place)}"
    return server_of_url(make_url(url))


@pytest.fixture(scope="session")
def store(server: Server) -> Iterator[Store]:
    """A database of this run alone."""
    store = Store(server, f"rms_console_test_{os.getpid()}")
    store.create()
    yield store
    store.drop()


@pytest.fixture
def rms(store: Store) -> Iterator[Till]:
    """Empty tables as RMS makes them, and a till that writes them."""
    till = Till(store)
    till.set_up()
    yield till
    till.close()
