"""Detecting changes on a real SQL Server: what a stand-in cannot prove."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from rms_console.adapters.rms import SqlSource, WatchedSource
from rms_console.domain.position import Detection, Position
from tests.ports.rms_file import Reader
from tests.service.till import Store, Till

BOTH = pytest.mark.parametrize("detection", list(Detection))
Anything = SqlSource | WatchedSource


@contextmanager
def reading(source: Anything, back_hours: float = 24, limit: int = 500) -> Iterator[Reader]:
    try:
        yield Reader(source, source.starting_point(back_hours), limit)  # type: ignore[arg-type]
    finally:
        source.close()


def before_statement(source: SqlSource, words: str, call: Callable[[], object]) -> None:
    """Have something happen right before the first statement that contains `words`."""
    pending = [call]

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if words in statement and pending:
            pending.pop()()

    event.listen(source._database._engine, "before_cursor_execute", listen)


def test_probe_finds_its_way(rms: Till) -> None:
    rms.add(3)
    source = rms.store.source()
    facts = source.probe()
    source.close()
    assert facts.detection is Detection.ROWVERSION
    assert facts.taxes_included is True
    assert facts.stock_columns == ("Quantity", "Exis00", "Exis57")
    assert facts.encryption in ("verified", "encrypted, unverified", "plain")
    assert facts.utc_offset_minutes == rms.scalar("SELECT DATEPART(tz, SYSDATETIMEOFFSET())")
    assert abs((facts.server_time - rms.scalar("SELECT GETDATE()")).total_seconds()) < 5
    assert facts.identity.startswith(rms.store.name)


@BOTH
@pytest.mark.parametrize("limit", [10, 500])
def test_d1_a_thousand_rows_of_one_stamp_arrive_with_a_crash_after_each_page(
    rms: Till, detection: str, limit: int
) -> None:
    """D1."""
    source = rms.store.source(detection)
    after = source.starting_point(1)
    source.close()
    ids = set(rms.add(1000, rms.earlier(60)))
    arrived: set[int] = set()
    for _ in range(1000 // limit + 10):
        source = rms.store.source(detection)
        read = source.read_changes(after, limit)
        source.close()
        arrived |= {key.item_id for key in read.keys}
        assert read.complete_up_to >= after
        after = read.complete_up_to
        if not read.more:
            break
    assert arrived == ids


@BOTH
@pytest.mark.parametrize("versioned", [False, True], ids=["locking", "read-committed-snapshot"])
def test_d2_d3_a_row_committed_late_arrives_at_the_next_poll_and_holds_nothing_up(
    rms: Till, detection: str, versioned: bool
) -> None:
    """D2, D3: with READ COMMITTED as it is by default, and with row versions in its place."""
    ids = rms.add(20, rms.earlier(900))
    with rms.row_versions(versioned), reading(rms.store.source(detection)) as engine:
        engine.poll()
        late_stamp = rms.earlier(300)
        with rms.transaction() as slow:
            rms.touch([ids[4]], late_stamp, slow)
            rms.touch([ids[9], ids[10]])
            assert {ids[9], ids[10]} <= engine.poll()
            rms.touch([ids[11]])
            assert ids[11] in engine.poll()
            slow.commit()
        assert ids[4] in engine.poll()
        engine.arrived.clear()
        rms.touch([ids[12]])
        assert ids[12] in engine.poll()
        if detection == Detection.ROWVERSION:
            assert engine.poll() == set()


@BOTH
def test_d4_a_commit_between_the_limit_and_the_rows_is_not_lost(rms: Till, detection: str) -> None:
    """D4: the clock and the limit are read first; what is committed then lies above them."""
    ids = rms.add(5, rms.earlier(600))
    source = rms.store.bare_source(detection)
    source.probe()
    with reading(source) as engine:
        engine.poll()
        rms.touch([ids[0]])
        words = "EXISTS" if detection == Detection.ROWVERSION else "ROW_NUMBER"
        before_statement(source, words, lambda: rms.touch([ids[1], ids[2]]))
        came = engine.poll() | engine.poll()
    assert {ids[0], ids[1], ids[2]} <= came


def test_d4_a_row_written_between_two_pages_is_not_lost(rms: Till) -> None:
    """D4: it gets a version above the page, and the watermark stays below it."""
    ids = rms.add(30)
    source = rms.store.bare_source(Detection.ROWVERSION)
    with reading(source, limit=10) as engine:
        engine.watermark = Position.of_version(0)
        engine.page()
        rms.touch([ids[0]])
        engine.poll()
        assert engine.arrived == set(ids)
        rms.touch([ids[1]])
        assert engine.poll() == {ids[1]}


def test_d5_a_till_two_hours_ahead_hides_nothing(rms: Till) -> None:
    """D5."""
    ids = rms.add(201, rms.earlier(3000))
    with reading(rms.store.source(Detection.LAST_UPDATED), limit=50) as engine:
        engine.poll()
        engine.arrived.clear()
        rms.touch([ids[0]], rms.earlier(-7200))
        assert ids[0] in engine.poll()
        for item_id in ids[1:]:
            rms.touch([item_id])
        engine.poll()
        assert engine.arrived == set(ids)


@pytest.mark.parametrize("level", [100, 110, 120, 130, 150])
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_d7_ticks_around_the_edge_are_neither_skipped_nor_repeated_for_ever(
    store: Store, rms: Till, level: int, limit: int
) -> None:
    """D7: from level 130 on, a datetime beside a datetime2 counts as .0033333."""
    with compatibility(store, level):
        start = rms.earlier(600)[:19]
        ticks = (".000", ".003", ".007", ".010", ".013", ".017", ".997")
        ids = [item_id for tick in ticks for item_id in rms.add(2, f"{start}{tick}")]
        with reading(rms.store.source(Detection.LAST_UPDATED, overlap_s=5), limit=limit) as engine:
            engine.watermark = Position(f"{start}.000", 0)
            engine.poll()
            assert engine.arrived == set(ids)
            assert engine.poll() == set()
            rms.touch([ids[3]], f"{start}.997")
            assert ids[3] in engine.poll()
            assert engine.poll() == set()


def test_d7_every_edge_of_a_keyset_over_ticks_is_exact(rms: Till) -> None:
    """D7: from each row as the watermark, exactly the rows above it are new."""
    start = rms.earlier(600)[:19]
    places = [
        Position(f"{start}{tick}", item_id)
        for tick in (".000", ".003", ".007", ".010", ".993", ".997")
        for item_id in rms.add(3, f"{start}{tick}")
    ]
    for index, place in enumerate(places):
        source = rms.store.source(Detection.LAST_UPDATED, overlap_s=5)
        read = source.read_changes(place, 500)
        source.close()
        above = {key.item_id for key in read.keys if Position(key.position.stamp, key.item_id) > place}
        assert above == {other.number for other in places[index + 1 :]}


def test_d13_a_restored_database_is_noticed_in_one_poll(store: Store, rms: Till) -> None:
    """D13: row versions go back below the watermark, and the database's identity is another one."""
    rms.add(10)
    file = f"{store.name}.bak"
    store.master(f"BACKUP DATABASE [{store.name}] TO DISK = N'{file}' WITH INIT, COPY_ONLY")
    source = store.source(Detection.ROWVERSION)
    with reading(source) as engine:
        for _ in range(20):
            rms.touch(range(1, 11))
        engine.poll()
        before = source.probe()
        rms.close()
        store.master(
            f"ALTER DATABASE [{store.name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE",
            f"RESTORE DATABASE [{store.name}] FROM DISK = N'{file}' WITH REPLACE",
            f"ALTER DATABASE [{store.name}] SET MULTI_USER",
        )
        rms.connection = store.connect()
        read = source.read_changes(engine.watermark, 500)
        assert read.highest is not None
        assert read.highest < engine.watermark
        assert read.identity != before.identity
        assert source.probe().identity == read.identity


@BOTH
def test_a_quiet_poll_costs_two_statements_at_most(rms: Till, detection: str) -> None:
    rms.add(50, rms.earlier(600))
    source = rms.store.source(detection)
    with reading(source) as engine:
        engine.poll()
        engine.poll()
        before = source.statements()
        assert engine.poll() == set()
        assert source.statements() - before <= 2


@contextmanager
def compatibility(store: Store, level: int) -> Iterator[None]:
    connection = store.connect("master")
    version = connection.execute("SELECT CAST(SERVERPROPERTY('ProductVersion') AS varchar(20))").fetchval()
    usual = connection.execute("SELECT compatibility_level FROM sys.databases WHERE name = ?", store.name).fetchval()
    connection.close()
    highest = 10 * int(str(version).split(".")[0])
    if level > highest:
        pytest.skip(f"the server's highest compatibility level is {highest}, not {level}")
    store.master(f"ALTER DATABASE [{store.name}] SET COMPATIBILITY_LEVEL = {level}")
    try:
        yield
    finally:
        store.master(f"ALTER DATABASE [{store.name}] SET COMPATIBILITY_LEVEL = {usual}")
