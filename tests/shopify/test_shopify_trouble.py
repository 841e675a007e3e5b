"""A run through trouble: limits that move, faults of every kind at once, an outage."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from rms_console.demo.shopify import ROUGH, FaultPlan, FaultRates
from rms_console.domain.operations import CreateProduct, SetStock, StockWrite
from rms_console.errors import ShopError, ShopOutcomeUnknown, ShopUnavailable
from tests.shopify.test_client_against_embedded import World, desired, world


@pytest.fixture
async def made() -> World:
    prepared = await world(latency_s=0.3)
    await prepared.clock.run(prepared.shop.prepare())
    return prepared


@pytest.mark.parametrize(
    "changes",
    [
        ((0.5, 100.0), (10.0, 50.0), (25.0, 0.0), (70.0, 100.0)),
        ((1.0, 0.0), (90.0, 100.0)),
        ((1.0, 1000.0), (2.0, 100.0)),
    ],
    ids=["100-50-0-100", "0-100", "1000-100"],
)
async def test_w11_a_run_follows_the_restore_rate_wherever_it_goes(
    made: World, changes: tuple[tuple[float, float], ...]
) -> None:
    """Everything is made once, few requests are throttled, none fails, and the whole budget is used again after."""
    count = 400
    start = made.clock.seconds

    async def limits() -> None:
        for at, rate in changes:
            await made.clock.sleep(start + at - made.clock.seconds)
            made.embedded.bucket.change(rate=rate)

    async def one(number: int) -> None:
        product = desired(f"S{number}", 4, made.embedded.location().id)
        await made.shop.apply(CreateProduct(product), key=str(number), priority=20)

    async def run() -> None:
        await asyncio.gather(limits(), *(one(number) for number in range(count)))

    await made.clock.run(run())
    assert len(made.embedded.products()) == count
    assert made.embedded.ledger.throttled <= count * 0.05
    assert made.pacer.view().restore == 100.0
    stood_still_s = sum(later - at for (at, rate), (later, _) in itertools.pairwise(changes) if rate == 0)
    spent = made.embedded.ledger.points - 2000
    assert made.clock.seconds - start <= stood_still_s + spent / 50 + 30


async def test_w11_a_smaller_bucket_is_followed_too(made: World) -> None:
    made.embedded.bucket.change(rate=10.0, capacity=200.0)
    for number in range(40):
        await made.create(f"S{number}", sizes=1)
    assert len(made.embedded.products()) == 40
    assert made.pacer.view().maximum == 200.0
    assert made.embedded.ledger.throttled <= 2


async def settle_one(made: World, style: str) -> int:
    """Create a product as the engine does, reading back what is unknown; return how many tries it took."""
    for tries in range(1, 60):
        try:
            if await made.find(style) is None:
                await made.create(style, sizes=2)
            return tries
        except (ShopOutcomeUnknown, ShopUnavailable):
            made.clock.advance(5)
    raise AssertionError(f"{style} was not settled")


async def test_w1_w9_w10_every_fault_at_once_leaves_each_style_once(made: World) -> None:
    rates = FaultRates(
        lost_ratio=ROUGH.lost_ratio,
        reset_ratio=ROUGH.reset_ratio,
        cut_ratio=ROUGH.cut_ratio,
        truncated_ratio=ROUGH.truncated_ratio,
        html_ratio=ROUGH.html_ratio,
        error_ratio=ROUGH.error_ratio,
        late_ratio=ROUGH.late_ratio,
        burst_ratio=ROUGH.burst_ratio,
        late_s=0.0,
    )
    plan = FaultPlan(rates, monotonic=made.clock.monotonic)
    made.embedded.faults = plan
    tries = [await settle_one(made, f"S{number}") for number in range(80)]
    plan.active = False
    assert len(plan.counts) >= 7
    assert max(tries) >= 2
    assert len(made.embedded.products()) == 80
    assert {style: made.embedded.product_by_style(style) is not None for style in map("S{}".format, range(80))} == {
        f"S{number}": True for number in range(80)
    }


async def test_w1_stock_through_every_fault_ends_at_what_was_written_last(made: World) -> None:
    applied = await made.create("S", sizes=2)
    made.embedded.faults = FaultPlan(
        FaultRates(lost_ratio=0.2, reset_ratio=0.1, error_ratio=0.2, truncated_ratio=0.1),
        monotonic=made.clock.monotonic,
    )
    item, place = applied.variants[1].inventory_item_id, made.embedded.location().id
    for number in range(60):
        row = StockWrite("S", 1, item, place, number, None)
        for _ in range(30):
            try:
                await made.apply(SetStock((row,)), key=f"k{number}")
                break
            except ShopError:
                made.clock.advance(1)
        assert made.embedded.stock("S-1", name="on_hand") == number


async def test_w12_work_goes_on_after_an_outage(made: World) -> None:
    plan = FaultPlan(monotonic=made.clock.monotonic)
    made.embedded.faults = plan
    await made.create("before", sizes=1)
    plan.outage_for(6 * 3600)
    refused = 0
    for _ in range(12):
        with pytest.raises((ShopUnavailable, ShopOutcomeUnknown)):
            await made.create("during", sizes=1)
        refused += 1
        made.clock.advance(1800)
    assert len(made.embedded.products()) == 1
    assert await settle_one(made, "during") == 1
    assert refused == 12
