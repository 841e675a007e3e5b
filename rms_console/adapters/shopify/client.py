"""One request to Shopify's GraphQL Admin API: reserved, sent, classified, and sent again while throttled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import httpx

from rms_console import __version__
from rms_console.adapters.shopify import classify
from rms_console.adapters.shopify.access import TokenSource, is_loopback
from rms_console.adapters.shopify.classify import Done, Failed, HttpAnswer, Throttled, Verdict
from rms_console.adapters.shopify.clean import clean
from rms_console.adapters.shopify.documents import CLAIM_WRITE, Document
from rms_console.adapters.shopify.inputs import Variables
from rms_console.contract.ports import PRIORITY_INTERACTIVE, Clock, CostGate, Reservation, ShopCounters
from rms_console.errors import ConsoleError, ShopDenied, ShopThrottled, ShopUnavailable
from rms_console.locale import sentence

CONNECT_S, WRITE_S, POOL_S = 10.0, 30.0, 30.0
READ_S = 20.0
"""Of an answer to a question: it costs little to ask again."""
READ_WRITTEN_S = 45.0
"""Of an answer to a write. Shopify may work on a large product for tens of seconds, and giving up early makes outcomes
unknown; a line that swallows them must not keep the first write after it waiting for more than a minute."""
READING = httpx.Timeout(connect=CONNECT_S, read=READ_S, write=WRITE_S, pool=POOL_S)
WRITING = httpx.Timeout(connect=CONNECT_S, read=READ_WRITTEN_S, write=WRITE_S, pool=POOL_S)

EXCHANGE_S = 150.0
"""Of a whole exchange: a server that drips its answer would never meet a time-out of a single read."""

MOST_ANSWER_BYTES = 20 * 1024 * 1024
CONNECTIONS = 258
"""Two more than the pacer ever lets fly, so that nobody waits for a connection with points in hand."""

LONGEST_VERSION = 40
SHORTEST_SECRET = 8
"""A token below this is made up for a test, and its text would be found everywhere."""

LEAVING = frozenset({"http11.send_request_headers.started", "http11.send_request_body.started"})
"""What the connection tells just before the head and the body of a request leave."""

AHEAD_WHEN_THROTTLED = 10
"""A request that was turned away comes back before its own kind, so that a dear one is not overtaken for ever."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the root field holds, and the points it cost (0 where the shop does not tell)."""

    payload: Any
    points: float


@dataclass(slots=True)
class _Request:
    document: Document
    content: bytes
    points: float
    priority: int
    token: str = field(default="", repr=False)
    first_sent_at: float | None = None
    renewed: bool = False


class _HeldBackError(Exception):
    """The right to write was gone when the request was about to leave."""

    def __init__(self, refused: ShopUnavailable) -> None:
        super().__init__()
        self.refused = refused


class ShopifyClient:
    """Sends documents. Knows costs, tokens and time, and nothing of products.

    Redirects are never followed: the token goes to one origin only. Its text is cut out of every answer before
    anything reads it, so that no message can repeat it.
    """

    def __init__(
        self,
        url: str,
        tokens: TokenSource,
        gate: CostGate,
        clock: Clock,
        *,
        operation_timeout_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._tokens = tokens
        self._gate = gate
        self._clock = clock
        self._operation_timeout_s = operation_timeout_s
        self._http = _http_client(url, transport)
        self._counters = ShopCounters()
        self._refusal: Callable[[], ConsoleError | None] = lambda: None
        self.served_version: str | None = None
        """The API version that answered last; Shopify serves another one when ours has been retired."""
        self.server_time: datetime | None = None
        """The server's clock in its last answer, to the second."""

    async def run(self, document: Document, variables: Variables, *, points: float, priority: int) -> Answer:
        """Return the answer of one operation, sent again while Shopify says THROTTLED.

        Raises:
            ShopUnavailable, ShopOutcomeUnknown, ShopRejected, ShopDenied: see `classify`.
            ShopThrottled: not run, and throttled for longer than an operation may take.
        """
        request = _Request(document, _content(document, variables), points, priority)
        while True:
            verdict = await self._exchange(request)
            match verdict:
                case Done(payload, cost):
                    return Answer(payload, self._count(document, cost))
                case Throttled():
                    await self._wait_throttled(request, verdict)
                case Failed(error, cost):
                    if cost is not None or not verdict.certainly_free:
                        self._count(document, cost)
                    if not await self._renewed(request, verdict):
                        raise error from verdict.cause

    def guard(self, refusal: Callable[[], ConsoleError | None]) -> None:
        """Ask `refusal`, at the last moment before each write, why it must not be sent."""
        self._refusal = refusal

    def counters(self) -> ShopCounters:
        return self._counters

    async def close(self) -> None:
        await self._http.aclose()
        await self._tokens.close()

    async def _exchange(self, request: _Request) -> Verdict:
        """Return the verdict on one sending; its points are settled as the answer says.

        The token is fetched first, so that a grant that takes its time holds neither points nor a place in flight.
        """
        request.token = await self._tokens.token()
        async with self._gate.reserve(request.points, request.priority) as reservation:
            if request.first_sent_at is None:
                request.first_sent_at = self._clock.monotonic()
            refused = self._refused(request.document)
            verdict = await self._send(request) if refused is None else Failed(refused, None, certainly_free=True)
            _settle(reservation, verdict)
        return verdict

    def _refused(self, document: Document) -> ShopUnavailable | None:
        """Return why a write is not sent. A claim is: the shop itself checks that it is not overtaken."""
        if not document.mutation or document.only_reads or document is CLAIM_WRITE:
            return None
        error = self._refusal()
        return None if error is None else ShopUnavailable(error.message, code=error.code, hint=error.hint)

    async def _send(self, request: _Request) -> Verdict:
        try:
            async with asyncio.timeout(EXCHANGE_S):
                answer = await self._post(request)
        except _HeldBackError as held:
            return Failed(held.refused, None, certainly_free=True)
        except (httpx.HTTPError, httpx.StreamError, OSError) as exc:
            return classify.of_exception(exc, request.document)
        if answer is None:
            return classify.of_size(request.document, MOST_ANSWER_BYTES)
        if version := clean(answer.headers.get("x-shopify-api-version"), LONGEST_VERSION):
            self.served_version = version
        self.server_time = _moment(answer.headers.get("date"))
        return classify.of_answer(answer, request.document)

    async def _post(self, request: _Request) -> HttpAnswer | None:
        """Return the answer, or None when it is too long to be one."""
        headers, content, look = (
            {"X-Shopify-Access-Token": request.token},
            request.content,
            {"trace": self._look(request)},
        )
        body = bytearray()
        post = partial(self._http.stream, "POST", self._url, content=content, headers=headers, extensions=look)
        async with post(timeout=WRITING if request.document.mutation else READING) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_ANSWER_BYTES:
                    return None
        return HttpAnswer(response.status_code, dict(response.headers), _without(request.token, bytes(body)))

    def _look(self, request: _Request) -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
        """Return what asks once more when the line is there and the next thing is the request itself.

        A process that stood still while it waited for a line finds its right gone only then. A request of which the
        head has left and the body has not is none: the shop takes nothing from it.
        """

        async def look(event: str, facts: Mapping[str, Any]) -> None:
            if event in LEAVING:
                refused = self._refused(request.document)
                if refused is not None:
                    raise _HeldBackError(refused)

        return look

    async def _wait_throttled(self, request: _Request, verdict: Throttled) -> None:
        """Wait as the bucket says, or as the server does where it names a time.

        Raises:
            ShopThrottled: the wait would end after the operation's time.
        """
        self._counters = replace(self._counters, throttled=self._counters.throttled + 1)
        cost = verdict.cost
        if cost is not None:
            request.points = max(request.points, cost.requested)
        wait_s = self._gate.throttled(request.points, cost.status if cost else None)
        wait_s = max(wait_s, verdict.wait_s or 0.0)
        waited_s = self._clock.monotonic() - (request.first_sent_at or 0.0)
        if waited_s + wait_s > self._operation_timeout_s:
            raise ShopThrottled(
                sentence(
                    "{call}: throttled for {seconds} s, longer than an operation may take",
                    call=request.document.root,
                    seconds=f"{waited_s:.0f}",
                ),
                wait_s=wait_s,
                hint=sentence("another app may be using up the shop's API limit"),
            )
        request.priority = max(PRIORITY_INTERACTIVE, request.priority - AHEAD_WHEN_THROTTLED)
        await self._clock.sleep(wait_s)

    async def _renewed(self, request: _Request, verdict: Failed) -> bool:
        """Return whether a refused token could be replaced; once per operation."""
        refused = isinstance(verdict.error, ShopDenied) and verdict.error.code == "shop-token"
        if not refused or request.renewed:
            return False
        request.renewed = True
        return await self._tokens.renew(request.token)

    def _count(self, document: Document, cost: classify.Cost | None) -> float:
        charged = _charged(cost) or 0.0
        writes = document.mutation and not document.only_reads
        now = self._counters
        self._counters = replace(
            now,
            mutations=now.mutations + writes,
            queries=now.queries + (not writes),
            points=now.points + charged,
        )
        return charged


def _http_client(url: str, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    address = httpx.URL(url)
    return httpx.AsyncClient(
        transport=transport,
        timeout=READING,
        limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        headers={
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": f"rms-console/{__version__}",
        },
        follow_redirects=False,
        http2=False,
        trust_env=not is_loopback(address.host),
    )


def _content(document: Document, variables: Variables) -> bytes:
    """Return the body; half a character (RMS text may hold one) has no UTF-8 and becomes a question mark."""
    body = json.dumps({"query": document.text, "variables": variables}, ensure_ascii=False)
    return body.encode("utf-8", errors="replace")


def _moment(text: str | None) -> datetime | None:
    """Return the time in a Date header; None for none and for what is no time with a zone."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _without(token: str, body: bytes) -> bytes:
    return body.replace(token.encode(), b"***") if len(token) >= SHORTEST_SECRET else body


def _settle(reservation: Reservation, verdict: Verdict) -> None:
    """Report what is known of the cost. Where nothing is known the points stay taken until a report says better."""
    match verdict:
        case Throttled(cost=cost):
            reservation.settle(None, cost.status if cost else None)
        case Done(cost=None) | Failed(cost=None, certainly_free=True):
            reservation.settle(None, None)
        case Done(cost=cost) | Failed(cost=cost) if cost is not None:
            reservation.settle(_charged(cost), cost.status)
        case _:
            pass


def _charged(cost: classify.Cost | None) -> float | None:
    """Return the points taken: the requested ones where a request was refused after they were taken."""
    if cost is None:
        return None
    return cost.requested if cost.actual is None else cost.actual
