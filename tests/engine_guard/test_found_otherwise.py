"""What the shop turns out to hold in the midst of a cycle: the plan made from it passes the guard like any other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import httpx
import pytest

from rms_console.contract.commands import Accepted, DecideHolds
from rms_console.contract.records import HoldState, Postponed, QueueKey, QueueReason, QueueState, Settlement
from rms_console.demo.shopify.faults import RequestInfo
from rms_console.domain.product import AcknowledgedProduct, Status
from rms_console.engine.retry import GUARD_FIRST
from tests.engine.world import Lost, World, shoes, tuned
from tests.engine_guard.conftest import Make, guarded
from tests.engine_guard.test_guarding import hold_of, holds, stocked

LOST = Lost(httpx.ReadError("connection reset"), applied=True)


def record(world: World, *products: AcknowledgedProduct, forgotten: tuple[str, ...] = ()) -> None:
    """Have the ledger remember these products so, and forget others."""
    world.real_ledger.settle(
        Settlement(
            world.engine.tenure.epoch, 1, world.clock.now(), products=tuple(products), forgotten_styles=forgotten
        )
    )


def known(world: World, style: str = "24YM0001") -> AcknowledgedProduct:
    return world.real_ledger.products([style])[style]


def forget_product(world: World) -> None:
    record(world, forgotten=("24YM0001",))


def forget_variant(world: World) -> None:
    have = known(world)
    record(world, dataclasses.replace(have, variants=tuple(one for one in have.variants if one.item_id != 11)))


def doubt(world: World, *items: int) -> None:
    """Have an earlier write of these items be without an answer."""
    ledger, now = world.real_ledger, world.clock.now()
    ledger.enqueue([QueueKey(item, QueueReason.CHANGE) for item in items], None, now)
    waiting = tuple(
        Postponed(one.item_id, one.version, QueueState.RETRYING, "shop-outcome-unknown", "lost", 1, now, doubt=True)
        for one in ledger.entries(items)
    )
    ledger.settle(Settlement(world.engine.tenure.epoch, 1, now, postponed=waiting))


@pytest.mark.parametrize("bulk_from", [0, 1])
@pytest.mark.parametrize("forget", [forget_product, forget_variant])
async def test_g5_a_price_that_jumps_is_held_though_the_ledger_did_not_know_the_product(
    make: Make, forget: Callable[[World], None], bulk_from: int
) -> None:
    """G5, W16: it was planned as new, found in the shop, and repriced past the guard."""
    world = make(settings=tuned(guarded(), bulk_from=bulk_from))
    await stocked(world, 2, 2)
    forget(world)
    world.store.change(11, Price=150.0)
    view = (await world.cycle()).view
    assert world.price(11)[0] == "15000.00"
    assert (view.errors, view.products_created, view.variants_created) == (0, 0, 0)
    assert world.entry(11).code == GUARD_FIRST
    assert 11 in {one.item_id for one in known(world).variants}, "what was found is remembered"
    await world.converge()
    assert world.price(11)[0] == "15000.00"
    assert (hold_of(world, "24YM0001").kind.value, list(world.entries())) == ("price-jump", [11])
    assert isinstance(await world.send(DecideHolds((hold_of(world, "24YM0001").hold_id,), True, "so it is")), Accepted)
    await world.converge()
    world.assert_equal()
    assert world.price(11)[0] == "150.00"
    assert [hold.state for hold in holds(world, HoldState.APPLIED)] == [HoldState.APPLIED]


async def test_g5_a_creation_without_an_answer_is_guarded_once_it_is_found(world: World) -> None:
    """G5, W1: the answer was lost, then RMS lost its decimal point: what was made is found with its first price."""
    await stocked(world, 2)
    left = ["productSet", "productByIdentifier"]

    def faults(info: RequestInfo) -> Lost | None:
        return LOST if left and left[0] in info.root_fields and left.pop(0) else None

    world.wire.faults = faults
    world.store.add(shoes(1, first=3))
    await world.cycle()
    world.store.change(31, Price=150.0)
    await world.converge()
    assert world.price(31)[0] == "15000.00"
    assert hold_of(world, "24YM0003").kind.value == "price-jump"


async def test_g5_many_found_otherwise_are_counted_together(make: Make) -> None:
    """G5, W16: each is harmless by itself; that they are many can be told over the whole load alone."""
    world = make({"max_changed_products": 3})
    await stocked(world, 5)
    record(world, forgotten=tuple(f"24YM{style:04d}" for style in range(1, 5)))
    for style in range(1, 5):
        world.store.change(style * 10 + 1, Price=15900.0)
    await world.converge()
    assert [world.price(style * 10 + 1)[0] for style in range(1, 5)] == ["15000.00"] * 4
    assert [hold.kind.value for hold in holds(world)] == ["many-prices"] * 4


async def test_g5_what_leaves_is_guarded_by_what_the_shop_has_of_it(make: Make) -> None:
    """G5, W16: the ledger believed them sold out and withdrawn, so the guard saw nothing leave; they were on sale."""
    world = make({"max_changed_products": 2})
    await stocked(world, 4)
    items = [style * 10 + 1 for style in range(1, 4)]
    for item in items:
        have = known(world, f"24YM{item // 10:04d}")
        (one,) = have.variants
        sold_out = dataclasses.replace(one, stock=dict.fromkeys(one.stock, 0))
        record(world, dataclasses.replace(have, variants=(sold_out,), status=Status.DRAFT))
        world.store.change(item, Inactive=1)
    doubt(world, *items)
    await world.converge()
    assert [world.stock(item) for item in items] == [5, 5, 5]
    assert [hold.kind.value for hold in holds(world)] == ["many-leaving"] * 3
    await world.send(DecideHolds(tuple(hold.hold_id for hold in holds(world)), True, "they go"))
    await world.converge()
    assert [world.stock(item) for item in items] == [0, 0, 0]


@pytest.mark.parametrize("forget", [forget_product, forget_variant])
async def test_g8_what_is_harmless_goes_in_the_same_cycle(world: World, forget: Callable[[World], None]) -> None:
    """G2, G8: an everyday change of a product that was found waits for nothing."""
    await stocked(world, 2, 2)
    forget(world)
    world.store.change(11, Quantity=3.0)
    await world.cycle()
    assert not world.entries()
    world.assert_equal()


async def test_g5_a_yes_from_before_holds_for_what_is_found(world: World) -> None:
    """G5, S9: said yes to, then read back because an answer was lost: nobody is asked a second time."""
    await stocked(world, 2, 2)
    world.store.change(11, Price=150.0)
    await world.cycle()
    await world.send(DecideHolds((hold_of(world, "24YM0001").hold_id,), True, "so it is"))
    doubt(world, 11)
    await world.cycle()
    assert world.price(11)[0] == "150.00"
    await world.converge()
    assert holds(world) == []
