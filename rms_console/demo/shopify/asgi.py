"""The shop behind HTTP, as a plain ASGI application: the GraphQL endpoint, the token grant, the file storage."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import httpx

from rms_console.demo.shopify import files
from rms_console.demo.shopify.faults import Fault, FaultKind
from rms_console.demo.shopify.mutations_bulk import UPLOAD_PATH
from rms_console.demo.shopify.queries_bulk import RESULT_PATH
from rms_console.demo.shopify.shop import EmbeddedShop, GraphQLRequest
from rms_console.demo.shopify.tokens import EXPIRES_IN_S

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

Answering = Callable[[bool], "HttpAnswer"]
"""Works out the answer to a request; with True the one that says to come back later."""

_RESULT = re.compile(re.escape(RESULT_PATH) + r"(\d+)/(\w+)")
_GRAPHQL = re.compile(r"/admin/api/([^/]+)/graphql\.json")
FORM_BYTES = 100_000
"""What a form holds beside its file, at most."""

_JSON = "application/json; charset=utf-8"
_XML = "application/xml; charset=UTF-8"
_PAGE = "<!DOCTYPE html><html><head><title>Something went wrong</title></head><body>Please try again.</body></html>"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = _JSON


def json_answer(status: int, body: Mapping[str, Any], *headers: tuple[str, str]) -> HttpAnswer:
    return HttpAnswer(status, json.dumps(body, separators=(",", ":")).encode(), headers)


class ShopApp:
    """ASGI application of one shop. In process through httpx's ASGITransport, or served by uvicorn."""

    def __init__(self, shop: EmbeddedShop) -> None:
        self._shop = shop
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the embedded shop speaks HTTP only, not {scope['type']}")
        try:
            await self._serve(scope, receive, send)
        except asyncio.CancelledError:
            # The server stops with this request in flight: the client sees what a dying server shows, no HTTP 500.
            if not await _close(send):
                raise

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        settings = self._shop.settings
        is_upload = scope["path"] == UPLOAD_PATH
        most = settings.max_upload_bytes + FORM_BYTES if is_upload else settings.max_body_bytes
        body = await _read_body(receive, most)
        if body is None:
            await _send(send, json_answer(413, {"errors": "Request body too large"}))
            return
        if self._shop.latency_s > 0:
            await asyncio.sleep(self._shop.latency_s)
        await self._route(scope, body, send)

    async def _route(self, scope: Scope, body: bytes, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if method == "POST" and (match := _GRAPHQL.fullmatch(path)):
            await self._graphql(scope, body, match[1], send)
        elif method == "POST" and path == "/admin/oauth/access_token":
            await _send(send, self._grant(_header(scope, b"content-type") or "", body))
        elif method == "POST" and path == UPLOAD_PATH:
            await self._file("stagedUpload", lambda: self._upload(scope, body), send)
        elif method == "GET" and (match := _RESULT.fullmatch(path)):
            number, secret = int(match[1]), match[2]
            await self._file("bulkResult", lambda: self._result(number, secret, _header(scope, b"range")), send)
        else:
            await _send(send, json_answer(404, {"errors": "Not Found"}))

    async def _graphql(self, scope: Scope, body: bytes, asked: str, send: Send) -> None:
        if not self._shop.tokens.accepts(_header(scope, b"x-shopify-access-token")):
            message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            await _send(send, json_answer(401, {"errors": message}))
            return
        request = read_request(body)
        if request is None:
            await _send(send, json_answer(400, {"errors": {"query": "Required parameter missing or invalid"}}))
            return
        version, origin = self._shop.served_version(asked), _origin(scope)

        def answer(throttle: bool) -> HttpAnswer:
            return self._run(request, version, origin, throttle=throttle)

        await self._answer(self._shop.faults(self._shop.describe(request, version)), answer, send)

    async def _file(self, what: str, work: Callable[[], HttpAnswer], send: Send) -> None:
        """Exchange a file. The storage knows no points: throttled, it says 503."""

        def answer(throttle: bool) -> HttpAnswer:
            return HttpAnswer(503, files.error_page("SlowDown"), content_type=_XML) if throttle else work()

        await self._answer(self._shop.faults(self._shop.describe_file(what)), answer, send)

    async def _answer(self, fault: Fault | None, answer: Answering, send: Send) -> None:
        if fault is None:
            await _send(send, answer(False))
        else:
            await self._fail(fault, answer, send)

    def _run(self, request: GraphQLRequest, version: str, origin: str, *, throttle: bool) -> HttpAnswer:
        body = self._shop.answer(request, version, throttle=throttle, origin=origin)
        headers = (("x-shopify-api-version", version), ("x-request-id", str(uuid.uuid4())))
        return json_answer(200, body, *headers)

    def _upload(self, scope: Scope, body: bytes) -> HttpAnswer:
        upload = files.read_upload(_header(scope, b"content-type") or "", body)
        if upload is None:
            return HttpAnswer(400, files.error_page("InvalidArgument"), content_type=_XML)
        refused = self._shop.take_file(upload.key, upload.signature, upload.content)
        if refused is not None:
            return HttpAnswer(403 if refused == "AccessDenied" else 400, files.error_page(refused), content_type=_XML)
        return HttpAnswer(201, files.stored_page(upload.key), content_type=_XML)

    def _result(self, number: int, secret: str, range_header: str | None) -> HttpAnswer:
        content = self._shop.result_file(number, secret)
        if content is None:
            return HttpAnswer(403, files.error_page("AccessDenied"), content_type=_XML)
        part = files.slice_of(content, range_header)
        return HttpAnswer(part.status, part.body, part.headers, "application/jsonl")

    async def _fail(self, fault: Fault, answer: Answering, send: Send) -> None:
        """Answer, or not, as the fault says."""
        if fault.kind is FaultKind.LATE:
            self._apply_later(fault.delay_s, answer)
            await _hang_up(send)
            return
        if fault.delay_s > 0:
            await asyncio.sleep(fault.delay_s)
        if fault.kind is FaultKind.DROP_BEFORE:
            await _hang_up(send)
        elif fault.kind is FaultKind.THROTTLED:
            await _send(send, answer(True))
        elif fault.kind in (FaultKind.STATUS, FaultKind.HTML):
            if fault.applied:
                answer(False)
            await _send(send, _trouble(fault))
        else:
            await _deliver(fault.kind, answer(False), send)

    def _apply_later(self, delay_s: float, answer: Answering) -> None:
        async def apply() -> None:
            await asyncio.sleep(delay_s)
            answer(False)

        task = asyncio.get_running_loop().create_task(apply())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def _grant(self, content_type: str, body: bytes) -> HttpAnswer:
        given = _read_form(content_type, body)
        if given is None or given.get("grant_type") != "client_credentials":
            return json_answer(400, {"error": "invalid_request", "error_description": "grant_type is not supported"})
        token = self._shop.tokens.grant(given.get("client_id", ""), given.get("client_secret", ""))
        if token is None:
            return json_answer(401, {"error": "invalid_client", "error_description": "unknown client id or secret"})
        scope = ",".join(sorted(self._shop.state.scopes))
        return json_answer(200, {"access_token": token, "scope": scope, "expires_in": EXPIRES_IN_S})


def read_request(body: bytes) -> GraphQLRequest | None:
    """Return the request in a body; None where it is no JSON or not of a request's form."""
    try:
        given = json.loads(body)
    except ValueError:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("query"), str):
        return None
    variables = given.get("variables") or {}
    if not isinstance(variables, dict):
        return None
    name = given.get("operationName")
    return GraphQLRequest(given["query"], variables, name if isinstance(name, str) else None)


def _read_form(content_type: str, body: bytes) -> dict[str, str] | None:
    if "json" not in content_type:
        return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    try:
        given = json.loads(body)
    except ValueError:
        return None
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else None


def _trouble(fault: Fault) -> HttpAnswer:
    if fault.kind is FaultKind.HTML:
        status = fault.status if fault.status != 503 else 200
        return HttpAnswer(status, _PAGE.encode(), content_type="text/html; charset=utf-8")
    return json_answer(fault.status, {"errors": "Internal Server Error" if fault.status == 500 else "Unavailable"})


async def _deliver(kind: FaultKind, answer: HttpAnswer, send: Send) -> None:
    """Send an answer that was worked out, as far as the fault lets it."""
    half = answer.body[: len(answer.body) // 2]
    if kind is FaultKind.DROP_AFTER:
        await _hang_up(send)
    elif kind is FaultKind.TRUNCATED:
        await _send(send, HttpAnswer(answer.status, half, answer.headers))
    elif kind is FaultKind.CUT:
        await _start(send, answer, len(answer.body))
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _hang_up(send)
    else:
        await _send(send, answer)


async def _hang_up(send: Send) -> None:
    """Close the connection under the client's feet.

    In process there is no connection: then the client sees the transport error that httpx makes of a closed one.
    """
    if not await _close(send):
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")


async def _close(send: Send) -> bool:
    """Cut the connection, whose transport uvicorn keeps behind `send`. Return False where there is none."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        return False
    transport.abort()
    for _ in range(2):
        await asyncio.sleep(0)  # so that uvicorn hears of it before the application returns
    return True


async def _send(send: Send, answer: HttpAnswer) -> None:
    await _start(send, answer, len(answer.body))
    await send({"type": "http.response.body", "body": answer.body})


async def _start(send: Send, answer: HttpAnswer, length: int) -> None:
    headers = [("content-type", answer.content_type), ("content-length", str(length)), *answer.headers]
    raw = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})


def _origin(scope: Scope) -> str:
    """Return scheme and host as the client sees them, for the addresses of files."""
    host = _header(scope, b"host") or "localhost"
    return f"{scope.get('scheme', 'http')}://{host}"


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), None)


async def _read_body(receive: Receive, most: int) -> bytes | None:
    """Return the whole body, or None when it is larger than allowed."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            return None
        if not message.get("more_body"):
            return b"".join(parts)
