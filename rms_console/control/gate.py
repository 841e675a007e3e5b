"""What stands before every route: who may ask, how large and how slow a body may be, what each answer carries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from rms_console.contract.api import Problem
from rms_console.contract.endpoint import CONTRACT_HEADER
from rms_console.contract.snapshot import CONTRACT_VERSION
from rms_console.control.access import Asked, Denied, Policy
from rms_console.control.faults import DEFECT, told

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY_BYTES: Final = 64 * 1024
BODY_WITHIN_S: Final = 10.0
DRAIN_WITHIN_S: Final = 1.0
DRAIN_BYTES: Final = 32 * 1024 * 1024
"""So much of a refused body is read and thrown away: closed on at once, the asker would not get to read why."""
_HEADERS: Final = (
    (CONTRACT_HEADER.lower().encode(), str(CONTRACT_VERSION).encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
TOO_LARGE: Final = Problem(
    code="too-large", message=f"the body is larger than {LARGEST_BODY_BYTES} bytes", hint="no request needs as much"
)
TOO_SLOW: Final = Problem(
    code="too-slow", message=f"the body did not come within {BODY_WITHIN_S:.0f} s", hint="send it whole"
)


class Gate:
    """ASGI. `fell` is told of an error that no route foresaw."""

    def __init__(self, app: App, policy: Policy, fell: Callable[[Exception], None] = lambda error: None) -> None:
        self._app = app
        self._policy = policy
        self._fell = fell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = _Answer(send)
        try:
            await self._let_in(scope, receive, answer)
        except Exception as error:  # noqa: BLE001  # the server would log it with every value at hand
            self._fell(error)
            if not answer.has_begun:
                await _refuse(scope, receive, answer, 500, DEFECT, drain=False)

    async def _let_in(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        asked = _asked(scope)
        decision = self._policy.decide(asked)
        if isinstance(decision, Denied):
            await _refuse(scope, receive, answer, decision.status, decision.problem, drain=asked.has_body)
            return
        scope.setdefault("state", {})["by_token"] = decision.by_token
        if asked.method == "HEAD":
            # The server below leaves the body away; of its own scope it must not be told otherwise.
            scope = {**scope, "method": "GET"}
        if not asked.has_body:
            await self._app(scope, receive, answer)
            return
        if _length(asked) > LARGEST_BODY_BYTES:
            await _refuse(scope, receive, answer, 413, TOO_LARGE)
            return
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await _read(receive)
        except TimeoutError:
            await _refuse(scope, receive, answer, 408, TOO_SLOW, drain=False)
            return
        except _Large:
            await _refuse(scope, receive, answer, 413, TOO_LARGE)
            return
        if body is not None:
            await self._app(scope, _replaying(body, receive), answer)


class _Large(Exception):
    pass


class _Answer:
    """Adds what every answer carries."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await self._send(message)


def _asked(scope: Scope) -> Asked:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        # A header that comes twice never counts as the right one.
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    length = headers.get("content-length", "0").strip()
    has_body = "transfer-encoding" in headers or length != "0"
    local = scope.get("server") or ("127.0.0.1", 0)
    return Asked(scope["method"], scope["path"], headers, has_body, str(local[0]))


def _length(asked: Asked) -> int:
    text = asked.headers.get("content-length", "0").strip()
    return int(text) if text.isdecimal() and len(text) < 20 else 0


async def _read(receive: Receive) -> bytes | None:
    """Return the body; None where the asker went away.

    Raises:
        _Large: it is larger than any request needs. Nothing more of it was read.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY_BYTES:
            raise _Large
        if not message.get("more_body", False):
            return bytes(body)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Return a way to receive that begins with a body already read."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay


async def _refuse(
    scope: Scope, receive: Receive, answer: _Answer, status: int, problem: Problem, *, drain: bool = True
) -> None:
    headers = {"Connection": "close"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    response = told(status, problem, headers)
    await answer({"type": "http.response.start", "status": status, "headers": response.raw_headers})
    await answer({"type": "http.response.body", "body": response.body, "more_body": True})
    expects = any(name.lower() == b"expect" for name, _ in scope["headers"])
    if drain and not expects:
        await _drain(receive)
    await answer({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive) -> None:
    """Throw away what still comes of a body, within limits."""
    left = DRAIN_BYTES
    try:
        async with asyncio.timeout(DRAIN_WITHIN_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
