"""The way to an engine in another process: a thread with the loop on which the port to it lives."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Final

from rms_console.contract.snapshot import EngineSnapshot
from rms_console.control.remote import RemotePort
from rms_console.control.threaded import ThreadedPort
from rms_console.errors import LinkError
from rms_console.locale import sentence

FIRST_WITHIN_S: Final = 15.0
LAST_WITHIN_S: Final = 2.0
LOOK_WITHIN_S: Final = 1.0


class Link:
    """While inside, `port` leads to the engine from any loop. So a screen may fall over and be opened again, and what
    comes over the line is read and understood beside the screen's own loop.
    """

    def __init__(self, remote: RemotePort) -> None:
        self._remote = remote
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="link", daemon=True)
        self.port = ThreadedPort(lambda: self.present)

    @property
    def present(self) -> tuple[RemotePort, asyncio.AbstractEventLoop] | None:
        """Return the port and the loop that it is asked on; None outside."""
        return (self._remote, self._loop) if self._loop is not None else None

    def __enter__(self) -> Link:
        self._thread.start()
        self._is_up.wait()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        loop, over = self._loop, self._over
        if loop is not None and over is not None:
            loop.call_soon_threadsafe(over.set)
        self._thread.join(LAST_WITHIN_S)

    def look(self, within_s: float = FIRST_WITHIN_S) -> EngineSnapshot:
        """Return the engine at this instant; waits for it.

        Raises:
            LinkError: it does not answer.
        """
        if self._loop is None:
            raise LinkError(sentence("no engine runs for this shop now"))
        future = asyncio.run_coroutine_threadsafe(self._remote.snapshot(), self._loop)
        try:
            return future.result(within_s)
        except TimeoutError as error:
            future.cancel()
            raise LinkError(sentence("no answer in {seconds} s", seconds=round(within_s))) from error

    def problem(self) -> str:
        """Return why the engine does not answer now; empty where it does."""
        try:
            self.look(LOOK_WITHIN_S)
        except LinkError as error:
            return error.message
        return ""

    async def _live(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._is_up.set()
        try:
            await self._over.wait()
        finally:
            self._loop = None
            await self._remote.aclose()
