"""Which changes the source hands over, by row version and by LastUpdated."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rms_console.adapters.rms import open_source
from rms_console.adapters.rms.sqlite import SqliteDialect
from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.domain.position import Detection, Position
from rms_console.errors import SourceError, SourceSchemaChanged
from tests.ports.rms_file import LONG_AGO, NOON, Hand, Reader, RmsFile, local, stamp

BOTH = pytest.mark.parametrize("detection", list(Detection))
NOON_LOCAL = "2026-11-24 12:00:00.000"


@pytest.fixture
def rms(tmp_path: Path) -> Iterator[RmsFile]:
    file = RmsFile(tmp_path / "rms.db")
    yield file
    file.close()


def reader(rms: RmsFile, detection: str, clock: Hand | None = None, limit: int = 500) -> Reader:
    source = rms.source(detection, clock or Hand())
    return Reader(source, source.starting_point(24), limit)


def beginning(detection: str) -> Position:
    return Position.of_version(0) if detection == Detection.ROWVERSION else Position("2000-01-01 00:00:00.000", 0)


@BOTH
@pytest.mark.parametrize("limit", [10, 500])
def test_d1_a_thousand_rows_of_one_stamp_all_arrive_with_a_crash_after_each_page(
    rms: RmsFile, detection: str, limit: int
) -> None:
    """D1: each page is read by a new process that knows the stored watermark and nothing else."""
    rms.write(range(1, 1001), "2026-11-24 11:00:00.000")
    watermark, arrived, pages = beginning(detection), set[int](), 0
    while pages < 200:
        pages += 1
        source = rms.source(detection)
        read = source.read_changes(watermark, limit)
        source.close()
        arrived |= {key.item_id for key in read.keys}
        watermark = read.complete_up_to
        if not read.more:
            break
    assert arrived == set(range(1, 1001))
    assert pages == 1000 // limit


@BOTH
@pytest.mark.parametrize("limit", [10, 500])
def test_d1_a_burst_of_one_stamp_is_read_once_page_by_page(rms: RmsFile, detection: str, limit: int) -> None:
    """D1: the window behind the watermark is not handed over again with every page."""
    rms.write(range(1, 1001), "2026-11-24 11:00:00.000")
    engine = Reader(rms.source(detection), beginning(detection), limit)
    delivered, more = 0, True
    while more:
        read = engine.page()
        delivered, more = delivered + len(read.keys), read.more
    assert engine.arrived == set(range(1, 1001))
    assert delivered == 1000


def test_d1_rows_that_share_a_version_are_not_parted_by_the_limit(rms: RmsFile) -> None:
    """D1 by row version: a writer that counts transactions gives a thousand rows one number."""
    rms.write(range(1, 1001), LONG_AGO, version=7)
    rms.write(range(1001, 1011), LONG_AGO, version=8)
    engine = Reader(rms.source(Detection.ROWVERSION), Position.of_version(0), 10)
    first = engine.page()
    assert {key.item_id for key in first.keys} == set(range(1, 1001))
    assert first.complete_up_to == Position.of_version(7)
    assert engine.poll() == set(range(1001, 1011))


def test_d1_a_caller_that_goes_on_from_the_last_key_loses_nothing_and_ends(rms: RmsFile) -> None:
    """D1: also when the rows are so fresh that their keys are handed over a little below their true place."""
    rms.write(range(1, 101), NOON_LOCAL)
    source = rms.source(Detection.LAST_UPDATED)
    after, arrived = source.starting_point(24), set[int]()
    for _ in range(10):
        read = source.read_changes(after, 10)
        arrived |= {key.item_id for key in read.keys}
        after = read.keys[-1].position
    assert arrived == set(range(1, 101))
    assert not read.more


def test_d2_a_row_committed_late_with_an_older_stamp_arrives_at_the_next_poll(rms: RmsFile) -> None:
    """D2: a transaction of up to half an hour commits behind the watermark."""
    clock = Hand()
    engine = reader(rms, Detection.LAST_UPDATED, clock)
    rms.write([1], "2026-11-24 11:59:00.000")
    engine.poll()
    for minutes in range(1, 30):
        clock.move(60)
        rms.write([100 + minutes], local(clock.at, -6))
        engine.poll()
        late = 1000 + minutes
        rms.write([late], local(clock.at - timedelta(minutes=minutes), -6))
        assert late in engine.poll()


def test_d2_a_pass_of_many_slow_pages_does_not_outrun_the_window(rms: RmsFile) -> None:
    """D2: a row is committed behind the pages of a pass that takes longer than the window is wide."""
    clock = Hand()
    engine = reader(rms, Detection.LAST_UPDATED, clock, limit=10)
    rms.write(range(1, 101), "2026-11-24 11:59:30.000")
    while engine.page().more:
        clock.move(600)
        rms.write([1000 + len(engine.arrived)], local(clock.at, -6))
        if 20 <= len(engine.arrived) < 30:
            rms.write([7777], "2026-11-24 11:59:00.000")
    assert clock.at > NOON + timedelta(minutes=60)
    assert 7777 not in engine.arrived
    clock.move(60)
    assert 7777 in engine.poll()


@BOTH
def test_d4_a_commit_between_the_bound_and_the_rows_is_not_lost(rms: RmsFile, detection: str) -> None:
    """D4: the clock is read first; what is committed then lies above it, and arrives now or at the next poll."""
    clock = Hand()
    pending = [5]

    def commits_when_asked() -> datetime:
        now = clock.at
        if pending and reading:
            clock.move(1)
            rms.write(pending, local(clock.at, -6))
            pending.clear()
        return now

    reading = False
    rms.write([1], "2026-11-24 11:00:00.000")
    source = rms.source(detection, commits_when_asked)
    engine = Reader(source, source.starting_point(24))
    reading = True
    read = engine.page()
    assert not pending
    assert read.complete_up_to.stamp <= stamp(read.server_time)
    engine.poll()
    assert engine.arrived == {1, 5}


def test_d5_a_row_from_the_future_arrives_and_hides_nothing(rms: RmsFile) -> None:
    """D5: one till is two hours ahead; the rows that others write meanwhile all arrive."""
    clock = Hand()
    engine = reader(rms, Detection.LAST_UPDATED, clock)
    rms.write([1], local(clock.at + timedelta(hours=2), -6))
    assert engine.poll() == {1}
    for number in range(200):
        clock.move(60)
        rms.write([1000 + number], local(clock.at, -6))
        assert 1000 + number in engine.poll()
        assert engine.watermark.stamp <= local(clock.at, -6)


def test_d5_more_future_rows_than_the_limit_arrive_at_once(rms: RmsFile) -> None:
    """D5: the watermark cannot pass them, so that no later page could bring the rest."""
    rms.write([1, 2], "2026-11-24 11:00:00.000")
    rms.write(range(100, 400), "2026-11-24 14:00:00.000")
    engine = reader(rms, Detection.LAST_UPDATED, limit=10)
    assert engine.poll() == {1, 2, *range(100, 400)}
    assert engine.watermark == Position("2026-11-24 11:00:00.000", 2)


ZONES = [
    ("America/Costa_Rica", datetime(2026, 3, 8, 0, tzinfo=UTC)),
    ("America/Montevideo", datetime(2026, 3, 8, 0, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 3, 22, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2019, 2, 16, 22, tzinfo=UTC)),
    ("Europe/Athens", datetime(2026, 3, 28, 21, tzinfo=UTC)),
    ("Europe/Athens", datetime(2026, 10, 24, 21, tzinfo=UTC)),
]


@pytest.mark.parametrize(("zone", "begin"), ZONES)
@pytest.mark.parametrize("polls_every", [5, 97])
def test_d6_no_hour_of_a_year_loses_a_row(rms: RmsFile, zone: str, begin: datetime, polls_every: int) -> None:
    """D6: UTC-6, UTC-3 and UTC+2, over both switches; polls of 5 minutes, and gaps that span the repeated hour."""
    clock = Hand(begin)
    source = rms.source(Detection.LAST_UPDATED, clock, zone)
    engine = Reader(source, source.starting_point(1))
    written: set[int] = set()
    for minute in range(1, 600):
        clock.move(60)
        rms.write([minute], stamp(clock.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)))
        written.add(minute)
        if minute % polls_every == 0:
            engine.poll()
    engine.poll()
    assert engine.arrived == written


@pytest.mark.parametrize("hours", [-8, 8])
def test_d6_a_server_whose_zone_is_changed_at_run_time_loses_no_row(rms: RmsFile, hours: int) -> None:
    """D6: the server's clock jumps by eight hours either way; its rows are stamped by it as before."""
    clock = Hand()
    engine = reader(rms, Detection.LAST_UPDATED, clock)
    written: set[int] = set()
    for minute in range(1, 121):
        clock.move(60 + (hours * 3600 if minute == 60 else 0))
        rms.write([minute], local(clock.at, -6))
        written.add(minute)
        if minute % 5 == 0:
            engine.poll()
            assert engine.arrived == written


@pytest.mark.parametrize("first", range(30, 200, 10))
def test_d6_a_gap_over_the_end_of_summer_time_loses_no_row(rms: RmsFile, first: int) -> None:
    """D6: the engine was down while the clock went from 04:00 back to 03:00; one poll before, one after."""
    begin = datetime(2026, 10, 24, 23, tzinfo=UTC)
    clock = Hand(begin)
    source = rms.source(Detection.LAST_UPDATED, clock, "Europe/Athens")
    engine = Reader(source, source.starting_point(1))
    for minute in range(1, 361):
        clock.move(60)
        rms.write([minute], stamp(clock.at.astimezone(ZoneInfo("Europe/Athens")).replace(tzinfo=None)))
        if minute == first:
            engine.poll()
    engine.poll()
    assert engine.arrived == set(range(1, 361))


def test_d13_a_restored_database_shows_a_highest_place_below_the_watermark(rms: RmsFile) -> None:
    """D13: the copy's versions end where the watermark has long been."""
    rms.write(range(1, 101), LONG_AGO)
    engine = Reader(rms.source(Detection.ROWVERSION), Position.of_version(0))
    engine.poll()
    rms.run("DELETE FROM Item WHERE DBTimeStamp > 60")
    read = engine.page()
    assert read.highest == Position.of_version(60)
    assert read.highest < engine.watermark


@BOTH
def test_d14_a_failing_read_is_an_error_and_the_next_good_one_brings_everything(rms: RmsFile, detection: str) -> None:
    """D14: the table is away for a while."""
    engine = reader(rms, detection)
    rms.write([1, 2, 3], "2026-11-24 11:58:00.000")
    rms.run("ALTER TABLE Item RENAME TO Item_away")
    for _ in range(3):
        with pytest.raises(SourceSchemaChanged, match="Item"):
            engine.page()
    rms.run("ALTER TABLE Item_away RENAME TO Item")
    assert engine.poll() == {1, 2, 3}


@BOTH
def test_d14_one_failing_read_in_twenty_loses_nothing(rms: RmsFile, detection: str) -> None:
    """D14: 5 % of the polls meet a file that cannot be read."""
    clock = Hand()
    engine = reader(rms, detection, clock, limit=7)
    failures = 0
    for number in range(1, 101):
        clock.move(10)
        rms.write([number], local(clock.at, -6))
        if number % 20 == 0:
            rms.run("ALTER TABLE Item RENAME TO Item_away")
        try:
            engine.poll()
        except SourceError:
            failures += 1
            rms.run("ALTER TABLE Item_away RENAME TO Item")
    engine.poll()
    assert failures == 5
    assert engine.arrived == set(range(1, 101))


@BOTH
def test_a_quiet_poll_costs_one_statement_and_hands_over_nothing(rms: RmsFile, detection: str) -> None:
    rms.write(range(1, 301), "2026-11-24 11:50:00.000")
    engine = reader(rms, detection)
    engine.poll()
    engine.poll()
    before = engine.source.statements()
    assert engine.poll() == set()
    assert engine.source.statements() - before == 1


@BOTH
def test_a_quiet_poll_beside_other_writing_costs_two_statements(rms: RmsFile, detection: str) -> None:
    """The tills write other tables all day; nothing about items changed."""
    rms.run("CREATE TABLE Batch (Number INTEGER)")
    rms.write([1], "2026-11-24 11:50:00.000")
    engine = reader(rms, detection)
    engine.poll()
    engine.poll()
    for number in range(3):
        rms.run("INSERT INTO Batch VALUES (?)", number)
        before = engine.source.statements()
        assert engine.poll() == set()
        assert engine.source.statements() - before <= 2


def test_without_pooling_a_quiet_poll_stays_within_two_statements(rms: RmsFile) -> None:
    rms.write([1], "2026-11-24 11:50:00.000")
    source = open_source(rms.url, zone="UTC", pooling=False)
    after = source.read_changes(Position.of_version(0), 10).complete_up_to
    before = source.statements()
    assert source.read_changes(after, 10).keys == ()
    assert source.statements() - before <= 2
    assert source.pool_use().reuse_ratio == 0


@BOTH
def test_keys_that_were_not_stored_come_again(rms: RmsFile, detection: str) -> None:
    """The queue was busy: the caller asks again with the watermark it had."""
    rms.write(range(1, 21), "2026-11-24 11:50:00.000")
    source = rms.source(detection)
    after = source.starting_point(24)
    first = source.read_changes(after, 15)
    again = source.read_changes(after, 15)
    assert again.keys == first.keys
    late = source.read_changes(first.complete_up_to, 15)
    assert {key.item_id for key in first.keys + late.keys} == set(range(1, 21))


def test_a_late_row_that_was_not_stored_comes_again_until_the_watermark_moves(rms: RmsFile) -> None:
    engine = reader(rms, Detection.LAST_UPDATED)
    rms.write([1], "2026-11-24 11:50:00.000")
    engine.poll()
    rms.write([2], "2026-11-24 11:40:00.000")
    assert engine.poll() == {2}
    rms.write([3], "2026-11-24 11:41:00.000")
    assert engine.poll() == {2, 3}
    rms.write([4], "2026-11-24 11:51:00.000")
    assert engine.poll() == {2, 3, 4}
    rms.write([5], "2026-11-24 11:52:00.000")
    assert engine.poll() == {5}


def test_a_watermark_set_back_brings_everything_above_it_again(rms: RmsFile) -> None:
    engine = reader(rms, Detection.LAST_UPDATED)
    rms.write(range(1, 11), "2026-11-24 11:50:00.000")
    engine.poll()
    engine.poll()
    engine.watermark = engine.source.starting_point(1)
    assert engine.poll() == set(range(1, 11))


def test_a_watermark_nobody_offered_forgets_what_the_caller_was_thought_to_have(rms: RmsFile) -> None:
    engine = reader(rms, Detection.LAST_UPDATED)
    rms.write([1], "2026-11-24 11:40:00.000")
    rms.write([2], "2026-11-24 11:50:00.000")
    engine.poll()
    engine.poll()
    engine.watermark = Position("2026-11-24 11:45:00.000", 0)
    assert engine.poll() == {1, 2}


def test_a_row_written_twice_within_one_second_is_told_twice(rms: RmsFile) -> None:
    """Stamps of whole seconds: the second write leaves the stamp as it was, and the place must differ all the same."""
    clock = Hand(NOON + timedelta(milliseconds=200))
    engine = reader(rms, Detection.LAST_UPDATED, clock)
    rms.write([1], "2026-11-24 12:00:00")
    first = engine.page().keys
    clock.move(0.5)
    rms.run("UPDATE Item SET Inactive = 1 WHERE ID = 1")
    clock.move(10)
    second = engine.page().keys
    assert [key.item_id for key in (*first, *second)] == [1, 1]
    assert first[0].position < second[0].position == Position(NOON_LOCAL, 1)
    engine.watermark = Position(NOON_LOCAL, 1)
    assert engine.page().complete_up_to == Position(NOON_LOCAL, 1)


def test_stamps_in_all_tolerated_forms_are_ordered_by_time(rms: RmsFile) -> None:
    forms = {
        1: "2026-11-24T10:00:03",
        2: "2026-11-24 10:00:01",
        3: "2026-11-24 10:00:02.500",
        4: "2026-11-24T10:00:02.75",
        5: "2026-11-24 10:00",
    }
    for item_id, text in forms.items():
        rms.write([item_id], text)
    engine = reader(rms, Detection.LAST_UPDATED, limit=2)
    order: list[int] = []
    for _ in range(3):
        order += [key.item_id for key in engine.page().keys]
    assert order == [5, 2, 3, 4, 1]
    assert engine.watermark == Position("2026-11-24 10:00:03.000", 1)


def test_rows_without_a_readable_stamp_are_no_changes_and_hide_none(rms: RmsFile) -> None:
    rms.write([1], None)
    rms.write([2], "ayer")
    rms.write([3], "now")
    rms.write([4], "2026-11-24 10:00:00.000")
    assert reader(rms, Detection.LAST_UPDATED).poll() == {4}


def test_the_watermark_never_leaves_the_stamps_that_rows_carry(rms: RmsFile) -> None:
    """A zone set six hours too far east must not carry the watermark past rows that are still to be written."""
    clock = Hand()
    source = rms.source(Detection.LAST_UPDATED, clock, "UTC")
    engine = Reader(source, source.starting_point(24))
    for number in range(1, 50):
        clock.move(120)
        rms.write([number], local(clock.at, -6))
        assert number in engine.poll()


def test_starting_point_by_version_lies_below_everything_stamped_since(rms: RmsFile) -> None:
    rms.write(range(1, 11), LONG_AGO)
    rms.write(range(11, 21), "2026-11-24 09:00:00.000")
    rms.write([3], LONG_AGO)
    assert reader(rms, Detection.ROWVERSION).poll() == {*range(11, 21), 3}


def test_starting_point_of_a_sleeping_store_is_its_highest_version(rms: RmsFile) -> None:
    rms.write(range(1, 11), LONG_AGO)
    assert rms.source().starting_point(24) == Position.of_version(10)


def test_an_empty_store_starts_at_the_beginning(rms: RmsFile) -> None:
    engine = reader(rms, Detection.ROWVERSION)
    assert engine.watermark == Position.of_version(0)
    assert engine.poll() == set()
    rms.write([1], LONG_AGO)
    assert engine.poll() == {1}


def test_a_watermark_of_the_other_detection_is_refused(rms: RmsFile) -> None:
    rms.write([1], LONG_AGO)
    with pytest.raises(SourceSchemaChanged, match="watermark"):
        rms.source(Detection.LAST_UPDATED).read_changes(Position.of_version(5), 10)


@BOTH
def test_a_writer_in_the_middle_of_a_transaction_neither_blocks_nor_shows(rms: RmsFile, detection: str) -> None:
    engine = reader(rms, detection)
    rms.write([1], "2026-11-24 11:00:00.000")
    rms.run("BEGIN IMMEDIATE")
    rms.run("INSERT INTO Item (ID, LastUpdated, DBTimeStamp) VALUES (2, '2026-11-24 11:00:01.000', 50)")
    assert engine.poll() == {1}
    rms.run("COMMIT")
    assert 2 in engine.poll()


def test_keys_carry_the_sku_and_survive_bytes_that_are_no_utf8(rms: RmsFile) -> None:
    rms.write([1, 2], LONG_AGO)
    rms.run("UPDATE Item SET ItemLookupCode = CAST(x'4E49D141' AS TEXT) WHERE ID = 2")
    keys = rms.source().read_changes(Position.of_version(0), 10).keys
    assert [key.sku for key in keys] == ["SKU-1", "NIÑA"]


def test_the_source_writes_nothing(rms: RmsFile) -> None:
    connection = SqliteDialect(rms.path, StoreClock("UTC"))._open()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM Item")
    connection.close()
