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
from rms_console.errors import LinkError, NotTaken
from rms_console.tui.view import Action, Stage

if TYPE_CHECKING:
    from rms_console.contract.actor import Actor
    from rms_console.contract.commands import Command, Reply, Request

KEPT: Final = 50
ANSWER_WITHIN_S: Final = 30.0


class Actions:
    """Sends requests and keeps what became of them, newest first. `told` is called with each change of one."""

    def __init__(
        self,
        port: EnginePort,
        actor: Actor,
        now: Callable[[], datetime],
        told: Callable[[Action], None],
        obstacle: Callable[[], str] = lambda: "",
    ) -> None:
        self._port = port
        self._actor = actor
        self._now = now
        self._told = told
        self._obstacle = obstacle
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
        """Send a request; `name` is what people call it. Returns a task with the reply, None when none came.

        While there is an obstacle nothing is sent, whatever dialog was open before it.
        """
        from rms_console.contract.commands import Command

        command = Command(uuid.uuid4().hex, self._actor, request)
        why = self._obstacle()
        stage = Stage.REFUSED if why else Stage.REQUESTED
        self._note(Action(command.command_id, name, stage, self._now(), why))
        task = asyncio.ensure_future(_nothing() if why else self._carry(command, undo))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def is_ours(self, command_id: str) -> bool:
        return command_id in self._latest

    def hear(self, event: Event) -> None:
        """Take in what the engine tells of a command of ours, also of one whose answer was lost."""
        action = self._latest.get(str(event.facts.get("command_id", "")))
        if action is None:
            return
        if event.name == EventName.COMMAND_HANDLED and action.stage is Stage.UNKNOWN:
            stage = Stage.REFUSED if event.facts.get("result") == "refused" else Stage.ACCEPTED
            self._note(replace(action, stage=stage, message=str(event.facts.get("message") or "")))
        if event.name != EventName.COMMAND_DONE:
            return
        stage = Stage.DONE if event.facts.get("result") == "done" else Stage.FAILED
        self._note(replace(action, stage=stage, message=_note_of(event) or action.message))

    async def _carry(self, command: Command, undo: Request | None) -> Reply | None:
        from rms_console.contract.commands import Accepted, Pause, Refused, Resume, SetInterval

        mine = self._latest[command.command_id]
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                reply = await self._port.send(command)
        except NotTaken as error:
            self._note(replace(mine, stage=Stage.FAILED, message=error.message, hint=error.hint))
            return None
        except (LinkError, TimeoutError) as error:
            message, hint = (error.message, error.hint) if isinstance(error, LinkError) else ("", "")
            present = self._latest.get(command.command_id, mine)
            self._note(replace(present, stage=Stage.UNKNOWN, message=message, hint=hint))
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


async def _nothing() -> None:
    """Nothing is asked of the engine."""


def _note_of(event: Event) -> str:
    """Return the note as the engine sent it: a sentence of its can be told in the console's language."""
    note = event.facts.get("note")
    return note if isinstance(note, str) else ""
