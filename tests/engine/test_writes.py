"""What is written and what is left alone: whole products, other people's fields, the shop's own sales, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from rms_console.contract.records import QueueState
from rms_console.demo.shopify.faults import RequestInfo
from rms_console.domain.operations import CreateProduct, Operation, SetStock
from rms_console.domain.policy import Conflict, Deleted
from rms_console.errors import ShopRejected, StoreFull
from tests.acceptance.store_file import Shoe
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, Death, Killed, Lost, World, shoes, tuned, with_policy
from tests.engine_adopt.merchant import DELETE

EDIT = "mutation($p: ProductUpdateInput!) { productUpdate(product: $p) { userErrors { message } } }"
METAFIELDS = "mutation($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { userErrors { message } } }"
LOST = Lost(httpx.ReadError("connection reset"))
RECREATING = with_policy(filters={"when_deleted": Deleted.RECREATE})


def sold_and_shipped(world: World, item_id: int, quantity: int) -> None:
    """An order of the shop's own, shipped: its stock is lower than what we wrote."""
    world.shop.sell(f"SKU-{item_id}", quantity)
    world.shop.fulfil(f"SKU-{item_id}", quantity)


async def two_of_five_sold(world: World) -> None:
    world.store.add(shoes(1))
    await world.start()
    await world.once()
    sold_and_shipped(world, 11, 2)


def first_of(field: str, fault: Lost) -> Any:
    left = [fault]

    def faults(info: RequestInfo) -> Lost | None:
        return left.pop() if left and field in info.root_fields else None

    return faults


def refusing(style: str) -> Callable[[Operation], None]:
    """A shop that refuses to make this product."""

    def trouble(operation: Operation) -> None:
        if isinstance(operation, CreateProduct) and operation.style == style:
            problem = (("input", "title"), "INVALID_PRODUCT", "Title is too long")
            raise ShopRejected("productSet: Title is too long", problems=(problem,))

    return trouble


# Whole products and other people's fields


async def test_w4_one_changed_variant_of_twelve_leaves_twelve(world: World) -> None:
    """W4: 1 of 12 changes, 1 cannot be read: 12 remain, the unreadable one is set aside with its reason."""
    world.store.add(shoes(1, 12))
    await world.start()
    await world.once()
    ids = {variant.sku: variant.id for variant in world.product("24YM0001").variants}
    world.store.change(13, Price=9900.0)
    world.store.change(14, Quantity="a lot", Price=9900.0)
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
    assert [(item, entry.code) for item, entry in world.entries().items()] == [(11, "stock-held")]


async def test_w3_a_held_quantity_is_released_when_rms_moves(world: World) -> None:
    await two_of_five_sold(world)
    world.store.change(11, Quantity=8.0)
    await world.cycle()
    world.store.change(11, Price=16000.0)
    await world.cycle()
    assert world.stock(11) == 6
    world.store.change(11, Quantity=7.0)
    await world.cycle()
    assert world.stock(11) == 7


async def test_w3_a_delivery_does_not_tell_of_the_sale(world: World) -> None:
    """W3: 5, of which 2 are sold: of each delivery these stay taken off, for as long as a sale gets from its start."""
    await two_of_five_sold(world)
    for quantity in (8.0, 9.0, 12.0):
        world.store.change(11, Quantity=quantity)
        await world.cycle()
        assert world.stock(11) == quantity - 2
        await world.clock.run_for(7 * 3600)
    await world.clock.run_for(4 * 3600)
    await world.engine.reconciler.ask("the grace is over")
    await world.cycle()
    assert world.stock(11) == 12


@pytest.mark.parametrize("trouble", [httpx.ConnectError("refused"), httpx.ReadError("connection reset")])
async def test_w3_a_delivery_that_did_not_reach_the_shop_does_not_tell_of_the_sale(
    world: World, trouble: httpx.RequestError
) -> None:
    """W3: what was sold stays taken off also where the first try to write what came failed."""
    await two_of_five_sold(world)
    world.store.change(11, Quantity=8.0)
    await world.cycle()
    assert world.stock(11) == 6
    world.store.change(11, Quantity=12.0)
    world.wire.faults = first_of("inventorySetQuantities", Lost(trouble))
    await world.converge()
    assert world.stock(11) == 10


async def test_w3_a_sale_in_the_moment_of_the_second_try_is_kept_taken_off_too(world: World) -> None:
    """W3: what waits is RMS's quantity, not the smaller one that was on its way when the shop sold again."""
    await two_of_five_sold(world)
    tries: list[RequestInfo] = []

    def sells_at_the_second(info: RequestInfo) -> None:
        if "inventorySetQuantities" in info.root_fields:
            tries.append(info)
            if len(tries) == 2:
                sold_and_shipped(world, 11, 1)

    world.wire.faults = sells_at_the_second
    world.store.change(11, Quantity=8.0)
    await world.converge()
    assert world.stock(11) == 5
    world.store.change(11, Price=16000.0)
    await world.converge()
    assert world.stock(11) == 5


async def test_w3_what_was_delivered_is_offered_though_its_second_try_did_not_reach_the_shop(world: World) -> None:
    """W3: only the sale waits for RMS to learn of it; nobody would ask for the delivery before the grace is over."""
    await two_of_five_sold(world)
    tries: list[RequestInfo] = []

    def refuses_the_second(info: RequestInfo) -> Lost | None:
        tries.extend([info] if "inventorySetQuantities" in info.root_fields else [])
        return Lost(httpx.ConnectError("refused")) if len(tries) == 2 and tries[-1] is info else None

    world.wire.faults = refuses_the_second
    world.store.change(11, Quantity=8.0)
    await world.converge()
    assert world.stock(11) == 6


async def test_w3_a_held_quantity_is_released_after_the_grace(world: World) -> None:
    await two_of_five_sold(world)
    world.store.change(11, Quantity=8.0)
    await world.cycle()
    for hours, expected in ((23, 6), (2, 8)):
        await world.clock.run_for(hours * 3600)
        await world.engine.reconciler.ask("test")
        await world.cycle()
        assert world.stock(11) == expected


async def test_w3_with_policy_rms_the_store_wins(make: Make) -> None:
    world = make(settings=with_policy(SETTINGS, stock={"conflict": Conflict.RMS}))
    await two_of_five_sold(world)
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
    for quantity, expected in ((4.0, 3), (6.0, 5)):
        world.store.change(11, Quantity=quantity)
        await world.converge()
        assert world.stock(11) == expected, "what is delivered comes on top of what is left, and no more"
    await world.clock.run_for(25 * 3600)
    await world.engine.reconciler.ask("the grace is over")
    await world.converge()
    assert world.stock(11) == 6


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


@pytest.mark.parametrize("rule", Deleted)
async def test_w6_s10_the_row_of_a_deleted_variant_stops_no_other_row(make: Make, rule: Deleted) -> None:
    """W6, S10: one of six rows is of a variant that was deleted by hand: five are written, the one follows the rule."""
    world = make(settings=with_policy(SETTINGS, filters={"when_deleted": rule}))
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
    if rule is Deleted.RECREATE:
        world.assert_equal()
    else:
        assert world.entry(31).code == "deleted-in-shop"


async def test_w6_a_deleted_product_of_which_only_metafields_change_follows_the_rule(make: Make) -> None:
    """W6: `metafieldsSet` is the one call that then tells of it, and only in words."""
    world = make(settings=with_policy(SETTINGS, filters={"when_deleted": Deleted.RECREATE}))
    world.store.add(shoes(1))
    await world.start()
    await world.once()
    deleted = world.product("24YM0001").id
    world.shop.admin(DELETE, {"input": {"id": deleted}})
    world.store.change(11, family="Botas")
    await world.converge()
    assert not world.entries()
    assert world.product("24YM0001").id != deleted


async def test_w6_a_product_deleted_by_hand_whose_items_leave_is_forgotten(world: World) -> None:
    """W6: nothing is left to zero, so nothing is tried for ever; when the items come back the product is made anew."""
    world.store.add(shoes(1, 2))
    await world.start(RECREATING)
    await world.once()
    world.shop.state.remove_product(world.product("24YM0001"))
    for item in (11, 12):
        world.store.change(item, Inactive=1)
    await world.converge()
    assert not world.entries()
    assert not world.real_ledger.known_item_ids(0, 10)
    for item in (11, 12):
        world.store.change(item, Inactive=0)
    await world.converge()
    world.assert_equal()


# Refusals


async def test_w9_a_refused_creation_is_set_aside_with_the_shops_words_until_its_row_changes(world: World) -> None:
    """W9: user errors set the item aside with what the shop says; a changed row releases it; others are not touched."""
    world.store.add(shoes(3))
    await world.start()
    world.client.trouble = refusing("24YM0003")
    view = await world.once()
    assert (view.result, view.products_created, view.quarantined, view.errors) == ("PART", 2, 1, 1)
    entry = world.entry(31)
    assert (entry.state, entry.code) == (QueueState.QUARANTINED, "shop-rejected")
    assert "too long" in entry.message
    before = world.shop.ledger.requests
    await world.cycle()
    assert world.shop.ledger.requests == before
    del world.client.trouble
    world.store.change(31, Description="OTRO NOMBRE")
    await world.converge()
    world.assert_equal()
    results = [row["result"] for row in await world.history("24YM0003")]
    assert results == ["created", "failed"]


async def test_w9_a_call_refused_whole_is_halved_until_the_one_row_is_found(world: World) -> None:
    """W9, S10: one stock row of which the shop refuses even the call never sets its 39 neighbours aside."""
    world.store.add(shoes(40))
    await world.start()
    await world.once()
    bad = world.shop.variant("SKU-171")
    assert bad is not None

    def trouble(operation: Operation) -> None:
        if isinstance(operation, SetStock) and any(row.inventory_item_id == bad.item.id for row in operation.rows):
            raise ShopRejected("Variable $input of type InventorySetQuantitiesInput! is invalid", code="input-invalid")

    world.client.trouble = trouble
    for item in range(11, 410, 10):
        world.store.change(item, Quantity=3.0)
    await world.cycle()
    assert {item for item in range(11, 410, 10) if world.stock(item) != 3} == {171}
    assert list(world.entries()) == [171]
    assert world.entry(171).state is QueueState.QUARANTINED


async def test_s10_a_defect_in_one_stock_row_stops_no_other(world: World) -> None:
    """S10: what nobody foresaw about one row is tried a few times, then set aside; the others are written at once."""
    world.store.add(shoes(8))
    await world.start()
    await world.once()
    bad = world.shop.variant("SKU-51")
    assert bad is not None

    def trouble(operation: Operation) -> None:
        if isinstance(operation, SetStock) and any(row.inventory_item_id == bad.item.id for row in operation.rows):
            raise ZeroDivisionError("a defect")

    world.client.trouble = trouble
    for item in range(11, 90, 10):
        world.store.change(item, Quantity=3.0)
    finished = await world.cycle()
    assert finished.fault is None
    assert {item for item in range(11, 90, 10) if world.stock(item) != 3} == {51}
    await world.converge()
    assert world.entry(51).state is QueueState.QUARANTINED
    assert "a defect" in world.entry(51).message


# Items that move, items without a price


async def test_d18_an_item_that_moves_is_done_only_when_both_products_are(world: World) -> None:
    """D18: the old product gives the item up; while the new one cannot take it the change is not forgotten."""
    world.store.add(shoes(2, 2))
    await world.start()
    await world.once()
    world.wire.faults = first_of("productVariantsBulkCreate", Lost(httpx.ConnectError("refused")))
    world.store.change(12, style="24YM0002", size="44")
    await world.cycle()
    assert world.entry(12).state is QueueState.RETRYING
    await world.converge()
    assert {variant.sku for variant in world.product("24YM0002").variants} == {"SKU-21", "SKU-22", "SKU-12"}
    left = [variant for variant in world.product("24YM0001").variants if variant.sku == "SKU-12"]
    assert [variant.inventory_quantity for variant in left] == [0]
    await world.assert_quiet()


async def test_d18_a_refusal_of_the_new_product_stays_with_the_item_whatever_the_old_one_says(world: World) -> None:
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    world.client.trouble = refusing("24YM0009")
    world.store.change(12, style="24YM0009")
    await world.cycle()
    assert world.entry(12).state is QueueState.QUARANTINED
    del world.client.trouble
    world.store.change(12, Description="OTRO NOMBRE")
    await world.converge()
    assert [variant.sku for variant in world.product("24YM0009").variants] == ["SKU-12"]


async def test_d18_two_items_swap_styles_and_come_back(world: World) -> None:
    world.store.add([Shoe(1, "A", size="1"), Shoe(2, "B", size="2"), Shoe(3, "A", size="3"), Shoe(4, "B", size="4")])
    await world.start()
    await world.once()
    for first, second in (("B", "A"), ("A", "B")):
        world.store.change(1, style=first)
        world.store.change(2, style=second)
        await world.converge()
        sold = {
            style: {v.sku for v in world.product(style).variants if v.inventory_quantity > 0} for style in ("A", "B")
        }
        assert sold[first] >= {"SKU-1"}
        assert sold[second] >= {"SKU-2"}
        assert not sold["A"] & sold["B"]
        await world.assert_quiet()


async def test_d11_the_stock_of_an_item_without_a_price_is_tried_again_after_a_fault(world: World) -> None:
    """D11: its price keeps it on the list of exceptions; that must not swallow the failed write of its stock."""
    world.store.add(shoes(1))
    await world.start()
    await world.once()
    world.wire.faults = first_of("inventorySetQuantities", Lost(httpx.ConnectError("refused")))
    world.store.change(11, Price=0.0, Quantity=1.0)
    await world.cycle()
    await world.converge()
    assert (world.price(11)[0], world.stock(11)) == ("15000.00", 1)
    entry = world.entry(11)
    assert (entry.state, entry.code) == (QueueState.QUARANTINED, "price-not-positive")


# What is counted and told


async def test_w1_a_creation_seen_by_reading_back_is_counted_told_and_held_against_the_brake(make: Make) -> None:
    """W1: the answer is lost, the product is there: the day's brake, the figures and the history know it."""
    world = make(settings=with_policy(SETTINGS, guard={"max_created": 2}))
    world.store.add(shoes(3, 2))
    await world.start()
    world.wire.faults = first_of("productSet", Lost(httpx.ReadError("reset"), applied=True))
    view = await world.once()
    assert (view.products_created, view.variants_created, view.products_synced, view.held) == (2, 4, 2, 2)
    results = [(await world.history(style))[0]["result"] for style in ("24YM0001", "24YM0002", "24YM0003")]
    assert sorted(results) == ["created", "created", "held"]
    view = await world.once()
    assert view.products_created == 0


async def test_g8_a_try_that_certainly_changed_nothing_is_repeated_without_reading_first(world: World) -> None:
    """G8: after a request that never left, the product is not read before it is sent again: reading costs points."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    world.wire.faults = first_of("productVariantsBulkUpdate", Lost(httpx.ConnectError("refused")))
    world.store.change(11, Price=17000.0)
    await world.cycle()
    assert world.entry(11).attempts == 1
    before = world.shop.ledger.queries
    await world.converge()
    assert (world.price(11)[0], world.shop.ledger.queries) == ("17000.00", before)


# What a creation in doubt leaves behind


async def gives_up_11(world: World) -> None:
    """RMS gives item 11 up; afterwards nothing of it may be for sale."""
    world.wire.faults = lambda info: None
    world.store.change(11, Inactive=1)
    await world.converge()
    await world.rest(130)
    await world.converge()
    assert world.stock(11) in (0, None)
    assert not world.entries()


async def test_w1_an_item_that_leaves_while_its_creation_is_in_doubt_is_not_left_for_sale(world: World) -> None:
    """W1, D9: the answer is lost, and so is the look that follows; then RMS gives the item up."""
    world.store.add(shoes(1))
    await world.start()
    lost = [Lost(httpx.ReadError("reset"), applied=True), Lost(httpx.ReadError("reset"))]

    def faults(info: RequestInfo) -> Lost | None:
        return lost.pop(0) if lost and (len(lost) < 2 or "productSet" in info.root_fields) else None

    world.wire.faults = faults
    await world.cycle()
    assert (world.stock(11), world.entry(11).doubt) == (5, True)
    await gives_up_11(world)
    assert world.stock(11) == 0


async def test_w2_an_item_that_leaves_before_its_late_creation_comes_is_not_left_for_sale(world: World) -> None:
    """W2, D9: the creation is applied a minute after we gave it up, and after a run that could not end well."""
    world.store.add(shoes(3))
    await world.start()
    seen: list[str] = []

    def faults(info: RequestInfo) -> Lost | None:
        seen.extend(info.root_fields)
        first = seen.count("productSet") == 1 and "productSet" in info.root_fields
        if first:
            return Lost(httpx.ReadTimeout("late"), late_s=60.0)
        return Lost(httpx.ReadError("reset")) if "productSet" in seen else None

    world.wire.faults = faults
    await world.cycle()
    world.wire.faults = lambda info: None
    for item in (11, 21, 31):
        world.store.change(item, Inactive=1)
    await world.converge()
    await world.rest(130)
    await world.converge()
    assert [world.stock(item) or 0 for item in (11, 21, 31)] == [0, 0, 0]


async def test_s1_an_item_that_leaves_after_a_crash_in_its_creation_is_not_left_for_sale(make: Make) -> None:
    """S1, D9: created, the process gone before it could note so, the next one cannot reach the shop at first."""
    world = make(on_disk=True)
    world.store.add(shoes(1))
    death = Death()
    await world.start(death=death)
    world.ledger.trouble = lambda name: death.kill() if name == "settle" and world.styles() else None
    with pytest.raises(Killed):
        await world.once()
    await world.collect()
    assert world.stock(11) == 5
    await world.start()
    await world.run(world.engine.mending.reach())
    world.wire.faults = lambda info: Lost(httpx.ConnectError("refused"))
    await world.cycle()
    await gives_up_11(world)
    assert world.stock(11) == 0


async def test_s1_a_variant_that_leaves_after_a_crash_in_its_creation_is_not_left_for_sale(make: Make) -> None:
    world = make(on_disk=True)
    world.store.add(shoes(1, 2)[1:])
    death = Death()
    await world.start(death=death)
    await world.once()
    world.store.add(shoes(1))
    world.ledger.trouble = lambda name: death.kill() if name == "settle" and world.stock(11) else None
    with pytest.raises(Killed):
        await world.once()
    await world.collect()
    assert world.stock(11) == 5
    await world.start()
    await gives_up_11(world)
    assert (world.stock(11), world.stock(12)) == (0, 5)


async def test_d18_a_chain_of_moves_loses_no_item_of_a_product(world: World) -> None:
    """D18: an item that moved stands under two styles; what hangs on the second is read when the first changes."""
    world.store.add([Shoe(1, "A", size="1"), Shoe(2, "A", size="2"), Shoe(3, "B", size="3")])
    await world.start()
    await world.once()
    world.store.change(1, style="B")
    await world.converge()
    world.store.add([Shoe(4, "A", size="4")])
    await world.converge()
    assert {item.item_id for item in world.real_ledger.products(["B"])["B"].variants} == {1, 3}
    world.store.change(3, Inactive=1)
    world.store.change(1, Quantity=2.0)
    await world.converge()
    assert (world.stock(3), world.shop.stock("SKU-3")) == (0, 0)


async def test_d18_w1_an_item_that_moves_and_comes_back_leaves_no_twin_behind(world: World) -> None:
    """D18, W1: its creation in the new style is in doubt, so is what its old one was sent; then it moves back."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    world.store.change(11, style="24YM0009")
    world.store.change(12, Price=16000.0)

    gone: list[str] = []

    def faults(info: RequestInfo) -> Lost | None:
        """From the first write of a product on, every answer is lost."""
        if info.is_mutation and "inventorySetQuantities" not in info.root_fields:
            gone.extend(info.root_fields)
            return Lost(httpx.ReadError("reset"), applied=True)
        return Lost(httpx.ReadError("reset")) if gone else None

    world.wire.faults = faults
    await world.cycle()
    world.wire.faults = lambda info: None
    world.store.change(11, style="24YM0001")
    await world.converge()
    await world.rest(130)
    await world.converge()
    assert world.stock(11) == 5
    twins = [variant for variant in world.shop.state.variants_with_sku("SKU-11") if variant.inventory_quantity]
    assert [variant.product for variant in twins] == [world.product("24YM0001")]


async def test_d18_w1_a_creation_in_doubt_is_remembered_for_an_item_that_only_came_along(world: World) -> None:
    """D18, W1: an item that moved waits for its retry; a sibling's change makes its new product, unanswered."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    world.wire.faults = lambda info: (
        Lost(httpx.ConnectError("refused")) if "productByIdentifier" in info.root_fields else None
    )
    world.store.change(11, style="24YM0009")
    await world.cycle()
    assert world.entry(11).doubt is False
    gone: list[str] = []

    def faults(info: RequestInfo) -> Lost | None:
        if "productSet" in info.root_fields:
            gone.append("productSet")
            return Lost(httpx.ReadError("reset"), applied=True)
        return Lost(httpx.ConnectError("refused")) if gone else None

    world.wire.faults = faults
    world.store.change(12, Price=16000.0)
    await world.cycle()
    assert gone
    assert world.entry(11).doubt
    await gives_up_11(world)
    assert not [one for one in world.shop.state.variants_with_sku("SKU-11") if one.inventory_quantity]


async def test_s1_w3_what_each_of_several_dead_processes_wrote_is_known_for_ours(make: Make) -> None:
    """S1, W3: the first wrote 2 and died, the next could not look, meant to write 3 and died; RMS says 4 now."""
    world = make(on_disk=True)
    world.store.add(shoes(1))
    await world.start()
    await world.once()
    world.store.change(11, Quantity=2.0)
    await world.restart(death=Death())
    death = world.death
    world.ledger.trouble = lambda name: death.kill() if name == "settle" and world.stock(11) == 2 else None
    with pytest.raises(Killed):
        await world.once()
    await world.collect()
    world.store.change(11, Quantity=3.0)
    await world.start()
    await world.run(world.engine.mending.reach())
    world.wire.faults = lambda info: Lost(httpx.ConnectError("refused"))
    await world.cycle()
    await world.collect()
    world.store.change(11, Quantity=4.0)
    await world.start()
    await world.converge()
    assert world.stock(11) == 4


async def test_s6_an_item_that_leaves_after_its_creation_could_not_be_recorded_is_not_left_for_sale(
    world: World,
) -> None:
    """S6, D9: created, then the disk is full and nothing of it is kept; the engine lives on, RMS gives the item up."""
    world.store.add(shoes(1))
    await world.start()

    def full(name: str) -> None:
        if world.styles():
            raise StoreFull("the disk is full")

    world.ledger.trouble = full
    assert (await world.cycle()).fault is not None
    assert world.stock(11) == 5
    world.ledger.trouble = lambda name: None
    await gives_up_11(world)
    assert world.stock(11) == 0


async def test_w1_a_write_in_doubt_of_a_product_that_only_came_along_is_read_back(world: World) -> None:
    """W1, G3: a change in style A brings style B along; B's new price goes unanswered, then RMS takes it back."""
    world.store.add([Shoe(1, "A", size="1"), Shoe(2, "A", size="2"), Shoe(3, "B", size="3")])
    await world.start(tuned(max_items_per_run=1))
    await world.converge()
    world.store.change(1, style="B")
    await world.converge()
    world.store.change(2, Quantity=3.0)
    world.store.change(3, Price=17000.0)
    gone: list[str] = []

    def faults(info: RequestInfo) -> Lost | None:
        if "productVariantsBulkUpdate" in info.root_fields:
            gone.append("update")
            return Lost(httpx.ReadError("reset"), applied=True)
        return Lost(httpx.ConnectError("refused")) if gone else None

    world.wire.faults = faults
    await world.cycle()
    assert gone
    assert world.price(3)[0] == "17000.00"
    world.wire.faults = lambda info: None
    world.store.change(3, Price=15000.0)
    await world.converge()
    assert world.price(3)[0] == "15000.00"
