"""W7: one SKU on several items of RMS is never sold twice."""

from __future__ import annotations

import pytest

from rms_console.contract.records import QueueState
from rms_console.domain.grouping import DUPLICATE_SKU
from tests.acceptance.store_file import Shoe
from tests.engine.world import World


def twin(item_id: int, style: str, **values: object) -> Shoe:
    return Shoe(item_id, style, sku="TWICE", **values)  # type: ignore[arg-type]


def owners(world: World) -> list[str]:
    """Return the titles of the products that hold the shared SKU."""
    products = world.shop.products()
    return [product.title for product in products for variant in product.variants if variant.sku == "TWICE"]


@pytest.mark.parametrize("count", [2, 3])
async def test_w7_of_items_that_come_together_the_lowest_wins_and_the_others_name_it(world: World, count: int) -> None:
    world.store.add([twin(item, f"K{item}") for item in range(1, count + 1)])
    await world.start()
    await world.converge()
    assert owners(world) == ["ZAPATO K1"]
    aside = world.entries(QueueState.QUARANTINED)
    assert aside.keys() == set(range(2, count + 1))
    assert {entry.code for entry in aside.values()} == {DUPLICATE_SKU}
    assert all("ItemID 1 of CCOD K1" in entry.message for entry in aside.values())


async def test_w7_an_item_that_comes_later_is_set_aside_whatever_its_case_and_padding(world: World) -> None:
    world.store.add([twin(5, "K5")])
    await world.start()
    await world.converge()
    world.store.add([Shoe(2, "K2", sku=" twice  ")])
    await world.converge()
    assert owners(world) == ["ZAPATO K5"]
    assert "ItemID 5 of CCOD K5" in world.entry(2).message


async def test_w7_the_rest_of_its_style_is_made(world: World) -> None:
    world.store.add([twin(1, "K1"), twin(2, "K2"), Shoe(3, "K2", size="39")])
    await world.start()
    await world.converge()
    assert world.styles() == ["K1", "K2"]
    assert [variant.sku for variant in world.product("K2").variants] == ["SKU-3"]


async def test_w7_another_sku_releases_it(world: World) -> None:
    world.store.add([twin(1, "K1"), twin(2, "K2")])
    await world.start()
    await world.converge()
    world.store.change(2, ItemLookupCode="ONCE")
    await world.converge()
    assert world.styles() == ["K1", "K2"]
    assert not world.entries()


@pytest.mark.parametrize("gone", ["inactive", "deleted", "renamed"])
async def test_w7_an_sku_that_is_handed_on_is_no_twin(world: World, gone: str) -> None:
    """The store replaces an item by a new one under the same SKU: the old one leaves, the new one comes."""
    world.store.add([twin(1, "K1")])
    await world.start()
    await world.converge()
    if gone == "deleted":
        world.store.delete(1)
    else:
        world.store.change(1, **({"Inactive": 1} if gone == "inactive" else {"ItemLookupCode": "OLD-1"}))
    world.store.add([twin(2, "K2")])
    await world.converge()
    assert "K2" in world.styles()
    assert not world.entries()
