"""What may come into the shop, and when: scopes, the day's number of new products, observing before going live."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from rms_console.contract.commands import Accepted, FullSync, RetryItems, SetMode, Trigger
from rms_console.contract.records import QueueState
from rms_console.contract.settings import EngineSettings
from rms_console.contract.state import Mode
from rms_console.domain.operations import CreateProduct
from rms_console.domain.policy import Scope
from tests.acceptance.store_file import Shoe
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, World, on_sale, shoes, tuned, with_policy

OBSERVE = tuned(mode=Mode.OBSERVE)


def scoped(scope: Scope) -> EngineSettings:
    return with_policy(SETTINGS, filters={"scope": scope})


# Scopes

YEARS_AGO = timedelta(days=800)


async def old_and_new(world: World) -> None:
    """Fill a store with old rows, and let one of them change today; 31 is no web item."""
    world.store.add(shoes(2), at=world.clock.now() - YEARS_AGO)
    world.store.add([Shoe(31, "24YM0003", extra={"WebItem": 0})], at=world.clock.now() - YEARS_AGO)
    await world.start()
    await world.once()
    world.store.change(21, Price=16000.0)
    world.store.change(31, Price=16000.0)
    await world.converge()


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.CHANGED, ["24YM0002", "24YM0003"]),
        (Scope.WEB_ITEM, ["24YM0001", "24YM0002"]),
        (Scope.ADOPTED, []),
        (Scope.ALL, ["24YM0001", "24YM0002", "24YM0003"]),
    ],
)
async def test_scope_says_which_items_may_become_new_products(make: Make, scope: Scope, expected: list[str]) -> None:
    world = make(settings=scoped(scope))
    await old_and_new(world)
    assert world.styles() == expected
    assert not world.entries()


async def test_scope_changed_takes_what_is_as_young_as_the_first_look_back(make: Make) -> None:
    world = make(settings=dataclasses.replace(scoped(Scope.CHANGED), incremental_hours=24.0))
    world.store.add(shoes(1, first=2), at=world.clock.now() - timedelta(hours=25))
    world.store.add(shoes(1), at=world.clock.now() - timedelta(hours=23))
    await world.start()
    await world.once()
    assert world.styles() == ["24YM0001"]


async def test_scope_never_keeps_back_an_update(make: Make) -> None:
    """D10: what the shop has is always sent, whatever the scope says of new products."""
    world = make()
    world.store.add(shoes(2))
    await world.start()
    await world.once()
    await world.restart(scoped(Scope.ADOPTED))
    world.store.change(11, Price=17000.0, Quantity=0.0)
    world.store.add(shoes(1, first=3))
    await world.converge()
    assert (world.price(11)[0], world.stock(11), len(world.styles())) == ("17000.00", 0, 2)


async def test_scope_changed_does_not_create_by_a_full_comparison(make: Make) -> None:
    world = make(settings=scoped(Scope.CHANGED))
    world.store.add(shoes(3), at=world.clock.now() - YEARS_AGO)
    async with world.service():
        assert isinstance(await world.send(FullSync("todo")), Accepted)
        await world.wait(10)
        assert world.styles() == []


# The creation brake


async def test_the_brake_holds_what_is_too_much_for_a_day_and_lets_it_go_the_next(make: Make) -> None:
    """G5: 7 new products, 3 a day: 3, 3 and 1 on three store days, with the reason meanwhile; updates flow."""
    world = make(settings=with_policy(SETTINGS, guard={"max_created": 3}))
    world.store.add(shoes(7))
    async with world.service(dataclasses.replace(world.settings, interval_s=3600.0)):
        assert len(world.styles()) == 3
        held = world.entries(QueueState.HELD)
        assert len(held) == 4
        assert all("max_created" in entry.message for entry in held.values())
        first = int(world.styles()[0][-1]) * 10 + 1
        world.store.change(first, Price=18000.0)
        await world.wait(3700)
        assert (world.price(first)[0], len(world.styles())) == ("18000.00", 3)
        for expected in (6, 7):
            await world.wait(86_400)
            assert len(world.styles()) == expected
    world.assert_equal()


async def test_the_brake_counts_by_the_stores_day(make: Make) -> None:
    """Costa Rica's day ends at 06:00 UTC: at 05:50 the day's number still holds, at 06:10 there is a new one."""
    world = make(settings=with_policy(SETTINGS, guard={"max_created": 1}))
    world.store.add(shoes(2))
    await world.start()
    await world.once()
    for hours, expected in ((14.83, 1), (0.34, 2)):
        await world.rest(hours * 3600)
        await world.cycle()
        assert len(world.styles()) == expected


async def test_the_brake_counts_across_a_restart_and_across_runs(make: Make) -> None:
    world = make(settings=with_policy(SETTINGS, guard={"max_created": 3}), on_disk=True)
    for style in range(1, 6):
        world.store.add(shoes(1, first=style))
        await world.start()
        await world.once()
        await world.stop()
    assert len(world.styles()) == 3


async def test_asking_for_one_held_item_by_hand_does_not_pass_the_brake_unseen(make: Make) -> None:
    world = make(settings=with_policy(SETTINGS, guard={"max_created": 1}))
    world.store.add(shoes(3))
    async with world.service(tuned(world.settings, interval_s=86_400.0)):
        assert isinstance(await world.send(RetryItems()), Accepted)
        await world.wait(1)
        assert len(world.styles()) == 1
        assert len(world.entries(QueueState.HELD)) == 2


async def test_what_waited_longest_for_the_brake_goes_first_the_next_day(make: Make) -> None:
    world = make(settings=with_policy(SETTINGS, guard={"max_created": 1}))
    await world.start()
    for style in (9, 5):
        world.store.add(shoes(1, first=style))
        await world.cycle()
        await world.rest(60)
    world.store.add(shoes(3))
    await world.rest(86_400)
    await world.cycle()
    assert world.styles() == ["24YM0005", "24YM0009"]


# Observing and going live


async def test_observing_sends_nothing_and_plans_everything_then_going_live_sends_what_was_planned(
    make: Make,
) -> None:
    world = make(settings=OBSERVE)
    world.store.add(shoes(3, 2))
    async with world.service() as engine:
        assert (world.mutations(), world.styles()) == (0, [])
        assert len(world.entries(QueueState.HELD)) == 6
        rows = await world.history("24YM0002")
        assert [row["result"] for row in rows] == ["planned"]
        assert {change["field"] for change in rows[0]["changes"]} >= {"title", "price", "stock"}
        world.store.change(11, Price=17000.0)
        await world.wait(301)
        assert world.mutations() == 0
        view = await engine.snapshot()
        assert (view.mode, view.queue.held) == (Mode.OBSERVE, 6)
        assert isinstance(await world.send(SetMode("live", "visto")), Accepted)
        await world.wait(1)
        assert (await engine.snapshot()).mode is Mode.LIVE
    world.assert_equal()


async def test_observing_again_keeps_the_shop_as_it_is_and_forgets_no_change(make: Make) -> None:
    world = make()
    world.store.add(shoes(2))
    async with world.service():
        await world.send(SetMode("observe"))
        await world.wait(1)
        before = world.mutations()
        world.store.change(11, Price=17000.0, Quantity=0.0)
        world.store.change(21, Inactive=1)
        await world.wait(301)
        assert world.mutations() == before
        await world.send(SetMode("live"))
        await world.wait(1)
        assert (world.price(11)[0], world.stock(11), world.stock(21)) == ("17000.00", 0, 0)


async def test_d12_a_sale_that_was_entered_while_observing_opens_after_going_live(make: Make) -> None:
    """D12: the row's price does not change yet, so there is nothing to plan; its window must be remembered."""
    world = make(settings=tuned(interval_s=86_400.0))
    world.store.add(shoes(1))
    async with world.service():
        await world.send(SetMode("observe"))
        await world.wait(1)
        world.store.change(11, **on_sale(world).extra)
        await world.send(Trigger())
        await world.wait(1)
        await world.send(SetMode("live"))
        await world.wait(3600)
        assert world.price(11)[0] == "15000.00"
        await world.wait(3700)
        assert world.price(11) == ("9000.00", "15000.00")


async def test_the_mode_that_a_person_chose_outlives_the_process(make: Make) -> None:
    world = make(settings=OBSERVE, on_disk=True)
    world.store.add(shoes(1))
    async with world.service():
        await world.send(SetMode("live"))
        await world.wait(1)
    world.store.change(11, Price=17000.0)
    async with world.service():
        await world.wait(1)
        assert world.price(11)[0] == "17000.00"


async def test_a_plan_is_never_made_into_a_creation_while_observing(make: Make) -> None:
    world = make(settings=OBSERVE)
    world.store.add(shoes(2))
    sent: list[CreateProduct] = []
    await world.start()
    world.client.trouble = lambda operation: sent.append(operation) if isinstance(operation, CreateProduct) else None
    for _ in range(3):
        await world.once()
    assert (sent, world.shop.ledger.mutations) == ([], 0)
