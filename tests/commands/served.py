"""The real API over a small fake engine, in this process: for what a healthy engine does not do on demand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from rms_console.contract.commands import Accepted, Command, Reply
from rms_console.contract.events import EventName
from rms_console.contract.snapshot import EngineSnapshot
from rms_console.control.server import ControlServer, ServerOptions
from tests.commands.live import until
from tests.tui.fakeport import FakePort


class Engine(FakePort):
    """Accepts, and then lets a command end as `result` says; no end where it is empty."""

    result = "done"
    note = ""

    async def send(self, command: Command) -> Reply:
        if self.reply is None:
            self.sent.append(command)
            if self.result:
                facts = {"command_id": command.command_id, "result": self.result, "note": self.note}
                self.tell(EventName.COMMAND_DONE, **facts)
            return Accepted(command.command_id, "a run starts now")
        return await super().send(command)


class Served:
    """Serves `engine` on a thread of its own; `folder` holds what an engine's state folder holds of the API."""

    def __init__(self, folder: Path, engine: Engine, **options: Any) -> None:
        self.engine = engine
        self.token_file = folder / "api-token"
        self._options = ServerOptions(folder, engine.now.boot_id, "tienda", port=0, **options)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: bool(self.url), "the API")
        return self

    def __exit__(self, *_: object) -> None:
        self.on_loop(self._end.set if self._end else lambda: None)
        self._thread.join(10)

    def on_loop(self, call: Callable[[], None]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(call)

    def show(self, snapshot: EngineSnapshot) -> None:
        self.engine.now = snapshot

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with ControlServer(self.engine, self._options) as server:
            self.url = server.url
            await self._end.wait()


class Stranger:
    """Something else that answers on a port: every request alike. `heard` keeps the heads of the requests."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        heard: list[tuple[str, dict[str, str]]] = []
        self.heard = heard

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing is written beside the tests' own output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
