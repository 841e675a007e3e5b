"""The port through which every face (console, API, commands) meets the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rms_console.contract.commands import Command, Reply
    from rms_console.contract.events import Event
    from rms_console.contract.queries import Page, Query
    from rms_console.contract.snapshot import EngineSnapshot


class EnginePort(Protocol):
    """The engine may live on another thread, in another process or in a recording: a face cannot tell.

    Take a snapshot, then ask for the events after its number. A gap in the numbers or a new `boot_id` means:
    take a new snapshot.

    Raises (all four): LinkError when the engine cannot be reached.
    """

    async def snapshot(self) -> EngineSnapshot: ...

    async def events(self, after: int, wait_s: float) -> Sequence[Event]:
        """Return the events after number `after`, waiting at most `wait_s` seconds for the first.

        Stopping the engine releases a waiting call.
        """
        ...

    async def ask(self, query: Query) -> Page: ...

    async def send(self, command: Command) -> Reply: ...
