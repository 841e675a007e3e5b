"""The command bus of the console: each action is followed from its request to its end, so that none is silent."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rms_console.contract.engine_port import EnginePort
from rms_console.contract.events import Event, EventName
from rms_console.errors import LinkError
from rms_console.tui.view import Action, Stage

if TYPE_CHECKING:
    from rms_console.contract.actor import Actor
    from rms_console.contract.commands import Command, Reply, Request

KEPT: Final = 50
ANSWER_WITHIN_S: Final = 30.0


class Actions:
    """Sends requests and keeps what became of them, newest first. `told` is called with each change of one."""

    def __init__(
        self, port: EnginePort, actor: Actor, now: Callable[[], datetime], told: Callable[[Action], None]
    ) -> None:
        self._port = port
        self._actor = actor
        self._now = now
        self._told = told
        self._latest: dict[str, Action] = {}
        self._undo: Request | None = None
        self._tasks: set[asyncio.Task[Reply | None]] = set()

    @property
    def latest(self) -> tuple[Action, ...]:
        return tuple(reversed(self._latest.values()))

    @property
    def undoing(self) -> Request | None:
        """Return what would take the last reversible action back."""
        return self._undo

    def send(self, request: Request, name: str, undo: Request | None = None) -> asyncio.Task[Reply | None]:
        """Send a request; `name` is what people call it. Returns a task with the reply, None when none came."""
        from rms_console.contract.commands import Command

        command = Command(uuid.uuid4().hex, self._actor, request)
        self._note(Action(command.command_id, name, Stage.REQUESTED, self._now()))
        task = asyncio.ensure_future(self._carry(command, undo))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def hear(self, event: Event) -> None:
        """Take in what the engine tells of a command of ours."""
        action = self._latest.get(str(event.facts.get("command_id", "")))
        if action is None or event.name != EventName.COMMAND_DONE:
            return
        stage = Stage.DONE if event.facts.get("result") == "done" else Stage.FAILED
        self._note(replace(action, stage=stage, message=_note_of(event) or action.message))

    async def _carry(self, command: Command, undo: Request | None) -> Reply | None:
        from rms_console.contract.commands import Accepted, Pause, Refused, Resume, SetInterval

        mine = self._latest[command.command_id]
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                reply = await self._port.send(command)
        except (LinkError, TimeoutError) as error:
            message = error.message if isinstance(error, LinkError) else ""
            self._note(replace(mine, stage=Stage.UNKNOWN, message=message))
            return None
        present = self._latest.get(command.command_id, mine)
        if isinstance(reply, Refused):
            self._note(replace(present, stage=Stage.REFUSED, message=reply.message, hint=reply.hint))
        elif isinstance(reply, Accepted):
            self._undo = undo or (None if isinstance(command.request, Pause | Resume | SetInterval) else self._undo)
            if present.stage is Stage.REQUESTED:
                self._note(replace(present, stage=Stage.ACCEPTED, message=reply.message))
        return reply

    def _note(self, action: Action) -> None:
        self._latest[action.command_id] = action
        while len(self._latest) > KEPT:
            self._latest.pop(next(iter(self._latest)))
        self._told(action)


def _note_of(event: Event) -> str:
    """Return the note as the engine sent it: a sentence of its can be told in the console's language."""
    note = event.facts.get("note")
    return note if isinstance(note, str) else ""
