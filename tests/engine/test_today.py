"""The sums of the day in the middle of a run: what is in the shop counts at once, and everywhere alike."""

from __future__ import annotations

from rms_console.contract.queries import Query, Subject
from rms_console.control import bodies
from tests.engine.world import World, shoes, tuned

SLOW = tuned(max_concurrent_jobs=2, interval_s=10.0, bulk_from=0)


async def test_items_today_are_those_in_the_shop_also_in_the_middle_of_a_run(world: World) -> None:
    """Today, the last hour, the history's page and the API say the same at every moment, and it only grows."""
    world.store.add(shoes(1))
    async with world.service(SLOW) as engine:
        await world.wait(1)
        world.wire.latency_s = 0.5
        world.store.fill(shoes(40, 2, first=100))
        seen: list[int] = []
        while not seen or seen[-1] < 81:
            assert len(seen) < 600, "it did not happen in time"
            await world.wait(0.5)
            now = await engine.snapshot()
            page = await engine.ask(Query(Subject.PERFORMANCE, 1))
            assert page.facts["today"]["items"] == now.today.items
            assert bodies.status(now, "en").items_processed_today == now.today.items
            assert now.today.items == now.rates.items_per_hour
            assert now.today.items - 1 == 2 * (now.today.products - 1)
            seen.append(now.today.items)
        assert seen == sorted(seen)
        assert len({items for items in seen if 1 < items < 81}) > 5


async def test_an_item_that_is_set_aside_is_not_counted_as_brought(world: World) -> None:
    world.store.add(shoes(2))
    async with world.service(tuned(interval_s=60.0)) as engine:
        await world.wait(30)
        before = (await engine.snapshot()).today.items
        world.store.change(11, Price=-5.0)
        await world.wait(61)
        now = await engine.snapshot()
        assert now.last_cycle is not None
        assert now.queue.quarantined == 1
        assert sum(cycle.items_found for cycle in engine.figures.cycles) == before + 1
        assert now.today.items == before == 2
