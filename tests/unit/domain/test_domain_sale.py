"""D12: sales open and close by date alone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from rms_console.domain.policy import TaxMode
from rms_console.domain.rows import ItemRow
from rms_console.domain.sale import boundaries, priced, shop_price
from tests.unit.domain.builders import MAPPING, NOON, local, mapped, policy, row

FULL, LOW = Decimal("100.00"), Decimal("80.00")


def on_sale(start: str | None = None, end: str | None = None, **more: Any) -> ItemRow:
    return row(
        price=FULL,
        sale_price=LOW,
        sale_start=local(start) if start else None,
        sale_end=local(end) if end else None,
        **more,
    )


@pytest.mark.parametrize(
    ("start", "end", "now", "holds"),
    [
        (None, None, "2026-11-24 12:00", True),
        ("2026-11-24 12:00", None, "2026-11-24 11:59:59.997", False),
        ("2026-11-24 12:00", None, "2026-11-24 12:00", True),
        (None, "2026-11-24 12:00", "2026-11-24 11:59:59", True),
        (None, "2026-11-24 12:00", "2026-11-24 12:00", False),
        (None, "2026-11-24 00:00", "2026-11-24 23:59:59.999", True),
        (None, "2026-11-24 00:00", "2026-11-25 00:00", False),
        (None, "2026-11-24 23:59:59.997", "2026-11-24 23:59:59.996", True),
        (None, "2026-11-24 23:59:59.997", "2026-11-24 23:59:59.997", False),
        ("2026-11-24 00:00", "2026-11-24 00:00", "2026-11-24 09:00", True),
        ("2020-01-01 00:00", "2020-12-31 00:00", "2026-11-24 12:00", False),
        (None, "9999-12-31 00:00", "2026-11-24 12:00", True),
        ("2026-12-01 00:00", "2026-11-01 00:00", "2026-11-24 12:00", False),
    ],
)
def test_d12_a_sale_holds_from_its_start_up_to_its_end(
    start: str | None, end: str | None, now: str, holds: bool
) -> None:
    """D12: an end at 00:00 includes that day, an end at 23:59:59.997 ends then."""
    found = priced(on_sale(start, end), local(now), MAPPING)
    assert found.on_sale is holds
    assert (found.price, found.compare_at) == ((LOW, FULL) if holds else (FULL, None))


def test_d12_midnight_can_mean_midnight() -> None:
    ends_at_midnight = mapped(sale_end_midnight_is_whole_day=False).mapping
    sale = on_sale(None, "2026-11-24 00:00")
    assert priced(sale, local("2026-11-23 23:59"), ends_at_midnight).on_sale
    assert not priced(sale, local("2026-11-24 00:00"), ends_at_midnight).on_sale


@pytest.mark.parametrize(("sale_type", "holds"), [(None, True), (1, True), (0, False), (2, False)])
def test_sale_type_decides_where_rms_tells_it(sale_type: int | None, holds: bool) -> None:
    assert priced(on_sale(sale_type=sale_type), NOON, MAPPING).on_sale is holds


@pytest.mark.parametrize("sale_price", [None, "0", "-5", "100.00", "120", "NaN", "Infinity", "sNaN"])
def test_a_sale_price_that_is_none_or_no_lower_is_no_sale(sale_price: str | None) -> None:
    offer = row(price=FULL, sale_price=Decimal(sale_price) if sale_price else None)
    assert priced(offer, NOON, MAPPING).price == FULL
    assert boundaries(offer, NOON, MAPPING) == ()


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-25 00:00", "2026-11-30 00:00", ["2026-11-25 00:00", "2026-12-01 00:00"]),
        ("2026-11-01 00:00", "2026-11-30 23:59:59.997", ["2026-11-30 23:59:59.997"]),
        ("2026-11-01 00:00", None, []),
        ("2026-11-01 00:00", "2026-11-23 00:00", []),
        (None, "2026-11-24 00:00", ["2026-11-25 00:00"]),
        ("2026-12-24 00:00", "2026-12-01 00:00", []),
        ("2026-11-24 12:00", None, []),
        ("2026-11-30 00:00", "9999-12-31 00:00", ["2026-11-30 00:00"]),
    ],
)
def test_d12_the_next_price_changes_are_known_ahead(start: str | None, end: str | None, expected: list[str]) -> None:
    found = boundaries(on_sale(start, end), NOON, MAPPING)
    assert found == tuple(map(local, expected))


def test_d12_the_price_changes_at_each_boundary_and_nowhere_else() -> None:
    sale = on_sale("2026-11-25 00:00", "2026-11-30 00:00")
    first, second = boundaries(sale, NOON, MAPPING)
    moment = datetime.resolution
    before, opened, open_still, over = (
        priced(sale, at, MAPPING).price for at in (first - moment, first, second - moment, second)
    )
    assert [before, opened, open_still, over] == [FULL, LOW, LOW, FULL]


def test_the_shop_price_has_tax_and_is_rounded_once() -> None:
    taxed = policy(mapping=mapped(tax=TaxMode.ADD).mapping, currency="CRC")
    found = shop_price(row(price=Decimal("22123.90"), tax_percent=Decimal(13)), NOON, taxed)
    assert found.price == Decimal(25000)


def test_auto_tax_counts_as_included() -> None:
    found = shop_price(row(price=FULL, tax_percent=Decimal(13)), NOON, mapped(tax=TaxMode.AUTO))
    assert found.price == FULL


def test_the_settings_tax_serves_rows_without_one_but_not_exempt_rows() -> None:
    taxed = mapped(tax=TaxMode.ADD, tax_percent=Decimal(13))
    assert shop_price(row(price=FULL), NOON, taxed).price == Decimal("113.00")
    assert shop_price(row(price=FULL, tax_percent=Decimal(0)), NOON, taxed).price == FULL


def test_a_sale_that_rounds_away_strikes_nothing_out() -> None:
    sale = row(price=Decimal("100.40"), sale_price=Decimal("100.10"))
    found = shop_price(sale, NOON, policy(currency="CRC"))
    assert (found.price, found.compare_at, found.on_sale) == (Decimal(100), None, False)
