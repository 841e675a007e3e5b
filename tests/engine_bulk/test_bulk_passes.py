"""Large passes go by bulk mutations: all there once, for a fraction of the points; trouble hits its own product."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from rms_console.contract.commands import Trigger
from rms_console.contract.records import QueueState
from rms_console.demo.shopify.faults import Fault, FaultKind
from rms_console.errors import StoreBusy
from tests.engine.conftest import Make
from tests.engine.world import Lost, shoes, tuned, with_policy
from tests.engine_bulk.conftest import BULK, bulk_jobs, calls

COUNT = 120


async def test_many_creations_go_by_one_bulk_mutation_for_a_fraction_of_the_points(make: Make) -> None:
    """Nothing is created by a call of its own, all is there once, and the next run has nothing to send."""
    points = {}
    for least in (0, 50):
        world = make(settings=tuned(BULK, bulk_from=least))
        world.store.fill(shoes(COUNT, 2))
        await world.start()
        view = await world.once()
        assert view.products_created == COUNT
        assert not world.entries()
        world.assert_equal()
        points[least] = world.shop.ledger.points
        assert calls(world, "productSet") == (COUNT if not least else 0)
        assert len(bulk_jobs(world)) == bool(least)
        await world.assert_quiet()
    assert points[50] < points[0] / 4


async def test_below_the_limit_nothing_goes_by_bulk(make: Make) -> None:
    world = make(settings=BULK)
    world.store.fill(shoes(49))
    await world.start()
    await world.once()
    assert (calls(world, "productSet"), bulk_jobs(world)) == (49, [])
    world.assert_equal()


async def test_many_prices_go_by_one_bulk_mutation_and_what_differs_by_single_calls(make: Make) -> None:
    world = make(settings=BULK)
    world.store.fill(shoes(COUNT))
    await world.start()
    await world.once()
    for style in range(1, COUNT + 1):
        world.store.change(style * 10 + 1, Price=17000.0, **({"Quantity": 3.0} if style <= 5 else {}))
    view = (await world.cycle()).view
    assert view.variants_updated == COUNT
    assert calls(world, "productVariantsBulkUpdate") == 5
    assert [len(job.order) for job in bulk_jobs(world)] == [COUNT, COUNT - 5]
    assert not world.entries()
    world.assert_equal()
    await world.assert_quiet()


async def test_a_product_that_is_there_already_is_adopted_and_not_replaced(make: Make) -> None:
    """W1: a fresh ledger meets products of ours: each is looked up before the bulk mutation, and linked."""
    world = make(settings=BULK)
    world.store.fill(shoes(60))
    await world.start()
    await world.once()
    made = {product.id for product in world.shop.products()}
    await world.stop()
    assert world._memory is not None
    world._memory.close()
    world._memory = None
    world.store.fill(shoes(60, first=61))
    await world.start()
    await world.once()
    assert made < {product.id for product in world.shop.products()}
    world.assert_equal()
    assert [len(job.order) for job in bulk_jobs(world)] == [60, 60]


async def test_line_errors_set_only_their_products_aside(make: Make) -> None:
    world = make(settings=with_policy(BULK, filters={"max_price": Decimal(10) ** 20}))
    world.store.fill(shoes(COUNT))
    # Shopify takes no price from 10^18 on; it says so in the line of that product.
    for style in (7, 70):
        world.store.change(style * 10 + 1, Price=2e18)
    await world.start()
    view = await world.once()
    aside = world.entries(QueueState.QUARANTINED)
    assert set(aside) == {71, 701} == set(world.entries())
    assert {entry.code for entry in aside.values()} == {"shop-rejected"}
    assert (view.products_created, view.quarantined) == (COUNT - 2, 2)
    assert len(world.shop.products()) == COUNT - 2
    assert calls(world, "productSet") == 0


async def test_a_bulk_mutation_that_cannot_start_leaves_the_work_to_single_calls(make: Make) -> None:
    world = make(settings=BULK)
    world.store.fill(shoes(60))
    await world.start()
    world.shop.faults = lambda info: Fault(FaultKind.STATUS, 500) if "stagedUploadsCreate" in info.root_fields else None
    await world.once()
    assert (calls(world, "productSet"), bulk_jobs(world)) == (60, [])
    world.assert_equal()


async def test_w2_what_a_failed_bulk_mutation_did_is_unknown_until_it_is_read(make: Make) -> None:
    """W2: half of the lines are done when it fails; the others are made by the next runs, nothing twice."""
    world = make(settings=BULK)
    world.store.fill(shoes(60))
    await world.start()
    world.shop.bulk.fail_next(30)
    await world.once()
    assert len(world.shop.products()) == 30
    assert all(entry.doubt for entry in world.entries().values())
    await world.converge(cycles=100)
    world.assert_equal()
    await world.assert_quiet()


@pytest.mark.parametrize("late_s", [None, 60.0], ids=["never-there", "late"])
async def test_w2_a_start_that_is_lost_leaves_doubt_and_the_shop_becomes_the_store(
    make: Make, late_s: float | None
) -> None:
    """W2: nobody knows whether it began; it may begin a minute later, with prices that are old by then."""
    world = make(settings=BULK)
    world.store.fill(shoes(60))
    await world.start()
    lost = Lost(httpx.ReadTimeout("the answer did not come"), late_s=late_s)
    world.wire.faults = lambda info: lost if "bulkOperationRunMutation" in info.root_fields else None
    await world.once()
    assert len(world.entries()) == 60
    assert all(entry.doubt for entry in world.entries().values())
    world.wire.faults = lambda info: None
    for style in range(1, 61):
        world.store.change(style * 10 + 1, Price=19000.0)
    await world.converge(cycles=300)
    await world.rest(600)
    assert len(bulk_jobs(world)) == (late_s is not None)
    world.assert_equal()
    await world.assert_quiet()


async def test_what_somebody_deleted_in_the_shop_is_found_by_its_line(make: Make) -> None:
    """W6: the line is refused, the product is read, and the deletion is respected; the others have their price."""
    world = make(settings=BULK)
    world.store.fill(shoes(60))
    await world.start()
    await world.once()
    gone = world.product("24YM0005")
    world.shop.admin(
        "mutation($id: ID!) { productDelete(input: {id: $id}) { userErrors { message } } }", {"id": gone.id}
    )
    for style in range(1, 61):
        world.store.change(style * 10 + 1, Price=19000.0)
    await world.cycle()
    assert set(world.entries()) == {51}
    assert world.entry(51).state is QueueState.QUARANTINED
    assert {world.price(style * 10 + 1)[0] for style in range(1, 61) if style != 5} == {"19000.00"}
    assert world.shop.product_by_style("24YM0005") is None


async def test_without_a_durable_doubt_no_bulk_mutation_begins(make: Make) -> None:
    """The ledger takes nothing just before the bulk mutation: nothing is sent, and the next run does it."""
    world = make(settings=BULK)
    world.store.fill(shoes(60))
    await world.start()
    settlements = []

    def busy(name: str) -> None:
        if name == "settle":
            settlements.append(name)
        if name == "settle" and len(settlements) == 2:
            raise StoreBusy("the ledger is busy")

    world.ledger.trouble = busy
    finished = await world.cycle()
    assert isinstance(finished.fault, StoreBusy)
    assert (world.shop.products(), bulk_jobs(world)) == ((), [])
    await world.cycle()
    assert len(bulk_jobs(world)) == 1
    world.assert_equal()


async def test_what_a_person_waits_for_goes_ahead_of_the_bulk_mutation(make: Make) -> None:
    world = make(settings=BULK)
    world.store.fill(shoes(60))
    await world.start()
    await world.cycle()
    for style in range(1, 61):
        world.store.change(style * 10 + 1, Price=19000.0)
    await world.send(Trigger(styles=("24YM0007",)))
    await world.cycle()
    assert calls(world, "productVariantsBulkUpdate") == 1
    assert len(bulk_jobs(world)[-1].order) == 59
    world.assert_equal()
