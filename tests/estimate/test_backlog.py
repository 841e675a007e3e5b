"""What the engine says of its backlog, while it works and while it waits."""

from __future__ import annotations

from rms_console.contract.commands import Pause
from rms_console.contract.insight import BacklogView
from rms_console.control import bodies
from rms_console.demo.shopify import ShopSettings
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, World, shoes, tuned

SLOW = tuned(SETTINGS, interval_s=60.0, health_interval_s=3600.0, sweep_s=0.0, full_sync_hour=None)


async def backlog(world: World) -> BacklogView:
    view = (await world.engine.snapshot()).insight.backlog
    assert view is not None
    return view


async def test_with_nothing_waiting_there_is_nothing_to_estimate(world: World) -> None:
    world.store.add(shoes(2))
    async with world.service(SLOW):
        await world.wait(200)
        view = await backlog(world)
        assert (view.items, view.likely_s, view.through_at, view.limited_by) == (0, 0.0, None, "nothing")


async def test_a_run_tells_when_it_will_be_through_and_warns_when_that_is_too_late(make: Make) -> None:
    world = make(shop=ShopSettings(locations=("Bodega",), capacity_points=1000.0, restore_points_per_s=50.0))
    async with world.service(SLOW) as engine:
        await world.wait(61)
        world.store.add(shoes(400, 2))
        told: list[tuple[float, BacklogView]] = []
        warned: set[str] = set()
        for _ in range(40):
            await world.wait(10)
            if engine.runner.current is not None:
                told.append((world.clock.monotonic(), await backlog(world)))
                warned |= {alert.kind for alert in (await engine.snapshot()).alerts}
            elif told:
                break
        ended = world.clock.monotonic()
        assert len(told) >= 4, "the run was too short to be told of"
        at, view = told[len(told) // 2]
        assert view.likely_s is not None
        assert view.through_at is not None
        assert 0.5 <= view.likely_s / (ended - at) <= 2.0
        assert view.limited_by == "points"
        assert any(one.is_late for _, one in told)
        assert "run_too_long" in warned
        assert "run_too_long" not in {alert.kind for alert in (await engine.snapshot()).alerts}
        body = bodies.stats(await engine.snapshot())
        assert body.backlog is not None


async def test_a_pause_has_no_end_that_could_be_told(world: World) -> None:
    world.store.add(shoes(8, 2))
    async with world.service(SLOW):
        await world.wait(100)
        await world.send(Pause("stocktaking"))
        for item in (11, 21, 31):
            world.store.change(item, Price="24990")
        await world.wait(120)
        view = await backlog(world)
        assert view.items == 3
        assert view.limited_by == "pause"
        assert (view.likely_s, view.through_at) == (None, None)
