"""What a person can ask for, and what the engine answers: each command does what it says, or says why not."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from rms_console.contract.commands import (
    Accepted,
    CancelCycle,
    DismissItems,
    FullSync,
    Pause,
    Refused,
    Reload,
    Reply,
    Resume,
    RetryItems,
    SetInterval,
    SetMode,
    Stop,
    Trigger,
)
from rms_console.contract.events import EventName
from rms_console.contract.queries import Query, Subject
from rms_console.contract.records import QueueState
from rms_console.contract.state import EngineState, Mode
from rms_console.domain.operations import Operation
from rms_console.domain.policy import Scope
from rms_console.errors import ShopRejected, SourceUnavailable, StoreFull
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, World, shoes, tuned, with_policy

CHANGED = with_policy(SETTINGS, filters={"scope": Scope.CHANGED})


def accepted(reply: Reply) -> Accepted:
    assert isinstance(reply, Accepted), reply
    return reply


def refused(reply: Reply, code: str) -> Refused:
    assert isinstance(reply, Refused), reply
    assert reply.code == code
    return reply


# Pause and resume


async def test_pause_queues_and_sends_nothing_until_resumed(world: World) -> None:
    world.store.add(shoes(2))
    async with world.service() as engine:
        accepted(await world.send(Pause("inventario")))
        before = world.mutations()
        world.store.change(11, Price=17000.0)
        world.store.add(shoes(1, first=5))
        await world.wait(1800)
        view = await engine.snapshot()
        assert (view.state, world.mutations(), view.queue.waiting) == (EngineState.PAUSED, before, 2)
        assert view.pause is not None
        assert (view.pause.by, view.pause.reason, view.pause.until_at) == ("Ana", "inventario", None)
        assert view.queue.oldest_unsent_s == pytest.approx(1800, abs=301)
        accepted(await world.send(Resume()))
        await world.wait(1)
        assert (await engine.snapshot()).state is EngineState.IDLE
    world.assert_equal()


async def test_a_pause_survives_a_restart_and_blocks_sales_retries_and_comparisons_too(make: Make) -> None:
    world = make(on_disk=True, settings=tuned(full_sync_hour=2))
    world.store.add(shoes(1))
    async with world.service():
        accepted(await world.send(Pause("feria")))
    world.store.change(11, Price=17000.0)
    async with world.service() as engine:
        await world.wait(2 * 86_400)
        assert engine.machine.state is EngineState.PAUSED
        assert world.price(11)[0] == "15000.00"
        refused(await world.send(FullSync("ahora")), "paused")
        accepted(await world.send(Resume()))
        await world.wait(1)
        assert world.price(11)[0] == "17000.00"


async def test_one_cycle_by_hand_sends_nothing_while_paused(make: Make) -> None:
    """A pause holds for `--once` too: it reads into the queue and says why it sent nothing."""
    world = make(on_disk=True)
    world.store.add(shoes(2))
    async with world.service():
        accepted(await world.send(Pause()))
    world.store.change(11, Price=17000.0)
    before = world.mutations()
    await world.start()
    view = await world.once()
    assert (world.mutations(), view.queue_left) == (before, 1)
    assert "pause" in view.note


async def test_a_pause_with_an_end_ends_by_itself(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(tuned(interval_s=3600.0)) as engine:
        until = world.clock.now() + timedelta(minutes=40)
        accepted(await world.send(Pause("almuerzo", until)))
        world.store.change(11, Price=17000.0)
        await world.wait(2390)
        assert (await engine.snapshot()).state is EngineState.PAUSED
        await world.wait(15)
        assert (await engine.snapshot()).state is EngineState.IDLE
        assert world.price(11)[0] == "17000.00"


async def test_a_pause_whose_end_passed_while_the_engine_was_down_is_over(make: Make) -> None:
    world = make(on_disk=True)
    world.store.add(shoes(1))
    async with world.service():
        accepted(await world.send(Pause("almuerzo", world.clock.now() + timedelta(minutes=10))))
    await world.rest(3600)
    async with world.service() as engine:
        await world.wait(1)
        assert engine.pause is None


async def test_resumed_beside_a_trouble_it_says_the_trouble_and_not_paused(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service() as engine:
        accepted(await world.send(Pause()))
        engine.mending.fail(SourceUnavailable("the RMS file does not exist"))
        assert engine.machine.state is EngineState.PAUSED
        accepted(await world.send(Resume()))
        assert engine.machine.state in (EngineState.RECOVERING, EngineState.ERROR)


async def test_a_pause_twice_and_a_resume_of_nothing_are_refused(world: World) -> None:
    async with world.service():
        refused(await world.send(Resume()), "not-paused")
        accepted(await world.send(Pause()))
        assert "Ana" in refused(await world.send(Pause()), "paused").message


async def stopped_while(world: World, stage: str, request: Any) -> int:
    """Send a command when a run is at a stage; return how many products were made after it."""
    sent: list[asyncio.Task[Reply]] = []

    def before(name: str) -> None:
        if stage == "planning" and name == "read_items" and not sent:
            sent.append(asyncio.ensure_future(world.send(request)))

    world.around.before = before
    async with world.service(tuned(batch_size=2, batch_delay_s=10.0, interval_s=86_400.0)):
        world.store.add(shoes(30))
        accepted(await world.send(Trigger()))
        made = 0
        if stage == "pushing":
            await world.wait(25)
            made = len(world.styles())
            assert 0 < made < 20
            sent.append(asyncio.ensure_future(world.send(request)))
        await world.wait(200)
        accepted(sent[0].result())
        return len(world.styles()) - made


@pytest.mark.parametrize("stage", ["planning", "pushing"])
@pytest.mark.parametrize(
    "request_", [Pause(), CancelCycle(), Stop(), SetMode("observe")], ids=lambda r: type(r).__name__
)
async def test_what_stops_a_run_stops_it_at_every_stage_after_the_products_in_flight(
    world: World, stage: str, request_: Any
) -> None:
    made = await stopped_while(world, stage, request_)
    assert made <= 2
    notes = [cycle.note for cycle in world.real_ledger.cycles(5, None)]
    assert any(note.startswith("stopped: ") for note in notes), notes
    assert "defect" not in world.log.text().lower()


async def test_a_cancelled_run_goes_on_with_the_next_one_and_not_at_once(world: World) -> None:
    async with world.service(tuned(batch_size=1, batch_delay_s=60.0, interval_s=3600.0)):
        world.store.add(shoes(10))
        accepted(await world.send(Trigger()))
        await world.wait(150)
        accepted(await world.send(CancelCycle()))
        await world.wait(120)
        made = len(world.styles())
        assert 2 <= made <= 4
        await world.wait(1800)
        assert len(world.styles()) == made
        await world.wait(3600)
        assert len(world.styles()) == 10


async def test_cancel_without_a_run_is_refused(world: World) -> None:
    async with world.service():
        refused(await world.send(CancelCycle()), "idle")


# Trigger


async def test_trigger_by_sku_brings_that_item_whatever_its_stamp_and_the_scope(make: Make) -> None:
    world = make(settings=CHANGED)
    world.store.add(shoes(3), at=world.clock.now() - timedelta(days=300))
    async with world.service():
        assert world.styles() == []
        reply = accepted(await world.send(Trigger(skus=(" sku-21 ",), reason="cliente")))
        assert reply.facts["items"] == 1
        await world.wait(1)
        assert world.styles() == ["24YM0002"]
        cycles = await world.engine.ask(Query(Subject.ACTIVITY, limit=3))
        told = [(row["trigger"], row["by"], row["reason"]) for row in cycles.rows]
        assert ("manual", "Ana", "cliente") in told


async def test_trigger_by_style_brings_the_whole_style_ahead_of_the_backlog(world: World) -> None:
    world.store.add(shoes(20, 2))
    async with world.service(tuned(max_items_per_run=4, interval_s=86_400.0)):
        for item in range(11, 210, 10):
            world.store.change(item, Price=19000.0)
        accepted(await world.send(Trigger(styles=("24ym0015",))))
        await world.wait(1)
        assert world.price(151)[0] == "19000.00"
    world.assert_equal()


async def test_trigger_of_something_that_rms_does_not_have_is_refused(world: World) -> None:
    async with world.service():
        assert "NADA" in refused(await world.send(Trigger(skus=("NADA",))), "not-found").message


async def test_trigger_while_paused_is_refused_and_runs_when_forced(world: World) -> None:
    world.store.add(shoes(2))
    async with world.service(tuned(interval_s=86_400.0)) as engine:
        accepted(await world.send(Pause("conteo")))
        world.store.change(11, Price=17000.0)
        world.store.change(21, Price=18000.0)
        assert "conteo" in refused(await world.send(Trigger()), "paused").message
        await world.wait(60)
        assert world.price(11)[0] == "15000.00"
        accepted(await world.send(Trigger(force=True, skus=("SKU-11",))))
        await world.wait(1)
        assert (world.price(11)[0], world.price(21)[0]) == ("17000.00", "15000.00")
        assert engine.machine.state is EngineState.PAUSED


async def test_a_pause_without_a_reason_is_told_without_one(world: World) -> None:
    async with world.service():
        accepted(await world.send(Pause()))
        for request in (Trigger(), FullSync("ahora")):
            assert refused(await world.send(request), "paused").message == "paused by Ana"


async def test_a_trigger_that_came_before_a_pause_runs_when_it_is_over(world: World) -> None:
    world.store.add(shoes(2))
    async with world.service(tuned(interval_s=86_400.0)) as engine:
        accepted(await world.send(Pause()))
        engine.pause, paused = None, engine.pause
        accepted(await world.send(Trigger(reason="antes")))
        engine.pause = paused
        await world.wait(10)
        assert engine.manual
        accepted(await world.send(Resume()))
        await world.wait(1)
        assert not engine.manual
        assert engine.figures.last is not None
        assert "antes" in {row["reason"] for row in (await engine.ask(Query(Subject.ACTIVITY))).rows}


async def test_trigger_options_hold_for_that_run_alone(world: World) -> None:
    world.store.add([*shoes(6), *shoes(1, first=9, quantity=0.0)])
    async with world.service(tuned(batch_size=10, interval_s=86_400.0)) as engine:
        assert "24YM0009" not in world.styles()
        world.store.change(91, Description="OTRO")
        for item in range(11, 70, 10):
            world.store.change(item, Price=18000.0)
        accepted(await world.send(Trigger(batch_size=2, include_zero_stock=True)))
        await world.wait(1)
        assert "24YM0009" in world.styles()
        assert engine.figures.last is not None
        assert engine.figures.last.batches == 4
        world.store.change(11, Price=18500.0)
        accepted(await world.send(Trigger()))
        await world.wait(1)
        assert engine.figures.last.batches == 1


# Full sync, interval, settings


async def test_full_sync_mends_what_was_changed_behind_our_back_in_rms(world: World) -> None:
    """D8: a raw UPDATE that moves no stamp is found by the comparison."""
    world.store.add(shoes(3))
    async with world.service(tuned(interval_s=86_400.0, sweep_s=0.0)):
        world.store.execute("UPDATE Item SET Price = 12345 WHERE ID = 21")
        accepted(await world.send(Trigger()))
        await world.wait(1)
        assert world.price(21)[0] == "15000.00"
        accepted(await world.send(FullSync("revisión")))
        await world.wait(1)
        assert world.price(21)[0] == "12345.00"


async def test_the_nightly_comparison_comes_at_its_hour_in_store_time_also_when_rms_was_away(make: Make) -> None:
    world = make(settings=tuned(full_sync_hour=2, full_sync_minute=30, interval_s=86_400.0, sweep_s=0.0))
    world.store.add(shoes(2))
    async with world.service() as engine:
        world.store.execute("UPDATE Item SET Price = 12345 WHERE ID = 21")
        hidden = world.store.path.with_name("away.db")
        at_half_past_two = 17.5 * 3600
        await world.wait(at_half_past_two - 600)
        world.store.path.rename(hidden)
        await world.send(Trigger())
        await world.wait(900)
        assert engine.machine.state in (EngineState.RECOVERING, EngineState.ERROR)
        hidden.rename(world.store.path)
        await world.wait(60)
        assert world.price(21)[0] == "12345.00"


@pytest.mark.parametrize("minutes", [0.0, 0.001, -5.0, 1441.0])
async def test_an_interval_out_of_bounds_is_refused_and_changes_nothing(world: World, minutes: float) -> None:
    async with world.service() as engine:
        refused(await world.send(SetInterval(minutes)), "invalid")
        assert engine.settings.interval_s == 300.0


async def test_an_interval_set_during_the_startup_delay_is_not_undone_by_its_end(world: World) -> None:
    async with world.service(tuned(startup_delay_s=120.0, interval_s=600.0)) as engine:
        accepted(await world.send(SetInterval(1.0)))
        before = engine.journal.last
        await world.wait(115)
        assert not [e for e in engine.journal._events if e.number > before and e.name == EventName.CYCLE_STARTED]
        await world.wait(125)
        started = [e for e in engine.journal._events if e.number > before and e.name == EventName.CYCLE_STARTED]
        assert len(started) in (2, 3)
        assert (await engine.snapshot()).interval_s == 60.0


async def test_reload_takes_over_settings_and_going_live_by_it_sends_what_was_planned(make: Make) -> None:
    observing = dataclasses.replace(SETTINGS, mode=Mode.OBSERVE)
    world = make(settings=observing)
    world.store.add(shoes(2))
    async with world.service() as engine:
        refused(await world.send(Reload()), "not-supported")
        assert world.styles() == []
        assert len(world.entries(QueueState.HELD)) == 2
        engine.deps.load_settings = lambda: SETTINGS
        accepted(await world.send(Reload()))
        await world.wait(301)
        world.assert_equal()


# Items on the list


async def test_retry_and_dismiss(world: World) -> None:
    def trouble(operation: Operation) -> None:
        raise ShopRejected("no", code="shop-rejected")

    world.store.add(shoes(2))
    async with world.service(tuned(interval_s=86_400.0)):
        world.client.trouble = trouble
        for item in (11, 21):
            world.store.change(item, Price=18000.0)
        accepted(await world.send(Trigger()))
        await world.wait(1)
        assert set(world.entries(QueueState.QUARANTINED)) == {11, 21}
        world.client.trouble = lambda operation: None
        accepted(await world.send(DismissItems((21,), "no importa")))
        accepted(await world.send(RetryItems()))
        await world.wait(1)
        assert (world.price(11)[0], world.price(21)[0], world.entries()) == ("18000.00", "15000.00", {})


# Answers


async def test_every_command_is_in_the_audit_trail_with_who_and_how_it_ended(world: World) -> None:
    async with world.service() as engine:
        accepted(await world.send(Pause("conteo")))
        refused(await world.send(Trigger()), "paused")
        rows = (await engine.ask(Query(Subject.AUDIT))).rows
        assert [(row["action"], row["actor"], row["via"]) for row in rows] == [
            ("Trigger", "Ana", "test"),
            ("Pause", "Ana", "test"),
        ]
        assert [row["detail"]["result"] for row in rows] == ["refused: paused", "accepted"]
        assert world.real_ledger.verify_audit() is None


async def test_pages_of_the_queue_activity_product_and_cycle(world: World) -> None:
    world.store.add([*shoes(3), *shoes(1, first=7, price="gratis")])
    async with world.service() as engine:
        queue = await engine.ask(Query(Subject.QUEUE, filters={"state": "quarantined"}))
        assert [(row["item_id"], row["code"]) for row in queue.rows] == [(71, "price-unreadable")]
        activity = await engine.ask(Query(Subject.ACTIVITY, limit=1))
        assert (len(activity.rows), activity.rows[0]["result"]) == (1, "PART")
        number = activity.rows[0]["number"]
        cycle = await engine.ask(Query(Subject.CYCLE, key=str(number)))
        assert sorted(row["style"] for row in cycle.rows) == ["24YM0001", "24YM0002", "24YM0003"]
        product = await engine.ask(Query(Subject.PRODUCT, key=" 24ym0002 "))
        assert [row["result"] for row in product.rows] == ["created"]
        assert {change["field"] for change in product.rows[0]["changes"]} >= {"title", "price", "stock"}


async def test_a_product_s_history_keeps_stock_and_is_read_in_pieces(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service() as engine:
        for quantity in (7.0, 6.0):
            world.store.change(11, Quantity=quantity)
            accepted(await world.send(Trigger(reason="recount")))
            await world.wait(1)
        newest = await engine.ask(Query(Subject.PRODUCT, limit=1, key="24YM0001"))
        older = await engine.ask(Query(Subject.PRODUCT, limit=9, before=newest.next_before, key="24YM0001"))
        told = [change for row in (*newest.rows, *older.rows[:1]) for change in row["changes"]]
        assert [(one["sku"], one["field"], one["before"], one["after"]) for one in told] == [
            ("SKU-11", "stock", "7", "6"),
            ("SKU-11", "stock", "5", "7"),
        ]
        assert [row["result"] for row in older.rows] == ["updated", "created"]
        assert (newest.rows[0]["trigger"], newest.rows[0]["by"], newest.rows[0]["reason"]) == (
            "manual",
            "Ana",
            "recount",
        )


async def test_events_tell_what_happened_after_a_number_and_stopping_releases_who_waits(world: World) -> None:
    async with world.service() as engine:
        last = (await engine.snapshot()).event
        waiting = asyncio.ensure_future(engine.events(last, 600.0))
        world.store.add(shoes(1))
        accepted(await world.send(Trigger()))
        await world.wait(1)
        assert waiting.done()
        events = await engine.events(last, 0)
        assert [event.number for event in events] == list(range(last + 1, last + 1 + len(events)))
        names = [event.name for event in events]
        assert names.index(EventName.CYCLE_STARTED) < names.index(EventName.PRODUCT_SYNCED)
        assert names.index(EventName.PRODUCT_SYNCED) < names.index(EventName.CYCLE_FINISHED)
        blocked = asyncio.ensure_future(engine.events(engine.journal.last, 600.0))
        await world.idle()
    assert blocked.done()


async def test_states_go_their_way_through_a_run(world: World) -> None:
    async with world.service(tuned(interval_s=86_400.0)) as engine:
        before = engine.journal.last
        world.store.add(shoes(1))
        accepted(await world.send(Trigger()))
        await world.wait(1)
        events = await engine.events(before, 0)
        moves = [event.facts["after"] for event in events if event.name == EventName.STATE_CHANGED]
        assert moves == ["RUNNING", "PROCESSING", "IDLE"]


async def test_a_command_that_the_ledger_cannot_keep_is_refused_not_half_done(world: World) -> None:
    """S6: with the disk full a pause cannot be kept: it is refused with the reason, and the engine goes on."""
    async with world.service() as engine:

        def full(name: str) -> None:
            raise StoreFull("the disk is full", hint="free space")

        world.ledger.trouble = full
        reply = refused(await world.send(Pause()), "ledger-full")
        assert reply.hint == "free space"
        assert engine.pause is None
        accepted(await world.send(SetInterval(2.0)))
        assert engine.settings.interval_s == 120.0
        assert "audit" in world.log.text()


async def test_the_figures_of_a_stopped_run_know_what_was_done_of_unfinished_products(world: World) -> None:
    """A run that is stopped between a creation and its publication has made the product all the same."""
    world.store.add(shoes(1))
    channel = next(iter(world.shop.state.publications.values())).id
    engine = await world.start(with_policy(SETTINGS, mapping={"publications": (channel,)}))

    def cancel(operation: Operation) -> None:
        engine.runner.ask("cancelled")

    world.client.trouble = cancel
    view = (await world.cycle()).view
    assert (view.products_created, view.variants_created, view.products_synced) == (1, 1, 0)
    assert world.real_ledger.created_since(world.clock.now() - timedelta(hours=1)) == 1
    world.client.trouble = lambda operation: None
    view = (await world.cycle()).view
    assert (view.products_created, view.products_synced) == (0, 1)
    assert len(world.product("24YM0001").published) == 1
