"""W20: a bulk mutation outlives its engine. Whoever comes next ends it first; nothing older wins, nothing is twice."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from rms_console.contract.commands import CancelCycle, Pause, Request, Resume, SetMode
from rms_console.contract.state import Mode
from rms_console.demo.shopify import ShopSettings
from rms_console.demo.shopify.faults import Fault, RequestInfo
from tests.engine.conftest import Make
from tests.engine.world import Death, Killed, World, shoes, tuned
from tests.engine_bulk.conftest import BULK, bulk_jobs

COUNT = 60
WRITES = frozenset({"productSet", "productVariantsBulkUpdate", "productUpdate", "inventorySetQuantities"})
SLOW, QUICK = 0.25, 5.0
"""Lines a second: it is canceled half way, or comes to its end while the successor waits."""


def slow_shop(make: Make, lines_per_s: float) -> World:
    shop = ShopSettings(locations=("Bodega",), bulk_lines_per_s=lines_per_s, capacity_points=100_000.0)
    return make(settings=BULK, shop=shop, on_disk=True)


async def until_lines(world: World, lines: int) -> asyncio.Task[object]:
    """Begin a run and let time pass until its bulk mutation has done so many lines; the run goes on."""
    before = len(bulk_jobs(world))
    task: asyncio.Task[object] = asyncio.ensure_future(world.engine.run_once())
    for _ in range(5000):
        await world.idle()
        world.shop.products()  # looking at the shop brings its bulk operations up to date
        if len(bulk_jobs(world)) > before and bulk_jobs(world)[-1].done >= lines:
            return task
        wake = world.clock.next_wake_s
        assert wake is not None
        world.clock.advance(wake)
    raise AssertionError("the bulk mutation did not come so far")


async def kill(world: World, task: asyncio.Task[object]) -> None:
    """End the process as a power cut would: nothing more reaches the shop or the disk."""
    world.death.dead = True
    await world.collect()
    with contextlib.suppress(asyncio.CancelledError, Killed):
        await task
    assert bulk_jobs(world)[-1].is_open


def watch_writes(world: World) -> list[str]:
    """Collect the writes that reach the shop while a bulk mutation is open."""
    met: list[str] = []

    def look(info: RequestInfo) -> Fault | None:
        if any(job.is_open for job in bulk_jobs(world)):
            met.extend(WRITES.intersection(info.root_fields))
        return None

    world.shop.faults = look
    return met


async def recovers(world: World) -> None:
    """A successor starts: it writes nothing while the old operation is open, and the shop becomes the store."""
    met = watch_writes(world)
    await world.start()
    await world.converge(cycles=300)
    assert met == []
    assert not any(job.is_open for job in bulk_jobs(world))
    await world.rest(600)
    assert not world.entries()
    world.assert_equal()
    await world.assert_quiet()


def same_machine(world: World, before: Path) -> None:
    del before


def other_machine(world: World, before: Path) -> None:
    """The successor has a ledger of its own, and a fresh one."""
    world.folder = before.parent / "other"
    world.folder.mkdir()


def older_copy(world: World, before: Path) -> None:
    """The successor has the ledger as it was before the run."""
    world.folder = before


Successor = Callable[[World, Path], None]


@pytest.mark.parametrize("lines_per_s", [SLOW, QUICK])
@pytest.mark.parametrize("successor", [same_machine, other_machine])
async def test_w20_killed_while_products_are_created_in_bulk(
    make: Make, successor: Successor, lines_per_s: float
) -> None:
    """RMS moves on meanwhile: what the old operation goes on to create must not end up as it was."""
    world = slow_shop(make, lines_per_s)
    world.store.fill(shoes(COUNT, 2))
    await world.start()
    await kill(world, await until_lines(world, 15))
    for style in range(1, COUNT + 1, 2):
        world.store.change(style * 10 + 1, Price=19000.0, Quantity=2.0)
    successor(world, world.folder / "before")
    await recovers(world)


@pytest.mark.parametrize("lines_per_s", [SLOW, QUICK])
@pytest.mark.parametrize("successor", [same_machine, other_machine, older_copy])
async def test_w20_killed_while_prices_are_written_in_bulk(
    make: Make, successor: Successor, lines_per_s: float
) -> None:
    """The prices go back to what every ledger believes the shop to have: only the shop itself tells the difference."""
    world = slow_shop(make, lines_per_s)
    world.store.fill(shoes(COUNT))
    await world.start(tuned(BULK, bulk_from=0))
    await world.once()
    await world.stop()
    before = world.folder / "before"
    shutil.copytree(world.folder / "state", before / "state")
    for style in range(1, COUNT + 1):
        world.store.change(style * 10 + 1, Price=17000.0)
    await world.start(BULK)
    await kill(world, await until_lines(world, 15))
    for style in range(1, COUNT + 1, 2):
        world.store.change(style * 10 + 1, Price=15000.0)
    successor(world, before)
    await recovers(world)


async def test_w20_dead_once_more_while_the_old_operation_is_settled(make: Make) -> None:
    """Between the end of the operation and the reading of the shop: what it did is not forgotten."""
    for at in count(1, 4):
        world = slow_shop(make, QUICK)
        world.store.fill(shoes(COUNT))
        await world.start()
        await kill(world, await until_lines(world, 15))
        world.store.change(11, Price=19000.0)
        death = Death(at)
        with contextlib.suppress(Killed):
            await world.start(death=death)
            await world.once()
        await world.collect()
        await recovers(world)
        if not death.dead or at > 60:
            break


async def test_s1_a_death_at_every_step_of_a_bulk_pass(make: Make) -> None:
    """S1, G4, G6: before and after each request and each write of the ledger, with creations and prices in bulk."""
    few = tuned(BULK, bulk_from=2)
    for at in count(1):
        world = make(settings=few, on_disk=True)
        world.store.fill(shoes(2))
        await world.start()
        await world.once()
        await world.stop()
        for item in (11, 21):
            world.store.change(item, Price=17000.0)
        world.store.fill(shoes(2, first=3))
        death = Death(at)
        with contextlib.suppress(Killed):
            await world.start(death=death)
            await world.once()
        await world.collect()
        await recovers(world)
        if not death.dead:
            break
    assert at > 30


@pytest.mark.parametrize(
    "request_", [Pause("stock-taking"), CancelCycle(), SetMode("observe")], ids=lambda r: type(r).__name__
)
async def test_who_wants_nothing_more_written_ends_the_bulk_mutation_too(make: Make, request_: Request) -> None:
    """What it has done by then stays; it is read before the next run goes on."""
    world = slow_shop(make, SLOW)
    world.store.fill(shoes(COUNT))
    await world.start()
    task = await until_lines(world, 15)
    await world.send(request_)

    async def end() -> None:
        await task

    await world.run(end())
    (job,) = bulk_jobs(world)
    assert job.status == "CANCELED"
    there = len(world.shop.products())
    await world.rest(600)
    assert 15 <= len(world.shop.products()) == there < COUNT
    await world.send(SetMode("live") if isinstance(request_, SetMode) else Resume())
    await world.converge(cycles=300)
    world.assert_equal()
    await world.assert_quiet()


async def test_a_run_that_takes_too_long_ends_its_bulk_mutation(make: Make) -> None:
    world = slow_shop(make, SLOW)
    world.store.fill(shoes(COUNT))
    await world.start(tuned(BULK, timeout_s=100.0))
    await world.once()
    assert bulk_jobs(world)[0].status == "CANCELED"
    assert 0 < len(world.shop.products()) < COUNT
    await world.converge(cycles=300)
    world.assert_equal()


async def test_an_engine_that_observes_ends_nothing(make: Make) -> None:
    world = slow_shop(make, SLOW)
    world.store.fill(shoes(COUNT))
    await world.start()
    await kill(world, await until_lines(world, 15))
    await world.start(tuned(BULK, mode=Mode.OBSERVE))
    await world.once()
    assert bulk_jobs(world)[0].status == "RUNNING"
