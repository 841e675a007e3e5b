"""Trouble of the embedded RMS: each kind does what it says, and the same seed does the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from rms_console.adapters.rms import SqlSource, open_source
from rms_console.demo.rms import Mischief, RmsFaults, StoreTrouble, Till, create_store, with_faults
from rms_console.domain.position import Position
from rms_console.errors import SourceUnavailable
from tests.ports.rms_file import Hand, Reader
from tests.unit.demo_rms.test_embedded_rms_store import dump

ZONE = "America/Costa_Rica"
ITEM = 1005


@pytest.fixture
def clock() -> Hand:
    return Hand(datetime(2026, 11, 24, 18, 0, tzinfo=UTC))


@pytest.fixture
def store(tmp_path: Path, clock: Hand) -> Path:
    path = tmp_path / "store.db"
    create_store(path, skus=60, seed=7, zone=ZONE, now=clock)
    return path


@pytest.fixture
def source(store: Path, clock: Hand) -> Iterator[SqlSource]:
    with closing(open_source(f"sqlite:///{store}", zone=ZONE, now=clock)) as opened:
        yield opened


@pytest.fixture
def trouble(store: Path, clock: Hand) -> StoreTrouble:
    return StoreTrouble(store, now=clock)


def cell(path: Path, column: str, item_id: int = ITEM) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {column} FROM Item WHERE ID = ?", (item_id,)).fetchone()[0]


def test_a_share_of_statements_fails_and_which_follows_from_the_seed(source: SqlSource) -> None:
    def failures(seed: int) -> list[bool]:
        faulty = with_faults(source, RmsFaults(error_ratio=0.3), seed=seed)
        failed = []
        for _ in range(100):
            try:
                faulty.item_ids(0, 1, False)
            except SourceUnavailable:
                failed.append(True)
            else:
                failed.append(False)
        return failed

    assert failures(1) == failures(1) != failures(2)
    assert 15 <= sum(failures(1)) <= 45


def test_every_question_fails_when_all_do_and_none_when_switched_off(source: SqlSource) -> None:
    faults = RmsFaults(error_ratio=1.0)
    faulty = with_faults(source, faults)
    questions = (
        faulty.probe,
        lambda: faulty.starting_point(24),
        lambda: faulty.read_changes(Position.of_version(0), 10),
        lambda: faulty.read_items([ITEM]),
        lambda: faulty.missing([ITEM]),
        lambda: faulty.find_items((), ("x",)),
    )
    for ask in questions:
        with pytest.raises(SourceUnavailable):
            ask()
    faults.error_ratio = 0.0
    for ask in questions:
        ask()
    assert faulty.statements() == source.statements() > 0


def test_answers_take_their_time_when_slow(source: SqlSource) -> None:
    waited: list[float] = []
    faulty = with_faults(source, RmsFaults(delay_s=1.5), sleep=waited.append)
    faulty.read_items([ITEM])
    faulty.item_ids(0, 5, True)
    assert waited == [1.5, 1.5]


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_d3_an_open_transaction_bounds_the_watermark_and_hides_nothing(
    source: SqlSource, store: Path, trouble: StoreTrouble, clock: Hand, limit: int
) -> None:
    """D3: as SQL Server's lowest open version does."""
    engine = Reader(with_faults(source, trouble.faults), source.starting_point(24), limit)  # type: ignore[arg-type]
    engine.poll()
    opened = trouble.begin(ITEM, Quantity=1.0)
    written = list(range(1010, 1020))
    for item_id in written:
        Till(store, now=clock).update(item_id, Quantity=2.0)
    assert engine.poll() >= set(written)
    assert engine.watermark.number == opened.version - 1
    opened.commit()
    assert ITEM in engine.poll()
    assert engine.watermark.number == opened.version + len(written)


def test_d2_a_late_commit_carries_the_stamp_and_version_of_its_beginning(
    store: Path, trouble: StoreTrouble, clock: Hand
) -> None:
    """D2: up to half an hour later, with a lower version than rows that were written after it."""
    opened = trouble.begin(ITEM, Quantity=41.0)
    assert cell(store, "Quantity") != 41.0
    clock.move(1700)
    Till(store, now=clock).update(1006, Quantity=7.0)
    opened.commit()
    assert cell(store, "Quantity") == 41.0
    assert str(cell(store, "LastUpdated")) < str(cell(store, "LastUpdated", 1006))
    assert int(str(cell(store, "DBTimeStamp"))) < int(str(cell(store, "DBTimeStamp", 1006)))
    assert not trouble.faults.open_versions


@pytest.mark.parametrize("is_seen", [True, False])
def test_d15_a_roll_back_leaves_the_row_as_it_was(store: Path, trouble: StoreTrouble, is_seen: bool) -> None:
    """D15: the value may have been seen meanwhile; the drawn version is spent either way."""
    before = cell(store, "Quantity"), cell(store, "DBTimeStamp"), cell(store, "LastUpdated")
    opened = trouble.begin(ITEM, is_seen=is_seen, Quantity=77.0)
    assert (cell(store, "Quantity") == 77.0) is is_seen
    opened.roll_back()
    assert (cell(store, "Quantity"), cell(store, "DBTimeStamp"), cell(store, "LastUpdated")) == before
    assert trouble.begin(ITEM).version == opened.version + 1


def test_a_roll_back_spares_what_others_wrote_meanwhile(store: Path, trouble: StoreTrouble, clock: Hand) -> None:
    opened = trouble.begin(ITEM, is_seen=True, Quantity=77.0)
    Till(store, now=clock).update(ITEM, Quantity=12.0)
    opened.roll_back()
    assert cell(store, "Quantity") == 12.0


@pytest.mark.parametrize("in_place", [True, False])
def test_d13_a_restored_copy_takes_rows_and_counter_back(
    tmp_path: Path, store: Path, source: SqlSource, trouble: StoreTrouble, clock: Hand, in_place: bool
) -> None:
    """D13: overwritten in place, or another file put in its place."""
    trouble.back_up(tmp_path / "copy.db")
    before = source.probe()
    Till(store, now=clock).update(ITEM, Quantity=41.0)
    trouble.restore(tmp_path / "copy.db", in_place=in_place)
    assert cell(store, "Quantity") != 41.0
    after = source.probe()
    assert after.highest == before.highest
    assert (after.identity == before.identity) is in_place
    Till(store, now=clock).update(ITEM, Quantity=40.0)
    assert cell(store, "Quantity") == 40.0


def test_d8_joined_tables_change_without_a_stamp_on_the_item(
    store: Path, source: SqlSource, trouble: StoreTrouble
) -> None:
    """D8: category, tax and the other location's stock."""
    before = cell(store, "DBTimeStamp"), cell(store, "LastUpdated")
    trouble.rename_category(ITEM, "Novedades")
    trouble.set_tax(4.0)
    trouble.set_other_stock(ITEM, 8.0)
    trouble.write_unstamped(ITEM, Price=12345.0)
    (row,) = source.read_items([ITEM]).rows
    amounts = [float(value or 0) for value in (row.tax_percent, row.stock["Exis57"], row.price)]
    assert (row.category, *amounts) == ("Novedades", 4, 8, 12345)
    assert (cell(store, "DBTimeStamp"), cell(store, "LastUpdated")) == before


def test_d5_a_till_ahead_stamps_the_future(store: Path, trouble: StoreTrouble, clock: Hand) -> None:
    """D5: by as much as its clock is wrong."""
    stamp = trouble.write_with_clock(ITEM, timedelta(hours=2), Quantity=3.0)
    assert stamp.isoformat() == "2026-11-24T14:00:00"
    assert cell(store, "LastUpdated") == "2026-11-24 14:00:00.000"


def test_deleted_rows_are_gone_from_the_table_and_the_view(source: SqlSource, trouble: StoreTrouble) -> None:
    trouble.delete([ITEM, 1006])
    assert source.missing([ITEM, 1006, 1007]) == {ITEM, 1006}
    assert source.read_items([ITEM]).deleted == {ITEM}


def test_every_kind_of_dirt_can_be_read_or_is_set_aside(source: SqlSource, trouble: StoreTrouble) -> None:
    random = Random(3)
    seen = []
    for item_id in range(1001, 1041):
        seen.append(trouble.spoil(item_id, random))
        read = source.read_items([item_id])
        assert len(read.rows) + len(read.unreadable) + len(read.hidden) == 1
    assert len({str(dirt) for dirt in seen}) >= 8


def test_mischief_is_the_same_for_the_same_seed_and_ends_what_it_began(tmp_path: Path, clock: Hand) -> None:
    stories = []
    for name, seed in (("a.db", 1), ("b.db", 1), ("c.db", 2)):
        path = tmp_path / name
        create_store(path, skus=60, seed=7, zone=ZONE, now=clock)
        mischief = Mischief(trouble := StoreTrouble(path, now=clock), seed=seed)
        events = [mischief.step() for _ in range(60)]
        mischief.end()
        assert not trouble.faults.open_versions
        stories.append((events, dump(path)))
    assert stories[0] == stories[1]
    assert stories[0] != stories[2]
    told = " ".join(event.text for event in stories[0][0])
    for sign in ("stays open", "late", "rolled back", "ahead", "without a stamp", "renamed", "second location", "gets"):
        assert sign in told
