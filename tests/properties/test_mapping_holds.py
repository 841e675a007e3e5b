"""Mapping never raises, whatever the text, and what it gives the shop takes."""

from __future__ import annotations

import dataclasses
import unicodedata
from datetime import datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from rms_console.domain.grouping import option_values
from rms_console.domain.money import minor_unit, round_money
from rms_console.domain.options import option_key
from rms_console.domain.policy import TaxMode
from rms_console.domain.position import Position
from rms_console.domain.rows import CellDoubt, ItemRow
from rms_console.domain.sale import boundaries, priced
from rms_console.domain.text import clean, fold
from tests.unit.domain.builders import MAIN, MAPPING, SECOND, assembled, mapped

ugly = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.sampled_from(["  ", "23½", "\ud800", "Ãº", "a\u0301 ", "K  -  M -NEGRO   ", "\x00", "NEGRO", "negro "]),
)
needed = st.sampled_from([*(f"NIKE  -  M {number}  " for number in range(30)), "\x00", " ", "K\u0301\u200b½", None])
good_money = st.decimals("0.01", "200000", places=2)
money = st.one_of(*[good_money] * 8, st.none(), st.decimals(allow_nan=True, allow_infinity=True))
DOUBTED = ["price", "sale_price", "sale_end", "tax_percent", "weight", "barcode", "inactive", "web_item"]
moments = st.none() | st.datetimes()
good_quantities = st.integers(1, 50).map(Decimal) | st.decimals(-5, 50, places=1)
quantities = st.one_of(*[good_quantities] * 30, st.decimals(allow_nan=True))
rows = st.builds(
    ItemRow,
    item_id=st.integers(1, 8),
    position=st.just(Position.of_version(1)),
    sku=needed,
    style=st.sampled_from([*["K1", "k1 ", "K2"] * 4, None, " "]),
    description=needed,
    price=money,
    sale_price=money,
    sale_start=moments,
    sale_end=moments,
    stock=st.fixed_dictionaries({"Exis00": quantities}, optional={"Exis57": quantities, "Quantity": quantities}),
    committed=st.sampled_from([*[Decimal(0)] * 8, Decimal(2), Decimal("NaN")]),
    family=ugly,
    category=ugly,
    color=ugly,
    size=ugly,
    gender=ugly,
    barcode=ugly,
    manufacturer=ugly,
    weight=money,
    tax_percent=st.sampled_from([None, Decimal(13), Decimal(0)]) | money,
    sale_type=st.none() | st.integers(-1, 3),
    doubts=st.just(()) | st.tuples(st.builds(CellDoubt, st.sampled_from(DOUBTED), *[st.just("x")] * 3)),
)


@given(
    found=st.lists(rows, min_size=1, max_size=6, unique_by=lambda row: row.item_id),
    taxed=st.booleans(),
    now=st.datetimes(),
)
@settings(max_examples=300, deadline=None)
def test_any_rows_are_mapped_or_named(found: list[ItemRow], taxed: bool, now: datetime) -> None:
    """Every item ends wanted, set aside or skipped with a message; what is wanted is fit for the shop."""
    using = mapped(locations={"Exis00": MAIN, "exis57": SECOND}, tax=TaxMode.ADD if taxed else TaxMode.INCLUDED)
    assembly = assembled(found, using=using, now=now)
    wanted = [one.item_id for work in assembly.works for one in (work.desired.variants if work.desired else ())]
    aside = [one.item_id for one in assembly.quarantined] + [one.item_id for one in assembly.skipped]
    assert sorted(wanted + aside) == sorted(row.item_id for row in found)
    assert all(one.message for one in assembly.quarantined)
    assert all(one.message for one in assembly.skipped)
    for work in assembly.works:
        assert work.desired is not None
        assert 0 < len(work.desired.title) <= 255
        assert all("," not in tag and tag.strip() for tag in work.desired.tags)
        assert all(one.value for one in work.desired.metafields)
        keys = {option_key(variant.options) for variant in work.desired.variants}
        assert len(keys) == len(work.desired.variants)
        for variant in work.desired.variants:
            assert variant.sku
            assert all(variant.options)
            assert variant.price > 0
            assert variant.compare_at is None or variant.compare_at > variant.price
            assert all(quantity >= 0 for quantity in variant.stock.values())
            assert variant.barcode != ""


@given(st.text())
def test_clean_text_shows_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in cleaned)
    assert cleaned == cleaned.strip()
    assert bool(fold(cleaned)) is bool(cleaned)


@given(st.lists(rows, min_size=1, max_size=6, unique_by=lambda row: row.item_id))
def test_one_value_has_one_spelling_in_a_product(found: list[ItemRow]) -> None:
    values = option_values(found, MAPPING).values()
    for spellings in zip(*values, strict=True):
        assert len(set(spellings)) == len({fold(one) for one in spellings})


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9),
    st.sampled_from(["USD", "CRC"]),
)
def test_w19_rounding_is_near_stable_and_symmetric(value: Decimal, currency: str) -> None:
    """W19: never more than half a unit away, never a second time, the same below zero."""
    rounded = round_money(value, currency)
    assert abs(rounded - value) <= minor_unit(currency) / 2
    assert round_money(rounded, currency) == rounded
    assert round_money(-value, currency) == -rounded


@given(row=rows, now=st.datetimes())
def test_d12_between_two_boundaries_the_price_stands(row: ItemRow, now: datetime) -> None:
    """D12: a price never changes at an instant that was not told ahead."""
    ahead = boundaries(row, now, MAPPING)
    assert list(ahead) == sorted(set(ahead))
    until = min(ahead, default=datetime.max) - datetime.resolution  # noqa: DTZ901  naive store-local time
    if until > now:
        assert dataclasses.astuple(priced(row, now, MAPPING))[2] == priced(row, until, MAPPING).on_sale
