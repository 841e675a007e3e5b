"""A quantity that is left to the shop's own sales is on the list until RMS moves or the grace is over: no trouble."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.contract.records import QueueEntry, QueueReason, QueueState
from rms_console.domain.policy import Conflict
from rms_console.engine.heldstock import STOCK_HELD
from tests.engine.world import SETTINGS, World, shoes, with_policy

GRACE_S = 3600.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = with_policy(SETTINGS, stock={"conflict": Conflict.LOWER, "conflict_grace_hours": GRACE_S / 3600})
    world = World(tmp_path, settings=settings)
    yield world
    world.close()


def sell(world: World, units: int) -> None:
    world.shop.sell("SKU-11", units)
    world.shop.fulfil("SKU-11", units)


async def hold(world: World) -> QueueEntry:
    """Of 5 the shop sells 2, and RMS receives 3 more: the shop gets these, and no more for now."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    sell(world, 2)
    world.store.change(11, Quantity=8.0)
    await world.cycle()
    assert world.stock(11) == 6
    (entry,) = world.entries().values()
    return entry


async def test_g1_what_is_held_back_is_on_the_list_and_no_trouble(world: World) -> None:
    """G1: with its reason and until when; nobody is asked for a yes, and nothing looks late."""
    entry = await hold(world)
    assert (entry.item_id, entry.state, entry.code) == (11, QueueState.HELD, STOCK_HELD)
    assert entry.message == "RMS says 8, the shop has 6 and may have sold the rest: left to it for now"
    assert (entry.reason, entry.doubt, entry.attempts) == (QueueReason.RECONCILE, False, 0)
    counts = world.ledger.queue_counts(world.clock.now())
    assert (counts.held, counts.waiting, counts.retrying, counts.oldest_at) == (0, 0, 0, None)


async def test_g1_it_comes_when_the_grace_is_over_though_nobody_compares(world: World) -> None:
    """G1, W3: RMS wins in the end, in a plain run."""
    await hold(world)
    await world.rest(GRACE_S - 60)
    await world.cycle()
    assert world.stock(11) == 6
    await world.rest(120)
    await world.cycle()
    assert (world.stock(11), world.entries()) == (8, {})


async def test_w3_it_ends_when_rms_books_the_sale(world: World) -> None:
    await hold(world)
    world.store.change(11, Quantity=6.0)
    await world.cycle()
    assert (world.stock(11), world.entries()) == (6, {})


async def test_g1_a_comparison_finds_what_else_is_new_of_it(world: World) -> None:
    """G1: only the quantity waits; a price that no stamp told of comes, and the quantity goes on waiting."""
    await hold(world)
    world.store.execute("UPDATE Item SET Price = 17000 WHERE ID = 11")
    await world.engine.reconciler.ask("test")
    await world.cycle()
    assert (world.price(11)[0], world.stock(11)) == ("17000.00", 6)
    assert [(entry.item_id, entry.code) for entry in world.entries().values()] == [(11, STOCK_HELD)]
    await world.rest(GRACE_S + 60)
    await world.cycle()
    assert (world.stock(11), world.entries()) == (8, {})


async def test_g1_another_item_of_the_product_neither_ends_nor_hides_it(world: World) -> None:
    await hold(world)
    world.store.change(12, Price=17000.0)
    await world.cycle()
    assert (world.price(12)[0], world.stock(11)) == ("17000.00", 6)
    assert [entry.code for entry in world.entries().values()] == [STOCK_HELD]


async def test_g1_what_is_held_without_an_entry_gets_one(world: World) -> None:
    """G1: a person takes it off the list, and the product is pushed once more."""
    await hold(world)
    world.ledger.dismiss([11])
    world.store.change(12, Price=17000.0)
    await world.cycle()
    assert [(entry.item_id, entry.code) for entry in world.entries().values()] == [(11, STOCK_HELD)]
    await world.rest(GRACE_S + 60)
    await world.cycle()
    assert (world.stock(11), world.entries()) == (8, {})
