"""The HTTP server under the control API: uvicorn on a loop that is not its own, with limits on who keeps it waiting."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterator
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from rms_console.contract.snapshot import CONTRACT_VERSION

HEAD_WITHIN_S: Final = 10.0
MOST_CONNECTIONS: Final = 128
LARGEST_HEAD_BYTES: Final = 16 * 1024
KEEP_ALIVE_S: Final = 15
_SILENT: Final = logging.getLogger("rms_console.control.httpd")
"""Whoever sends nonsense must not be able to fill the log; what a route falls over is told by the gate."""
_SILENT.disabled = True


def config_of(app: Any) -> uvicorn.Config:
    """Return how the app is served. It says nothing of its own in any answer and writes no line for a request."""
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=LARGEST_HEAD_BYTES,
    )


class Httpd(uvicorn.Server):
    """Leaves signals to the program, and does nothing at all while nobody asks."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._end = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._end.wait()

    def end(self) -> None:
        """Take no more requests, finish those that are on."""
        self.should_exit = True
        self._end.set()

    def cut(self) -> None:
        """Finish nothing: close every connection now."""
        self.force_exit = True
        for task in tuple(self.server_state.tasks):
            task.cancel()
        for connection in tuple(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()


class Connection(H11Protocol):
    """One connection. Whoever takes too long over the head of a request is let go."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.logger = _SILENT
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._say(503, "busy", "too many connections are open")
        else:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._is_answering():
            self._stop_waiting()
        elif self._waiting is None and not self.transport.is_closing():
            self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        if self._is_answering() and self.cycle.response_started:
            self.transport.abort()
        else:
            self._say(400, "not-http", "this is no request of HTTP/1.1")

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _wait_for_head(self) -> None:
        self._waiting = self.loop.call_later(HEAD_WITHIN_S, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _too_slow(self) -> None:
        self._waiting = None
        if self._is_answering() or self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            self.transport.abort()
        else:
            self._say(408, "too-slow", f"the request did not come within {HEAD_WITHIN_S:.0f} s")

    def _say(self, status: int, code: str, message: str) -> None:
        """Answer before there is a request to answer, and close."""
        body = json.dumps({"error": {"code": code, "message": message, "hint": ""}}).encode()
        phrase = {400: "Bad Request", 408: "Request Timeout", 503: "Service Unavailable"}[status]
        head = (
            f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"x-rms-contract: {CONTRACT_VERSION}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
