"""The port's routes on loopback over any `EnginePort`: small, and as strict about tokens as the real ones."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import uvicorn

from rms_console.contract import wire
from rms_console.contract.engine_port import EnginePort
from rms_console.contract.queries import Query, Subject
from rms_console.contract.snapshot import CONTRACT_VERSION
from rms_console.control.threaded import ThreadedPort
from tests.hosting.seat import until
from tests.tui.fakeport import FakePort

TOKEN = "loopback-token"


class Server:
    """Serves the port on a thread of its own. `engine` may be replaced, and what it answers be spoiled."""

    def __init__(self, engine: EnginePort, port: int = 0) -> None:
        self.engine = engine
        self.contract: str | None = str(CONTRACT_VERSION)
        self.spoil: tuple[int, bytes] | None = None
        """Status and body of every answer, where it is to be another than the true one."""
        self.takes_and_drops = False
        """Whether a command is carried out and its answer lost."""
        self.asks_for_token = False
        self.waits: list[float] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        settings = uvicorn.Config(
            self._serve, interface="asgi3", log_config=None, lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._run, name="loopback")

    def __enter__(self) -> Server:
        self._thread.start()
        until(lambda: self._server.started, what="the server listens")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self._socket.close()

    @property
    def threaded(self) -> ThreadedPort:
        """Return the same engine without HTTP between."""
        return ThreadedPort(lambda: (self.engine, self.loop) if self.loop is not None else None)

    def tell(self, name: str, **facts: Any) -> None:
        """Have the engine publish an event, on its own loop."""
        assert isinstance(self.engine, FakePort)
        assert self.loop is not None
        engine = self.engine
        self.loop.call_soon_threadsafe(lambda: engine.tell(name, **facts))

    def _run(self) -> None:
        async def serve() -> None:
            self.loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[self._socket])

        asyncio.run(serve())

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        heard = dict(scope["headers"])
        body = b""
        while (part := await receive())["type"] == "http.request":
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        is_command = scope["method"] == "POST"
        bearer = heard.get(b"authorization", b"").decode()
        if self.spoil is not None:
            status, answer = self.spoil
        elif (is_command or self.asks_for_token or bearer) and bearer != f"Bearer {TOKEN}":
            status, answer = 401, b'{"error": {"code": "unauthorized", "message": "no", "hint": ""}}'
        else:
            plain = await self._answer(scope["path"], parse_qs(scope["query_string"].decode()), body)
            status, answer = (200, json.dumps(plain).encode()) if plain is not None else (404, b"{}")
        headers = [(b"content-type", b"application/json")]
        if is_command and self.takes_and_drops:
            headers.append((b"content-length", b"100000"))  # more than comes: the connection ends before
        if self.contract is not None:
            headers.append((b"x-rms-contract", self.contract.encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, path: str, asked: dict[str, list[str]], body: bytes) -> dict[str, Any] | None:
        values = {name: given[-1] for name, given in asked.items()}
        engine = self.engine
        match path.removeprefix("/api/v1/port/"):
            case "snapshot":
                return wire.to_json(await engine.snapshot())
            case "events":
                self.waits.append(float(values["wait_s"]))
                boot = (await engine.snapshot()).boot_id
                events = await engine.events(int(values["after"]), float(values["wait_s"]))
                return {"boot_id": boot, "events": [wire.to_json(event) for event in events]}
            case "page":
                before = values.get("before")
                query = Query(
                    Subject(values["subject"]),
                    int(values["limit"]),
                    int(before) if before else None,
                    values.get("key"),
                    json.loads(values.get("filters", "{}")),
                )
                return wire.to_json(await engine.ask(query))
            case "command":
                return wire.reply_to_json(await engine.send(wire.command_from_json(json.loads(body))))
        return None


@contextlib.contextmanager
def serving(engine: EnginePort, port: int = 0) -> Iterator[Server]:
    with Server(engine, port) as server:
        yield server
