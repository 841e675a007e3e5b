"""Whatever the engine says or is told survives the wire: a console elsewhere sees the same values."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from rms_console.contract import wire
from rms_console.contract.commands import Accepted, Actor, Command, DecideHolds, Pause, Refused, Request, SetInterval
from rms_console.contract.events import Event
from rms_console.contract.snapshot import EngineSnapshot
from rms_console.demo.shopify.faults import Fault, FaultKind
from tests.engine.world import ACTOR, World, on_sale, shoes, tuned

SAMPLES: dict[type[Any], Any] = {Pause: Pause("almuerzo", datetime(2026, 11, 2, 18, 0, tzinfo=UTC))}


def sample(kind: type[Any]) -> Any:
    """Return a request of this kind with every field filled by its type."""
    if kind in SAMPLES:
        return SAMPLES[kind]
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        text = str(field.type)
        values[field.name] = (
            (1, 2)
            if text.startswith("tuple[int")
            else ("a", "ñandú")
            if text.startswith("tuple[str")
            else {"sync.batch_size": 5, "a": True, "b": 0.5, "c": "x"}
            if text.startswith("dict")
            else True
            if text.startswith("bool")
            else 2.5
            if text.startswith("float")
            else 7
            if text.startswith("int")
            else "texto"
        )
    return kind(**values)


def over_the_wire(plain: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(plain))
    return read


@pytest.mark.parametrize("kind", get_args(Request), ids=lambda kind: kind.__name__)
def test_every_command_reads_back_as_itself(kind: type[Any]) -> None:
    command = Command("c-1", Actor("Ñico", "caja-1", "console"), sample(kind))
    assert wire.command_from_json(over_the_wire(wire.command_to_json(command))) == command


@pytest.mark.parametrize(
    "reply",
    [Accepted("c-1", "hecho", {"items": 3, "x": None, "y": 0.5}), Refused("c-1", "paused", "en pausa", "espere")],
)
def test_every_reply_reads_back_as_itself(reply: Accepted | Refused) -> None:
    assert wire.reply_from_json(over_the_wire(wire.reply_to_json(reply))) == reply


async def test_the_snapshot_of_an_engine_in_every_kind_of_trouble_reads_back_as_itself(world: World) -> None:
    world.store.add([*shoes(4), on_sale(world, 91), *shoes(1, first=7, price="gratis")])
    async with world.service(tuned(interval_s=60.0, batch_size=1, batch_delay_s=30.0)) as engine:
        snapshots = [await engine.snapshot()]
        await world.wait(200)
        snapshots.append(await engine.snapshot())
        world.shop.faults = lambda info: Fault(FaultKind.STATUS, 503)
        world.store.change(11, Price=17000.0)
        await world.wait(120)
        snapshots.append(await engine.snapshot())
        await engine.send(Command("c", ACTOR, Pause("conteo", datetime(2027, 1, 1, tzinfo=UTC))))
        snapshots.append(await engine.snapshot())
        for snapshot in snapshots:
            assert wire.from_json(EngineSnapshot, over_the_wire(wire.to_json(snapshot))) == snapshot
        told = [s.progress is not None for s in snapshots], [s.fault is not None for s in snapshots]
        assert told[0][0]
        assert told[1][2]
        assert snapshots[1].last_cycle is not None
        assert snapshots[1].next_sale_at is not None
        assert snapshots[-1].pause is not None


async def test_every_event_of_a_day_reads_back_as_itself(world: World) -> None:
    world.store.add([*shoes(3), on_sale(world, 91), *shoes(1, first=7, price="gratis")])
    async with world.service(tuned(interval_s=1800.0)) as engine:
        await engine.send(Command("c", ACTOR, SetInterval(20.0)))
        await engine.send(Command("c", ACTOR, DecideHolds((1,), True)))
        world.wire.is_cut = True
        world.store.change(11, Price=17000.0)
        await world.wait(3600)
        world.wire.is_cut = False
        await world.wait(6 * 3600)
        events = await engine.events(0, 0)
        assert len({event.name for event in events}) >= 8
        for event in events:
            assert wire.from_json(Event, over_the_wire(wire.to_json(event))) == event
