"""The port of an engine that lives on a loop of another thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rms_console.contract.engine_port import EnginePort
from rms_console.contract.events import Event
from rms_console.contract.queries import Page, Query
from rms_console.errors import LinkError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.contract.commands import Command, Reply
    from rms_console.contract.snapshot import EngineSnapshot

T = TypeVar("T")

ANSWER_WITHIN_S: Final = 15.0
LONG_WITHIN_S: Final = 600.0
"""A dry run of everything may take minutes."""


class ThreadedPort:
    """Implements `EnginePort`. Each call runs on the engine's loop and is awaited on the caller's; the engine's thread
    hands its answer over and goes on, whether anybody is there to take it or not.

    `engine` returns the engine of this moment and its loop, or None while there is none.
    """

    def __init__(self, engine: Callable[[], tuple[EnginePort, asyncio.AbstractEventLoop] | None]) -> None:
        self._engine = engine

    async def snapshot(self) -> EngineSnapshot:
        return await self._call(lambda engine: engine.snapshot(), ANSWER_WITHIN_S)

    async def events(self, after: int, wait_s: float) -> Sequence[Event]:
        return await self._call(lambda engine: engine.events(after, wait_s), wait_s + ANSWER_WITHIN_S)

    async def ask(self, query: Query) -> Page:
        return await self._call(lambda engine: engine.ask(query), LONG_WITHIN_S)

    async def send(self, command: Command) -> Reply:
        return await self._call(lambda engine: engine.send(command), ANSWER_WITHIN_S * 2)

    async def _call(self, call: Callable[[EnginePort], Coroutine[Any, Any, T]], within_s: float) -> T:
        present = self._engine()
        if present is None:
            raise LinkError(sentence("the engine is not running"))
        engine, loop = present
        coroutine = call(engine)
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        except RuntimeError as error:
            coroutine.close()
            raise LinkError(sentence("the engine has ended")) from error
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise LinkError(sentence("the engine gave no answer in {seconds} s", seconds=f"{within_s:.0f}")) from error
        except asyncio.CancelledError:
            if future.cancelled() and not _is_cancelling():
                # The engine's loop ended under the call; nobody cancelled us.
                raise LinkError(sentence("the engine has ended")) from None
            raise


def _is_cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
