"""What happens, as server-sent events: for a page or a script that wants to be told."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from rms_console.contract import wire
from rms_console.contract.events import Event, EventName
from rms_console.control.access import MONITOR
from rms_console.control.face import Face, TheFace
from rms_console.control.faults import DOCUMENTED, Failed
from rms_console.errors import ConsoleError

KEEP_ALIVE_S: Final = 15.0
COME_BACK_MS: Final = 3000
NAMES: Final = frozenset(value for name, value in vars(EventName).items() if name.isupper())

router = APIRouter(responses=DOCUMENTED)


@router.get(
    f"{MONITOR}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def events(
    request: Request,
    face: TheFace,
    names: Annotated[str, Query(max_length=1000, description="Names of events, with commas; all without.")] = "",
    last_event_id: Annotated[str, Header(max_length=100)] = "",
) -> StreamingResponse:
    """Every event as it happens, from now on, or from the one that Last-Event-ID names."""
    wanted = frozenset(name.strip() for name in names.split(",") if name.strip())
    if wanted - NAMES:
        raise Failed(422, "invalid", "names: there is no such event", f"they are {', '.join(sorted(NAMES))}")
    snapshot = await face.port.snapshot()
    after = _number(last_event_id, snapshot.boot_id, snapshot.event)
    stack = ExitStack()
    stack.enter_context(face.waiting(request))
    return _Stream(stack, _told(request, face, after, wanted))


class _Stream(StreamingResponse):
    """Counts among those who wait until the answer has ended, however it ends."""

    media_type = "text/event-stream"

    def __init__(self, stack: ExitStack, lines: AsyncIterator[str]) -> None:
        super().__init__(lines)
        self._stack = stack

    async def __call__(self, *arguments: object) -> None:
        with self._stack:
            await super().__call__(*arguments)  # type: ignore[arg-type]


async def _told(request: Request, face: Face, after: int, wanted: frozenset[str]) -> AsyncIterator[str]:
    yield f"retry: {COME_BACK_MS}\n\n"
    silent_since = time.monotonic()
    while not face.ending.is_set():
        try:
            found = await face.unless_gone(request, face.port.events(after, KEEP_ALIVE_S))
        except (Failed, ConsoleError):
            return
        if not found and face.ending.is_set():
            return
        if found and found[0].number > after + 1:
            # What was not read in time is not kept: whoever counts must take a new look.
            yield f"event: gap\ndata: {json.dumps({'missed': found[0].number - after - 1})}\n\n"
        shown = [event for event in found if not wanted or event.name in wanted]
        for event in shown:
            yield _frame(event, face.boot_id)
        if not shown and time.monotonic() - silent_since >= KEEP_ALIVE_S - 1:
            yield ": keep-alive\n\n"
            silent_since = time.monotonic()
        elif shown:
            silent_since = time.monotonic()
        after = found[-1].number if found else after


def _frame(event: Event, boot_id: str) -> str:
    data = json.dumps(wire.to_json(event), ensure_ascii=True)
    return f"id: {boot_id}.{event.number}\nevent: {event.name}\ndata: {data}\n\n"


def _number(last_event_id: str, boot_id: str, now: int) -> int:
    """Return the number to go on from: where the id is of this engine's life; else everything that it still knows."""
    boot, _, number = last_event_id.strip().rpartition(".")
    if not number.isdecimal() or len(number) > 15:
        return now
    if boot in ("", boot_id):
        return min(int(number), now)
    return 0
