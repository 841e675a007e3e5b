"""What a console asks often: log lines, trends, sales to come, alerts; each with the keys it relies on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rms_console.adapters.logs.history import LogRing
from rms_console.contract.commands import (
    Accepted,
    AckAlerts,
    DismissItems,
    Pause,
    ProbeConnections,
    Refused,
    ReleaseLock,
    Resume,
)
from rms_console.contract.events import EventName
from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.state import EngineState
from rms_console.domain.operations import Operation
from rms_console.errors import ShopRejected, SourceUnavailable
from tests.engine.conftest import Make
from tests.engine.world import OPENS, World, on_sale, shoes, tuned

HOUR_S = 3600.0


async def ask(world: World, subject: Subject, limit: int = 50, before: int | None = None, **filters: str) -> Page:
    page = await world.run(world.engine.ask(Query(subject, limit, before, filters=filters)))
    assert page.problem == "", page
    return page


async def kinds(world: World) -> list[str]:
    return [view.kind for view in (await world.engine.snapshot()).alerts]


# Log lines


async def test_log_lines_are_asked_for_by_number(world: World) -> None:
    await world.start()
    ring = world.engine.deps.logs = LogRing(lambda: 3, keep=4)
    for number in range(6):
        ring.add({"timestamp": "t", "level": "INFO", "service": "S", "tag": "", "message": str(number)})
    page = await ask(world, Subject.LOGS, limit=2)
    assert [row["number"] for row in page.rows] == [5, 6]
    assert page.facts == {"last": 6, "oldest": 3, "dropped": 3}
    page = await ask(world, Subject.LOGS, limit=2, after="0")
    assert [row["number"] for row in page.rows] == [3, 4]
    assert (await ask(world, Subject.LOGS, after="6")).rows == ()
    for run in ("a", "b", "a"):
        ring.add({"timestamp": "t", "level": "INFO", "service": "S", "tag": "", "message": "m", "sync_id": run})
    assert [row["number"] for row in (await ask(world, Subject.LOGS, sync_id="a")).rows] == [7, 9]


async def test_without_a_history_the_answer_says_so(world: World) -> None:
    await world.start()
    page = await world.engine.ask(Query(Subject.LOGS))
    assert page.problem == "not-supported"


async def test_the_lines_of_a_run_carry_its_name(world: World) -> None:
    world.store.add(shoes(1))
    await world.start()
    view = await world.once()
    named = {line.sync_id for line in world.log if line.service == "ChangeDetector"}
    assert view.sync_id in named
    world.log.clear()
    world.engine.journal.log("INFO", "S", "Nothing changed")
    assert [line.sync_id for line in world.log] == [""]


# Trends


async def test_trends_and_figures_follow_the_runs(world: World) -> None:
    world.store.add(shoes(2, 3))
    async with world.service():
        await world.wait(60)
        await world.engine.snapshot()
        page = await ask(world, Subject.PERFORMANCE)
        assert len(page.rows) == 60
        assert sum(row["items"] or 0 for row in page.rows) == 6
        assert sum(row["products"] or 0 for row in page.rows) == 2
        assert sum(row["cycles"] or 0 for row in page.rows) >= 1
        spent = sum(row["points"] or 0 for row in page.rows)
        assert spent == pytest.approx(world.client.counters().points, abs=1)
        assert (page.rows[-1]["queue"], page.rows[-1]["cycle_s"]) == (0, None)
        assert 0 < page.rows[-1]["bucket_ratio"] <= 1
        assert page.facts["today"]["products_created"] == 2
        assert page.facts["rates"]["items_per_hour"] == 6.0
        assert len(page.facts["hours"]) == 24


async def test_looking_at_trends_costs_neither_the_store_nor_the_shop(world: World) -> None:
    async with world.service():
        await world.wait(1)
        before = (world.source.statements(), world.wire.requests)
        for _ in range(20):
            await ask(world, Subject.PERFORMANCE)
            await world.engine.snapshot()
        assert (world.source.statements(), world.wire.requests) == before


# Sales


async def test_sales_to_come_are_listed_and_their_end_when_they_are_on(world: World) -> None:
    world.store.add([on_sale(world)])
    async with world.service():
        await world.wait(1)
        page = await ask(world, Subject.SALES)
        assert [(row["starts"], row["sku"], row["style"]) for row in page.rows] == [
            (True, "SKU-11", "24YM0001"),
            (False, "SKU-11", "24YM0001"),
        ]
        assert set(page.rows[0]) == {"at", "starts", "item_id", "sku", "style", "title", "price", "sale_price"}
        assert page.total == 2
        first = await ask(world, Subject.SALES, limit=1)
        assert first.next_before == 1
        assert (await ask(world, Subject.SALES, limit=1, before=1)).rows == page.rows[1:]
        assert (await ask(world, Subject.SALES, days="0.01")).rows == ()
        assert page.rows[0]["sale_price"] is None
        priced = (await ask(world, Subject.SALES, prices="1")).rows
        assert [float(row["sale_price"] or 0) for row in priced] == [9000.0, 0]

        def down(name: str) -> None:
            raise SourceUnavailable("gone")

        world.around.before = down
        assert (await ask(world, Subject.SALES, prices="1")).rows == page.rows
        world.around.before = lambda name: None
        await world.wait(OPENS.total_seconds() + 60)
        (row,) = (await ask(world, Subject.SALES)).rows
        assert not row["starts"]
        assert float(row["sale_price"]) == 9000.0
        assert float(row["price"]) > 9000.0


# Alerts


async def test_a_pause_is_recalled_each_hour_and_not_before(world: World) -> None:
    async with world.service():
        await world.send(Pause("inventario"))
        await world.wait(HOUR_S - 1)
        assert await kinds(world) == []
        await world.wait(2)
        (alert,) = (await world.engine.snapshot()).alerts
        assert (alert.kind, alert.severity, alert.detail) == ("paused", "WARN", "Paused by Ana for 1 h: inventario")
        reply = await world.send(AckAlerts((alert.alert_id,)))
        assert isinstance(reply, Accepted)
        assert [view.acked_by for view in (await world.engine.snapshot()).alerts] == ["Ana"]
        await world.wait(HOUR_S)
        (again,) = (await world.engine.snapshot()).alerts
        assert (again.acked_by, again.detail) == (None, "Paused by Ana for 2 h: inventario")
        await world.send(Resume())
        assert await kinds(world) == []
        page = await ask(world, Subject.ALERTS, language="es")
        assert [(row["state"], row["title"]) for row in page.rows] == [("past", "Sigue en pausa")]
        assert page.facts["present"] == 0
        await world.wait(2 * HOUR_S)
        assert await kinds(world) == []


async def test_a_pause_of_an_earlier_process_is_recalled_too(make: Make) -> None:
    world = make(on_disk=True)
    async with world.service():
        await world.send(Pause("feria"))
    await world.rest(HOUR_S / 2)
    async with world.service():
        await world.wait(HOUR_S / 2 + 2)
        assert await kinds(world) == ["paused"]


async def test_trouble_is_an_alert_after_two_minutes_and_over_with_it(world: World) -> None:
    async with world.service() as engine:
        await world.wait(1)
        world.wire.is_cut = True
        world.store.add(shoes(1))
        await world.wait(301)
        assert engine.machine.state is EngineState.RECOVERING
        begun = engine.machine.since
        await world.wait(115 - (world.clock.now() - begun).total_seconds())
        assert await kinds(world) == []
        await world.wait(10)
        (alert,) = (await engine.snapshot()).alerts
        assert (alert.kind, alert.severity) == ("connection_shopify", "CRITICAL")
        assert alert.what_to_do
        world.wire.is_cut = False
        await world.wait(120)
        assert await kinds(world) == []


async def test_a_short_trouble_is_no_alert(world: World) -> None:
    async with world.service():
        await world.wait(1)
        world.wire.is_cut = True
        world.store.add(shoes(1))
        await world.wait(310)
        world.wire.is_cut = False
        await world.wait(600)
        names = [event.name for event in await world.engine.events(0, 0)]
        assert EventName.ALERT_RAISED not in names


async def test_a_lost_console_is_told(world: World) -> None:
    async with world.service() as engine:
        engine.tell_console_lost("the terminal is gone")
        (alert,) = (await engine.snapshot()).alerts
        assert (alert.kind, alert.severity, alert.detail) == ("console_lost", "INFO", "the terminal is gone")


async def test_what_is_newly_set_aside_is_an_alert_until_the_queue_is_clean(world: World) -> None:
    def refuse(operation: Operation) -> None:
        raise ShopRejected("the shop does not want it")

    async with world.service():
        await world.wait(1)
        world.client.trouble = refuse
        world.store.add(shoes(2))
        await world.wait(301)
        (alert,) = (await world.engine.snapshot()).alerts
        assert (alert.kind, alert.detail) == ("quarantine_grew", "2 more, 2 in all")
        await world.send(AckAlerts())
        await world.wait(301)
        assert [view.acked_by for view in (await world.engine.snapshot()).alerts] == ["Ana"]
        await world.send(DismissItems((11, 21)))
        await world.wait(301)
        assert await kinds(world) == []


async def test_what_nobody_has_left_to_see_cannot_be_marked(world: World) -> None:
    async with world.service():
        reply = await world.send(AckAlerts())
        assert isinstance(reply, Refused)
        assert reply.code == "not-found"


# Connections and the lock


async def test_a_probe_tells_of_each_connection_and_of_every_change(world: World) -> None:
    async with world.service() as engine:
        await world.wait(1)
        reply = await world.run(world.send(ProbeConnections()))
        assert isinstance(reply, Accepted)
        facts = reply.facts
        assert (facts["rms_ok"], facts["shopify_ok"], facts["redis_ok"]) == (True, True, None)
        assert isinstance(facts["shopify_latency_s"], float)
        world.wire.is_cut = True
        seen = engine.journal.last
        reply = await world.run(world.send(ProbeConnections(test_rms=False, test_redis=False)))
        assert isinstance(reply, Accepted)
        assert set(reply.facts) == {"shopify_ok", "shopify_health", "shopify_latency_s", "shopify_detail"}
        assert (reply.facts["shopify_ok"], reply.facts["shopify_health"]) == (False, "down")
        events = [event for event in await engine.events(seen, 0) if event.name == EventName.CONNECTION_CHANGED]
        assert [(event.facts["name"], event.facts["health"], event.level) for event in events] == [
            ("shopify", "down", "WARN")
        ]


async def test_the_lock_of_a_living_engine_stays(world: World) -> None:
    async with world.service() as engine:
        for confirm, code in (("yes", "invalid"), ("release", "lock-alive")):
            reply = await world.send(ReleaseLock(confirm))
            assert isinstance(reply, Refused)
            assert reply.code == code
        assert engine.tenure.since is not None
        assert "process" in reply.message


# The preview of a full comparison


async def test_the_preview_counts_what_a_full_sync_would_send_and_sends_nothing(make: Make) -> None:
    world = make(settings=tuned(interval_s=86_400.0))
    world.store.add(shoes(30))
    await world.start()
    await world.converge()
    for item in range(11, 211, 10):
        world.store.change(item, Price=17000.0, LastUpdated="2020-01-01 00:00:00")
    before = (world.mutations(), world.entries(), world.real_ledger.watermark())
    page = await ask(world, Subject.PLAN, limit=5, full="1")
    assert (world.mutations(), world.entries(), world.real_ledger.watermark()) == before
    assert len(page.rows) == 5
    facts: dict[str, Any] = page.facts
    assert (page.total, facts["products"], facts["update"], facts["create"]) == (20, 20, 20, 0)
    assert (facts["price_changes"], facts["price_held"], facts["complete"]) == (20, 0, True)
    assert facts["points"] > 0
    assert facts["estimated_s"] > 0


async def test_a_preview_that_nobody_waits_for_ends_and_leaves_nothing(world: World) -> None:
    world.store.add(shoes(30))
    await world.start()
    await world.converge()
    for item in range(11, 311, 10):
        world.store.change(item, Price=17000.0)
    query = Query(Subject.PLAN, filters={"full": "1"})
    for turns in range(1, 50):
        task = asyncio.ensure_future(world.engine.ask(query))
        for _ in range(turns):
            await asyncio.sleep(0)
        if task.done():
            break
        assert (await world.engine.ask(query)).problem == "busy"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not world.engine.is_previewing
    assert turns > 1
    assert (await ask(world, Subject.PLAN, full="1")).facts["products"] == 30
