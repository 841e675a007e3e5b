"""The engine's port over HTTP, for a console or a command in another process."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse

from rms_console.contract import queries as ask
from rms_console.contract import wire
from rms_console.contract.commands import Actor, Command, Pause
from rms_console.contract.endpoint import PORT_ROUTES
from rms_console.contract.queries import Subject
from rms_console.control.face import TheFace, clean_name
from rms_console.control.faults import DOCUMENTED, Failed
from rms_console.errors import LinkError

LONGEST_WAIT_S: Final = 30.0
MOST_EVENTS: Final = 500
"""In one answer: more would hold up the engine's loop. Who asked asks on after the last."""
WAYS: Final = ("console", "cli", "api")
"""Through what a person may say that they act; `signal` and `engine` are the engine's own words."""
_MOST: Final = 2**53
"""The largest number that JSON carries everywhere as it is."""

router = APIRouter(prefix=PORT_ROUTES, responses=DOCUMENTED)


@router.get("/snapshot")
async def snapshot(face: TheFace) -> JSONResponse:
    """The engine at one instant."""
    return JSONResponse(wire.to_json(await face.port.snapshot()))


@router.get("/events")
async def events(
    request: Request,
    face: TheFace,
    after: Annotated[int, Query(ge=0, le=_MOST)] = 0,
    wait_s: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S, allow_inf_nan=False)] = 0.0,
) -> JSONResponse:
    """What happened after number `after`, oldest first, 500 at most; waits for the first, at most `wait_s` seconds."""
    with face.waiting(request):
        found = await face.unless_gone(request, face.port.events(after, wait_s))
    return JSONResponse({"boot_id": face.boot_id, "events": [wire.to_json(event) for event in found[:MOST_EVENTS]]})


@router.get("/page")
async def page(
    request: Request,
    face: TheFace,
    subject: Subject,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 50,
    before: Annotated[int | None, Query(ge=0, le=_MOST)] = None,
    key: Annotated[str | None, Query(max_length=200)] = None,
    filters: Annotated[str, Query(max_length=4000, description="A JSON object of texts.")] = "{}",
) -> JSONResponse:
    """A list: history, queue, logs, one product. Where there is no answer, `problem` says why."""
    query = ask.Query(subject, limit, before, key, _filters(filters))
    try:
        found = await face.unless_gone(request, face.port.ask(query))
    except (ValueError, OverflowError) as error:
        raise Failed(422, "invalid", "key or filters do not fit the subject") from error
    return JSONResponse(wire.to_json(found))


@router.post("/command")
async def send(face: TheFace, body: Annotated[dict[str, Any], Body()]) -> JSONResponse:
    """Ask the engine to do something; accepted or refused, the answer says so as `kind`."""
    return JSONResponse(wire.reply_to_json(await face.port.send(_command(body))))


def _command(body: dict[str, Any]) -> Command:
    """Return the command in a body, its author cleaned.

    Raises:
        Failed: it is none, or its author cannot be one.
    """
    try:
        command = wire.command_from_json(body)
    except LinkError as error:
        raise Failed(422, error.code, error.message, error.hint) from error
    actor = Actor(clean_name(command.actor.name), clean_name(command.actor.host), command.actor.via)
    if not actor.name or actor.via not in WAYS:
        raise Failed(422, "invalid", f"actor: a name, and via one of {', '.join(WAYS)}")
    if not 0 < len(command.command_id) <= 100 or not command.command_id.isprintable():
        raise Failed(422, "invalid", "command_id: from 1 to 100 printable characters")
    request = command.request
    if isinstance(request, Pause) and request.until_at is not None and request.until_at.tzinfo is None:
        raise Failed(422, "invalid", "until_at: a time with its offset from UTC")
    return Command(command.command_id, actor, request)


def _filters(text: str) -> dict[str, str]:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Failed(422, "invalid", "filters: not JSON") from error
    if not isinstance(plain, dict) or not all(isinstance(value, str) for value in plain.values()):
        raise Failed(422, "invalid", "filters: a JSON object whose values are texts")
    return plain
