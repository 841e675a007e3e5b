"""Row versions below which a transaction is still open, as SQL Server has them; SQLite stands in for the rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from rms_console.adapters.rms import SqlSource
from rms_console.adapters.rms.dialect import PoolSettings
from rms_console.adapters.rms.sqlite import SqliteDialect
from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.domain.position import Position
from tests.ports.rms_file import LONG_AGO, Reader, RmsFile

OPEN_ABOVE = 20


class WithOpenTransaction(SqliteDialect):
    def version_limit(self, connection: Connection) -> int | None:
        return OPEN_ABOVE


@pytest.fixture
def rms(tmp_path: Path) -> Iterator[RmsFile]:
    file = RmsFile(tmp_path / "rms.db")
    yield file
    file.close()


@pytest.mark.parametrize("limit", [3, 10, 19, 20, 21, 500])
def test_d3_rows_beyond_an_open_transaction_arrive_and_the_watermark_waits(rms: RmsFile, limit: int) -> None:
    """D3: no loss and no stall."""
    rms.write(range(1, 101), LONG_AGO)
    dialect = WithOpenTransaction(rms.path, StoreClock("UTC"))
    with closing(SqlSource(dialect, PoolSettings(), detection="auto", overlap_s=1800)) as source:
        engine = Reader(source, Position.of_version(0), limit)
        assert engine.poll() == set(range(1, 101))
        assert engine.watermark == Position.of_version(OPEN_ABOVE)
        assert engine.poll() == set(range(21, 101))
