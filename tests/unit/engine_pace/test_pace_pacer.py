"""The pacer: who goes when, what a report changes, and that nobody is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from rms_console.contract.ports import ThrottleStatus
from rms_console.engine.pace import AGEING_S, CROWD, Pacer
from rms_console.errors import ShopRejected
from tests.unit.engine_pace.virtual import ShopBucket, VirtualClock

URGENT, CHANGE, BACKLOG = 0, 10, 20


def status(available: float, maximum: float = 2000.0, restore: float = 100.0) -> ThrottleStatus:
    return ThrottleStatus(maximum, available, restore)


async def told(pacer: Pacer, report: ThrottleStatus) -> None:
    """Give the pacer its first answer: a request that cost nothing."""
    async with pacer.reserve(0.0, URGENT) as reservation:
        reservation.settle(0.0, report)


async def send(pacer: Pacer, shop: ShopBucket, points: float, priority: int = BACKLOG) -> None:
    """Send one request as the adapter does: when throttled again, and then more urgently."""
    while True:
        async with pacer.reserve(points, priority) as reservation:
            charged, report = await shop.call(points)
            reservation.settle(charged, report)
        if charged is not None:
            return
        await shop.clock.sleep(pacer.throttled(points, report))
        priority -= 10


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.mark.parametrize("charge_late", [False, True])
async def test_a_backlog_of_600_products_uses_the_points_and_is_not_throttled(
    clock: VirtualClock, charge_late: bool
) -> None:
    shop, pacer = ShopBucket(clock, charge_late=charge_late), Pacer(clock)
    await clock.run(_all(pacer, shop, [10.0 + n % 19 for n in range(600)]))
    available = shop.maximum + shop.restore * max(shop.sent_at)
    assert shop.used / available >= 0.98
    assert shop.throttled <= 6
    assert shop.answered == 600


async def test_w11_another_app_drains_half_and_we_follow(clock: VirtualClock) -> None:
    shop, pacer = ShopBucket(clock, drained_per_s=50.0), Pacer(clock)
    await clock.run(_all(pacer, shop, [12.0] * 600))
    assert shop.throttled <= 0.04 * 600
    assert shop.used / (shop.maximum + 50.0 * max(shop.sent_at)) >= 0.95


async def test_w11_the_rate_falls_to_nothing_and_comes_back(clock: VirtualClock) -> None:
    shop, pacer = ShopBucket(clock, level=300.0), Pacer(clock)

    async def weather() -> None:
        for after_s, restore in ((5.0, 50.0), (5.0, 0.0), (60.0, 100.0)):
            await clock.sleep(after_s)
            shop.set_restore(restore)

    async def run() -> None:
        await asyncio.gather(weather(), _all(pacer, shop, [12.0] * 200))

    await clock.run(run())
    assert shop.answered == 200
    assert shop.throttled <= 20
    assert clock.seconds < 130.0
    assert pacer.view().restore == 100.0


async def test_before_the_first_answer_only_a_few_go(clock: VirtualClock) -> None:
    pacer = Pacer(clock)
    waiting = [asyncio.ensure_future(_hold(pacer, 10.0)) for _ in range(9)]
    await clock.run_for(1.0)
    assert pacer.view().in_flight == 4
    assert pacer.view().limited_by == "jobs"
    await _cancel(waiting)


async def test_urgent_goes_first_then_in_order_of_arrival(clock: VirtualClock) -> None:
    pacer = Pacer(clock, max_in_flight=1)
    await told(pacer, status(2000.0))
    order: list[str] = []
    gate = asyncio.ensure_future(_hold(pacer, 10.0, seconds=1.0, clock=clock))
    await clock.run_for(0.1)
    named = [("b1", BACKLOG), ("c1", CHANGE), ("b2", BACKLOG), ("u1", URGENT), ("c2", CHANGE)]
    tasks = [asyncio.ensure_future(_note(pacer, name, priority, order)) for name, priority in named]
    await clock.run_for(2.0)
    await asyncio.gather(gate, *tasks)
    assert order == ["u1", "c1", "c2", "b1", "b2"]


async def test_the_backlog_is_not_starved_by_a_stream_of_urgent_work(clock: VirtualClock) -> None:
    pacer = Pacer(clock, max_in_flight=1)
    await told(pacer, status(2000.0, restore=2000.0))
    done: list[str] = []
    patient = asyncio.ensure_future(_note(pacer, "backlog", BACKLOG, done))
    stream = [asyncio.ensure_future(_stream(pacer, clock)) for _ in range(3)]
    await clock.run_for(AGEING_S * (BACKLOG - URGENT) + 5.0)
    assert done == ["backlog"]
    await _cancel([*stream, patient])


async def test_a_dear_request_is_not_overtaken_for_ever_by_cheap_ones(clock: VirtualClock) -> None:
    shop, pacer = ShopBucket(clock, level=100.0), Pacer(clock)
    finished: list[float] = []

    async def dear() -> None:
        await send(pacer, shop, 900.0)
        finished.append(clock.seconds)

    async def run() -> None:
        await asyncio.gather(_all(pacer, shop, [10.0] * 20), dear(), _all(pacer, shop, [10.0] * 100))

    await clock.run(run())
    assert finished[0] < 15.0


async def test_the_limit_of_places_may_change_while_running(clock: VirtualClock) -> None:
    pacer = Pacer(clock, max_in_flight=2)
    await told(pacer, status(2000.0))
    held = [asyncio.ensure_future(_hold(pacer, 10.0)) for _ in range(8)]
    await clock.run_for(0.1)
    assert (pacer.view().in_flight, pacer.view().limited_by) == (2, "jobs")
    pacer.max_in_flight = 5
    await clock.run_for(0.1)
    assert pacer.view().in_flight == 5
    pacer.max_in_flight = 0
    await clock.run_for(0.1)
    assert (pacer.view().in_flight, pacer.view().limited_by) == (8, "nothing")
    await _cancel(held)


async def test_no_more_places_are_taken_than_the_budget_can_feed(clock: VirtualClock) -> None:
    pacer = Pacer(clock)
    await told(pacer, status(2000.0))
    async with pacer.reserve(10.0, URGENT) as answered:
        held = [asyncio.ensure_future(_hold(pacer, 1.0)) for _ in range(100)]
        await clock.run_for(0.1)
        standard = pacer.view().in_flight
        answered.settle(10.0, status(20_000.0, 20_000.0, 1000.0))
    await clock.run_for(0.1)
    assert 16 <= standard <= 32
    assert pacer.view().in_flight == 100
    await _cancel(held)


async def test_the_view_says_what_limits_the_pace(clock: VirtualClock) -> None:
    pacer = Pacer(clock)
    await told(pacer, status(50.0))
    assert pacer.view().limited_by == "nothing"
    waiting = asyncio.ensure_future(_hold(pacer, 400.0))
    await clock.run_for(0.1)
    view = pacer.view()
    assert (view.limited_by, view.waiting, view.in_flight) == ("points", 1, 0)
    assert (view.maximum, view.restore) == (2000.0, 100.0)
    assert view.available == pytest.approx(60.0, abs=1.0)
    await _cancel([waiting])


async def test_a_cancelled_waiter_gives_its_place_back(clock: VirtualClock) -> None:
    pacer = Pacer(clock)
    await told(pacer, status(30.0))
    first = asyncio.ensure_future(_hold(pacer, 1500.0))
    second = asyncio.ensure_future(_hold(pacer, 10.0))
    await clock.run_for(0.1)
    assert pacer.view().in_flight == 0
    await _cancel([first])
    await clock.run_for(0.0)
    assert pacer.view().in_flight == 1
    await _cancel([second])
    assert pacer.view().in_flight == 0


async def test_one_cancelled_just_when_its_turn_came_gives_its_points_back(clock: VirtualClock) -> None:
    pacer = Pacer(clock, max_in_flight=1)
    await told(pacer, status(500.0))
    async with pacer.reserve(10.0, CHANGE) as before:
        task = asyncio.ensure_future(_hold(pacer, 400.0))
        await clock.run_for(0.0)
        before.settle(10.0, None)
        assert pacer.view().in_flight == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert pacer.view().in_flight == 0
    assert pacer.view().available == pytest.approx(490.0)


async def test_a_block_that_fails_without_an_answer_counts_as_charged(clock: VirtualClock) -> None:
    pacer = Pacer(clock)
    await told(pacer, status(500.0))
    with pytest.raises(ConnectionError):
        async with pacer.reserve(200.0, CHANGE):
            raise ConnectionError
    assert pacer.view().available == pytest.approx(300.0)
    assert pacer.view().in_flight == 0


async def test_what_was_reserved_too_much_comes_back(clock: VirtualClock) -> None:
    pacer = Pacer(clock)
    await told(pacer, status(500.0))
    async with pacer.reserve(131.0, CHANGE) as reservation:
        assert pacer.view().available == pytest.approx(369.0)
        reservation.settle(17.0, None)
        reservation.settle(17.0, None)
    assert pacer.view().available == pytest.approx(483.0)


async def test_a_report_does_not_forget_what_it_has_not_seen(clock: VirtualClock) -> None:
    pacer = Pacer(clock)
    await told(pacer, status(500.0))
    others = [asyncio.ensure_future(_hold(pacer, 100.0)) for _ in range(3)]
    await clock.run_for(0.0)
    async with pacer.reserve(10.0, CHANGE) as reservation:
        reservation.settle(10.0, status(490.0))
    assert pacer.view().available == pytest.approx(190.0)
    await _cancel(others)


async def test_w10_a_throttled_answer_is_not_charged_and_says_how_long_to_wait(clock: VirtualClock) -> None:
    pacer = Pacer(clock)
    await told(pacer, status(500.0))
    async with pacer.reserve(50.0, CHANGE) as reservation:
        reservation.settle(None, status(20.0))
    assert pacer.throttled(50.0, status(20.0)) == pytest.approx(0.3)
    assert pacer.throttled(50.0, status(60.0)) == pytest.approx(0.1)
    assert pacer.throttled(50.0, status(20.0, restore=0.0)) == pytest.approx(5.0)
    assert pacer.throttled(50.0, None) == pytest.approx(1.0)
    assert pacer.view().available <= 20.0


async def test_a_report_that_makes_no_sense_is_passed_over(clock: VirtualClock) -> None:
    pacer = Pacer(clock)
    await told(pacer, status(500.0))
    async with pacer.reserve(10.0, CHANGE) as reservation:
        reservation.settle(10.0, ThrottleStatus(float("nan"), 5.0, 100.0))
    async with pacer.reserve(10.0, CHANGE) as reservation:
        reservation.settle(10.0, ThrottleStatus(0.0, 0.0, 0.0))
    assert pacer.view().maximum == 2000.0
    assert pacer.view().available == pytest.approx(480.0)


async def test_one_that_waits_when_the_bucket_shrinks_below_it_is_refused(clock: VirtualClock) -> None:
    """W11: a lowered limit must not leave a request waiting for ever."""
    pacer = Pacer(clock)
    await told(pacer, status(100.0))
    waiting = asyncio.ensure_future(_hold(pacer, 1500.0))
    await clock.run_for(0.1)
    await told(pacer, status(500.0, maximum=1000.0, restore=50.0))
    with pytest.raises(ShopRejected) as refused:
        await waiting
    assert refused.value.code == "operation-too-large"
    with pytest.raises(ShopRejected):
        await _hold(pacer, 1500.0)


async def test_a_shop_that_reports_no_costs_does_not_stop_us(clock: VirtualClock) -> None:
    pacer = Pacer(clock)
    for _ in range(300):
        async with pacer.reserve(10.0, CHANGE) as reservation:
            reservation.settle(None, None)
    assert clock.seconds == 0.0
    assert pacer.view().in_flight == 0


async def _all(pacer: Pacer, shop: ShopBucket, costs: list[float]) -> None:
    await asyncio.gather(*(send(pacer, shop, cost) for cost in costs))


async def _hold(pacer: Pacer, points: float, seconds: float | None = None, clock: VirtualClock | None = None) -> None:
    async with pacer.reserve(points, BACKLOG):
        if clock is not None and seconds is not None:
            await clock.sleep(seconds)
        else:
            await asyncio.get_running_loop().create_future()


async def _note(pacer: Pacer, name: str, priority: int, into: list[str]) -> None:
    async with pacer.reserve(10.0, priority) as reservation:
        into.append(name)
        reservation.settle(0.0, None)


async def _stream(pacer: Pacer, clock: VirtualClock) -> None:
    while True:
        async with pacer.reserve(10.0, URGENT) as reservation:
            await clock.sleep(0.5)
            reservation.settle(0.0, None)


async def _cancel(tasks: Sequence[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_work_begins_only_while_few_requests_wait_and_no_place_stays_empty(clock: VirtualClock) -> None:
    pacer = Pacer(clock, max_in_flight=3)
    waiting: list[int] = []

    async def job() -> None:
        await pacer.room()
        await _hold(pacer, 10.0, seconds=1.0, clock=clock)
        waiting.append(pacer.view().waiting)

    async def run() -> None:
        await asyncio.gather(*(job() for _ in range(60)))

    await clock.run(run())
    assert len(waiting) == 60
    assert max(waiting) <= CROWD
    assert clock.seconds == pytest.approx(20.0)
