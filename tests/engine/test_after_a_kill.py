"""After a kill the engine is as fast as before it; only what goes down again and again is pushed apart, in halves."""

from __future__ import annotations

import httpx
import pytest

from rms_console.contract.records import QueueState
from rms_console.domain.operations import CreateProduct, Operation, ProductPlan
from rms_console.engine.inflight import InFlight
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, Death, Killed, World, shoes, tuned

ANSWER_S = 1.0
"""What one request takes: so one at a time is about a third of a product a second."""


async def slow(world: World, death: Death | None = None) -> None:
    """Start an engine whose requests take their time."""
    await world.start(death=death)
    inner = world.wire.handle_async_request

    async def late(request: httpx.Request) -> httpx.Response:
        await world.clock.sleep(ANSWER_S)
        return await inner(request)

    world.wire.handle_async_request = late  # type: ignore[method-assign]


def count_creations(world: World, killed_at: int | None, deadly: str = "") -> list[str]:
    """Return a list that fills with the styles created; the process dies at so many, or over the deadly one."""
    created: list[str] = []

    def note(operation: Operation) -> None:
        if isinstance(operation, CreateProduct):
            created.append(operation.style)
            if len(created) == killed_at or operation.style == deadly:
                world.death.dead = True
                raise Killed(operation.style)

    world.client.trouble = note
    return created


async def rate(world: World) -> float:
    """Return the products a second of the runs that leave nothing to do."""
    before, begun = len(world.styles()), world.clock.monotonic()
    await world.once()
    return (len(world.styles()) - before) / (world.clock.monotonic() - begun)


def a_world(make: Make, products: int) -> World:
    world = make(settings=tuned(SETTINGS, max_concurrent_jobs=16), on_disk=True)
    world.store.fill(shoes(products))
    return world


async def test_s1_after_a_kill_the_rest_goes_as_fast_as_before(make: Make) -> None:
    """S1: 62 of 400 products are in when the process is killed; one crash says nothing of any product."""
    undisturbed = a_world(make, 400)
    await slow(undisturbed)
    before = await rate(undisturbed)
    world = a_world(make, 400)
    await slow(world, Death())
    count_creations(world, killed_at=62)
    with pytest.raises(Killed):
        await world.once()
    await world.collect()
    await slow(world)
    assert 0 < len(world.engine.in_flight.suspects(style(n) for n in range(1, 401))) < 200
    after = await rate(world)
    assert after > 0.8 * before, (before, after)  # what was in flight is read first, and the run is shorter
    await world.rest(130)  # what was in flight is read once more when nothing can come late any more
    await world.converge()
    world.assert_equal()


def style(number: int) -> str:
    return f"24YM{number:04d}"


async def test_s10_a_deadly_product_among_many_is_found_by_halving(make: Make) -> None:
    """S10: among 100 products a few crashes find it; meanwhile all others get through, none refused for it."""
    world = a_world(make, 100)
    deaths = 0
    for _ in range(14):
        await world.start(death=Death())
        count_creations(world, None, deadly=style(30))
        try:
            await world.once()
            break
        except Killed:
            deaths += 1
            await world.collect()
    assert 5 <= deaths <= 9
    assert {item: entry.code for item, entry in world.entries(QueueState.QUARANTINED).items()} == {
        301: "crashed-engine"
    }
    assert set(world.styles()) == {style(number) for number in range(1, 101) if number != 30}


async def test_s10_suspects_of_several_crashes_are_parted_in_halves(world: World) -> None:
    """S10: of one crash alone nobody is pushed apart; then halves, quarters, and at last one alone."""
    await world.start()
    names = group = [style(number) for number in range(1, 9)]
    marks, sizes = InFlight(world.engine.deps), []
    for _ in range(6):
        plans = [ProductPlan(name, (), (), ()) for name in group]
        await marks.begin(plans[0], plans)
        marks = InFlight(world.engine.deps)
        await marks.load()
        parts = marks.apart(names)
        sizes.append([len(part) for part in parts])
        group = parts[-1] if parts else names
    assert sizes == [[], [4, 4], [2, 2, 2, 2], [2, 2, 1, 1, 1, 1], [2, 2, 1, 1, 1, 1], [2, 2, 1, 1, 1, 1]]
    assert [name for name in names if marks.is_poison(name)] == group == [style(8)]
