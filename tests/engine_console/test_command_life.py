"""Each command has an end, and it is told: at once, or when the run that carries it out is over."""

from __future__ import annotations

from typing import Any

from rms_console.contract.commands import (
    Accepted,
    CancelCycle,
    Command,
    FullSync,
    Pause,
    Refused,
    Request,
    Resume,
    RetryItems,
    SetInterval,
    SetMode,
    Stop,
    Trigger,
)
from rms_console.contract.events import Event, EventName
from rms_console.domain.operations import Operation
from rms_console.errors import ShopRejected
from tests.engine.world import ACTOR, World, shoes, tuned

SLOW = tuned(batch_size=1, batch_delay_s=60.0, interval_s=3600.0)
"""A product a minute: time to ask for something while a run is on."""


async def told(world: World, command_id: str) -> list[Event]:
    events = await world.engine.events(0, 0)
    return [event for event in events if event.facts.get("command_id") == command_id]


async def ends(world: World, command_id: str) -> list[dict[str, Any]]:
    return [dict(event.facts) for event in await told(world, command_id) if event.name == EventName.COMMAND_DONE]


async def send(world: World, command_id: str, request: Request) -> None:
    reply = await world.engine.send(Command(command_id, ACTOR, request))
    assert isinstance(reply, Accepted), reply


async def test_what_is_done_at_once_is_told_at_once_after_it_was_accepted(world: World) -> None:
    async with world.service():
        requests: tuple[Request, ...] = (Pause("feria"), Resume(), SetInterval(9), SetMode("live"))
        for number, request in enumerate(requests):
            await send(world, f"at once {number}", request)
            names = [event.name for event in await told(world, f"at once {number}")]
            assert names == [EventName.COMMAND_HANDLED, EventName.COMMAND_DONE]
            (end,) = await ends(world, f"at once {number}")
            assert (end["result"], end["cycle"]) == ("done", None)


async def test_the_answer_is_told_to_every_face_with_its_reason(world: World) -> None:
    async with world.service() as engine:
        reply = await engine.send(Command("no", ACTOR, Resume()))
        assert isinstance(reply, Refused)
        (event,) = await told(world, "no")
        assert event.name == EventName.COMMAND_HANDLED
        assert dict(event.facts) == {
            "command_id": "no",
            "action": "Resume",
            "by": "Ana",
            "result": "refused",
            "code": "not-paused",
            "message": "the engine is not paused",
        }


async def test_a_trigger_is_done_when_its_own_run_is(world: World) -> None:
    world.store.add(shoes(2))
    async with world.service() as engine:
        await world.wait(1)
        world.store.change(11, Price=17000.0)
        await send(world, "run", Trigger(reason="now"))
        assert await ends(world, "run") == []
        await world.wait(1)
        (end,) = await ends(world, "run")
        assert (end["result"], end["note"]) == ("done", "1 product, 1 item")
        last = (await engine.snapshot()).last_cycle
        assert last is not None
        assert end["cycle"] == last.number
        assert last.trigger == "manual"
        await world.wait(600)
        assert len(await ends(world, "run")) == 1


async def test_a_trigger_before_a_pause_is_open_until_its_run_could_be(world: World) -> None:
    async with world.service(SLOW):
        world.store.add(shoes(10))
        await send(world, "first", Trigger())
        await world.wait(90)
        await send(world, "second", Trigger())
        await send(world, "pause", Pause())
        await world.wait(600)
        assert [len(await ends(world, name)) for name in ("first", "second")] == [1, 0]
        await send(world, "go", Resume())
        await world.wait(1200)
        assert len(await ends(world, "second")) == 1


async def test_a_run_that_fails_ends_its_command_as_failed(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service():
        await world.wait(1)
        world.store.change(11, Price=17000.0)
        world.wire.is_cut = True
        await send(world, "run", Trigger())
        await world.wait(120)
        (end,) = await ends(world, "run")
        assert end["result"] == "failed"
        assert end["note"]


async def test_a_full_sync_is_done_when_all_is_compared_and_sent(world: World) -> None:
    world.store.add(shoes(3))
    async with world.service():
        await world.wait(1)
        for style in (1, 2, 3):
            world.store.change(style * 10 + 1, Description=f"ZAPATO NUEVO {style}")
        await send(world, "full", FullSync("inventory"))
        await world.wait(5)
        (end,) = await ends(world, "full")
        assert end["result"] == "done"
        assert world.counts().due == 0
        assert not world.engine.reconciler.is_due


async def test_a_retry_is_done_with_the_next_run_and_says_what_did_not_go(world: World) -> None:
    def refuse(operation: Operation) -> None:
        raise ShopRejected("the shop does not want it")

    async with world.service(tuned(interval_s=3600.0)):
        world.client.trouble = refuse
        world.store.add(shoes(1))
        await send(world, "run", Trigger())
        await world.wait(1)
        await send(world, "again", RetryItems((11,)))
        await world.wait(1)
        (end,) = await ends(world, "again")
        assert (end["result"], end["note"]) == ("done", "0 products went, 1 did not: the queue says why")
        world.client.trouble = lambda operation: None
        await send(world, "once more", RetryItems())
        await world.wait(1)
        (end,) = await ends(world, "once more")
        assert (end["result"], end["note"]) == ("done", "1 product, 1 item")


async def test_a_cancel_is_done_when_the_run_has_ended_and_the_run_counts_as_cancelled(world: World) -> None:
    async with world.service(SLOW):
        world.store.add(shoes(10))
        await send(world, "run", Trigger())
        await world.wait(90)
        await send(world, "cancel", CancelCycle())
        assert await ends(world, "cancel") == []
        await world.wait(200)
        assert [end["result"] for end in await ends(world, "cancel")] == ["done"]
        assert [end["result"] for end in await ends(world, "run")] == ["cancelled"]


async def test_an_engine_that_ends_leaves_no_command_open(world: World) -> None:
    async with world.service(SLOW):
        world.store.add(shoes(10))
        await send(world, "run", Trigger())
        await world.wait(90)
        await send(world, "next", Trigger())
        await send(world, "stop", Stop())
        await world.wait(60)
        assert [end["result"] for end in await ends(world, "next")] == ["stopped"]
        assert [end["result"] for end in await ends(world, "stop")] == ["done"]
