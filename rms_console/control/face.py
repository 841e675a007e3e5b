"""What every route has at hand: the engine, who asks, and whether the server is about to end."""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata
import uuid
from collections.abc import Awaitable, Iterator
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Request

from rms_console.contract import commands
from rms_console.contract.commands import Actor, Command
from rms_console.contract.engine_port import EnginePort
from rms_console.control.faults import Failed

T = TypeVar("T")

ACTOR_HEADER: Final = "x-rms-actor"
LONGEST_NAME: Final = 64
MOST_WAITING: Final = 32
LOOK_EVERY_S: Final = 1.0


class Face:
    """The engine as the routes see it."""

    def __init__(self, port: EnginePort, boot_id: str) -> None:
        self.port = port
        self.boot_id = boot_id
        self.ending = asyncio.Event()
        """Set when the server ends: whoever waits for news is to be let go."""
        self._waiting = {True: 0, False: 0}

    @contextlib.contextmanager
    def waiting(self, request: Request) -> Iterator[None]:
        """Count one more that waits for news. Who holds the token is counted apart: nobody else can take the last place
        from a console.

        Raises:
            Failed: too many do.
        """
        kind = is_by_token(request)
        if self._waiting[kind] >= MOST_WAITING:
            raise Failed(503, "busy", f"{MOST_WAITING} programs wait for news already", "ask again later")
        self._waiting[kind] += 1
        try:
            yield
        finally:
            self._waiting[kind] -= 1

    async def unless_gone(self, request: Request, answer: Awaitable[T]) -> T:
        """Return the answer; give it up where whoever asked is gone, or the server ends.

        Raises:
            Failed: it was given up.
        """
        task, ending = asyncio.ensure_future(answer), asyncio.ensure_future(self.ending.wait())
        try:
            while True:
                await asyncio.wait((task, ending), timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
                if task.done():
                    return task.result()
                if ending.done() or await request.is_disconnected():
                    raise Failed(503, "stopping", "the engine stops", "ask again when it runs")
        finally:
            ending.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))


def face_of(request: Request) -> Face:
    face: Face = request.app.state.face
    return face


def is_by_token(request: Request) -> bool:
    """Return whether who asks holds the token."""
    return bool(getattr(request.state, "by_token", False))


def actor_of(request: Request) -> Actor:
    """Return who asks. A name of one's own has only who holds the token."""
    name = ""
    if is_by_token(request):
        name = clean_name(_text(request.headers.get(ACTOR_HEADER, "")))
    host = request.client.host if request.client else ""
    return Actor(name or "api", host, "api")


def language_of(request: Request) -> str:
    """Return the language in which whoever asks wants to be told; English unless they say so."""
    return "es" if request.headers.get("accept-language", "").lower().startswith("es") else "en"


TheFace = Annotated[Face, Depends(face_of)]
TheActor = Annotated[Actor, Depends(actor_of)]
TheLanguage = Annotated[str, Depends(language_of)]


def command(actor: Actor, request: commands.Request) -> Command:
    """Return a new command."""
    return Command(uuid.uuid4().hex, actor, request)


def clean_name(text: Any) -> str:
    """Return a name that is harmless in logs and on screens: printable, one line, not long."""
    shown = "".join(letter for letter in str(text) if unicodedata.category(letter)[0] not in "CZ" or letter == " ")
    return " ".join(shown.split())[:LONGEST_NAME]


def _text(header: str) -> str:
    """Return a header's text: UTF-8 where it is that, as people's names are sent by most programs."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
