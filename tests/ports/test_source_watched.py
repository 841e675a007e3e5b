"""C1: a source that hangs, and the one that takes its place; SQLite stands in for the rows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Connection

from rms_console.adapters.rms import SqlSource, WatchedSource
from rms_console.adapters.rms.dialect import Mark, PoolSettings
from rms_console.adapters.rms.sqlite import SqliteDialect
from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.adapters.rms.watchdog import HUNG, Watchdog
from rms_console.contract.ports import Source
from rms_console.domain.position import Position
from rms_console.errors import SourceUnavailable
from tests.ports.rms_file import LONG_AGO, ZONE, RmsFile

LONG_S = 5.0


@dataclass(frozen=True)
class Stalling(SqliteDialect):
    """A file whose network swallows packets while `hole` is set."""

    hole: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    reads: list[int] = field(default_factory=list)

    def mark(self, connection: Connection) -> Mark | None:
        self.reads.append(1)
        if self.hole.is_set():
            assert self.let_go.wait(LONG_S)
        return super().mark(connection)


@pytest.fixture
def rms(tmp_path: Path) -> Iterator[RmsFile]:
    file = RmsFile(tmp_path / "rms.db")
    file.write(range(1, 21), LONG_AGO)
    yield file
    file.close()


@pytest.fixture
def dialect(rms: RmsFile) -> Iterator[Stalling]:
    dialect = Stalling(rms.path, StoreClock(ZONE))
    yield dialect
    dialect.let_go.set()


def watched(dialect: Stalling, deadline_s: float = 0.2, most_hung: int = 4) -> WatchedSource:
    def make() -> SqlSource:
        return SqlSource(dialect, PoolSettings(), detection="auto", overlap_s=1800)

    return WatchedSource(make, Watchdog(deadline_s, most_hung))


def test_a_watched_source_is_a_source(dialect: Stalling) -> None:
    source: Source = watched(dialect, LONG_S)
    assert source.probe().highest == Position.of_version(20)
    assert source.starting_point(24) == Position.of_version(20)
    assert len(source.read_changes(Position.of_version(0), 5).keys) == 5
    assert source.read_items([1, 99]).deleted == {99}
    assert source.item_ids(0, 3, web_only=False) == (1, 2, 3)
    assert source.missing([1, 99]) == {99}
    assert len(source.list_items(0, 4)) == 4
    assert source.find_items((), ("SKU-7",)) == (7,)
    assert source.statements() > 0
    source.close()


def test_c1_after_a_read_that_hangs_the_next_one_reads_all_of_it(dialect: Stalling) -> None:
    source = watched(dialect)
    first = source.read_changes(Position.of_version(0), 10)
    before = source.statements(), source.pool_use().checkouts
    dialect.hole.set()
    with pytest.raises(SourceUnavailable) as caught:
        source.read_changes(first.complete_up_to, 10)
    assert caught.value.code == HUNG
    dialect.hole.clear()
    again = source.read_changes(first.complete_up_to, 10)
    assert [key.item_id for key in again.keys] == list(range(11, 21))
    assert source.statements() > before[0]
    assert source.pool_use().checkouts > before[1]
    source.close()


def test_c1_what_a_late_read_returns_changes_nothing(dialect: Stalling) -> None:
    """Its memory of what was handed over is thrown away with it."""
    source = watched(dialect)
    start = Position.of_version(0)
    dialect.hole.set()
    with pytest.raises(SourceUnavailable):
        source.read_changes(start, 10)
    dialect.hole.clear()
    assert len(source.read_changes(start, 10).keys) == 10
    dialect.let_go.set()
    assert [key.item_id for key in source.read_changes(Position.of_version(10), 10).keys] == list(range(11, 21))
    source.close()


def test_c1_a_network_that_stays_away_costs_a_bounded_number_of_connections(dialect: Stalling) -> None:
    source = watched(dialect, most_hung=2)
    dialect.hole.set()
    for _ in range(5):
        with pytest.raises(SourceUnavailable) as caught:
            source.read_changes(Position.of_version(0), 10)
        assert caught.value.code == HUNG
    assert len(dialect.reads) == 2
    source.close()


def test_closing_waits_for_no_server_that_hangs(dialect: Stalling) -> None:
    source = watched(dialect, LONG_S * 10)
    source.probe()
    dialect.hole.set()
    told: list[str] = []

    def reads() -> None:
        with pytest.raises(SourceUnavailable) as caught:
            source.read_changes(Position.of_version(0), 10)
        told.append(caught.value.code)

    reader = threading.Thread(target=reads)
    reader.start()
    while len(dialect.reads) < 2:
        threading.Event().wait(0.002)
    source.close()
    reader.join(LONG_S)
    assert told == ["rms-closed"]
