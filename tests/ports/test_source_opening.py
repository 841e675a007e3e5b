"""What the source says of a database it meets, and of one it cannot read."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rms_console.adapters.rms import SqlSource, open_source
from rms_console.adapters.rms.dialect import PoolSettings
from rms_console.adapters.rms.sqlite import SqliteDialect
from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.domain.position import Detection, Position
from rms_console.errors import ConfigError, SourceDenied, SourceError, SourceSchemaChanged, SourceUnavailable
from tests.ports.rms_file import ITEM, LONG_AGO, VIEW, ZONE, Hand, Reader, RmsFile

_opened: list[SqlSource] = []


def kept(source: SqlSource) -> SqlSource:
    """Return the source; it is closed at the end of the test."""
    _opened.append(source)
    return source


@pytest.fixture(autouse=True)
def sources_are_closed() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


@pytest.fixture
def rms(tmp_path: Path) -> Iterator[RmsFile]:
    file = RmsFile(tmp_path / "rms.db")
    yield file
    file.close()


def impatient(path: Path) -> SqlSource:
    dialect = replace(SqliteDialect(path, StoreClock(ZONE)), lock_timeout_s=0.05)
    return kept(SqlSource(dialect, PoolSettings(), detection="auto", overlap_s=1800))


def refusal(path: Path) -> SourceError:
    with pytest.raises(SourceError) as caught:
        impatient(path).probe()
    assert caught.value.hint
    assert str(path) in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("mssql+pyodbc://host/db", "mssql"),
        ("rms.db", "not a database URL"),
    ],
)
def test_a_url_that_names_no_file_is_a_setting_to_mend(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        open_source(url, zone="UTC")


def test_an_unknown_zone_or_detection_is_a_setting_to_mend() -> None:
    with pytest.raises(ConfigError, match="Costa_Pobre"):
        open_source("sqlite:///rms.db", zone="America/Costa_Pobre")
    with pytest.raises(ConfigError, match="clairvoyance"):
        open_source("sqlite:///rms.db", zone="UTC", detection="clairvoyance")


def test_a_missing_file_is_unavailable_and_is_not_made(tmp_path: Path) -> None:
    error = refusal(tmp_path / "none.db")
    assert isinstance(error, SourceUnavailable)
    assert error.code == "rms-file-missing"
    assert not (tmp_path / "none.db").exists()


def test_a_missing_file_that_comes_back_is_read(rms: RmsFile, tmp_path: Path) -> None:
    rms.write([1], LONG_AGO)
    rms.close()
    source = impatient(tmp_path / "later.db")
    with pytest.raises(SourceUnavailable):
        source.read_changes(Position.of_version(0), 10)
    shutil.copy(rms.path, tmp_path / "later.db")
    assert [key.item_id for key in source.read_changes(Position.of_version(0), 10).keys] == [1]


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    error = refusal(tmp_path)
    assert isinstance(error, SourceSchemaChanged)
    assert error.code == "rms-not-a-database"


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rms.db"
    path.write_bytes(b"PK\x03\x04 this is a spreadsheet" * 100)
    error = refusal(path)
    assert isinstance(error, SourceSchemaChanged)
    assert error.code == "rms-not-a-database"
    assert isinstance(error.__cause__, Exception)


def test_a_damaged_file_is_told(rms: RmsFile) -> None:
    rms.write(range(1, 3000), LONG_AGO)
    rms.run("PRAGMA wal_checkpoint(TRUNCATE)")
    rms.close()
    size = rms.path.stat().st_size
    with rms.path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(size - 8192))
    with pytest.raises(SourceError) as caught:
        impatient(rms.path).read_changes(Position.of_version(0), 5000)
    assert caught.value.code == "rms-damaged"


def test_a_file_we_may_not_read_is_denied(rms: RmsFile) -> None:
    told = SqliteDialect(rms.path, StoreClock(ZONE)).explain(PermissionError(13, "Permission denied"), "opening RMS")
    assert isinstance(told, SourceDenied)
    assert told.code == "rms-denied"
    assert told.hint


def test_a_locked_file_is_unavailable_and_readable_again(tmp_path: Path) -> None:
    """D14, C4: with a rollback journal a writer's exclusive lock shuts readers out; we give up in time."""
    file = RmsFile(tmp_path / "old.db", journal="delete")
    file.write([1, 2], LONG_AGO)
    source = impatient(file.path)
    engine = Reader(source, Position.of_version(0))
    file.run("BEGIN EXCLUSIVE")
    with pytest.raises(SourceUnavailable, match="locked") as caught:
        engine.poll()
    assert caught.value.code == "rms-locked"
    file.run("COMMIT")
    assert engine.poll() == {1, 2}
    file.close()


def test_a_reader_does_not_keep_a_writer_waiting(rms: RmsFile) -> None:
    """C4: between reads nothing is held, so that a till may even take the file for itself."""
    rms.write([1], LONG_AGO)
    source = rms.source()
    source.read_items([1])
    rms.run("BEGIN EXCLUSIVE")
    rms.run("COMMIT")
    rms.run("VACUUM")
    assert source.item_ids(0, 10, web_only=False) == (1,)


@pytest.mark.parametrize("table", ["Item", "View_Items"])
def test_a_missing_table_is_named(rms: RmsFile, table: str) -> None:
    rms.run(f"DROP TABLE {table}")
    with pytest.raises(SourceSchemaChanged, match=f"table or view {table}") as caught:
        rms.source().probe()
    assert caught.value.hint


@pytest.mark.parametrize(
    "column", ["ItemID", "C_ARTICULO", "Description", "Price", "Quantity", "CCOD", "color", "talla"]
)
def test_a_missing_required_column_of_the_view_is_named(rms: RmsFile, column: str) -> None:
    rms.run(f"ALTER TABLE View_Items DROP COLUMN {column}")
    with pytest.raises(SourceSchemaChanged, match=f"View_Items lacks column {column} ") as caught:
        rms.source().read_items([1])
    assert caught.value.hint


def test_all_missing_columns_are_named_at_once(tmp_path: Path) -> None:
    file = RmsFile(tmp_path / "rms.db", view="ItemID, Description, Price")
    with pytest.raises(SourceSchemaChanged, match="C_ARTICULO, Quantity, CCOD, color, talla"):
        file.source().probe()
    file.close()


def test_an_item_table_without_any_stamp_is_refused(tmp_path: Path) -> None:
    file = RmsFile(tmp_path / "rms.db", item="ID INTEGER PRIMARY KEY")
    with pytest.raises(SourceSchemaChanged, match="LastUpdated nor DBTimeStamp"):
        file.source().probe()
    file.close()


def test_d14_a_table_dropped_while_running_is_an_error_for_every_read(rms: RmsFile) -> None:
    """D14: known to be there a moment ago; neither an empty answer nor "deleted"."""
    rms.write([1], LONG_AGO)
    rms.show(1)
    source = rms.source()
    assert len(source.read_items([1]).rows) == 1
    rms.run("DROP TABLE View_Items")
    with pytest.raises(SourceSchemaChanged, match="View_Items"):
        source.read_items([1])
    with pytest.raises(SourceSchemaChanged, match="View_Items"):
        source.read_items([1])


def test_d14_a_view_whose_table_is_gone_is_an_error(rms: RmsFile) -> None:
    """D14: the view is still there, what it joins is not."""
    rms.run("CREATE TABLE Extra (ItemID, Exis99)")
    rms.run("ALTER TABLE View_Items RENAME TO Base")
    rms.run("CREATE VIEW View_Items AS SELECT b.*, e.Exis99 FROM Base b LEFT JOIN Extra e ON e.ItemID = b.ItemID")
    rms.write([1], LONG_AGO)
    source = rms.source()
    assert "Exis99" in source.probe().stock_columns
    rms.run("DROP TABLE Extra")
    with pytest.raises(SourceSchemaChanged, match="Extra is missing"):
        source.read_items([1])


def test_a_column_that_appears_is_used_after_a_probe(rms: RmsFile) -> None:
    rms.write([1], LONG_AGO)
    rms.show(1)
    source = rms.source()
    assert "Exis99" not in source.read_items([1]).rows[0].stock
    rms.run("ALTER TABLE View_Items ADD COLUMN exis99 REAL DEFAULT 4")
    source.probe()
    assert source.read_items([1]).rows[0].stock["Exis99"] == 4


def test_probe_says_what_it_found(rms: RmsFile) -> None:
    rms.write([1, 2], "2026-11-24 10:00:00.000")
    rms.run("CREATE TABLE Configuration (StoreID INTEGER, TaxSystem INTEGER)")
    rms.run("INSERT INTO Configuration VALUES (7, 0), (0, 1)")
    facts = rms.source().probe()
    assert facts.detection is Detection.ROWVERSION
    assert "DBTimeStamp" in facts.detection_reason
    assert facts.stock_columns == ("Quantity", "Exis00", "Exis57")
    assert facts.missing_optional == ()
    assert facts.taxes_included is True
    assert facts.highest == Position.of_version(2)
    assert facts.server_time.isoformat() == "2026-11-24T12:00:00"
    assert str(rms.path) in facts.description


def test_probe_names_what_is_missing(tmp_path: Path) -> None:
    file = RmsFile(
        tmp_path / "rms.db",
        item="ID INTEGER PRIMARY KEY, LastUpdated",
        view="ItemID, C_ARTICULO, Description, Price, Quantity, CCOD, color, talla, UPC",
    )
    facts = file.source().probe()
    file.close()
    assert {"View_Items.SalePrice", "View_Items.Tax", "Item.WebItem", "Item.SaleType"} <= set(facts.missing_optional)
    assert "View_Items.UPC" not in facts.missing_optional
    assert (facts.taxes_included, facts.highest) == (None, None)


@pytest.mark.parametrize(("system", "included"), [(1, True), (0, False), (2, None), (None, None), ("x", None)])
def test_tax_system_says_whether_prices_include_tax(rms: RmsFile, system: object, included: bool | None) -> None:
    rms.run("CREATE TABLE Configuration (TaxSystem)")
    rms.run("INSERT INTO Configuration VALUES (?)", system)
    assert rms.source().probe().taxes_included is included


VERSIONS = [
    ([None, None], Detection.LAST_UPDATED, "empty in all 2 rows"),
    ([0, 0], Detection.LAST_UPDATED, "does not grow"),
    ([b"\x00\x01", 7], Detection.LAST_UPDATED, "in 1 rows"),
    ([5, 5], Detection.ROWVERSION, "grows"),
    ([None, 9], Detection.ROWVERSION, "grows"),
]


@pytest.mark.parametrize(("versions", "detection", "reason"), VERSIONS)
def test_auto_looks_at_what_the_version_column_holds(
    rms: RmsFile, versions: list[object], detection: Detection, reason: str
) -> None:
    rms.write([1, 2], LONG_AGO)
    for item_id, version in enumerate(versions, start=1):
        rms.run("UPDATE Item SET DBTimeStamp = ? WHERE ID = ?", version, item_id)
    facts = rms.source().probe()
    assert facts.detection is detection
    assert reason in facts.detection_reason


def test_auto_says_why_it_takes_last_updated(tmp_path: Path) -> None:
    file = RmsFile(tmp_path / "rms.db", item=ITEM.replace("DBTimeStamp INTEGER, ", ""))
    file.run("INSERT INTO Item (ID, LastUpdated) VALUES (1, '2026-11-24 10:00:00.000'), (2, NULL), (3, 'ayer')")
    facts = file.source().probe()
    file.close()
    assert facts.detection is Detection.LAST_UPDATED
    assert "no column DBTimeStamp" in facts.detection_reason
    assert "2 rows without" in facts.detection_reason
    assert facts.highest == Position("2026-11-24 10:00:00.000", 1)


def test_rowversion_asked_for_and_impossible_is_refused(tmp_path: Path) -> None:
    file = RmsFile(tmp_path / "rms.db", item=ITEM.replace("DBTimeStamp INTEGER, ", ""))
    with pytest.raises(SourceSchemaChanged, match="rowversion is asked for, but Item has no column DBTimeStamp"):
        file.source(Detection.ROWVERSION).probe()
    file.close()


def test_last_updated_asked_for_and_impossible_is_refused(rms: RmsFile) -> None:
    rms.write([1], None)
    with pytest.raises(SourceSchemaChanged, match="last_updated is not possible"):
        rms.source(Detection.LAST_UPDATED).probe()
    rms.run("UPDATE Item SET LastUpdated = 46000.25")
    with pytest.raises(SourceSchemaChanged, match="is no date"):
        rms.source(Detection.LAST_UPDATED).probe()
    rms.run("ALTER TABLE Item DROP COLUMN LastUpdated")
    with pytest.raises(SourceSchemaChanged, match="no column LastUpdated"):
        rms.source(Detection.LAST_UPDATED).probe()


def test_last_updated_asked_for_wins_over_a_version_column(rms: RmsFile) -> None:
    rms.write([1], LONG_AGO)
    assert rms.source(Detection.LAST_UPDATED).probe().detection is Detection.LAST_UPDATED


def test_last_updated_may_be_absent_where_versions_are_there(tmp_path: Path) -> None:
    file = RmsFile(tmp_path / "rms.db", item="ID INTEGER PRIMARY KEY, DBTimeStamp INTEGER")
    file.run("INSERT INTO Item VALUES (1, 5)")
    file.show(1)
    source = file.source()
    assert source.probe().detection is Detection.ROWVERSION
    assert source.starting_point(24) == Position.of_version(5)
    (row,) = source.read_items([1]).rows
    file.close()
    assert row.position == Position.of_version(5)


@pytest.mark.parametrize("pooling", [True, False])
def test_d13_a_file_renamed_over_the_old_one_is_read_and_has_another_identity(
    rms: RmsFile, tmp_path: Path, pooling: bool
) -> None:
    """D13: the open connection would go on showing the old file for ever."""
    rms.write(range(1, 11), LONG_AGO)
    source = kept(open_source(rms.url, zone=ZONE, pooling=pooling, now=Hand()))
    before = source.probe().identity
    rms.close()
    other = RmsFile(tmp_path / "other.db", item="ID INTEGER PRIMARY KEY, LastUpdated", journal="delete")
    other.run("INSERT INTO Item VALUES (77, '2026-11-24 10:00:00.000')")
    other.close()
    for tail in ("-wal", "-shm"):
        Path(f"{rms.path}{tail}").unlink(missing_ok=True)
    other.path.replace(rms.path)
    assert Reader(source, source.starting_point(24)).poll() == {77}
    facts = source.probe()
    assert facts.identity != before
    assert facts.detection is Detection.LAST_UPDATED


def test_a_file_overwritten_in_place_is_read_anew(tmp_path: Path) -> None:
    """Both files have seen as many commits, so that SQLite's own counter does not tell them apart."""
    first, second = (RmsFile(tmp_path / name, journal="delete") for name in ("first.db", "second.db"))
    first.write([1], LONG_AGO)
    second.write([2], LONG_AGO)
    first.close()
    second.close()
    source = kept(open_source(first.url, zone=ZONE))
    assert Reader(source, Position.of_version(0)).poll() == {1}
    stat = first.path.stat()
    shutil.copyfile(second.path, first.path)
    os.utime(first.path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))
    assert Reader(source, Position.of_version(0)).poll() == {2}


def test_a_wal_file_of_another_process_is_readable_while_it_writes(tmp_path: Path) -> None:
    path = tmp_path / "rms.db"
    script = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA journal_mode = WAL')\n"
        f"c.execute('CREATE TABLE Item ({ITEM})')\n"
        f"c.execute('CREATE TABLE View_Items ({VIEW})')\n"
        "c.execute('INSERT INTO Item (ID, DBTimeStamp) VALUES (1, 1)')\n"
        "print('written', flush=True)\n"
        "sys.stdin.readline()\n"
        "c.execute('INSERT INTO Item (ID, DBTimeStamp) VALUES (2, 2)')\n"
        "print('written', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        engine = Reader(kept(open_source(f"sqlite:///{path}", zone=ZONE)), Position.of_version(0))
        assert engine.poll() == {1}
        print("go on", file=writer.stdin, flush=True)
        assert writer.stdout.readline() == "written\n"
        assert engine.poll() == {2}
        print("end", file=writer.stdin, flush=True)
    assert engine.poll() == set()


def test_a_file_with_spaces_and_signs_in_its_name_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "Tienda Niño #1 100%"
    folder.mkdir()
    file = RmsFile(folder / "rms & co?.db")
    file.write([1], LONG_AGO)
    source = impatient(file.path)
    assert Reader(source, Position.of_version(0)).poll() == {1}
    file.close()


def test_a_writer_that_died_in_mid_transaction_is_told(tmp_path: Path) -> None:
    """A reader may not undo what the writer left half done; it must not read it either."""
    file = RmsFile(tmp_path / "rms.db", journal="delete")
    file.write([1], LONG_AGO)
    file.run("PRAGMA cache_size = 1")
    file.run("BEGIN IMMEDIATE")
    for number in range(2, 4000):
        file.connection.execute("INSERT INTO Item (ID, LastUpdated) VALUES (?, ?)", (number, LONG_AGO * 4))
    for name in ("rms.db", "rms.db-journal"):
        shutil.copyfile(tmp_path / name, tmp_path / f"dead-{name}")
    file.run("ROLLBACK")
    file.close()
    (tmp_path / "dead-rms.db").rename(tmp_path / "left.db")
    (tmp_path / "dead-rms.db-journal").rename(tmp_path / "left.db-journal")
    with pytest.raises(SourceUnavailable) as caught:
        impatient(tmp_path / "left.db").probe()
    assert caught.value.code == "rms-interrupted-writer"


def test_explain_names_a_folder_that_wal_cannot_use(rms: RmsFile) -> None:
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    told = SqliteDialect(rms.path, StoreClock(ZONE)).explain(error, "reading changes")
    assert isinstance(told, SourceDenied)
    assert "WAL" in told.message
    assert "journal_mode" in told.hint
