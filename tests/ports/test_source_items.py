"""Whole items as the source reads them: every id accounted for, no cell guessed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event

from rms_console.domain.position import Position
from rms_console.domain.rows import CellDoubt, ItemRow, UnreadableRow
from rms_console.errors import SourceSchemaChanged
from tests.ports.rms_file import LONG_AGO, RmsFile


@pytest.fixture
def rms(tmp_path: Path) -> Iterator[RmsFile]:
    file = RmsFile(tmp_path / "rms.db")
    yield file
    file.close()


def read_one(rms: RmsFile, **cells: object) -> ItemRow | UnreadableRow:
    rms.write([1], LONG_AGO)
    rms.show(1, **cells)
    read = rms.source().read_items([1])
    found: list[ItemRow | UnreadableRow] = [*read.rows, *read.unreadable]
    assert len(found) == 1
    return found[0]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def good(found: ItemRow | UnreadableRow) -> ItemRow:
    assert isinstance(found, ItemRow), found
    return found


def test_d16_siblings_are_read_as_of_one_instant(rms: RmsFile) -> None:
    """D16: a bulk change is committed between two statements of one read; all rows are from before it."""
    ids = range(1, 2001)
    rms.write(ids, LONG_AGO)
    for item_id in ids:
        rms.show(item_id, Price=100.0)
    source = rms.source()
    source.probe()
    seen = 0

    def reprice(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == 4:
            rms.run("UPDATE View_Items SET Price = 200.0")

    event.listen(source._database._engine, "before_cursor_execute", reprice)
    assert {row.price for row in source.read_items(ids).rows} == {Decimal(100)}
    assert seen > 4
    assert {row.price for row in source.read_items(ids).rows} == {Decimal(200)}


def test_d17_five_thousand_ids_fit(rms: RmsFile) -> None:
    """D17: more ids than one statement takes; repeated ones count once."""
    rms.write(range(1, 4001), LONG_AGO)
    rms.run("INSERT INTO View_Items (ItemID, Price, Quantity) SELECT ID, 1.0, 2.0 FROM Item WHERE ID <= 3000")
    read = rms.source().read_items([*range(1, 5001), 1, 2, 3])
    assert [row.item_id for row in read.rows] == list(range(1, 3001))
    assert read.hidden == frozenset(range(3001, 4001))
    assert read.deleted == frozenset(range(4001, 5001))
    assert read.unreadable == ()


def test_no_ids_are_no_rows(rms: RmsFile) -> None:
    read = rms.source().read_items([])
    assert (read.rows, read.hidden, read.deleted) == ((), frozenset(), frozenset())


def test_an_item_is_translated_column_by_column(rms: RmsFile) -> None:
    row = good(
        read_one(
            rms,
            Description="KENNETH COLE   -  M -NEGRO    ",
            Price=22123.9,
            SalePrice="19900.5000",
            SaleStartDate="2026-11-20 00:00:00.000",
            SaleEndDate="2026-11-30T23:59:59.997",
            Quantity=-3.0,
            Exis00=0.5,
            Exis57=None,
            Familia="Zapatos",
            Categoria="Botas",
            ExtendedCategory="Hombre > Botas",
            Genero="Hombre",
            UPC=7441234567890,
            Weight="0.85",
            Manufacturer="Kenneth Cole",
            Tax=13,
            talla=23.0,
            color=" ",
        )
    )
    assert row == ItemRow(
        item_id=1,
        position=Position.of_version(1),
        sku="SKU-1",
        style="B100NE",
        description="KENNETH COLE   -  M -NEGRO    ",
        price=Decimal("22123.9"),
        sale_price=Decimal("19900.5"),
        sale_start=at("2026-11-20"),
        sale_end=at("2026-11-30 23:59:59.997"),
        stock={"Quantity": Decimal(-3), "Exis00": Decimal("0.5"), "Exis57": Decimal(0)},
        committed=Decimal(0),
        family="Zapatos",
        category="Botas",
        extended_category="Hombre > Botas",
        color=" ",
        size="23",
        gender="Hombre",
        barcode="7441234567890",
        manufacturer="Kenneth Cole",
        weight=Decimal("0.85"),
        tax_percent=Decimal(13),
        inactive=False,
        web_item=True,
        cannot_be_sold=False,
        sale_type=0,
    )


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (0.1 + 0.2, "0.3"),
        (221239000000.0, "221239000000"),
        (1234.56785, "1234.5678"),
        ("  1234.5600 ", "1234.56"),
        ("-.5", "-0.5"),
        (22900, "22900"),
        (1e-9, "0"),
        (None, None),
        ("   ", None),
    ],
)
def test_prices_are_exact_decimals(rms: RmsFile, cell: object, value: str | None) -> None:
    assert good(read_one(rms, Price=cell)).price == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    "cell", ["1.234,56", "22,900", "1e5", "₡ 22900", "n/d", "nan", "NaN", float("inf"), "1_000", "9" * 60]
)
def test_d11_a_price_that_is_no_plain_decimal_is_in_doubt_and_nothing_else(rms: RmsFile, cell: object) -> None:
    """D11: the row is there with its stock, without a price, and says what it found."""
    row = good(read_one(rms, Price=cell, Quantity=0.0))
    assert (row.price, row.stock["Quantity"], row.sku) == (None, Decimal(0), "SKU-1")
    (doubt,) = row.doubts
    assert (doubt.field, doubt.column, doubt.value[:40]) == ("price", "View_Items.Price", str(cell)[:40])
    assert "View_Items" not in doubt.reason
    assert doubt.told().count("Price") == 1


@pytest.mark.parametrize("column", ["Quantity", "Exis00", "Exis57"])
@pytest.mark.parametrize("cell", ["muchos", "9" * 60])
def test_s10_a_quantity_that_is_none_sets_the_row_aside(rms: RmsFile, column: str, cell: str) -> None:
    """S10: of an item whose stock nobody can tell nothing is sent; of a quantity nothing is said about money."""
    found = read_one(rms, **{column: cell})
    assert isinstance(found, UnreadableRow)
    assert (found.column, found.value) == (f"View_Items.{column}", cell)
    assert column not in found.reason
    assert "money" not in found.reason


UNREADABLE_CELLS = [
    ("View_Items", "Price", "abc", "price"),
    ("View_Items", "SalePrice", "muchos", "sale_price"),
    ("View_Items", "SaleStartDate", "24/12/2026", "sale_start"),
    ("View_Items", "SaleEndDate", 46000.5, "sale_end"),
    ("View_Items", "Tax", "13 %", "tax_percent"),
    ("View_Items", "Weight", "1 kg", "weight"),
    ("Item", "SaleType", "oferta", "sale_type"),
    ("Item", "WebItem", "quizás", "web_item"),
    ("Item", "Inactive", "?", "inactive"),
    ("Item", "ItemCannotBeSold", "x", "cannot_be_sold"),
]


@pytest.mark.parametrize(("table", "column", "cell", "field"), UNREADABLE_CELLS)
def test_d10_no_other_cell_costs_the_row_its_stock(
    rms: RmsFile, table: str, column: str, cell: object, field: str
) -> None:
    """D10: a sold-out item is read as sold out, whatever else is wrong with it."""
    rms.write([1], LONG_AGO)
    rms.show(1, Quantity=0.0)
    rms.run(f"UPDATE {table} SET {column} = ?", cell)
    (row,) = rms.source().read_items([1]).rows
    assert row.stock["Quantity"] == 0
    assert not getattr(row, field)
    assert [(one.field, one.column, one.value) for one in row.doubts] == [(field, f"{table}.{column}", str(cell))]


def test_d11_every_unreadable_cell_of_a_row_is_told(rms: RmsFile) -> None:
    """D11: in the order in which they are read."""
    row = good(read_one(rms, Price="abc", SaleEndDate="mañana", Weight="x"))
    assert [doubt.field for doubt in row.doubts] == ["price", "sale_end", "weight"]


@pytest.mark.parametrize("stamp", ["24/11/2026 2:00", "11/20/2026 10:00", "", None])
def test_s10_a_stamp_that_is_no_date_says_nothing_of_the_item(rms: RmsFile, stamp: str | None) -> None:
    """S10: LastUpdated finds changes, and is no part of an item."""
    rms.write([1], stamp)
    rms.show(1)
    (row,) = rms.source().read_items([1]).rows
    assert (row.price, row.doubts) == (Decimal(22900), ())


def test_s10_a_row_version_that_is_none_says_nothing_of_the_item(rms: RmsFile) -> None:
    rms.write([1, 2], LONG_AGO)
    rms.show(1)
    source = rms.source("rowversion")
    source.probe()
    rms.run("UPDATE Item SET DBTimeStamp = 'abc' WHERE ID = 1")
    (row,) = source.read_items([1]).rows
    assert (row.position, row.doubts) == (Position.of_version(0), ())


def test_one_unreadable_row_leaves_the_others_alone(rms: RmsFile) -> None:
    rms.write(range(1, 6), LONG_AGO)
    for item_id in range(1, 6):
        rms.show(item_id, Quantity="varios" if item_id == 3 else 10.0)
    read = rms.source().read_items(range(1, 6))
    assert [row.item_id for row in read.rows] == [1, 2, 4, 5]
    assert [bad.item_id for bad in read.unreadable] == [3]


@pytest.mark.parametrize("cell", ["1900-01-01 00:00:00.000", "1900-01-01", "1899-12-30 00:00:00", None, "", "  "])
def test_rms_s_empty_dates_are_none(rms: RmsFile, cell: object) -> None:
    assert good(read_one(rms, SaleEndDate=cell)).sale_end is None


@pytest.mark.parametrize("cell", ["mañana", "2026-02-30 00:00:00", "24/12/2026", 46000.5])
def test_a_date_that_is_none_is_in_doubt(rms: RmsFile, cell: object) -> None:
    row = good(read_one(rms, SaleStartDate=cell))
    assert row.sale_start is None
    assert [doubt.column for doubt in row.doubts] == ["View_Items.SaleStartDate"]


@pytest.mark.parametrize(("cell", "value"), [(0, False), (1, True), ("1", True), ("False", False), (-1, True)])
def test_flags_come_in_several_spellings(rms: RmsFile, cell: object, value: bool) -> None:
    rms.write([1], LONG_AGO)
    rms.show(1)
    rms.run("UPDATE Item SET Inactive = ?, WebItem = ?, ItemCannotBeSold = ?", cell, cell, cell)
    (row,) = rms.source().read_items([1]).rows
    assert (row.inactive, row.web_item, row.cannot_be_sold) == (value, value, value)


def test_an_item_only_the_view_knows_is_set_aside(rms: RmsFile) -> None:
    rms.show(9)
    (found,) = rms.source().read_items([9]).unreadable
    assert (found.item_id, found.column) == (9, "Item.ID")


def test_a_view_that_doubles_an_item_is_told_apart_from_one_that_repeats_it(rms: RmsFile) -> None:
    rms.write([1, 2], LONG_AGO)
    for quantity in (1.0, 2.0):
        rms.show(1, Quantity=quantity)
        rms.show(2, Quantity=1.0)
    read = rms.source().read_items([1, 2])
    assert [row.item_id for row in read.rows] == [2]
    (bad,) = read.unreadable
    assert (bad.item_id, bad.column, bad.value) == (1, "View_Items.Quantity", "1.0 / 2.0")
    assert "2 rows" in bad.reason


@pytest.mark.parametrize("second", ["2", None])
def test_d10_rows_that_differ_in_the_barcode_alone_leave_the_stock_readable(rms: RmsFile, second: str | None) -> None:
    """D10: a view joined on aliases gives a row for each."""
    rms.write([1], LONG_AGO)
    for upc in (second, "1"):
        rms.show(1, UPC=upc, Quantity=0.0)
    (row,) = rms.source().read_items([1]).rows
    assert (row.barcode, row.stock["Quantity"]) == (None, Decimal(0))
    reason = "View_Items gives 2 rows for this item, which differ here"
    assert row.doubts == (CellDoubt("barcode", "View_Items.UPC", f"{second} / 1", reason),)


def test_d11_rows_that_differ_in_the_sale_price_leave_it_in_doubt_though_one_has_none(rms: RmsFile) -> None:
    """D11: where the view has the column `Item` is not asked instead."""
    rms.run("ALTER TABLE Item ADD COLUMN SalePrice MONEY DEFAULT 7.0")
    rms.write([1], LONG_AGO)
    for price in (None, 5.0):
        rms.show(1, SalePrice=price)
    (row,) = rms.source().read_items([1]).rows
    assert (row.sale_price, [doubt.field for doubt in row.doubts]) == (None, ["sale_price"])


def test_committed_and_sale_come_from_item_where_the_view_has_none(rms: RmsFile) -> None:
    rms.run("ALTER TABLE View_Items DROP COLUMN SalePrice")
    rms.run("ALTER TABLE Item ADD COLUMN SalePrice MONEY")
    rms.write([1], LONG_AGO)
    rms.show(1, SaleEndDate="2026-12-24 00:00:00.000")
    rms.run("UPDATE Item SET QuantityCommitted = 2.0, SalePrice = 9900.0, SaleType = 1")
    (row,) = rms.source().read_items([1]).rows
    assert (row.committed, row.sale_price, row.sale_end) == (Decimal(2), Decimal(9900), at("2026-12-24"))
    assert row.sale_type == 1


def test_the_least_a_store_may_offer_is_enough(tmp_path: Path) -> None:
    """Only the required columns, in another case, under a view."""
    file = RmsFile(
        tmp_path / "small.db",
        item="id INTEGER PRIMARY KEY, lastupdated DATETIME",
        view="itemid, c_articulo, description, price, quantity, ccod, COLOR, TALLA, EXIS00",
    )
    file.run("INSERT INTO Item VALUES (1, '2026-11-24 10:00:00.000')")
    file.run("INSERT INTO View_Items VALUES (1, 'A', 'Bota', 10.0, 1.0, 'B1', 'Rojo', '38', 7.0)")
    file.run("ALTER TABLE View_Items RENAME TO Rows_of_the_view")
    file.run("CREATE VIEW view_items AS SELECT * FROM Rows_of_the_view")
    (row,) = file.source().read_items([1]).rows
    file.close()
    assert (row.sku, row.style, row.color, row.size) == ("A", "B1", "Rojo", "38")
    assert row.stock == {"Quantity": Decimal(1), "Exis00": Decimal(7)}
    assert row.position == Position("2026-11-24 10:00:00.000", 1)
    assert (row.web_item, row.sale_type, row.barcode) == (None, None, None)


def test_text_of_the_wrong_code_page_costs_no_other_row(rms: RmsFile) -> None:
    rms.write([1, 2], LONG_AGO)
    rms.show(1)
    rms.show(2)
    rms.run("UPDATE View_Items SET color = CAST(x'4D617272F36E' AS TEXT) WHERE ItemID = 2")
    assert [row.color for row in rms.source().read_items([1, 2]).rows] == ["Negro", "Marrón"]


def test_item_ids_are_walked_in_order(rms: RmsFile) -> None:
    rms.write([5, 3, 9, 7], LONG_AGO)
    rms.run("UPDATE Item SET WebItem = 0 WHERE ID = 5")
    source = rms.source()
    assert source.item_ids(0, 2, web_only=False) == (3, 5)
    assert source.item_ids(5, 10, web_only=False) == (7, 9)
    assert source.item_ids(0, 10, web_only=True) == (3, 7, 9)
    assert source.item_ids(9, 10, web_only=False) == ()


def test_web_items_cannot_be_listed_where_nothing_marks_them(rms: RmsFile) -> None:
    rms.run("ALTER TABLE Item DROP COLUMN WebItem")
    with pytest.raises(SourceSchemaChanged, match="WebItem"):
        rms.source().item_ids(0, 10, web_only=True)


def test_items_are_found_as_a_person_types_them(rms: RmsFile) -> None:
    rms.write([1, 2, 3, 4], LONG_AGO)
    rms.show(1, CCOD="NIÑA-01  ", C_ARTICULO="x1")
    rms.show(2, CCOD="niña-01", C_ARTICULO=" AB-2 ")
    rms.show(3, CCOD=None, C_ARTICULO="ab-2")
    source = rms.source()
    assert source.find_items([" Niña-01"], []) == (1, 2)
    assert source.find_items([], ["ab-2 "]) == (2, 3)
    assert source.find_items(["niña-01"], ["AB-2"]) == (1, 2, 3)
    assert source.find_items([], ["sku-4"]) == (4,)
    assert source.find_items(["", "  "], ["nada"]) == ()


def test_find_items_takes_more_names_than_one_statement_holds(rms: RmsFile) -> None:
    rms.write([1], LONG_AGO)
    rms.show(1, CCOD="S2999")
    assert rms.source().find_items([f"S{number}" for number in range(3000)], []) == (1,)


def test_pool_use_counts_check_outs_and_openings(rms: RmsFile) -> None:
    source = rms.source()
    assert source.pool_use().reuse_ratio is None
    for _ in range(4):
        source.read_items([1])
    use = source.pool_use()
    assert (use.checkouts, use.opened, use.reuse_ratio) == (4, 1, 0.75)


def test_a_hundred_reads_leave_no_transaction_open(rms: RmsFile) -> None:
    """An open read transaction would keep the writer's log from ever being cut."""
    rms.write(range(1, 11), LONG_AGO)
    source = rms.source()
    for _ in range(100):
        source.read_items(range(1, 11))
    busy, _, _ = rms.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0
