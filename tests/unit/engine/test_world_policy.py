"""What the engine completes the policy with: where stock goes, whose tax, which currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from rms_console.contract.ports import ShopFacts, ShopLocation
from rms_console.domain.policy import MappingPolicy, Policy, TaxMode
from rms_console.domain.position import Detection
from rms_console.domain.rows import SourceFacts
from rms_console.engine.world import complete_policy
from rms_console.errors import ConfigError

BODEGA = ShopLocation("gid://shopify/Location/1", "Bodega", True, True)
TIENDA = ShopLocation("gid://shopify/Location/2", "Tienda", True, False)
SHOP = ShopFacts("Zapatos", "z.myshopify.com", "CRC", "America/Costa_Rica", True, (BODEGA, TIENDA), "2026-10")
SOURCE = SourceFacts(
    "file", Detection.ROWVERSION, "it is there", datetime.fromisoformat("2026-11-02"), ("Quantity", "Exis00", "Exis57")
)


def policy(**mapping: Any) -> Policy:
    return Policy(mapping=replace(MappingPolicy(), **mapping))


def test_one_location_gets_the_quantity_without_a_word() -> None:
    world = complete_policy(policy(), SOURCE, replace(SHOP, locations=(TIENDA,)))
    assert world.policy.mapping.locations == {"Quantity": TIENDA.location_id}
    assert world.warnings == ()


def test_two_locations_get_exis00_and_exis57_the_primary_first_and_it_says_so() -> None:
    world = complete_policy(policy(), SOURCE, SHOP)
    assert world.policy.mapping.locations == {"Exis00": BODEGA.location_id, "Exis57": TIENDA.location_id}
    assert any("Exis00 -> Bodega, Exis57 -> Tienda" in warning for warning in world.warnings)


def test_several_locations_and_a_view_with_quantity_alone_give_it_to_the_primary_one() -> None:
    world = complete_policy(policy(), replace(SOURCE, stock_columns=("Quantity",)), SHOP)
    assert world.policy.mapping.locations == {"Quantity": BODEGA.location_id}
    assert any("Bodega" in warning for warning in world.warnings)


def test_configured_locations_are_taken_as_they_are() -> None:
    wanted = {"Exis57": BODEGA.location_id}
    assert complete_policy(policy(locations=wanted), SOURCE, SHOP).policy.mapping.locations == wanted


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"Exis00": "gid://shopify/Location/9"}, ["Location/9", "Bodega", "Tienda"]),
        ({"Exis99": BODEGA.location_id}, ["Exis99", "Exis57"]),
    ],
)
def test_a_location_or_column_that_is_not_there_is_refused_with_what_is(
    wanted: dict[str, str], says: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        complete_policy(policy(locations=wanted), SOURCE, SHOP)
    assert all(word in str(caught.value) for word in says)


def test_a_shop_without_a_location_is_refused() -> None:
    with pytest.raises(ConfigError, match="location"):
        complete_policy(policy(), SOURCE, replace(SHOP, locations=()))


@pytest.mark.parametrize(
    ("asked", "included", "percent", "expected"),
    [
        (TaxMode.AUTO, True, Decimal(13), TaxMode.INCLUDED),
        (TaxMode.AUTO, False, Decimal(13), TaxMode.ADD),
        (TaxMode.AUTO, None, Decimal(13), TaxMode.INCLUDED),
        (TaxMode.INCLUDED, False, Decimal(13), TaxMode.INCLUDED),
        (TaxMode.ADD, True, Decimal(13), TaxMode.ADD),
    ],
)
def test_the_database_decides_about_tax_only_when_it_is_asked_to(
    asked: TaxMode, included: bool | None, percent: Decimal, expected: TaxMode
) -> None:
    world = complete_policy(policy(tax=asked, tax_percent=percent), replace(SOURCE, taxes_included=included), SHOP)
    assert world.policy.mapping.tax is expected


def test_adding_tax_to_prices_that_include_it_is_warned_of() -> None:
    world = complete_policy(policy(tax=TaxMode.ADD), replace(SOURCE, taxes_included=True), SHOP)
    assert any("TaxSystem" in warning for warning in world.warnings)


def test_the_currency_is_the_shops() -> None:
    assert complete_policy(policy(), SOURCE, SHOP).policy.currency == "CRC"


def test_columns_that_the_view_lacks_are_named() -> None:
    world = complete_policy(policy(), replace(SOURCE, missing_optional=("Weight", "UPC")), SHOP)
    assert any("Weight, UPC" in warning for warning in world.warnings)
