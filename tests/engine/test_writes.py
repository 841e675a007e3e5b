"""What is written and what is left alone: whole products, other people's fields, the shop's own sales, refusals."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from rms_console.contract.records import QueueState
from rms_console.demo.shopify.faults import RequestInfo
from rms_console.domain.policy import Conflict
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, Lost, World, shoes, with_policy

EDIT = "mutation($p: ProductUpdateInput!) { productUpdate(product: $p) { userErrors { message } } }"
METAFIELDS = "mutation($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { userErrors { message } } }"
LOST = Lost(httpx.ReadError("connection reset"))


def sold_and_shipped(world: World, item_id: int, quantity: int) -> None:
    """An order of the shop's own, shipped: its stock is lower than what we wrote."""
    world.shop.sell(f"SKU-{item_id}", quantity)
    world.shop.fulfil(f"SKU-{item_id}", quantity)


def first_of(field: str, fault: Lost) -> Any:
    left = [fault]

    def faults(info: RequestInfo) -> Lost | None:
        return left.pop() if left and field in info.root_fields else None

    return faults


# Whole products and other people's fields


async def test_w4_one_changed_variant_of_twelve_leaves_twelve(world: World) -> None:
    """W4: 1 of 12 changes, 1 cannot be read: 12 remain, the unreadable one is set aside with its reason."""
    world.store.add(shoes(1, 12))
    await world.start()
    await world.once()
    ids = {variant.sku: variant.id for variant in world.product("24YM0001").variants}
    world.store.change(13, Price=9900.0)
    world.store.change(14, Price="a lot")
    await world.cycle()
    assert {variant.sku: variant.id for variant in world.product("24YM0001").variants} == ids
    assert (world.price(13)[0], world.price(14)[0]) == ("9900.00", "15000.00")
    entry = world.entry(14)
    assert (entry.state, entry.code) == (QueueState.QUARANTINED, "row-unreadable")
    assert "a lot" in entry.message


async def test_w5_what_others_put_on_a_product_survives_every_kind_of_change(world: World) -> None:
    """W5: tags, title, image-like metafields and SEO text of others survive 20 cycles of changes to what is ours."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    product = world.product("24YM0001")
    world.shop.admin(EDIT, {"p": {"id": product.id, "title": "Hecho a mano", "tags": ["oferta", "mío"]}})
    theirs = {"ownerId": product.id, "namespace": "reviews", "key": "rating", "type": "number_decimal", "value": "4.5"}
    world.shop.admin(METAFIELDS, {"m": [theirs]})
    for number in range(20):
        world.store.change(11, Price=10000.0 + number, Quantity=float(number % 5), Description=f"OTRO {number}")
        world.store.change(12, family="Ropa" if number % 2 else "Zapatos")
        if number == 7:
            world.store.add(shoes(1, 3)[2:])
        await world.cycle()
    product = world.product("24YM0001")
    assert (product.title, product.tags) == ("Hecho a mano", ["mío", "oferta"])
    assert product.metafields["reviews", "rating"].value == "4.5"
    assert product.metafields["rms", "ccod"].value == "24YM0001"
    world.assert_equal()


# The shop's own sales


async def test_w3_a_stale_row_never_raises_what_the_shop_sold(world: World) -> None:
    """W3: the shop sold 2 of 5; RMS receives 3 and does not know: 6 is safe, 8 is not. The other rows go through."""
    world.store.add(shoes(2, 2))
    await world.start()
    await world.once()
    sold_and_shipped(world, 11, 2)
    for item in (11, 12, 21):
        world.store.change(item, Quantity=8.0)
    await world.cycle()
    assert [world.stock(item) for item in (11, 12, 21, 22)] == [6, 8, 8, 5]
    assert not world.entries()


async def test_w3_a_held_quantity_is_released_when_rms_moves(world: World) -> None:
    world.store.add(shoes(1))
    await world.start()
    await world.once()
    sold_and_shipped(world, 11, 2)
    world.store.change(11, Quantity=8.0)
    await world.cycle()
    world.store.change(11, Price=16000.0)
    await world.cycle()
    assert world.stock(11) == 6
    world.store.change(11, Quantity=7.0)
    await world.cycle()
    assert world.stock(11) == 7


async def test_w3_a_held_quantity_is_released_after_the_grace(world: World) -> None:
    world.store.add(shoes(1))
    await world.start()
    await world.once()
    sold_and_shipped(world, 11, 2)
    world.store.change(11, Quantity=8.0)
    await world.cycle()
    for hours, expected in ((23, 6), (2, 8)):
        await world.clock.run_for(hours * 3600)
        await world.engine.reconciler.ask("test")
        await world.cycle()
        assert world.stock(11) == expected


async def test_w3_with_policy_rms_the_store_wins(make: Make) -> None:
    world = make(settings=with_policy(SETTINGS, stock={"conflict": Conflict.RMS}))
    world.store.add(shoes(1))
    await world.start()
    await world.once()
    sold_and_shipped(world, 11, 2)
    world.store.change(11, Quantity=8.0)
    await world.cycle()
    assert world.stock(11) == 8


@pytest.mark.parametrize("field", ["productVariantsBulkUpdate", "productVariantsBulkCreate"])
async def test_w3_an_answer_lost_on_the_way_does_not_raise_what_the_shop_sold(world: World, field: str) -> None:
    """W3: reading a product back after a lost answer must not take the shop's sale for our own stock."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    sold_and_shipped(world, 11, 2)
    world.wire.faults = first_of(field, LOST)
    world.store.change(11, Price=16000.0)
    world.store.add(shoes(1, 3)[2:])
    await world.converge()
    assert (world.price(11)[0], world.stock(11), world.stock(13)) == ("16000.00", 3, 5)
    for quantity, expected in ((4.0, 3), (6.0, 6)):
        world.store.change(11, Quantity=quantity)
        await world.converge()
        assert world.stock(11) == expected


async def test_w3_a_lost_answer_and_a_move_of_rms_at_once_stay_below_the_true_stock(world: World) -> None:
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    sold_and_shipped(world, 11, 2)
    world.wire.faults = first_of("productVariantsBulkUpdate", LOST)
    world.store.change(11, Price=16000.0)
    await world.cycle()
    world.store.change(11, Quantity=9.0)
    await world.converge()
    assert world.stock(11) == 7


async def test_w6_s10_rows_are_refused_alone_and_the_rest_of_the_call_goes_through(world: World) -> None:
    """W6, S10: the row of a variant that was deleted by hand stops no other row, and the variant comes back."""
    world.store.add(shoes(6))
    await world.start()
    await world.once()
    variant = world.shop.variant("SKU-31")
    assert variant is not None
    world.shop.state.remove_variant(variant)
    for item in range(11, 70, 10):
        world.store.change(item, Quantity=2.0)
    await world.cycle()
    assert [world.stock(item) for item in (11, 21, 41, 51, 61)] == [2] * 5
    await world.converge()
    world.assert_equal()
