"""From rows as they really look to what the shop should hold."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from rms_console.domain.grouping import option_values, style_key
from rms_console.domain.mapping import map_product, map_variant, title_of
from rms_console.domain.policy import BadPrice, FilterPolicy, StockPolicy
from rms_console.domain.product import Metafield, Status
from rms_console.domain.sale import Priced
from rms_console.domain.stock import stock_of, units_for_sale, unusable_column
from rms_console.domain.text import clean, fold, plain_fractions
from tests.unit.domain.builders import MAIN, MAPPING, NOON, POLICY, SECOND, mapped, policy, row


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (None, ""),
        ("   ", ""),
        ("  KENNETH   COLE \t X\r\n", "KENNETH COLE X"),
        ("Nin\u0303o", "Niño"),
        ("a\x00b\x07c", "abc"),
        ("a\u200bb\u202ec\ufeff", "abc"),
        ("a\u00a0b\u2028c\u3000", "a b c"),
        ("half \ud83d surrogate", "half surrogate"),
        ("NIÃ‘O", "NIÃ‘O"),
    ],
)
def test_text_is_cleaned(raw: str | None, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("one", "other"), [("CAFÉ", "cafe"), ("Azul  Marino", "AZULMARINO"), ("Niño", "NINO"), ("ß", "SS")]
)
def test_spellings_fold_together(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_folding_never_makes_different_marks_equal_to_nothing() -> None:
    assert fold("\u0301") != ""


@pytest.mark.parametrize(
    ("size", "shown"),
    [("23½", "23.5"), ("23 ½", "23.5"), ("½", "0.5"), ("7¼", "7.25"), ("9¾", "9.75"), ("020", "020"), ("M", "M")],
)
def test_fractions_become_decimals(size: str, shown: str) -> None:
    assert plain_fractions(size) == shown


@pytest.mark.parametrize(
    ("description", "size", "title"),
    [
        ("KENNETH COLE   -  M -NEGRO    ", "020", "KENNETH COLE"),
        ("KENNETH COLE - NEGRO - M", "M", "KENNETH COLE - NEGRO"),
        ("TENIS NIKE AIR 42", "42", "TENIS NIKE AIR"),
        ("TENIS NIKE AIR TALLA 23½", "23.5", "TENIS NIKE AIR"),
        ("BOTA CAT T42", "42", "BOTA CAT"),
        ("POLO-XL", "XL", "POLO"),
        ("AIR MAX - 90", "42", "AIR MAX - 90"),
        ("AIR MAX 90", "42", "AIR MAX 90"),
        ("T-SHIRT", "M", "T-SHIRT"),
        ("CAMISA M", "020", "CAMISA M"),
        ("BOLSO  -  ", "", "BOLSO"),
        ("M", "M", "M"),
        ("- M", "M", "- M"),
        ("42", "42", "42"),
        ("---", "", "---"),
    ],
)
def test_the_title_is_the_description_without_its_size(description: str, size: str, title: str) -> None:
    assert title_of(row(description=description, size=size), MAPPING) == title


def test_the_title_is_cut_at_the_longest_that_shopify_takes() -> None:
    assert len(title_of(row(description="palabra " * 60), MAPPING)) <= 255


def test_colors_have_one_spelling_in_a_product_that_of_the_lowest_item() -> None:
    rows = [row(3, color="CAFE"), row(1, color=" café "), row(2, color="Café"), row(4, color="NEGRO")]
    values = {item: color for item, (color, _) in option_values(rows, MAPPING).items()}
    assert values == {1: "Café", 2: "Café", 3: "Café", 4: "Negro"}


def test_missing_and_blank_options_get_the_stated_defaults() -> None:
    values = option_values([row(1, color="  ", size=None), row(2, color=None, size=" \t")], MAPPING)
    assert values == {1: ("Único", "Única"), 2: ("Único", "Única")}


@pytest.mark.parametrize(
    ("style", "key"), [("k100-neg ", "K100-NEG"), ("K100-NEG", "K100-NEG"), ("  ", None), ("", None), (None, None)]
)
def test_d18_styles_are_told_apart_as_the_collation_does(style: str | None, key: str | None) -> None:
    """D18: case and trailing space do not make another style."""
    assert style_key(style) == key


def test_a_product_is_mapped_whole() -> None:
    product = map_product("K100-NEG", [row(2, stock=0), row(1, weight=Decimal("0.4567"))], POLICY, NOON)
    assert product.title == "KENNETH COLE"
    assert product.description_html == "<p>KENNETH COLE - M -NEGRO</p>"
    assert (product.vendor, product.product_type) == ("Kenneth Cole", "Botas")
    assert product.tags == ("Botas", "Mujer", "Zapatos")
    assert product.status is Status.DRAFT
    assert product.option_names == ("Color", "Talla")
    assert Metafield("rms", "family", "single_line_text_field", "Zapatos") in product.metafields
    first, second = product.variants
    assert (first.item_id, first.sku, first.options) == (1, "SKU-1", ("Negro", "36"))
    assert (first.price, first.compare_at) == (Decimal("100.00"), None)
    assert (first.barcode, first.weight_kg) == ("750000001", Decimal("0.457"))
    assert (first.stock, second.stock) == ({MAIN: 5}, {MAIN: 0})


def test_the_same_rows_in_another_order_give_the_same_product() -> None:
    rows = [row(1, description="Uno"), row(2, description="Dos"), row(3, description="Tres")]
    assert map_product("S", rows, POLICY, NOON) == map_product("S", rows[::-1], POLICY, NOON)


def test_html_of_rms_is_shown_not_run() -> None:
    product = map_product("S", [row(description="<script>alert('x')</script> & co")], POLICY, NOON)
    assert "<script>" not in product.description_html
    assert product.description_html.startswith("<p>&lt;script&gt;")


def test_tags_have_no_commas_and_no_twins() -> None:
    one = row(family="Zapatos, Botas", category="zapatos botas", gender="  ")
    assert map_product("S", [one], POLICY, NOON).tags == ("Zapatos Botas",)


def test_empty_attributes_make_no_metafields() -> None:
    assert map_product("S", [row(family=None, category=" ", gender=None)], POLICY, NOON).metafields == ()


@pytest.mark.parametrize("weight", [None, "0", "-1", "NaN", "Infinity", "0.0001", "1E+9"])
def test_a_weight_that_says_nothing_is_none(weight: str | None) -> None:
    one = row(weight=Decimal(weight) if weight else None)
    assert map_variant(one, ("Negro", "36"), POLICY, NOON).weight_kg is None


@pytest.mark.parametrize(
    ("quantity", "committed", "safety", "units"),
    [
        ("5", "0", 0, 5),
        ("0.9", "0", 0, 0),
        ("-3", "0", 0, 0),
        ("5.7", "2", 0, 3),
        ("5", "9", 0, 0),
        ("5", "0", 2, 3),
        ("1", "0", 2, 0),
    ],
)
def test_stock_is_floored_never_negative_less_committed_and_safety(
    quantity: str, committed: str, safety: int, units: int
) -> None:
    using = policy(stock=StockPolicy(safety=safety))
    assert stock_of(row(stock=quantity, committed=Decimal(committed)), using) == {MAIN: units}


def test_each_location_has_its_own_column() -> None:
    using = mapped(locations={"Exis00": MAIN, "exis57": SECOND})
    one = row(committed=Decimal(4), stock=0)
    one = dataclasses.replace(one, stock={"Exis00": Decimal("3.9"), "Exis57": Decimal(2), "Quantity": Decimal(99)})
    assert stock_of(one, using) == {MAIN: 3, SECOND: 2}


def test_committed_units_come_off_the_quantity_column() -> None:
    using = mapped(locations={"Quantity": MAIN, "Exis57": SECOND})
    one = dataclasses.replace(row(committed=Decimal(4)), stock={"Quantity": Decimal(10), "Exis57": Decimal(2)})
    assert stock_of(one, using) == {MAIN: 6, SECOND: 2}


def test_a_column_that_the_row_lacks_is_not_sold_from() -> None:
    assert stock_of(row(), mapped(locations={"Exis00": MAIN, "Exis57": SECOND})) == {MAIN: 5, SECOND: 0}


def test_columns_that_share_a_location_are_added_before_flooring() -> None:
    using = mapped(locations={"Exis00": MAIN, "Exis57": MAIN})
    one = dataclasses.replace(row(), stock={"Exis00": Decimal("1.5"), "Exis57": Decimal("1.5")})
    assert stock_of(one, using) == {MAIN: 3}


def test_without_mapped_locations_the_row_itself_says_whether_it_is_sold_out() -> None:
    using = mapped(locations={})
    assert units_for_sale(row(stock=2), using) == 2
    quantity = dataclasses.replace(row(committed=Decimal(1)), stock={"Quantity": Decimal(1), "Exis00": Decimal(9)})
    assert units_for_sale(quantity, using) == 0


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "sNaN", "1E+30"])
def test_what_is_no_quantity_is_named(quantity: str) -> None:
    assert unusable_column(row(stock=quantity)) == "Exis00"
    assert unusable_column(row(committed=Decimal(quantity))) == "QuantityCommitted"
    assert unusable_column(row()) is None


def test_d11_a_kept_price_stands_while_the_rest_flows() -> None:
    """D11: everything but the price comes from the row."""
    kept = {1: Priced(Decimal("90.00"), Decimal("95.00"), True)}
    (variant,) = map_product("S", [row(1, price=Decimal(0), stock=7)], POLICY, NOON, kept).variants
    assert (variant.price, variant.compare_at, variant.stock) == (Decimal("90.00"), Decimal("95.00"), {MAIN: 7})


def test_d11_a_bad_price_can_stop_the_sale() -> None:
    """D11: with `when_price_bad = zero` nothing of it is sold."""
    using = policy(filters=FilterPolicy(when_price_bad=BadPrice.ZERO))
    kept = {1: Priced(Decimal("90.00"), None, False)}
    first, second = map_product("S", [row(1, price=None), row(2)], using, NOON, kept).variants
    assert (first.stock, second.stock) == ({MAIN: 0}, {MAIN: 5})
