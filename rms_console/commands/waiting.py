"""Waiting for the end of what was asked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from rms_console.commands.reaching import still_runs
from rms_console.contract.events import EventName
from rms_console.control.client import UNREACHABLE, EngineClient
from rms_console.errors import LinkError
from rms_console.locale import sentence
from rms_console.wiring import Options

HANG_S: Final = 20.0
"""How long one question for events may wait."""
QUIET_S: Final = 0.5
"""An engine that answers sooner than asked and without news is asked again after this."""
STOP_WITHIN_S: Final = 60.0
LOOK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an engine's events to begin to read."""

    boot_id: str
    event: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: done, failed, cancelled, stopped; or `unknown` where that was missed."""

    result: str
    note: str


def mark_place(client: EngineClient) -> Place:
    """Return the present place: what is asked after this ends after it."""
    seen = client.snapshot()
    return Place(seen.boot_id, seen.event)


def await_end(client: EngineClient, place: Place, command_id: str) -> Ended:
    """Return how a command ended, as soon as it has.

    Raises:
        LinkError: the engine cannot be reached any more.
    """
    after = place.event
    while True:
        begun = time.monotonic()
        boot_id, events = client.events(after, HANG_S)
        if boot_id != place.boot_id:
            return Ended("unknown", sentence("the engine was started anew meanwhile"))
        for event in events:
            if event.name == EventName.COMMAND_DONE and event.facts.get("command_id") == command_id:
                return Ended(str(event.facts.get("result", "")), str(event.facts.get("note") or ""))
        if events and events[0].number > after + 1:
            return Ended("unknown", sentence("too much happened meanwhile: `activity` tells"))
        if events:
            after = events[-1].number
        elif time.monotonic() - begun < QUIET_S:
            time.sleep(QUIET_S)


def await_stop(options: Options, client: EngineClient) -> None:
    """Return once the engine has let go of its lock; of one elsewhere, once it answers no more.

    Raises:
        LinkError: it goes on after a minute.
    """
    deadline = time.monotonic() + STOP_WITHIN_S
    while time.monotonic() < deadline:
        if not (_answers(client) if options.attach else still_runs(options)):
            return
        time.sleep(LOOK_S)
    raise LinkError(
        sentence("the engine has not stopped within {seconds} s", seconds=round(STOP_WITHIN_S)), code="still-running"
    )


def _answers(client: EngineClient) -> bool:
    try:
        client.get("/sync/monitor/health")
    except LinkError as error:
        return error.code != UNREACHABLE
    return True
