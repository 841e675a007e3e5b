"""The dry run: it says what the next cycles would send, and sends and writes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.records import HoldState
from rms_console.contract.state import Mode
from rms_console.engine.rehearsing import PlannedProduct, product_row
from tests.engine.world import World, shoes, tuned, with_policy
from tests.engine_guard.conftest import Make, guarded


async def plan(world: World, key: str | None = None, limit: int = 500) -> Page:
    page = await world.run(world.engine.ask(Query(Subject.PLAN, key=key, limit=limit)))
    assert page.problem == ""
    return page


def changes(row: dict[str, Any]) -> set[tuple[str | None, str, str | None, str | None]]:
    return {(one["sku"], one["field"], one["before"], one["after"]) for one in row["changes"]}


async def ready(world: World, styles: int = 3, sizes: int = 2) -> None:
    world.store.add(shoes(styles, sizes))
    await world.start()
    await world.converge()
    await world.clock.run_for(86_400)


def untouched(world: World) -> tuple[object, ...]:
    """What a dry run must leave as it is."""
    ledger = world.real_ledger
    return (
        world.mutations(),
        world.entries(),
        ledger.watermark(),
        ledger.products(world.styles()),
        ledger.holds_page((), 99, 0),
        ledger.cycles(99, None),
        ledger.audit(99, None),
    )


async def test_a_fresh_ledger_shows_the_creations_whole(make: Make) -> None:
    """Status, variants, stock, what they cost; the shop is only looked at."""
    world = make(settings=with_policy(guarded(), mapping={"publications": ("gid://shopify/Publication/1",)}))
    world.store.add(shoes(3, 2))
    await world.start()
    await world.run(world.engine.mending.reach())
    before = untouched(world)
    page = await plan(world)
    assert untouched(world) == before
    assert [(row["style"], row["action"]) for row in page.rows] == [
        (f"24YM{style:04d}", "create") for style in (1, 2, 3)
    ]
    assert changes(page.rows[0]) >= {
        (None, "title", None, "ZAPATO 24YM0001"),
        (None, "status", None, "DRAFT"),
        ("SKU-11", "price", None, "15000"),
        ("SKU-12", "stock", None, "5"),
        (None, "publications", None, "gid://shopify/Publication/1"),
    }
    assert page.facts["create"] == 3
    assert page.facts["points"] > 30


async def test_nothing_due_is_an_empty_plan(world: World) -> None:
    await ready(world)
    page = await plan(world)
    assert (page.rows, page.facts["points"], page.facts["complete"]) == ((), 0, True)


async def test_what_is_told_is_what_is_then_sent(world: World) -> None:
    """Field by field, in number and in points."""
    await ready(world)
    world.store.change(11, Price=16000.0, Quantity=2.0)
    world.store.change(21, Inactive=1)
    world.store.change(22, Inactive=1)
    world.store.add(shoes(1, 1, first=9))
    page = await plan(world)
    told = {row["style"]: row for row in page.rows}
    assert changes(told["24YM0001"]) == {("SKU-11", "price", "15000", "16000"), ("SKU-11", "stock", "5", "2")}
    assert {row["style"]: row["action"] for row in page.rows} == {
        "24YM0001": "update",
        "24YM0002": "leave",
        "24YM0009": "create",
    }
    before = world.engine.deps.shop.counters()
    await world.converge()
    after = world.engine.deps.shop.counters()
    assert page.facts["points"] == pytest.approx(after.points - before.points, rel=0.1)
    assert page.facts["stock_rows"] == 3
    assert (world.price(11)[0], world.stock(11)) == ("16000.00", 2)
    assert (await plan(world)).rows == ()


async def test_the_guards_verdict_stands_beside_what_goes(make: Make) -> None:
    world = make({"max_changed_products": 1})
    await ready(world)
    for item in (11, 21):
        world.store.change(item, Price=16000.0, Quantity=2.0)
    page = await plan(world)
    for row, sku in zip(page.rows, ("SKU-11", "SKU-21"), strict=True):
        assert changes(row) == {(sku, "stock", "5", "2")}
        (held,) = row["held"]
        assert (held["kind"], held["state"], held["hold_id"]) == ("many-prices", "open", None)
        assert [(one["sku"], one["field"], one["after"]) for one in held["changes"]] == [(sku, "price", "16000")]
    assert page.facts["held"] == 2
    assert world.real_ledger.holds_page((), 9, 0) == ()


async def test_what_waits_already_is_shown_with_its_number(make: Make) -> None:
    world = make()
    await ready(world)
    world.store.change(11, Price=160000.0)
    await world.cycle()
    (hold,) = world.real_ledger.holds_page((HoldState.OPEN,), 9, 0)
    (row,) = (await plan(world)).rows
    assert (row["action"], row["changes"], row["held"][0]["hold_id"]) == ("none", [], hold.hold_id)


async def test_the_days_number_of_new_products_is_kept_over_all_loads(make: Make) -> None:
    world = make(settings=tuned(with_policy(guarded(), guard={"max_created": 3}), max_items_per_run=2))
    world.store.add(shoes(6))
    await world.start()
    await world.run(world.engine.mending.reach())
    page = await plan(world)
    assert (page.facts["create"], page.facts["held"]) == (3, 3)


async def test_a_product_whose_items_come_in_two_loads_is_one_row(make: Make) -> None:
    world = make(settings=tuned(guarded(), max_items_per_run=2))
    world.store.add(shoes(1, 5))
    await world.start()
    await world.run(world.engine.mending.reach())
    (row,) = (await plan(world)).rows
    assert row["action"] == "create"
    assert sum(one["field"] == "sku" for one in row["changes"]) == 5


async def test_what_was_only_planned_by_an_observing_engine_is_shown(world: World) -> None:
    await ready(world)
    await world.restart(tuned(guarded(), mode=Mode.OBSERVE))
    world.store.change(11, Price=16000.0)
    await world.cycle()
    (row,) = (await plan(world)).rows
    assert changes(row) == {("SKU-11", "price", "15000", "16000")}


async def test_one_style_or_sku_is_planned_alone(world: World) -> None:
    await ready(world)
    for item in (11, 21):
        world.store.change(item, Price=16000.0)
    assert [row["style"] for row in (await plan(world, "24ym0002")).rows] == ["24YM0002"]
    assert [row["style"] for row in (await plan(world, "SKU-11")).rows] == ["24YM0001"]
    page = await world.run(world.engine.ask(Query(Subject.PLAN, key="nothing")))
    assert page.problem == "not-found"


async def test_a_limit_ends_the_plan_and_says_so(make: Make) -> None:
    world = make(settings=tuned(guarded(), max_items_per_run=2))
    await ready(world, 6, 1)
    for style in range(1, 7):
        world.store.change(style * 10 + 1, Quantity=1.0)
    page = await plan(world, limit=3)
    assert (len(page.rows), page.facts["queue_left"], page.facts["complete"]) == (4, 2, False)


async def test_what_cannot_be_planned_is_counted(world: World) -> None:
    await ready(world)
    world.store.change(11, Price=0.0, Quantity=1.0)
    page = await plan(world)
    assert page.facts["set_aside"] == 1
    assert changes(page.rows[0]) == {("SKU-11", "stock", "5", "1")}


async def test_a_merchants_product_found_under_its_id_is_no_creation_of_a_lost_ledger(make: Make) -> None:
    """S5: beyond the day's number the shop is asked; what it has is taken over, not created."""
    world = make()
    await ready(world, 4, 1)
    world._memory = None
    await world.restart(with_policy(guarded(), guard={"max_created": 2}))
    await world.run(world.engine.mending.reach())
    assert (await plan(world)).facts["held"] == 0


async def test_before_both_ends_are_reached_there_is_no_plan(world: World) -> None:
    await world.start()
    page = await world.run(world.engine.ask(Query(Subject.PLAN)))
    assert page.problem == "not-connected"


def test_a_stock_row_costs_its_share_of_a_pooled_call() -> None:
    assert product_row(PlannedProduct("A", "Bota", points=10, stock_rows=25))["points"] == 11
