"""The control API over a small honest engine, on a thread of its own, as the program serves it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from rms_console.contract.events import Event
from rms_console.control.endpoint_file import read_token
from rms_console.control.server import ControlServer, ServerOptions, Told
from tests.tui.fakeport import FakePort

T = TypeVar("T")

BOOT = "boot-1"
MONITOR = "/api/v1/sync/monitor"
PATIENCE_S = 30.0


class CountingPort(FakePort):
    """Also counts who waits for news."""

    waiting = 0

    async def events(self, after: int, wait_s: float) -> Sequence[Event]:
        self.waiting += 1
        try:
            return await super().events(after, wait_s)
        finally:
            self.waiting -= 1


class Served:
    """As a context: the API of a `FakePort`, with a free port unless `options` say otherwise."""

    def __init__(
        self, folder: Path, engine: CountingPort | None = None, told: Told | None = None, **options: Any
    ) -> None:
        self.folder = folder
        self.engine = engine or CountingPort()
        self._options = ServerOptions(**{"folder": folder, "boot_id": BOOT, "shop": "tienda", "port": 0, **options})
        self._told = told
        self.loop = asyncio.new_event_loop()
        self._begun, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self.url = ""

    def __enter__(self) -> Served:
        self._thread.start()
        assert self._begun.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._end.set)
            self._thread.join(PATIENCE_S)
            assert not self._thread.is_alive()

    @property
    def token(self) -> str:
        return read_token(self.folder)

    def on_loop(self, call: Callable[[], object]) -> None:
        """Have a call made on the engine's loop, and wait for it."""

        async def made() -> None:
            call()

        self.run(made())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE_S)

    def client(self, *, token: bool = False, **headers: str) -> httpx.Client:
        known = {"Authorization": f"Bearer {self.token}"} if token else {}
        return httpx.Client(base_url=self.url, headers={**known, **headers}, timeout=PATIENCE_S, trust_env=False)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        async with ControlServer(self.engine, self._options, self._told) as server:
            self.url = server.url
            self._begun.set()
            await self._end.wait()


def dial(served: Served) -> socket.socket:
    """Return a bare connection to the server."""
    parts = urlsplit(served.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S)
