"""Sizes corrected inside one style, through the whole engine and the embedded shop, which refuses what Shopify does."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from rms_console.contract.records import QueueState
from tests.engine.conftest import Make
from tests.engine.world import Death, Killed, World, shoes

STYLE = "24YM0001"

BY_HAND = """
mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkCreate(productId: $id, variants: $variants) { userErrors { field message } }
}
"""

Edit = Callable[[World], None]


def swap(world: World) -> None:
    world.store.change(12, size="38", Price=17000.0)
    world.store.change(13, size="37", Price=17000.0)


def chain(world: World) -> None:
    for item in (11, 12, 13):
        world.store.change(item, size=str(26 + item), Price=17000.0)


def swap_with_skus(world: World) -> None:
    world.store.change(12, size="38", ItemLookupCode="SKU-13", Price=17000.0, Quantity=1.0)
    world.store.change(13, size="37", ItemLookupCode="SKU-12", Price=18000.0, Quantity=9.0)


def take_over(world: World) -> None:
    world.store.change(11, Inactive=1)
    world.store.change(12, size="36", Price=17000.0)


EDITS = [swap, chain, swap_with_skus, take_over]


async def stocked(make: Make) -> World:
    world = make()
    world.store.add(shoes(1, 3))
    await world.start()
    await world.once()
    return world


def sizes_in_shop(world: World) -> dict[str, str]:
    """Return SKU -> size, without the variants that nobody sells any more."""
    sold = [one for one in world.product(STYLE).variants if one.inventory_quantity > 0]
    return {one.sku or "?": one.option_names[1] for one in sold}


def sizes_in_store(world: World) -> dict[str, str]:
    return {row["ItemLookupCode"]: row["size"] for row in world.store.rows() if not row["Inactive"]}


async def converges(world: World) -> None:
    await world.converge()
    assert not world.entries()
    assert sizes_in_shop(world) == sizes_in_store(world)
    world.assert_equal()
    await world.assert_quiet()


@pytest.mark.parametrize("edit", EDITS)
async def test_d18_sizes_change_hands_with_their_prices(make: Make, edit: Edit) -> None:
    """D18: two swap, three move up by one, two swap with SKU, price and stock, one takes the place of one that left."""
    world = await stocked(make)
    edit(world)
    await converges(world)


@pytest.mark.parametrize("edit", EDITS)
async def test_d18_a_death_at_every_step_of_a_size_correction_is_got_over(make: Make, edit: Edit) -> None:
    """D18, S1: also with a variant standing aside."""
    for at in count(1):
        world = await stocked(make)
        edit(world)
        await world.stop()
        death = Death(at)
        try:
            await world.start(death=death)
            await world.once()
        except Killed:
            pass
        finally:
            await world.collect()
        await world.start()
        await converges(world)
        if len(death.steps) < at:
            break
    assert at > 12


async def test_d18_a_size_that_the_shop_refuses_holds_back_neither_price_nor_stock(make: Make) -> None:
    """D18: a variant that somebody made by hand has the size. Later changes of the item come through as well."""
    world = await stocked(make)
    made = {"optionValues": [{"optionName": "Color", "name": "Negro"}, {"optionName": "Talla", "name": "44"}]}
    answer = world.shop.admin(BY_HAND, {"id": world.product(STYLE).id, "variants": [made]})
    assert answer["productVariantsBulkCreate"]["userErrors"] == []
    world.store.change(12, Price=16000.0)
    world.store.change(13, size="44", Price=17000.0, Quantity=3.0)
    await world.converge()
    assert (world.price(12), world.price(13), world.stock(13)) == (("16000.00", None), ("17000.00", None), 3)
    assert world.entry(13).state is QueueState.QUARANTINED
    assert world.entry(13).code == "shop-already-exists"
    world.store.change(13, Price=18000.0, Quantity=0.0)
    await world.converge()
    assert (world.price(13), world.stock(13)) == (("18000.00", None), 0)
