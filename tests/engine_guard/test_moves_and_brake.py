"""An item that moves to a product which the day's number holds back is sold where it was until then."""

from __future__ import annotations

import pytest

from rms_console.contract.records import QueueState
from tests.acceptance.store_file import Shoe
from tests.engine.world import World, shoes
from tests.engine_guard.conftest import Make
from tests.engine_guard.test_guarding import decide, holds, stocked

OLD, OTHER, NEW = "24YM0001", "24YM0002", "24YM0009"
DAY_S = 86_400.0


async def used_up(make: Make, sizes: int = 2) -> World:
    """Return a world with two products, on a day on which no further one may be created."""
    world = make({"max_created": 2})
    world.store.add(shoes(2, sizes, quantity=5.0))
    await world.start()
    await world.once()
    assert world.styles() == [OLD, OTHER]
    return world


def for_sale(world: World, sku: str) -> list[tuple[str, int]]:
    """Return every (style, pieces on hand) under which an SKU could be bought."""
    return [
        (product.metafields["rms", "ccod"].value, pieces)
        for product in world.shop.products()
        for variant in product.variants
        if variant.sku == sku
        and (pieces := sum(level.quantity("on_hand") or 0 for level in variant.item.levels.values() if level.is_active))
    ]


@pytest.mark.parametrize("sizes", [1, 2])
async def test_d18_w16_an_item_that_moves_to_a_braked_product_stays_on_sale_where_it_was(
    make: Make, sizes: int
) -> None:
    """D18, W16: also when it is all that its old product has."""
    world = await used_up(make, sizes)
    status = world.product(OLD).status
    world.store.change(11, style=NEW, Quantity=4.0)
    await world.once()
    assert world.styles() == [OLD, OTHER]
    assert (world.stock(11), world.product(OLD).status) == (5, status)
    assert {item: entry.code for item, entry in world.entries(QueueState.HELD).items()} == {11: "guard-many-created"}


async def test_d18_a_sibling_that_changes_meanwhile_does_not_take_it_off_sale(make: Make) -> None:
    world = await used_up(make)
    world.store.change(11, style=NEW)
    await world.once()
    world.store.change(12, Quantity=2.0)
    await world.once()
    assert (world.stock(11), world.stock(12)) == (5, 2)
    assert 11 in world.entries(QueueState.HELD)


async def test_d18_w16_the_day_after_it_moves_and_is_sold_once(make: Make) -> None:
    world = await used_up(make)
    world.store.change(11, style=NEW, Quantity=4.0)
    await world.once()
    await world.clock.run_for(DAY_S)
    await world.converge()
    assert world.styles() == [OLD, OTHER, NEW]
    assert (for_sale(world, "SKU-11"), for_sale(world, "SKU-12")) == ([(NEW, 4)], [(OLD, 5)])
    assert (holds(world), world.entries()) == ([], {})


async def test_d18_an_item_whose_place_another_takes_cannot_stay(make: Make) -> None:
    """D18: item 29 has come in with the options of 21: it takes over the variant, and 21 is sold nowhere."""
    world = await used_up(make)
    world.store.change(21, style=NEW)
    world.store.add([Shoe(29, OTHER, size="36", quantity=3.0)])
    await world.once()
    assert (world.shop.variant("SKU-21"), world.stock(29)) == (None, 3)


async def test_w16_a_refused_product_does_not_keep_its_items_on_sale_elsewhere(make: Make) -> None:
    world = await used_up(make)
    world.store.change(11, style=NEW)
    await world.once()
    (hold,) = holds(world)
    await decide(world, hold.hold_id, approve=False)
    await world.clock.run_for(DAY_S)
    await world.converge()
    assert (world.styles(), world.stock(11)) == ([OLD, OTHER], 0)


@pytest.mark.parametrize("sizes", [2, 3])
async def test_an_item_that_moved_away_does_not_wait_for_what_is_held_where_it_was(make: Make, sizes: int) -> None:
    """G1: it was listed as held for a day, though it was sold under its new style long since."""
    world = make()
    await stocked(world, 3, sizes)
    for item in range(11, 11 + sizes):
        world.store.change(item, Price=150.0)
    await world.converge()
    world.store.change(11, style=OTHER, size="44", Price=15000.0)
    await world.converge()
    assert 11 not in world.entries()
    assert set(world.entries()) == set(range(12, 11 + sizes))
    await decide(world, *(hold.hold_id for hold in holds(world)))
    await world.converge()
    assert not world.entries()
    assert world.price(12)[0] == "150.00"
