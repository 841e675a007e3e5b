"""Nothing that RMS commits is missed: ties, late commits, failing reads, torn siblings, zones, what leaves, sales."""

from __future__ import annotations

import dataclasses
import random
from datetime import UTC, datetime, timedelta

import pytest

from rms_console.contract.records import QueueState
from rms_console.demo.shopify import ShopSettings
from rms_console.domain.position import Position
from rms_console.domain.product import Status
from rms_console.errors import SourceUnavailable
from tests.acceptance.store_file import Shoe, stamp
from tests.engine.conftest import Make
from tests.engine.world import CLOSES, OPENS, SETTINGS, World, on_sale, shoes, tuned, with_policy

ACTIVE = with_policy(SETTINGS, mapping={"status": Status.ACTIVE})
DETECTIONS = pytest.mark.parametrize("versions", [True, False], ids=["rowversion", "last_updated"])


# Ties and late commits


@DETECTIONS
@pytest.mark.parametrize("per_run", [7, 500])
async def test_d1_rows_of_one_stamp_arrive_whatever_the_batch_and_after_a_crash_in_each(
    make: Make, versions: bool, per_run: int
) -> None:
    """D1: 40 rows with one LastUpdated, taken a few at a time, the process gone after each run: every item arrives."""
    world = make(versions=versions, on_disk=True, settings=tuned(max_items_per_run=per_run))
    world.store.add(shoes(40), at=world.clock.now())
    for _ in range(40 // per_run + 2):
        await world.start()
        await world.once()
        await world.collect()
        await world.rest(10)
    assert len(world.styles()) == 40
    world.assert_equal()


async def test_d2_a_transaction_that_commits_late_with_an_older_stamp_arrives_with_the_next_poll(make: Make) -> None:
    """D2: by LastUpdated: written 25 minutes ago, committed now, while newer rows were read in between."""
    world = make(versions=False)
    world.store.add(shoes(5))
    await world.start()
    await world.once()
    for poll in range(6):
        await world.rest(240)
        world.store.change(21, Price=16000.0 + poll)
        await world.cycle()
    late = stamp(world.clock.now() - timedelta(minutes=25))
    world.store.change(11, Price=19900.0, LastUpdated=late)
    await world.cycle()
    assert (world.price(11)[0], world.price(21)[0]) == ("19900.00", "16005.00")


@pytest.mark.parametrize("polls", [1, 3, 6])
async def test_d2_d3_an_open_transaction_holds_back_the_watermark_but_no_other_change(world: World, polls: int) -> None:
    """D2, D3: by row version: what others commit meanwhile arrives at once, the transaction's own with its commit."""
    source = world.around
    world.store.add(shoes(5))
    await world.start()
    await world.once()
    world.store.change(11, Price=19900.0)
    source.hidden = {11: Position.of_version(world.store.rows()[0]["DBTimeStamp"])}
    for poll in range(polls):
        world.store.change(21, Price=16000.0 + poll)
        await world.cycle()
        assert (world.price(11)[0], world.price(21)[0]) == ("15000.00", f"{16000 + poll}.00")
        await world.rest(300)
    source.hidden = {}
    await world.cycle()
    assert world.price(11)[0] == "19900.00"
    await world.assert_quiet()


# Failing and torn reads


@DETECTIONS
async def test_d14_five_percent_of_failing_reads_lose_nothing(make: Make, versions: bool) -> None:
    """D14: a failed read is never an empty one: after 40 polls with failures among them the shop equals the store."""
    world = make(versions=versions)
    source = world.around
    chance = random.Random(14)
    failed: list[str] = []

    def before(name: str) -> None:
        if chance.random() < 0.05:
            failed.append(name)
            raise SourceUnavailable(f"{name}: the server went away")

    await world.start()
    await world.run(world.engine.mending.reach())
    source.before = before
    world.store.add(shoes(20, 2))
    for number in range(40):
        item = chance.choice([11, 52, 101, 151, 202])
        world.store.change(item, Price=10000.0 + number, Quantity=float(chance.randrange(9)))
        await world.cycle()
        await world.rest(60)
    assert {"read_changes", "read_items"} & set(failed)
    source.before = lambda name: None
    await world.converge()
    world.assert_equal()


async def test_d14_nothing_but_failing_reads_changes_nothing_and_loses_nothing(world: World) -> None:
    """D14: every poll fails for an hour: watermark and shop stay; then all arrives. A failed run says so."""
    source = world.around
    world.store.add(shoes(3))
    await world.start()
    await world.once()
    mark, before = world.real_ledger.watermark(), world.mutations()

    def away(name: str) -> None:
        raise SourceUnavailable("the server went away", code="rms-unavailable")

    source.before = away
    for number in range(12):
        world.store.change(11, Price=16000.0 + number)
        finished = await world.cycle()
        assert (finished.view.result, finished.view.error_code) == ("FAIL", "rms-unavailable")
        await world.rest(300)
    assert (world.real_ledger.watermark(), world.mutations()) == (mark, before)
    source.before = lambda name: None
    await world.converge()
    world.assert_equal()


async def test_d14_a_failing_view_after_a_good_poll_keeps_the_change_in_the_queue(world: World) -> None:
    source = world.around
    world.store.add(shoes(1))
    await world.start()
    await world.once()
    world.store.change(11, Price=17000.0)

    def before(name: str) -> None:
        if name == "read_items":
            raise SourceUnavailable("the view timed out")

    source.before = before
    assert (await world.cycle()).fault is not None
    assert world.counts().waiting == 1
    source.before = lambda name: None
    await world.cycle()
    assert world.price(11)[0] == "17000.00"


async def test_d16_siblings_that_change_between_two_reads_end_as_the_store_has_them(world: World) -> None:
    """D16: a wizard reprices a style while we read it: whatever half we saw, the next cycle brings the whole."""
    source = world.around
    world.store.add(shoes(1, 6))
    await world.start()
    await world.once()
    left = [15, 14]

    def before(name: str) -> None:
        if left and name in ("read_changes", "read_items"):
            world.store.change(left.pop(), Price=21000.0)

    for item in (11, 12, 13, 16):
        world.store.change(item, Price=21000.0)
    source.before = before
    await world.cycle()
    assert not left
    source.before = lambda name: None
    await world.converge()
    assert {world.price(item)[0] for item in range(11, 17)} == {"21000.00"}
    await world.assert_quiet()


async def test_d17_five_thousand_changed_ids_go_through_in_runs_of_the_set_size(world: World) -> None:
    """D17: 5,000 changed items, 2,000 a run: each is looked at, what has stock arrives, no statement is too long."""
    items = shoes(1250, 4, quantity=0.0)
    items[::100] = [dataclasses.replace(item, quantity=4.0) for item in items[::100]]
    world.store.fill(items)
    await world.start(tuned(max_items_per_run=2000))
    sizes = []
    for _ in range(4):
        view = await world.once()
        sizes.append((view.items_found, view.queue_left, view.products_created))
    assert sizes == [(2000, 3000, 20), (2000, 1000, 20), (1000, 0, 10), (0, 0, 0)]
    world.store.touch(item.item_id for item in items)
    assert (await world.once()).items_found == 2000
    await world.converge()
    assert len(world.styles()) == 50


# What leaves


GONE: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "inactive": ({"Inactive": 1}, {"Inactive": 0}),
    "unticked": ({"WebItem": 0}, {"WebItem": 1}),
    "no-sku": ({"ItemLookupCode": None}, {"ItemLookupCode": "SKU-11"}),
    "no-description": ({"Description": None}, {"Description": "ZAPATO"}),
    "no-style": ({"style": None}, {"style": "24YM0001"}),
    "not-to-be-sold": ({"ItemCannotBeSold": 1}, {"ItemCannotBeSold": 0}),
}


@pytest.mark.parametrize("way", GONE)
async def test_d9_each_way_of_vanishing_ends_at_stock_0_then_draft_and_comes_back(make: Make, way: str) -> None:
    """D9: never silence: stock 0 first, then the product is drafted; back in RMS it is for sale again."""
    gone, back = GONE[way]
    world = make(settings=ACTIVE)
    world.store.add(shoes(1))
    await world.start()
    await world.once()
    world.store.change(11, **gone)
    await world.converge()
    assert (world.stock(11), world.product("24YM0001").status) == (0, "DRAFT")
    await world.assert_quiet()
    world.store.change(11, **back)
    await world.converge()
    assert (world.stock(11), world.product("24YM0001").status) == (5, "ACTIVE")
    await world.assert_quiet()


async def test_d9_a_deleted_row_is_found_by_the_full_comparison(make: Make) -> None:
    """D9: a deleted row leaves no stamp: the comparison finds it and zeroes it; with its last item the product goes."""
    world = make(settings=ACTIVE)
    world.store.add(shoes(2, 2))
    await world.start()
    await world.once()
    world.store.delete(11)
    await world.cycle()
    await world.engine.reconciler.ask("nightly")
    await world.converge()
    assert [world.stock(item) for item in (11, 12)] == [0, 5]
    assert world.product("24YM0001").status == "ACTIVE"
    world.store.delete(12)
    await world.engine.reconciler.ask("nightly")
    await world.converge()
    assert (world.stock(12), world.product("24YM0001").status) == (0, "DRAFT")
    assert len(world.product("24YM0001").variants) == 2


async def test_d10_sold_out_is_told_and_back_again(world: World) -> None:
    """D10: with include_zero_stock off: 5 -> 0 -> 3 in the shop too; a sold-out item is only not created."""
    world.store.add([*shoes(1, 2), Shoe(19, "24YM0001", size="49", quantity=0.0)])
    await world.start()
    await world.once()
    for quantity, expected in ((0.0, 0), (-2.0, 0), (0.9, 0), (3.0, 3)):
        world.store.change(11, Quantity=quantity)
        await world.cycle()
        assert world.stock(11) == expected
    assert world.shop.variant("SKU-19") is None


@pytest.mark.parametrize("bad", [0.0, -5.0, 221239000000.0, None, "gratis"])
async def test_d11_an_unusable_price_stays_out_and_on_the_list_while_the_stock_flows(world: World, bad: object) -> None:
    """D11: 100 -> unusable -> 120: the old price stays, the reason is listed, nothing is silent."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    world.store.change(11, Price=bad)
    await world.cycle()
    assert world.entry(11).state is QueueState.QUARANTINED
    assert world.entry(11).message
    assert world.price(11)[0] == "15000.00"
    world.store.change(11, Price=18000.0, Quantity=2.0)
    await world.cycle()
    assert (world.price(11)[0], world.stock(11), world.entries()) == ("18000.00", 2, {})


# Sales and zones


async def test_d12_a_sale_opens_and_closes_by_the_clock_while_the_engine_runs(world: World) -> None:
    """D12: no row changes; the timer wakes the engine at each boundary, and price and compare-at follow."""
    world.store.add([on_sale(world), *shoes(1, first=2)])
    async with world.service(tuned(interval_s=86_400.0)) as engine:
        assert world.price(11) == ("15000.00", None)
        snapshot = await engine.snapshot()
        assert snapshot.next_sale_at == world.clock.now() + OPENS
        await world.wait(OPENS.total_seconds() - 1)
        assert world.price(11) == ("15000.00", None)
        await world.wait(2)
        assert world.price(11) == ("9000.00", "15000.00")
        await world.wait((CLOSES - OPENS).total_seconds())
        assert world.price(11) == ("15000.00", None)
        assert (await engine.snapshot()).next_sale_at is None
    assert world.price(21) == ("15000.00", None)


@pytest.mark.parametrize(
    ("down_until", "expected"),
    [(OPENS + timedelta(minutes=1), ("9000.00", "15000.00")), (CLOSES + timedelta(hours=9), ("15000.00", None))],
    ids=["over-the-opening", "over-both"],
)
async def test_d12_a_boundary_that_passes_while_the_engine_is_down_is_made_up_for_at_once(
    make: Make, down_until: timedelta, expected: tuple[str, str | None]
) -> None:
    world = make(on_disk=True)
    world.store.add([on_sale(world)])
    await world.start()
    await world.once()
    await world.stop()
    await world.rest(down_until.total_seconds())
    await world.start()
    await world.once()
    assert world.price(11) == expected


@pytest.mark.parametrize("end", ["00:00:00.000", "23:59:59.997"])
async def test_d12_an_end_at_midnight_and_one_tick_before_it_both_include_the_day(world: World, end: str) -> None:
    """D12: RMS's date pickers store a whole last day as its midnight."""
    dates = {"SaleStartDate": "2026-11-01 00:00:00.000", "SaleEndDate": f"2026-11-05 {end}"}
    world.store.add([Shoe(11, "24YM0001", extra={"SalePrice": 9000.0, "SaleType": 1, **dates})])
    async with world.service(tuned(interval_s=86_400.0)):
        assert world.price(11)[0] == "9000.00"
        noon_of_the_last_day = datetime(2026, 11, 5, 18, 0, tzinfo=UTC)
        await world.wait((noon_of_the_last_day - world.clock.now()).total_seconds())
        assert world.price(11)[0] == "9000.00"
        await world.wait(86_400.0)
        assert world.price(11) == ("15000.00", None)


async def test_d12_a_sale_that_passes_while_the_item_is_set_aside_leaves_no_trace(world: World) -> None:
    world.store.add([on_sale(world)])
    async with world.service(tuned(interval_s=86_400.0)):
        world.store.change(11, Price=0.0)
        await world.wait(86_400.0)
        world.store.change(11, Price=16000.0)
        await world.wait(86_400.0)
        assert world.price(11) == ("16000.00", None)


ZONES = [
    ("America/Costa_Rica", datetime(2026, 11, 2, 5, 0, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2026, 11, 2, 2, 0, tzinfo=UTC)),
    ("Europe/Madrid", datetime(2026, 10, 24, 21, 0, tzinfo=UTC)),
    ("Europe/Madrid", datetime(2027, 3, 27, 22, 0, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 3, 0, tzinfo=UTC)),
]


@DETECTIONS
@pytest.mark.parametrize(("zone", "start"), ZONES, ids=["utc-6", "utc-3", "madrid-autumn", "madrid-spring", "ny"])
async def test_d6_no_zone_and_no_change_of_the_clocks_loses_a_change(
    make: Make, zone: str, start: datetime, versions: bool
) -> None:
    """D6: a change every quarter of an hour for eight hours, over the switch of summer time, each seen in its poll.

    No item is written at the same local time to the millisecond in both passes of a repeated hour: nothing could
    tell such a row from the one that was read.
    """
    world = make(settings=tuned(zone=zone), start=start, versions=versions, shop=ShopSettings(locations=("A",)))
    world.store.add(shoes(4))
    await world.start()
    await world.once()
    for number in range(32):
        await world.rest(903.7)
        item = 11 + 10 * (number % 4)
        world.store.change(item, Price=10000.0 + number)
        await world.cycle()
        assert world.price(item)[0] == f"{10000 + number}.00", world.clock.now()
    world.assert_equal()


@DETECTIONS
async def test_d5_a_till_whose_clock_runs_ahead_hides_nobody_elses_changes(make: Make, versions: bool) -> None:
    """D5: one row stamped two hours ahead, then 30 right ones: all arrive."""
    world = make(versions=versions)
    world.store.add(shoes(31))
    await world.start()
    await world.once()
    world.store.change(11, Price=19000.0, LastUpdated=stamp(world.clock.now() + timedelta(hours=2)))
    await world.cycle()
    for style in range(2, 32):
        world.store.change(10 * style + 1, Price=16000.0)
        await world.cycle()
        await world.rest(30)
    world.assert_equal()


@DETECTIONS
async def test_g8_a_quiet_cycle_asks_the_shop_nothing_and_rms_twice_at_most(make: Make, versions: bool) -> None:
    """G8: nothing changed: no mutation, no request of any kind, at most two statements; and it says so."""
    world = make(versions=versions)
    world.store.add(shoes(5, 3))
    await world.start()
    await world.once()
    # Rows as young as the clock's own grain are offered once more: others of that very instant may still come.
    await world.rest(300)
    await world.cycle()
    for _ in range(5):
        await world.rest(300)
        requests, statements = world.wire.requests, world.source.statements()
        view = (await world.cycle()).view
        assert (world.wire.requests - requests, view.mutations, view.queries) == (0, 0, 0)
        assert world.source.statements() - statements <= 2
        assert (view.result, view.note) == ("OK", "no changes")
