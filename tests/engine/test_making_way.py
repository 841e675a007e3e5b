"""A backlog is being pushed and something more urgent comes: it is in the shop in seconds, and the backlog ends too."""

from __future__ import annotations

from collections.abc import Callable

from rms_console.contract.commands import Accepted, CancelCycle, Pause, Refused, RetryItems, Trigger
from rms_console.contract.state import EngineState
from rms_console.errors import ShopUnavailable, SourceUnavailable
from tests.engine.conftest import Make
from tests.engine.world import World, shoes, tuned

POLL_S = 10.0
SLOW = tuned(max_concurrent_jobs=3, interval_s=POLL_S, bulk_from=0)
BACKLOG = 300


async def until(world: World, done: Callable[[], bool], within_s: float) -> float:
    """Return after how long `done` was true, to a quarter of a second."""
    begun = world.clock.monotonic()
    while not done():
        waited = world.clock.monotonic() - begun
        assert waited < within_s, f"not within {within_s:g} s"
        await world.wait(0.25)
    return world.clock.monotonic() - begun


async def begin_backlog(world: World, products: int = BACKLOG) -> None:
    """Have a backlog of creations in the middle of being pushed: half a second a request, three at a time."""
    world.wire.latency_s = 0.5
    world.store.fill(shoes(products, first=100))
    await world.wait(30)
    assert 20 < len(world.styles()) < products


async def test_g2_a_sell_out_is_in_the_shop_within_15_s_while_a_backlog_is_pushed(make: Make) -> None:
    """G2: wherever in the time between two polls it comes."""
    took = []
    for after_s in (0.1, 3.0, 6.0, 9.7):
        world = make(settings=SLOW)
        world.store.add(shoes(3))
        async with world.service():
            await world.wait(1)
            await begin_backlog(world)
            await world.wait(after_s)
            world.store.change(11, Quantity=0)
            took.append(await until(world, lambda w=world: w.stock(11) == 0, 15.0))  # type: ignore[misc]
            assert len(world.styles()) < BACKLOG - 50
    assert max(took) <= 15.0, took
    assert sorted(took)[1] <= 10.0, took


async def test_g2_a_new_price_comes_before_the_backlog_too(make: Make) -> None:
    """G2: what is not stock does not stand in line behind the creations either."""
    world = make(settings=SLOW)
    world.store.add(shoes(3))
    async with world.service():
        await world.wait(1)
        await begin_backlog(world)
        world.store.change(21, Price=17000.0)
        await until(world, lambda: world.price(21)[0] == "17000.00", 15.0)
        assert len(world.styles()) < BACKLOG - 50


async def test_g2_a_trigger_of_one_sku_is_through_within_15_s_while_a_backlog_is_pushed(make: Make) -> None:
    """G2: interactive work goes first; nothing of the backlog is counted as tried."""
    world = make(settings=tuned(SLOW, interval_s=3600.0))
    world.store.add(shoes(3))
    async with world.service():
        await world.wait(1)
        world.wire.latency_s = 0.5
        world.store.fill(shoes(BACKLOG, first=100))
        assert isinstance(await world.send(Trigger()), Accepted)
        await world.wait(30)
        world.store.change(31, Quantity=0)
        assert isinstance(await world.send(Trigger(skus=("SKU-31",))), Accepted)
        await until(world, lambda: world.stock(31) == 0, 15.0)
        assert all(entry.attempts == 0 for entry in world.entries().values())
        notes = {cycle.note: cycle.result for cycle in world.real_ledger.cycles(10, None)}
        (cut,) = (note for note in notes if "newer changes" in note)
        assert notes[cut] == "OK"
        await until(world, lambda: len(world.styles()) == BACKLOG + 3, 120.0)
        await world.wait(5)
    world.assert_equal()


async def test_g2_a_stream_of_changes_does_not_starve_the_backlog(make: Make) -> None:
    """G2: each change is quick, and the backlog ends in bounded time."""
    world = make(settings=tuned(SLOW, interval_s=3600.0, watch_s=2.0))
    world.store.add(shoes(20))
    late = []
    async with world.service():
        await world.wait(5)
        await begin_backlog(world)
        begun = world.clock.monotonic()
        number = 0
        while len(world.styles()) < BACKLOG + 20:
            item = 10 * (number % 20 + 1) + 1
            number += 1
            world.store.change(item, Quantity=number % 7 + 20)
            wanted = number % 7 + 20
            late.append(await until(world, lambda i=item, q=wanted: world.stock(i) == q, 20.0))  # type: ignore[misc]
            assert world.clock.monotonic() - begun < 400.0, f"{len(world.styles())} after {number} changes"
        assert number > 15
        assert sorted(late)[len(late) // 2] <= 8.0, late
        await world.wait(30)
    world.assert_equal()


async def test_g2_more_changes_at_once_than_go_ahead_stand_in_line_and_cut_nothing(make: Make) -> None:
    """G2: a mass change is a backlog itself; the run that is on goes on."""
    world = make(settings=SLOW)
    world.store.add(shoes(60))
    async with world.service():
        await world.wait(1)
        await begin_backlog(world)
        for item in range(1, 61):
            world.store.change(10 * item + 1, Price=17000.0)
        await until(world, lambda: world.price(601)[0] == "17000.00", 200.0)
        await world.wait(60)
        assert not any("newer changes" in cycle.note for cycle in world.real_ledger.cycles(50, None))
    world.assert_equal()


async def test_g2_a_change_of_a_product_that_waits_in_the_backlog_goes_ahead_with_it(make: Make) -> None:
    """G2: its entry is as old as the backlog, the change is not."""
    world = make(settings=SLOW)
    async with world.service():
        await world.wait(1)
        await begin_backlog(world)
        last = 10 * (99 + BACKLOG) + 1
        assert world.shop.variant(f"SKU-{last}") is None
        world.store.change(last, Quantity=41)
        await until(world, lambda: world.stock(last) == 41, 15.0)
        assert len(world.styles()) < BACKLOG - 50


async def test_the_queue_is_told_of_changes_while_a_run_pushes_and_a_read_that_fails_ends_nothing(make: Make) -> None:
    world = make(settings=SLOW)
    world.store.add(shoes(3))
    async with world.service() as engine:
        await world.wait(1)
        await begin_backlog(world)
        cycles = len(world.real_ledger.cycles(50, None))

        def gone(name: str) -> None:
            if name == "read_changes":
                raise SourceUnavailable("no route to the server")

        world.around.before = gone
        before = len(world.styles())
        await world.wait(2 * POLL_S)
        assert len(world.styles()) > before + 30
        assert len(world.real_ledger.cycles(50, None)) == cycles
        assert engine.recovery.fault is None


# A run that somebody ended


async def test_a_cancelled_run_with_retries_due_waits_for_the_next_scheduled_one(make: Make) -> None:
    """What is due again already rings no retry: the cancelled run would begin again at once."""
    world = make(settings=tuned(SLOW, interval_s=1800.0, watch_s=20.0, batch_size=1, batch_delay_s=30.0))
    refused = {"left": 2}

    def trouble(operation: object) -> None:
        if refused["left"]:
            refused["left"] -= 1
            raise ShopUnavailable("no answer", code="shop-unavailable")

    async with world.service() as engine:
        await world.wait(1)
        world.client.trouble = trouble
        world.store.add(shoes(20))
        assert isinstance(await world.send(Trigger()), Accepted)
        await world.wait(200)
        assert world.counts().retrying > 0
        assert isinstance(await world.send(CancelCycle()), Accepted)
        await world.wait(2)
        made, runs = len(world.styles()), engine.figures.last
        assert 2 < made < 12
        await world.wait(600)
        assert (len(world.styles()), engine.figures.last) == (made, runs)
        assert isinstance(await world.send(Trigger()), Accepted)
        await world.wait(900)
        assert len(world.styles()) == 20


async def test_a_person_who_releases_an_item_ends_the_wait_after_a_cancel(make: Make) -> None:
    world = make(settings=tuned(SLOW, interval_s=3600.0, batch_size=1, batch_delay_s=10.0))
    async with world.service():
        await world.wait(1)
        world.store.add(shoes(10))
        assert isinstance(await world.send(Trigger()), Accepted)
        await world.wait(25)
        assert isinstance(await world.send(CancelCycle()), Accepted)
        await world.wait(60)
        made = len(world.styles())
        assert made < 10
        assert isinstance(await world.send(RetryItems((101,))), Accepted)
        await world.wait(200)
        assert len(world.styles()) == 10


async def test_after_a_run_was_given_up_nothing_counts_as_on_and_the_history_has_it(make: Make) -> None:
    """A pause takes effect at once then, and there is nothing to cancel."""
    world = make(settings=SLOW)
    async with world.service() as engine:
        await world.wait(1)
        await begin_backlog(world)
        engine.give_up()
        await world.idle()
        assert isinstance(await world.send(CancelCycle()), Refused)
        assert isinstance(await world.send(Pause("inventario")), Accepted)
        assert engine.machine.state is EngineState.PAUSED
        (last, *_) = world.real_ledger.cycles(1, None)
        assert (last.result, last.error_code) == ("FAIL", "run-hung")
        assert last.products_created > 0
