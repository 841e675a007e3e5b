"""Each engine setting, and what a person sees of it. A setting without an effect is a defect."""

from __future__ import annotations

import asyncio
import dataclasses
from functools import partial
from typing import Any

import httpx
import pytest

from rms_console.adapters.lease import FileLease
from rms_console.contract.commands import Accepted, FullSync, SetInterval, Trigger
from rms_console.contract.events import EventName
from rms_console.contract.snapshot import EngineSnapshot
from rms_console.contract.state import EngineState
from rms_console.demo.shopify import ShopSettings
from rms_console.engine.reporting import Cause
from rms_console.engine.service import EngineService
from rms_console.engine.tenure import Tenure
from rms_console.errors import LeaseHeld
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, World, shoes, tuned, with_policy


def cycles(world: World) -> int:
    return len(world.real_ledger.cycles(500, None))


def named(world: World, name: str) -> list[dict[str, Any]]:
    return [dict(event.facts) for event in world.engine.journal._events if event.name == name]


async def test_enabled_off_runs_nothing_by_itself_but_what_a_person_asks_for(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(tuned(enabled=False, interval_s=5.0, watch_s=1.0)) as engine:
        await world.wait(60)
        assert cycles(world) == 0
        view = await engine.snapshot()
        assert (view.enabled, view.next_check_at) == (False, None)
        assert isinstance(await world.send(Trigger()), Accepted)
        await world.wait(5)
        assert cycles(world) >= 1
    assert len(world.shop.products()) == 1


async def test_interval_is_the_spacing_of_cycles_and_changes_while_running(world: World) -> None:
    async with world.service(tuned(interval_s=60.0)) as engine:
        await world.wait(181)
        assert cycles(world) == 4
        assert isinstance(await world.send(SetInterval(0.05)), Accepted)
        before = cycles(world)
        await world.wait(30)
        assert 9 <= cycles(world) - before <= 11
        assert (await engine.snapshot()).interval_s == pytest.approx(3.0)


async def test_watch_starts_a_cycle_at_once_when_something_changed(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(tuned(interval_s=3600.0, watch_s=2.0)):
        await world.wait(1)
        quiet = cycles(world)
        await world.wait(60)
        assert cycles(world) == quiet
        world.store.change(11, Quantity=1.0)
        await world.wait(3)
        assert cycles(world) == quiet + 1
        assert world.shop.stock("SKU-11", name="on_hand") == 1


async def test_startup_delay_holds_the_first_cycle_back(world: World) -> None:
    async with world.service(tuned(startup_delay_s=60.0, interval_s=10.0)):
        await world.wait(59)
        assert cycles(world) == 0
        await world.wait(2)
        assert cycles(world) == 1


async def test_health_checks_come_at_their_spacing(world: World) -> None:
    async with world.service(tuned(health_interval_s=100.0)):
        await world.wait(301)
        assert len(named(world, EventName.HEALTH_CHECKED)) == 4


@pytest.mark.parametrize(("size", "batches"), [(2, 3), (3, 2), (10, 1)])
async def test_batch_size_is_the_products_in_a_batch(world: World, size: int, batches: int) -> None:
    world.store.add(shoes(6))
    await world.start(tuned(batch_size=size))
    assert (await world.once()).batches == batches
    assert max(batch["products"] for batch in named(world, EventName.BATCH_STARTED)) == min(size, 6)


async def test_batch_size_of_one_run(world: World) -> None:
    world.store.add(shoes(6))
    await world.start(tuned(batch_size=10))
    finished = await world.cycle(Cause("manual", batch_size=2))
    assert finished.view.batches == 3


async def test_batch_delay_is_a_pause_between_batches(world: World) -> None:
    world.store.add(shoes(6))
    await world.start(tuned(batch_size=2, batch_delay_s=30.0))
    assert 60 <= (await world.once()).duration_s < 70


class Counting(httpx.AsyncBaseTransport):
    """Counts the requests that are on their way at once."""

    def __init__(self, world: World) -> None:
        self._inner = world.wire
        self._clock = world.clock
        self._now = 0
        self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await self._clock.sleep(0.25)
            return await self._inner.handle_async_request(request)
        finally:
            self._now -= 1


@pytest.mark.parametrize("jobs", [1, 3, 7])
async def test_max_concurrent_jobs_bounds_the_requests_in_flight(make: Make, jobs: int) -> None:
    world = make(shop=ShopSettings(locations=("Bodega",), capacity_points=100_000.0, restore_points_per_s=5000.0))
    world.store.add(shoes(40))
    engine = await world.start(tuned(max_concurrent_jobs=jobs))
    counting = Counting(world)
    client: Any = engine.deps.shop
    client._client._http = httpx.AsyncClient(transport=counting)
    await world.once()
    assert counting.most == jobs
    assert len(world.shop.products()) == 40


async def test_timeout_ends_a_long_run_cleanly_and_the_next_goes_on(world: World) -> None:
    world.store.add(shoes(6))
    await world.start(tuned(timeout_s=45.0, batch_size=1, batch_delay_s=20.0))
    first = await world.once()
    assert "timeout" in first.note
    made = len(world.shop.products())
    assert 0 < made < 6
    assert first.errors == 0
    await world.converge()
    assert len(world.shop.products()) == 6


async def test_max_items_per_run_is_what_a_run_takes_and_a_further_run_starts_at_once(world: World) -> None:
    world.store.add(shoes(12))
    async with world.service(tuned(max_items_per_run=5, interval_s=3600.0)):
        await world.wait(30)
    found = sorted((cycle.items_found for cycle in world.real_ledger.cycles(50, None)), reverse=True)
    assert found[:3] == [5, 5, 2]
    assert len(world.shop.products()) == 12


async def test_include_zero_stock_lets_sold_out_items_in(world: World) -> None:
    world.store.add(shoes(2, quantity=0.0))
    await world.start(with_policy(filters={"include_zero_stock": False}))
    assert (await world.once()).products_created == 0
    await world.restart(with_policy(filters={"include_zero_stock": True}))
    await world.send(FullSync("zero stock is wanted now"))
    for _ in range(10):
        await world.cycle()
    assert len(world.shop.products()) == 2


async def test_force_update_sends_what_has_not_changed(world: World) -> None:
    world.store.add(shoes(1))
    await world.start()
    await world.once()
    world.store.change(11, Quantity=5.0)
    assert (await world.cycle()).view.mutations == 0
    policy = dataclasses.replace(SETTINGS.policy, force_update=True)
    await world.restart(dataclasses.replace(SETTINGS, policy=policy))
    world.store.change(11, Quantity=5.0)
    assert (await world.cycle()).view.mutations > 0


async def test_progress_is_told_only_when_wanted(world: World) -> None:
    world.store.add(shoes(3))
    for wanted in (True, False):
        begin = world.start if wanted else world.restart
        engine = await begin(tuned(progress=wanted))
        told: list[asyncio.Task[EngineSnapshot]] = []
        engine.runner.on_push = partial(look, engine, told)
        await world.cycle()
        (progress,) = [(await task).progress for task in told]
        assert (progress is not None) is wanted
        world.store.change(11, Quantity=2.0)


def look(engine: EngineService, told: list[asyncio.Task[EngineSnapshot]]) -> None:
    told.append(asyncio.ensure_future(engine.snapshot()))


async def test_detailed_and_performance_logs_can_be_switched_off(world: World) -> None:
    world.store.add(shoes(1))
    await world.start(tuned(detailed_log=False, performance_log=False))
    await world.once()
    assert "24YM0001" not in world.log.text()
    assert not any(line.record for line in world.log)
    await world.restart(tuned(detailed_log=True, performance_log=True))
    world.store.change(11, Price=16000.0)
    await world.cycle()
    assert "24YM0001" in world.log.text()
    (record,) = [line.record for line in world.log if line.record]
    metrics: Any = record["metrics"]
    assert set(metrics) >= {"execution_time_ms", "items_found", "products_synced", "memory_usage_mb"}


async def test_recovery_off_stays_in_error_until_a_person_acts(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(tuned(recovery_enabled=False, interval_s=60.0)) as engine:
        world.wire.is_cut = True
        world.store.change(11, Quantity=2.0)
        await world.wait(120)
        assert engine.machine.state is EngineState.ERROR
        world.wire.is_cut = False
        await world.wait(600)
        assert engine.machine.state is EngineState.ERROR


@pytest.mark.parametrize(("attempts", "state"), [(50, EngineState.RECOVERING), (2, EngineState.ERROR)])
async def test_max_attempts_is_where_fast_tries_end(world: World, attempts: int, state: EngineState) -> None:
    world.store.add(shoes(1))
    async with world.service(tuned(recovery_max_attempts=attempts, interval_s=60.0)) as engine:
        world.wire.is_cut = True
        world.store.change(11, Quantity=2.0)
        await world.wait(300)
        assert engine.machine.state is state
        world.wire.is_cut = False
        await world.wait(60)
        assert engine.machine.state in (EngineState.IDLE, EngineState.RUNNING)


async def test_lock_off_is_a_warning_not_a_second_engine(world: World) -> None:
    await world.start(tuned(lock_enabled=False))
    assert "lock.enabled" in world.log.text()
    assert (await world.engine.snapshot()).lock.enabled is False


@pytest.mark.parametrize("name", ["timeout_s", "lock_timeout_s"])
async def test_the_lock_is_held_no_longer_than_its_timeout(world: World, name: str) -> None:
    world.store.add(shoes(6))
    limit: Any = {name: 45.0}
    await world.start(tuned(batch_size=1, batch_delay_s=20.0, **limit))
    assert "timeout" in (await world.once()).note


async def test_operation_timeout_bounds_one_product_and_is_read_back(world: World) -> None:
    world.store.add(shoes(2))
    await world.start(tuned(operation_timeout_s=20.0))
    inner, clock = world.wire, world.clock

    class Stuck(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await inner.handle_async_request(request)
            if b"24YM0001" in request.content and b"productSet" in request.content and not seen:
                seen.append(1)
                await clock.sleep(3600.0)
            return answer

    seen: list[int] = []
    client: Any = world.engine.deps.shop
    client._client._http = httpx.AsyncClient(transport=Stuck())
    first = await world.once()
    assert (first.products_synced, first.errors) == (1, 1)
    await world.converge()
    assert len(world.shop.products()) == 2


def described(world: World) -> int:
    return len(world.shop.ledger.of("shop"))


async def changed_and_run(world: World, quantity: float) -> None:
    world.store.change(11, Quantity=quantity)
    await world.cycle()


async def test_reference_data_is_remembered_for_its_time_to_live(world: World) -> None:
    world.store.add(shoes(1))
    engine = await world.start(tuned(query_cache=True, cache_ttl_s=300.0))
    await world.once()
    before = described(world)
    await changed_and_run(world, 4.0)
    assert described(world) == before
    world.clock.advance(301.0)
    await world.cycle()
    assert described(world) == before, "a quiet cycle asks for nothing"
    await changed_and_run(world, 3.0)
    assert described(world) == before + 1
    # The first comparison looks it up too.
    assert (await engine.snapshot()).rates.cache_hit_ratio == pytest.approx(3 / 4)


async def test_without_the_cache_reference_data_is_read_for_each_run_with_work(world: World) -> None:
    world.store.add(shoes(1))
    engine = await world.start(tuned(query_cache=False))
    await world.once()
    before = described(world)
    await changed_and_run(world, 4.0)
    await changed_and_run(world, 3.0)
    assert described(world) == before + 2
    assert (await engine.snapshot()).rates.cache_hit_ratio == 0


async def test_a_new_location_column_is_followed_once_the_memory_is_old(world: World) -> None:
    """Reference data only: stock itself is always read fresh."""
    world.store.add(shoes(1))
    await world.start(tuned(cache_ttl_s=300.0))
    await world.once()
    await changed_and_run(world, 1.0)
    assert world.shop.stock("SKU-11", name="on_hand") == 1


async def test_the_supervisor_looks_at_its_interval(world: World) -> None:
    async with world.service(tuned(recovery_check_interval_s=50.0)):
        await world.wait(201)
        assert len(named(world, EventName.SUPERVISOR_CHECKED)) == 5


async def test_a_run_that_hangs_is_given_up_and_the_next_works(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(tuned(recovery_check_interval_s=60.0, timeout_s=120.0, operation_timeout_s=1e6)) as engine:
        await world.wait(5)
        detector: Any = engine.detector
        real = detector.poll

        async def hang(*_: Any) -> None:
            await world.clock.sleep(1e7)

        detector.poll = hang
        await world.wait(600)
        detector.poll = real
        world.store.change(11, Quantity=1.0)
        await world.wait(400)
    assert "given up" in world.log.text()
    given_up = [cycle for cycle in world.real_ledger.cycles(50, None) if cycle.error_code == "run-hung"]
    assert [cycle.result for cycle in given_up] == ["FAIL"] * len(given_up)
    assert given_up
    assert world.shop.stock("SKU-11", name="on_hand") == 1


@pytest.mark.parametrize(("attempts", "waited_s"), [(1, 0.0), (3, 1.0)])
async def test_lock_retry_attempts_is_how_often_a_held_lock_is_asked_for(
    make: Make, attempts: int, waited_s: float
) -> None:
    world = make(on_disk=True)
    await world.start()
    other = FileLease(world.folder / "state", world.clock)
    tenure = Tenure(dataclasses.replace(world.engine.deps, lease=other), "other")
    begun = world.clock.monotonic()
    with pytest.raises(LeaseHeld):
        await world.run(tenure.begin(world.settings.shop, attempts))
    assert world.clock.monotonic() - begun == pytest.approx(waited_s)


async def test_w13_another_served_version_is_told(make: Make) -> None:
    """W13: Shopify falls forward without a word; the engine says so."""
    world = make()
    world.shop.supported_versions = ("2026-01",)
    await world.start()
    await world.once()
    assert "2026-01" in " ".join((await world.engine.snapshot()).warnings)
