"""The store's own names of tables and columns, rows that others hold locked, and rows that break the view."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from rms_console.adapters.rms import Names, SqlSource, open_rms, open_source
from rms_console.adapters.rms.dialect import PoolSettings
from rms_console.adapters.rms.errors import BAD_ROW
from rms_console.adapters.rms.items import MOST_BAD_ROWS, isolate_bad_rows
from rms_console.adapters.rms.sqlite import SqliteDialect
from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.domain.position import Detection, Position
from rms_console.domain.rows import ItemRow, RowsRead
from rms_console.errors import ConfigError, SourceSchemaChanged, SourceUnavailable
from tests.ports.rms_file import LONG_AGO, ZONE, Hand, Reader, RmsFile

OWN_ITEM = "Clave INTEGER PRIMARY KEY, Codigo TEXT, Cambiado DATETIME, Version INTEGER, EnWeb BIT DEFAULT 1"
OWN_VIEW = "Articulo, Sku, Description, Price, Quantity, [Modelo y color], color, talla, [Existencia 1], [raro:nombre]"
NAMES = Names(
    "Articulos",
    "main.Vista de articulos",
    "Ajustes",
    {
        "ID": "Clave",
        "ItemLookupCode": "Codigo",
        "LastUpdated": "Cambiado",
        "DBTimeStamp": "Version",
        "WebItem": "EnWeb",
        "ItemID": "articulo",
        "C_ARTICULO": "Sku",
        "CCOD": "Modelo y color",
        "Exis00": "Existencia 1",
        "Genero": "raro:nombre",
    },
)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A store that calls nothing as RMS does."""
    path = tmp_path / "own.db"
    with sqlite3.connect(path) as store:
        store.execute(f"CREATE TABLE Articulos ({OWN_ITEM})")
        store.execute(f"CREATE TABLE [Vista de articulos] ({OWN_VIEW})")
        store.execute("CREATE TABLE Ajustes (StoreID, TaxSystem)")
        store.execute("INSERT INTO Ajustes VALUES (1, 1)")
        store.executemany(
            "INSERT INTO Articulos VALUES (?, ?, '2026-11-24 10:00:00.000', ?, ?)",
            [(number, f"SKU-{number}", number, number % 2) for number in range(1, 7)],
        )
        store.execute(
            "INSERT INTO [Vista de articulos] VALUES (1, 'SKU-1', 'BOTA', 229, 5, 'B100NE', 'Negro', '38', 3, 'Mujer')"
        )
    store.close()
    return path


def source(path: Path, names: Names = NAMES, detection: str = "auto") -> SqlSource:
    return open_source(f"sqlite:///{path}", zone=ZONE, detection=detection, names=names)


@pytest.mark.parametrize("detection", list(Detection))
def test_a_store_that_calls_everything_otherwise_is_read(own: Path, detection: str) -> None:
    store = source(own, detection=detection)
    facts = store.probe()
    assert facts.detection == detection
    assert facts.stock_columns == ("Quantity", "Exis00")
    assert facts.taxes_included is True
    assert Reader(store, store.starting_point(24 * 3650)).poll() | {1} == set(range(1, 7))
    (row,) = store.read_items([1]).rows
    assert (row.sku, row.style, row.gender, row.web_item) == ("SKU-1", "B100NE", "Mujer", True)
    assert row.stock == {"Quantity": 5, "Exis00": 3}
    assert store.read_items([1, 2, 99]).hidden == {2}
    assert store.item_ids(0, 10, web_only=True) == (1, 3, 5)
    assert store.missing([6, 7]) == {7}
    assert store.find_items(("b100ne",), ("sku-4",)) == (1, 4)
    assert [item.sku for item in store.list_items(4, 10)] == ["SKU-5", "SKU-6"]
    store.close()


def test_a_name_that_is_not_there_is_told_with_its_setting(own: Path) -> None:
    names = Names(NAMES.item_table, NAMES.view, columns={**NAMES.columns, "CCOD": "Modelo"})
    store = source(own, names)
    with pytest.raises(SourceSchemaChanged, match=r"lacks column Modelo \(rms.queries.columns.CCOD\)") as caught:
        store.probe()
    assert "rms.queries.columns" in caught.value.hint
    store.close()


def test_a_table_that_is_not_there_is_told_by_the_store_s_name(own: Path) -> None:
    store = source(own, Names("Productos", NAMES.view, columns=NAMES.columns))
    with pytest.raises(SourceSchemaChanged, match="no table or view Productos"):
        store.probe()
    store.close()


def test_a_column_under_another_name_is_not_taken_from_its_old_one(tmp_path: Path) -> None:
    """A view may hold both; the setting says which one counts."""
    file = RmsFile(
        tmp_path / "rms.db", view="ItemID, C_ARTICULO, Description, Price, Precio2, Quantity, CCOD, color, talla"
    )
    file.write([1], LONG_AGO)
    file.show(1, Price=100.0, Precio2=90.0)
    store = source(file.path, Names(columns={"Price": "Precio2"}))
    (row,) = store.read_items([1]).rows
    assert row.price == 90
    store.close()
    file.close()


@pytest.mark.parametrize("place", ["mssql+pymssql://caja/RMS", "postgresql://caja/RMS", "rms.db"])
def test_a_place_that_no_driver_of_ours_reaches_is_a_setting_to_mend(place: str) -> None:
    with pytest.raises(ConfigError, match=r"rms\.url"):
        open_rms(place, zone=ZONE)


@dataclass(frozen=True)
class Locking(SqliteDialect):
    """A database in which another program holds rows locked: whoever waits for them gives up."""

    passes_locks: bool = True
    locked: list[bool] = field(default_factory=list)

    def server_time(self, connection: Connection) -> datetime:
        if self.locked and self.locked.pop():
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return super().server_time(connection)


@pytest.fixture
def rms(tmp_path: Path) -> Iterator[RmsFile]:
    file = RmsFile(tmp_path / "rms.db")
    yield file
    file.close()


@pytest.mark.parametrize("detection", list(Detection))
def test_d3_c4_while_rows_are_locked_the_others_arrive_and_the_watermark_waits(rms: RmsFile, detection: str) -> None:
    """D3, C4: no stall; and a row left out now is read once the lock is gone."""
    rms.write(range(1, 31), "2026-11-24 11:00:00.000")
    dialect = Locking(rms.path, StoreClock(ZONE, Hand()))
    store = SqlSource(dialect, PoolSettings(), detection=detection, overlap_s=1800)
    start = Position.of_version(3) if detection == Detection.ROWVERSION else Position("2026-11-24 11:00:00.000", 3)
    dialect.locked.append(True)
    read = store.read_changes(start, 10)
    assert [key.item_id for key in read.keys] == list(range(4, 31))
    assert read.complete_up_to == start
    assert not read.more
    after = store.read_changes(start, 10)
    assert after.complete_up_to > start
    assert {key.item_id for key in after.keys} >= set(range(4, 14))
    store.close()


def test_c4_a_database_that_cannot_leave_rows_out_is_unavailable(rms: RmsFile) -> None:
    rms.write([1], LONG_AGO)
    dialect = Locking(rms.path, StoreClock(ZONE), passes_locks=False, locked=[True])
    store = SqlSource(dialect, PoolSettings(), detection="auto", overlap_s=1800)
    with pytest.raises(SourceUnavailable, match="locked"):
        store.read_changes(Position.of_version(0), 10)
    store.close()


class View:
    """A view that fails as a whole when it comes to one of its bad rows."""

    def __init__(self, bad: set[int]) -> None:
        self.bad = bad
        self.reads = 0

    def __call__(self, ids: Sequence[int]) -> RowsRead:
        self.reads += 1
        if self.bad & set(ids):
            raise SourceSchemaChanged("the view fails on what a row holds: 'n/d' is no number", code=BAD_ROW)
        rows = tuple(
            ItemRow(number, Position.of_version(number), None, None, None, None) for number in ids if number < 90
        )
        return RowsRead(rows, deleted=frozenset(number for number in ids if number >= 90))


def test_a_row_that_breaks_the_view_costs_no_other_row() -> None:
    view = View({13, 77})
    read = isolate_bad_rows(view, [*range(1, 100), 1, 2])
    assert [row.item_id for row in read.unreadable] == [13, 77]
    assert "n/d" in read.unreadable[0].reason
    assert [row.item_id for row in read.rows] == [number for number in range(1, 90) if number not in {13, 77}]
    assert read.deleted == frozenset(range(90, 100))
    assert view.reads < 40


def test_rows_that_all_break_the_view_are_a_broken_view() -> None:
    view = View(set(range(1, 2001)))
    with pytest.raises(SourceSchemaChanged, match="fails"):
        isolate_bad_rows(view, range(1, 2001))
    assert view.reads < 100
    assert MOST_BAD_ROWS < 20


def test_another_error_is_not_taken_for_a_bad_row() -> None:
    def fails(ids: Sequence[int]) -> RowsRead:
        raise SourceSchemaChanged("Extra is missing")

    with pytest.raises(SourceSchemaChanged, match="Extra"):
        isolate_bad_rows(fails, [1, 2, 3])
    assert isolate_bad_rows(View(set()), []) == RowsRead()
