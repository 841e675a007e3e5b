"""A store's own view, its own columns and as many locations as it likes; and what is said where a name is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rms_console.adapters.rms import Names, SqlSource
from rms_console.domain.columns import WRONG_NAMES
from rms_console.errors import SourceSchemaChanged
from tests.schema.stores import make_store, source

Open = Callable[..., SqlSource]
PLACES = {f"Exis{number:02}": f"Bodega {number}" for number in (1, 2, 3)}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    made: list[SqlSource] = []

    def open_(names: Names | None = None, **store: object) -> SqlSource:
        path = make_store(tmp_path / f"{len(made)}.db", **store)  # type: ignore[arg-type]
        made.append(source(path, names))
        return made[-1]

    yield open_
    for each in made:
        each.close()


def test_a_view_and_columns_of_the_store_s_own_names_are_read(opened: Open) -> None:
    renamed = {"CCOD": "Modelo y color", "talla": "Tamaño", "UPC": "Código", "SalePrice": "Oferta"}
    store = opened(Names(view="Vista Web", columns=renamed), view="Vista Web", renamed=renamed)
    assert store.probe().absent == ()
    (row,) = store.read_items([11]).rows
    assert (row.style, row.size, row.barcode) == ("B100NE", "38", "7441")
    assert row.sale_price == 19900


def test_the_table_that_tells_of_taxes_may_be_another(opened: Open, tmp_path: Path) -> None:
    path = make_store(tmp_path / "t.db")
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("CREATE TABLE Ajustes (Impuesto INTEGER)")
        store.execute("INSERT INTO Ajustes VALUES (0)")
    opened_ = source(path, Names(configuration_table="Ajustes", columns={"TaxSystem": "Impuesto"}))
    assert opened_.probe().taxes_included is False
    opened_.close()
    for names in (
        Names(configuration_table="Ajustez"),
        Names(configuration_table="Ajustes", columns={"TaxSystem": "Impuestos"}),
    ):
        wrong = source(path, names)
        with pytest.raises(SourceSchemaChanged, match=r"Ajuste|Impuesto") as caught:
            wrong.probe()
        assert caught.value.code == WRONG_NAMES
        wrong.close()


def test_one_column_may_serve_as_two(opened: Open) -> None:
    """In many stores the SKU is the barcode."""
    names = Names(columns={"C_ARTICULO": "Código (EAN-13)", "UPC": "código (ean-13)"})
    store = opened(names, renamed={"C_ARTICULO": "Código (EAN-13)"}, without=("UPC",))
    (row,) = store.read_items([11]).rows
    assert (row.sku, row.barcode) == ("SKU-11", "SKU-11")


def test_five_locations_are_read_under_the_names_that_mapping_uses(opened: Open) -> None:
    store = opened(Names(columns=PLACES), renamed=PLACES)
    assert store.probe().stock_columns == ("Quantity", "Exis00", "Exis01", "Exis02", "Exis03", "Exis57")
    assert store.read_items([11]).rows[0].stock["Exis02"] == 1


@pytest.mark.parametrize(
    ("names", "store", "words"),
    [
        (Names(view="Vista_Item"), {"view": "Vista_Items"}, ["Vista_Item (rms.queries.view)", "Vista_Items"]),
        (Names(columns={"CCOD": "Modelos"}), {"renamed": {"CCOD": "Modelo"}}, ["Modelos", 'CCOD = "Modelo"']),
        (Names(columns={"UPC": "Barkode"}), {"renamed": {"UPC": "Barcode"}}, ["Barkode", 'UPC = "Barcode"']),
        (Names(columns={"Exis02": "Norte"}), {}, ["Norte", "rms.queries.columns.Exis02"]),
        (Names(columns={"WebItem": "EnWeb"}), {}, ["Item lacks column EnWeb"]),
        (Names(columns={"Price": "Precio"}, places={"columns.Price": "console.toml:9"}), {}, ["console.toml:9: rms"]),
    ],
)
def test_a_name_of_the_settings_that_is_not_there_is_a_setting_to_mend(
    opened: Open, names: Names, store: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(SourceSchemaChanged) as caught:
        opened(names, **store).probe()
    assert caught.value.code == WRONG_NAMES
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ({"renamed": {"CCOD": "CCOD_1"}}, ["lacks column CCOD", 'CCOD = "CCOD_1"']),
        ({"view": "ViewItems"}, ["there is no table or view View_Items", "ViewItems"]),
        ({"without": ("Price",)}, ["lacks column Price", "rms.queries.columns"]),
    ],
)
def test_what_every_read_needs_is_missed_with_what_comes_near(
    opened: Open, store: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(SourceSchemaChanged) as caught:
        opened(**store).probe()
    assert caught.value.code != WRONG_NAMES
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_hostile_name_is_a_name_and_nothing_else(opened: Open) -> None:
    """Names come from the database or are quoted: text in one never becomes SQL."""
    evil = "x`] FROM Item; DROP TABLE Item; --:id"
    store = opened(Names(columns={"Genero": evil}), renamed={"Genero": evil})
    assert store.read_items([11]).rows[0].gender == "Mujer"
    with pytest.raises(SourceSchemaChanged, match="no table or view"):
        opened(Names(view=evil)).probe()
    assert opened().read_items([11]).rows[0].sku == "SKU-11"


def test_a_cell_that_cannot_be_read_is_told_by_the_store_s_own_view(tmp_path: Path) -> None:
    path = make_store(tmp_path / "s.db", view="Vista Web")
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("UPDATE Filas SET Weight = 'pesado'")
    opened = source(path, Names(view="Vista Web"))
    (row,) = opened.read_items([11]).rows
    opened.close()
    assert [doubt.column for doubt in row.doubts] == ["Vista Web.Weight"]
