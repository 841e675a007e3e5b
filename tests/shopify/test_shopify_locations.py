"""Stock at two and three locations: creation, activation, pooled writes, and shops of either habit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rms_console.contract.ports import Applied
from rms_console.demo.shopify import Unstocked
from rms_console.domain.operations import ActivateStock, CreateProduct, CreateVariants, SetStock, StockWrite
from tests.shopify.test_client_against_embedded import World, desired, variant, world

PLACES = ("Bodega principal", "Tienda centro", "Tienda sur")


async def stocked(places: int, unstocked: Unstocked = Unstocked.REFUSE) -> World:
    made = await world(locations=PLACES[:places], unstocked=unstocked)
    await made.clock.run(made.shop.describe())
    await made.clock.run(made.shop.prepare())
    return made


def ids(made: World) -> list[str]:
    return [location.id for location in made.embedded.state.locations.values()]


async def create(made: World, *, at: int, sizes: int = 3) -> Applied:
    """Create product S stocked at the first `at` locations: variant n has 10 n + place."""
    product = desired("S", sizes, ids(made)[0])
    variants = tuple(
        replace(each, stock={place: 10 * each.item_id + number for number, place in enumerate(ids(made)[:at])})
        for each in product.variants
    )
    return await made.apply(CreateProduct(replace(product, variants=variants)))


async def observed(made: World) -> list[dict[str, int]]:
    """Return what each variant holds, by the name of the location."""
    product = await made.find("S")
    assert product is not None
    names = {location.id: location.name for location in made.embedded.state.locations.values()}
    return [{names[place]: quantity for place, quantity in each.stock.items()} for each in product.variants]


@pytest.mark.parametrize("unstocked", list(Unstocked))
@pytest.mark.parametrize("places", [1, 2, 3])
async def test_a_product_is_created_with_its_stock_at_every_location(places: int, unstocked: Unstocked) -> None:
    made = await stocked(places, unstocked)
    await create(made, at=places)
    assert await observed(made) == [
        {name: 10 * item + number for number, name in enumerate(PLACES[:places])} for item in range(3)
    ]
    assert made.embedded.ledger.mutations == 2


async def test_a_location_of_the_shop_that_is_not_ours_is_left_alone() -> None:
    made = await stocked(3)
    await create(made, at=2)
    assert [set(each) for each in await observed(made)] == [set(PLACES[:2])] * 3


@pytest.mark.parametrize("places", [2, 3])
async def test_added_variants_bring_their_stock_at_every_location(places: int) -> None:
    made = await stocked(places)
    applied = await create(made, at=places)
    added = replace(variant("S", 9, ""), stock={place: 5 + number for number, place in enumerate(ids(made))})
    await made.apply(CreateVariants("S", str(applied.product_id), ("Color", "Talla"), (added,)))
    assert (await observed(made))[-1] == {name: 5 + number for number, name in enumerate(PLACES[:places])}


@pytest.mark.parametrize("unstocked", list(Unstocked))
async def test_a_location_that_is_added_later_is_activated_and_then_written(unstocked: Unstocked) -> None:
    made = await stocked(3, unstocked)
    applied = await create(made, at=1)
    item = applied.variants[1].inventory_item_id
    for number, place in enumerate(ids(made)[1:], start=1):
        assert (await made.apply(ActivateStock("S", 1, item, place, number), key=f"a{number}")).stale == ()
    rows = tuple(StockWrite("S", 1, item, place, 20 + n, n if n else 10) for n, place in enumerate(ids(made)))
    outcome = await made.apply(SetStock(rows), key="b")
    assert (outcome.stale, outcome.refused) == ((), ())
    assert (await observed(made))[1] == dict(zip(PLACES, (20, 21, 22), strict=True))
    assert (await observed(made))[0] == {PLACES[0]: 0}


async def test_s11_one_location_that_refuses_does_not_hold_up_the_others() -> None:
    """S11: one row per item and location, each with its own outcome."""
    made = await stocked(3, Unstocked.REFUSE)
    applied = await create(made, at=1)
    item = applied.variants[1].inventory_item_id
    await made.apply(ActivateStock("S", 1, item, ids(made)[2], 0), key="a")
    rows = tuple(StockWrite("S", 1, item, place, 7, None) for place in ids(made))
    outcome = await made.apply(SetStock(rows), key="b")
    assert [(each.row.location_id, each.code) for each in outcome.refused] == [
        (ids(made)[1], "ITEM_NOT_STOCKED_AT_LOCATION")
    ]
    assert (await observed(made))[1] == {PLACES[0]: 7, PLACES[2]: 7}


async def test_w3_a_sale_at_one_location_makes_that_row_stale_and_no_other() -> None:
    made = await stocked(3)
    applied = await create(made, at=3)
    item = applied.variants[2].inventory_item_id
    made.embedded.sell("S-2", 1, PLACES[1])
    made.embedded.fulfil("S-2", 1, PLACES[1])
    rows = tuple(StockWrite("S", 2, item, place, 50, 20 + number) for number, place in enumerate(ids(made)))
    outcome = await made.apply(SetStock(rows))
    assert outcome.stale == (rows[1],)
    assert (await observed(made))[2] == {PLACES[0]: 50, PLACES[1]: 20, PLACES[2]: 50}


async def test_a_shop_that_takes_stock_where_nothing_is_stocked_keeps_it_where_nobody_sees_it() -> None:
    """Since 2026-10 such a write passes and leaves an inactive level. Reading tells, and activating mends it."""
    made = await stocked(2, Unstocked.INACTIVE)
    applied = await create(made, at=1)
    item, place = applied.variants[1].inventory_item_id, ids(made)[1]
    outcome = await made.apply(SetStock((StockWrite("S", 1, item, place, 4, None),)), key="a")
    assert (outcome.stale, outcome.refused) == ((), ())
    pair = (item, place)
    assert (await made.clock.run(made.shop.read_stock([pair], priority=0)))[pair] is None
    assert (await made.apply(ActivateStock("S", 1, item, place, 6), key="b")).stale == ()
    assert (await made.clock.run(made.shop.read_stock([pair], priority=0)))[pair] == 6
    assert made.embedded.stock("S-1", PLACES[1], "on_hand") == 6


@pytest.mark.parametrize("unstocked", list(Unstocked))
async def test_a_location_the_merchant_switched_off_reads_as_not_stocked_and_comes_back(unstocked: Unstocked) -> None:
    made = await stocked(2, unstocked)
    applied = await create(made, at=2)
    item, place = applied.variants[1].inventory_item_id, ids(made)[1]
    level = made.embedded.variant("S-1")
    assert level is not None
    number = made.embedded.location(PLACES[1]).number
    made.embedded.admin(
        "mutation($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) { userErrors { message } } }",
        {"id": level.item.levels[number].id},
    )
    assert (await observed(made))[1] == {PLACES[0]: 10}
    await made.apply(ActivateStock("S", 1, item, place, 3), key="a")
    assert (await observed(made))[1] == {PLACES[0]: 10, PLACES[1]: 3}
