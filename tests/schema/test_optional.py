"""What a store lacks switches one thing off, says so, and harms nothing that the shop has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from rms_console.adapters.rms import Names
from rms_console.contract.check import Level
from rms_console.contract.ports import ShopFacts, ShopLocation
from rms_console.domain import sale
from rms_console.domain.columns import ABSENT, EFFECTS, AbsentColumn, fields_off, judge_columns
from rms_console.domain.policy import Ownership, Policy
from rms_console.domain.position import Detection
from rms_console.domain.rows import SourceFacts
from rms_console.engine.world import choose_locations, complete_policy
from tests.schema.stores import make_store, source

NOW = datetime.fromisoformat("2026-11-24 12:00:00")
LOCATIONS = tuple(ShopLocation(f"gid://shopify/Location/{n}", f"L{n}", True, n == 1) for n in range(1, 4))
SHOP = ShopFacts("Tienda", "t.myshopify.com", "CRC", "UTC", True, LOCATIONS[:1], "2026-10")
FACTS = SourceFacts("a store", Detection.ROWVERSION, "", NOW, ("Quantity",))


def probed(path: Path, names: Names | None = None) -> SourceFacts:
    store = source(path, names)
    facts = store.probe()
    store.close()
    return facts


@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_each_column_has_a_word_on_what_stops_without_it(name: str) -> None:
    (summary, finding) = judge_columns([AbsentColumn(name, f"View_Items.{name}")])
    assert summary.level is finding.level is Level.WARN
    english, spanish = finding.told("en"), finding.told("es")
    assert english[0] != spanish[0]
    assert name in english[0]
    assert f'{name} = ""' in english[1]


def test_a_column_that_comes_near_is_offered(tmp_path: Path) -> None:
    facts = probed(make_store(tmp_path / "s.db", renamed={"UPC": "UPC_1", "Weight": "Peso"}))
    offered = {column.name: column.nearest for column in facts.absent}
    assert offered == {"UPC": "UPC_1", "Weight": ""}
    hints = [one.told("en")[1] for one in judge_columns(facts.absent) if one.code == ABSENT]
    assert any('UPC = "UPC_1"' in hint for hint in hints)


def test_without_sale_columns_there_are_no_sales(tmp_path: Path) -> None:
    path = make_store(tmp_path / "s.db", without=("SalePrice", "SaleStartDate", "SaleEndDate"))
    store = source(path)
    (row,) = store.read_items([11]).rows
    store.close()
    assert not sale.priced(row, NOW, Policy().mapping).on_sale
    assert sale.boundaries(row, NOW, Policy().mapping) == ()
    assert {column.name for column in probed(path).absent} == {"SalePrice", "SaleStartDate", "SaleEndDate"}


def test_what_rms_cannot_know_is_never_taken_from_the_shop(tmp_path: Path) -> None:
    """Without a barcode in RMS the shop's barcodes are the merchant's: empty would mean to clear them."""
    facts = probed(make_store(tmp_path / "s.db", without=("UPC", "Weight", "SalePrice")))
    ownership = complete_policy(Policy(), facts, SHOP).policy.mapping.ownership
    assert {name for name, owner in ownership.items() if owner is Ownership.NEVER} >= {
        "barcode",
        "weight",
        "compare_at",
    }
    whole = complete_policy(Policy(), FACTS, SHOP).policy.mapping.ownership
    assert whole["barcode"] is Ownership.ALWAYS
    assert fields_off([], Policy().mapping) == frozenset()


def test_a_vendor_a_type_and_tags_that_have_no_column_left_are_not_emptied() -> None:
    mapping, gone = Policy().mapping, [AbsentColumn(name, name) for name in ("Manufacturer", "Categoria", "Genero")]
    assert fields_off(gone, mapping) == {"vendor", "product_type"}
    assert fields_off([*gone, AbsentColumn("Familia", "Familia")], mapping) == {"vendor", "product_type", "tags"}
    assert fields_off(gone, replace(mapping, vendor_from="family", tags_from=())) == {"product_type"}


def test_what_the_settings_say_is_not_there_is_no_warning(tmp_path: Path) -> None:
    path = make_store(tmp_path / "s.db", without=("UPC",))
    facts = probed(path, Names(columns={"UPC": ""}))
    assert facts.missing_optional == ()
    assert [column.declared for column in facts.absent] == [True]
    assert {one.level for one in judge_columns(facts.absent)} == {Level.OK}
    assert complete_policy(Policy(), facts, SHOP).warnings == ()


def test_a_column_declared_none_is_not_read_although_it_is_there(tmp_path: Path) -> None:
    store = source(make_store(tmp_path / "s.db"), Names(columns={"UPC": "", "SalePrice": ""}))
    (row,) = store.read_items([11]).rows
    store.close()
    assert (row.barcode, row.sale_price) == (None, None)


def test_without_a_description_the_ccod_is_the_title(tmp_path: Path) -> None:
    """Only where the settings say so: a view that lost its descriptions must not rename the shop's products."""
    names = Names(columns={"Description": "", "color": "", "talla": ""})
    store = source(make_store(tmp_path / "s.db", without=("Description", "color", "talla")), names)
    assert {column.name for column in store.probe().absent} == {"Description", "color", "talla"}
    (row,) = store.read_items([11]).rows
    store.close()
    assert (row.description, row.color, row.size) == ("B100NE", None, None)


def test_the_tax_that_nobody_names_is_warned_of() -> None:
    absent = (AbsentColumn("Tax", "View_Items.Tax"),)
    facts = replace(FACTS, taxes_included=False, absent=absent)
    assert any("how much" in warning for warning in complete_policy(Policy(), facts, SHOP).warnings)


def test_locations_that_nobody_mapped_are_named() -> None:
    columns = ("Quantity", "Exis00", "Exis01", "Exis02", "Exis57")
    chosen, warnings = choose_locations({}, columns, LOCATIONS)
    assert list(chosen) == ["Exis00", "Exis57"]
    assert any("Exis01, Exis02" in warning for warning in warnings)
    wanted = {column: place.location_id for column, place in zip(columns[1:], LOCATIONS, strict=False)}
    assert choose_locations(wanted, columns, LOCATIONS) == (wanted, [])
