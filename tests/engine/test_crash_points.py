"""The process dies at every single step of a small scenario: complete, not sampled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from rms_console.domain.product import Status
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, Death, Killed, World, shoes, with_policy

ACTIVE = with_policy(SETTINGS, mapping={"status": Status.ACTIVE})


async def first_load(make: Make) -> World:
    """Return a world with three products to create and nothing known of them."""
    world = make(settings=ACTIVE, on_disk=True)
    world.store.add(shoes(3, 2))
    return world


async def mixed_changes(make: Make) -> World:
    """Return a world with a product to create, two to change, a variant to add, and one that leaves."""
    world = make(settings=ACTIVE, on_disk=True)
    world.store.add(shoes(4, 2))
    await world.start()
    await world.once()
    await world.stop()
    world.store.change(11, Price=17000.0, Quantity=2.0)
    world.store.change(21, Quantity=9.0, family="Ropa")
    for item in (31, 32):
        world.store.change(item, Inactive=1)
    world.store.add([*shoes(1, 3, first=4)[2:], *shoes(1, 2, first=5)])
    return world


async def dies(world: World, at: int | None) -> list[str]:
    """Run one cycle that dies at a step; return the steps that were reached. None: it may live."""
    death = Death(at)
    try:
        await world.start(death=death)
        await world.once()
    except Killed:
        pass
    finally:
        await world.collect()
    return death.steps


async def recovers(world: World) -> None:
    await world.start()
    await world.converge()
    world.assert_equal()
    assert not world.entries()
    await world.assert_quiet()


Scenario = Callable[[Make], Awaitable[World]]


@pytest.mark.parametrize("scenario", [first_load, mixed_changes])
async def test_s1_s2_a_death_at_every_step_leaves_a_state_from_which_the_shop_becomes_the_store(
    make: Make, scenario: Scenario
) -> None:
    """S1, S2, G4, G6: before and after each request and each write of the ledger."""
    for at in count(1):
        world = await scenario(make)
        steps = await dies(world, at)
        await recovers(world)
        if len(steps) < at:
            break
    assert at > 30


async def test_s1_g3_two_deaths_and_a_store_that_moves_on_meanwhile(make: Make) -> None:
    """S1, G3: dead at a step, dead once more while getting over it, and RMS has moved on each time."""
    for at in count(1, 2):
        world = await mixed_changes(make)
        first = await dies(world, at)
        world.store.change(21, Price=18000.0, Quantity=11.0)
        second = await dies(world, at)
        world.store.change(11, Price=19000.0, Quantity=4.0)
        world.store.change(41, Quantity=1.0)
        await recovers(world)
        if max(len(first), len(second)) < at:
            break
    assert at > 30
