"""Which items belong in the shop, and the rule behind every no."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rms_console.domain.eligibility import (
    Excluded,
    Gone,
    NotCreated,
    PriceUnusable,
    Rejected,
    Verdict,
    Wanted,
    judge,
)
from rms_console.domain.policy import FilterPolicy, Policy, Scope, TaxMode
from rms_console.domain.product import AcknowledgedVariant
from tests.unit.domain.builders import NOON, POLICY, mapped, policy, row

KNOWN = AcknowledgedVariant(1, "V1", "I1", price=Decimal(90))
WEB = AcknowledgedVariant(1, "V1", "I1", price=Decimal(90), was_web_item=True)


def verdict(
    known: AcknowledgedVariant | None = None, using: Policy = POLICY, may_create: bool = True, **values: Any
) -> Verdict:
    return judge(row(**values), using, known, may_create, NOON)


def test_an_ordinary_item_is_wanted() -> None:
    assert verdict() == verdict(KNOWN) == Wanted()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"inactive": True}, "inactive"),
        ({"cannot_be_sold": True}, "cannot-be-sold"),
        ({"sku": None}, "no-sku"),
        ({"sku": "  "}, "no-sku"),
        ({"description": None}, "no-description"),
        ({"description": " \t "}, "no-description"),
        ({"style": None}, "no-style"),
        ({"style": "   "}, "no-style"),
    ],
)
def test_d9_what_vanishes_from_rms_is_told_to_leave(values: dict[str, Any], reason: str) -> None:
    """D9: gone with its reason where the shop has it; never created where it does not."""
    assert verdict(KNOWN, **values) == Gone(reason)
    refused = verdict(**values)
    assert isinstance(refused, NotCreated)
    assert refused.rule == reason
    assert refused.message


@pytest.mark.parametrize(
    ("scope", "mark", "known", "wanted"),
    [
        (Scope.WEB_ITEM, True, None, True),
        (Scope.WEB_ITEM, False, None, False),
        (Scope.WEB_ITEM, None, None, False),
        (Scope.WEB_ITEM, False, KNOWN, False),
        (Scope.WEB_ITEM, None, KNOWN, True),
        (Scope.CHANGED, False, None, True),
        (Scope.CHANGED, False, KNOWN, True),
        (Scope.CHANGED, False, WEB, False),
        (Scope.CHANGED, None, WEB, True),
        (Scope.ALL, False, WEB, False),
    ],
)
def test_d9_an_unticked_web_item_leaves(
    scope: Scope, mark: bool | None, known: AcknowledgedVariant | None, wanted: bool
) -> None:
    """D9: WebItem decides under its own scope; elsewhere only its removal says something."""
    found = verdict(known, policy(filters=FilterPolicy(scope=scope)), web_item=mark)
    assert isinstance(found, Wanted) is wanted
    if not wanted:
        assert found == Gone("not-web-item") or (isinstance(found, NotCreated) and found.rule == "not-web-item")


@pytest.mark.parametrize("stored", ["Misceláneos", "MISCELANEOS  ", "miscel aneos", "Miscela\u0301neos"])
def test_exclusions_ignore_case_space_and_accents(stored: str) -> None:
    families = policy(filters=FilterPolicy(excluded_families=frozenset({" Misceláneos "})))
    found = verdict(KNOWN, families, family=stored)
    assert isinstance(found, Excluded)
    assert found.rule == "excluded-family"
    categories = policy(filters=FilterPolicy(excluded_categories=frozenset({"miscelaneos"})))
    refused = verdict(None, categories, category=stored)
    assert isinstance(refused, NotCreated)
    assert refused.rule == "excluded-category"


def test_an_empty_name_in_the_exclusions_excludes_nothing() -> None:
    using = policy(filters=FilterPolicy(excluded_families=frozenset({"", "  "})))
    assert verdict(None, using, family="") == Wanted()


def test_d10_sold_out_stops_creation_never_an_update() -> None:
    """D10: an item that the shop has is always sent."""
    assert verdict(KNOWN, stock=0) == Wanted()
    refused = verdict(stock=0)
    assert isinstance(refused, NotCreated)
    assert refused.rule == "sold-out"
    assert verdict(None, policy(filters=FilterPolicy(include_zero_stock=True)), stock=0) == Wanted()


@pytest.mark.parametrize("quantity", ["0.5", "-3.0"])
def test_a_broken_quantity_counts_as_sold_out(quantity: str) -> None:
    assert isinstance(verdict(stock=quantity), NotCreated)


def test_the_scope_keeps_new_items_out_and_old_ones_in() -> None:
    refused = verdict(may_create=False, price=None)
    assert isinstance(refused, NotCreated)
    assert refused.rule == "scope"
    assert verdict(KNOWN, may_create=False) == Wanted()


@pytest.mark.parametrize(
    ("price", "code"),
    [
        (None, "price-missing"),
        ("NaN", "price-missing"),
        ("Infinity", "price-missing"),
        ("0", "price-not-positive"),
        ("-10", "price-not-positive"),
        ("0.001", "price-below-minimum"),
        ("1000000", "price-above-maximum"),
        ("221239000000.0", "price-above-maximum"),
        ("1E+900000", "price-above-maximum"),
    ],
)
def test_d11_an_unusable_price_is_told_not_silently_dropped(price: str | None, code: str) -> None:
    """D11: the item is set aside whether the shop has it or not."""
    value = Decimal(price) if price else None
    for known in (KNOWN, None):
        found = verdict(known, price=value)
        assert isinstance(found, PriceUnusable)
        assert found.code == code
        assert len(found.message) < 200


@pytest.mark.parametrize("price", ["0.01", "999999.99"])
def test_prices_at_the_very_limits_pass(price: str) -> None:
    assert verdict(price=Decimal(price)) == Wanted()


def test_d11_the_price_that_would_be_shown_is_checked_too() -> None:
    """D11: a sale price below the minimum, a tax that lifts it above the maximum, a rounding to nothing."""
    using = policy(filters=FilterPolicy(min_price=Decimal(10), max_price=Decimal(100)))
    sale = verdict(None, using, price=Decimal(50), sale_price=Decimal(9))
    assert isinstance(sale, PriceUnusable)
    assert sale.code == "price-below-minimum"
    taxed = policy(mapping=mapped(tax=TaxMode.ADD).mapping, filters=using.filters)
    assert isinstance(verdict(None, taxed, price=Decimal(95), tax_percent=Decimal(13)), PriceUnusable)
    assert isinstance(verdict(None, policy(currency="CRC"), price=Decimal("0.40")), PriceUnusable)


def test_a_tax_to_add_must_be_known() -> None:
    taxed = mapped(tax=TaxMode.ADD)
    unknown, absurd = verdict(None, taxed), verdict(None, taxed, tax_percent=Decimal("-13"))
    assert isinstance(unknown, PriceUnusable)
    assert unknown.code == "tax-unknown"
    assert isinstance(absurd, PriceUnusable)
    assert absurd.code == "tax-unusable"


def test_a_quantity_that_is_none_sets_the_item_aside() -> None:
    found = verdict(KNOWN, stock="NaN")
    assert isinstance(found, Rejected)
    assert "Exis00" in found.message


def test_without_an_instant_the_regular_price_alone_is_judged() -> None:
    using = policy(filters=FilterPolicy(min_price=Decimal(10)))
    one = row(price=Decimal(50), sale_price=Decimal(9))
    assert judge(one, using, None, True) == Wanted()
