"""W6: a product or a variant that somebody deleted in the shop, under both policies."""

from __future__ import annotations

import pytest

from rms_console.contract.commands import RetryItems, Trigger
from rms_console.contract.records import QueueState
from rms_console.domain.policy import Deleted
from rms_console.engine.barring import DELETED_IN_SHOP
from tests.acceptance.store_file import Shoe
from tests.engine.world import World, shoes, with_policy
from tests.engine_adopt.merchant import Merchant

RECREATE = with_policy(filters={"when_deleted": Deleted.RECREATE})
CHANGES = [{"Price": 18000.0}, {"Quantity": 1.0}, {"Price": 18000.0, "Quantity": 1.0}]
"""What tells the engine that something is gone: the refusal of a product call, of a stock row, of both."""
ALL = pytest.mark.parametrize("change", CHANGES, ids=["price", "stock", "both"])


async def filled(world: World, sizes: int = 3, settings: object = None) -> Merchant:
    world.store.add(shoes(2, sizes))
    await world.start(settings)  # type: ignore[arg-type]
    await world.converge()
    return Merchant(world.shop)


@ALL
async def test_w6_a_deleted_product_stays_away_and_is_told(world: World, change: dict[str, object]) -> None:
    merchant = await filled(world)
    merchant.delete(world.product("24YM0001").id)
    world.store.change(11, **change)
    await world.converge()
    assert world.styles() == ["24YM0002"]
    aside = world.entries(QueueState.QUARANTINED)
    assert aside.keys() == {11, 12, 13}
    assert {entry.code for entry in aside.values()} == {DELETED_IN_SHOP}
    assert "ZAPATO 24YM0001" in aside[12].message
    assert "Deleted in the shop" in world.log.text()


@ALL
async def test_w6_a_deleted_product_is_made_again_where_the_store_wants_it(
    world: World, change: dict[str, object]
) -> None:
    merchant = await filled(world, settings=RECREATE)
    merchant.delete(world.product("24YM0001").id)
    world.store.change(11, **change)
    await world.converge()
    world.assert_equal()
    assert not world.entries()


@ALL
async def test_w6_a_deleted_variant_stays_away_and_its_sisters_go_on(world: World, change: dict[str, object]) -> None:
    merchant = await filled(world)
    merchant.delete_variant("SKU-12")
    world.store.change(11, Price=18000.0)
    world.store.change(12, **change)
    await world.converge()
    assert [variant.sku for variant in world.product("24YM0001").variants] == ["SKU-11", "SKU-13"]
    assert world.price(11)[0] == "18000.00"
    assert world.entries().keys() == {12}
    assert world.entry(12).code == DELETED_IN_SHOP


@ALL
async def test_w6_a_deleted_variant_is_made_again_where_the_store_wants_it(
    world: World, change: dict[str, object]
) -> None:
    merchant = await filled(world, settings=RECREATE)
    merchant.delete_variant("SKU-12")
    world.store.change(12, **change)
    await world.converge()
    world.assert_equal()
    assert not world.entries()


async def test_w6_a_sister_that_is_gone_too_is_found_with_the_first(world: World) -> None:
    merchant = await filled(world, sizes=4)
    merchant.delete_variant("SKU-12")
    merchant.delete_variant("SKU-13")
    world.store.change(12, Price=18000.0)
    await world.converge()
    assert world.entries(QueueState.QUARANTINED).keys() == {12, 13}


async def test_w6_later_changes_do_not_bring_it_back_and_cost_nothing(world: World) -> None:
    merchant = await filled(world)
    merchant.delete(world.product("24YM0001").id)
    world.store.change(11, Quantity=2.0)
    await world.converge()
    before = world.wire.requests
    for quantity in (1.0, 0.0, 4.0):
        world.store.change(11, Quantity=quantity)
        await world.converge()
    assert world.wire.requests == before
    assert world.styles() == ["24YM0002"]
    assert world.entry(11).code == DELETED_IN_SHOP


async def test_w6_nor_do_a_restart_a_full_comparison_and_a_new_size(world: World) -> None:
    merchant = await filled(world)
    merchant.delete(world.product("24YM0001").id)
    world.store.change(11, Quantity=2.0)
    await world.converge()
    await world.restart()
    await world.engine.reconciler.ask("test")
    world.store.add([Shoe(15, "24YM0001", size="44")])
    await world.converge()
    assert world.styles() == ["24YM0002"]
    assert world.entry(15).code == DELETED_IN_SHOP


async def test_w6_who_asks_for_it_by_hand_gets_it_back_whole(world: World) -> None:
    merchant = await filled(world)
    merchant.delete(world.product("24YM0001").id)
    world.store.change(11, Quantity=2.0)
    await world.converge()
    await world.send(Trigger(styles=("24YM0001",)))
    await world.converge()
    world.assert_equal()
    assert not world.entries()
    world.store.change(12, Quantity=1.0)
    await world.converge()
    world.assert_equal()


async def test_w6_a_variant_comes_back_by_hand_too(world: World) -> None:
    merchant = await filled(world)
    merchant.delete_variant("SKU-12")
    world.store.change(12, Quantity=2.0)
    await world.converge()
    await world.send(Trigger(skus=("SKU-12",)))
    await world.converge()
    world.assert_equal()
    assert not world.entries()


@pytest.mark.parametrize("named", [True, False])
async def test_w6_retrying_it_by_name_brings_it_back_and_retrying_everything_does_not(
    world: World, named: bool
) -> None:
    """The remedy that the list names must be one that a person can type."""
    merchant = await filled(world)
    merchant.delete(world.product("24YM0001").id)
    world.store.change(11, Quantity=2.0)
    await world.converge()
    assert "rms-console queue retry 24YM0001" in world.entry(11).message
    await world.send(RetryItems((11, 12, 13) if named else ()))
    await world.converge()
    assert ("24YM0001" in world.styles()) is named


async def test_w6_a_change_of_the_setting_brings_back_what_is_released(world: World) -> None:
    merchant = await filled(world)
    merchant.delete(world.product("24YM0001").id)
    world.store.change(11, Quantity=2.0)
    await world.converge()
    await world.restart(RECREATE)
    world.real_ledger.release((), world.clock.now())
    await world.converge()
    world.assert_equal()


async def test_w6_an_archived_product_is_left_archived_and_kept_right(world: World) -> None:
    """Archiving is the merchant's word about a product that is still there."""
    merchant = await filled(world)
    merchant.edit(world.product("24YM0001").id, status="ARCHIVED")
    world.store.change(11, Price=18000.0, Quantity=1.0)
    await world.converge()
    assert world.product("24YM0001").status == "ARCHIVED"
    assert (world.price(11)[0], world.stock(11)) == ("18000.00", 1)
    assert not world.entries()


async def test_w6_the_observing_engine_deletes_and_makes_nothing(world: World) -> None:
    from rms_console.contract.state import Mode
    from rms_console.engine import modes

    merchant = await filled(world)
    modes.choose(world.real_ledger, Mode.LIVE, Mode.OBSERVE)
    merchant.delete(world.product("24YM0001").id)
    world.store.change(11, Quantity=2.0)
    before = world.shop.dump()
    await world.cycle()
    assert world.shop.dump() == before
