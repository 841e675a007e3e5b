"""The way to the shop: requests travel by themselves, whoever asked may be gone when they arrive."""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import httpx

from rms_console.demo.shopify import EmbeddedShop
from rms_console.demo.shopify.asgi import ShopApp, read_request
from rms_console.demo.shopify.faults import RequestInfo
from tests.engine.world import Death
from tests.simulation.order import LATE

if TYPE_CHECKING:
    from tests.simulation.process import Process

Fired = Callable[[str], None]
SENDER: contextvars.ContextVar[Wire | None] = contextvars.ContextVar("sender", default=None)
"""Whose request is at the shop's door."""


@dataclass(slots=True)
class Armed:
    """A fault that befalls the next requests it fits."""

    kind: str
    times: int = 1
    skip: int = 0
    mutations_only: bool = True
    delay_s: float = 0.0
    status: int = 503
    flavour: int = 0
    fits: Callable[[RequestInfo], bool] = lambda info: True


@dataclass
class Line:
    """One network. Faults are armed by the world; each answers for one request after the other."""

    shop: EmbeddedShop
    dice: Random
    fired: Fired
    asked: Callable[[], None]
    armed: list[Armed] = field(default_factory=list)
    outage: bool = False
    refuses_token: bool = False
    throttles: bool = False
    in_flight: set[asyncio.Task[Any]] = field(default_factory=set)
    seen: Counter[str] = field(default_factory=Counter)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)

    def __post_init__(self) -> None:
        self.inner = httpx.ASGITransport(app=ShopApp(self.shop))

    def fault_for(self, info: RequestInfo) -> Armed | None:
        for one in self.armed:
            if (one.mutations_only and not info.is_mutation) or not one.fits(info):
                continue
            if one.skip:
                one.skip -= 1
                return None
            one.times -= 1
            if one.times <= 0:
                self.armed.remove(one)
            self.fired(one.kind)
            return one
        return None

    def carry(self, request: httpx.Request, content: bytes, sender: Wire) -> asyncio.Task[httpx.Response]:
        """Send a request off; the task ends with the answer, however long that takes."""
        work = self._carry(request, content, sender)
        task = asyncio.get_running_loop().create_task(work, context=self.context.copy())
        self.in_flight.add(task)
        task.add_done_callback(self._arrived)
        return task

    def _arrived(self, task: asyncio.Task[Any]) -> None:
        self.in_flight.discard(task)
        if not task.cancelled():
            task.exception()

    async def _carry(self, request: httpx.Request, content: bytes, sender: Wire) -> httpx.Response:
        SENDER.set(sender)
        hold = sender.hold
        await asyncio.sleep(self.dice.uniform(0.02, 0.4))
        if hold is not None:
            await hold.wait()
        self.asked()
        given = read_request(content)
        info = self.shop.describe(given, "2026-10") if given else None
        if self.outage:
            self.fired("shop.outage")
            return _json(request, 503, {"errors": "Unavailable"})
        if self.refuses_token:
            self.fired("shop.token_refused")
            return _json(request, 401, {"errors": "[API] Invalid API key or access token"})
        fault = self.fault_for(info) if info is not None else None
        if self.throttles and fault is None:
            fault = Armed("shop.throttled", mutations_only=False)
            self.fired("shop.throttled")
        if fault is None or info is None:
            return await self._deliver(request, content)
        return await self._faulty(fault, info, request, content)

    async def _deliver(self, request: httpx.Request, content: bytes) -> httpx.Response:
        LATE.set(LATE.get() or self._old_news())
        again = httpx.Request(request.method, request.url, headers=request.headers, content=content)
        answer = await self.inner.handle_async_request(again)
        body = await answer.aread()
        await asyncio.sleep(self.dice.uniform(0.02, 0.4))
        return httpx.Response(answer.status_code, headers=answer.headers, content=body, request=request)

    @staticmethod
    def _old_news() -> str:
        """Return why what arrives now may be old: whoever sent it has died since, or stood still."""
        sender = SENDER.get()
        if sender is None:
            return ""
        return "dead" if sender.is_dead else "stopped" if sender.stood_still else ""

    async def _faulty(self, fault: Armed, info: RequestInfo, request: httpx.Request, content: bytes) -> httpx.Response:
        kind = fault.kind.partition(".")[2]
        if kind in ("connect_refused", "lost_before"):
            raise _ERRORS[kind](kind, request=request)
        if kind in ("throttled", "http_429", "error_5xx", "user_errors"):
            return _json(request, *_refusal(kind, fault, info))
        if kind == "late_apply":
            self._later(fault.delay_s, request, content)
            raise httpx.ReadTimeout("late", request=request)
        if kind == "slow":
            LATE.set("slow")
            await asyncio.sleep(fault.delay_s)
        if kind == "duplicate":
            self._later(fault.delay_s, request, content)
        answer = await self._deliver(request, content)
        if kind in ("lost_after", "cut"):
            raise _ERRORS[kind](kind, request=request)
        return _spoilt(kind, fault, request, answer)

    def _later(self, delay_s: float, request: httpx.Request, content: bytes) -> None:
        async def again() -> None:
            await asyncio.sleep(delay_s)
            LATE.set("late")
            with suppress(httpx.TransportError):
                await self._deliver(request, content)

        task = asyncio.get_running_loop().create_task(again())
        self.in_flight.add(task)
        task.add_done_callback(self._arrived)


_ERRORS: dict[str, type[httpx.RequestError]] = {
    "connect_refused": httpx.ConnectError,
    "lost_before": httpx.RemoteProtocolError,
    "lost_after": httpx.ReadTimeout,
    "cut": httpx.ReadError,
}
_PAGE = b"<!DOCTYPE html><html><body>Something went wrong</body></html>"
NONSENSE: tuple[Any, ...] = ([], {}, {"data": None}, {"data": {"unexpected": 1}}, "ok", 7, {"errors": []})


def _refusal(kind: str, fault: Armed, info: RequestInfo) -> tuple[int, Any]:
    if kind == "http_429":
        return 429, {"errors": "Exceeded 2 calls per second for api client. Reduce request rates to resume."}
    if kind == "error_5xx":
        return fault.status, {"errors": "Unavailable"}
    if kind == "throttled":
        status = {"maximumAvailable": 2000.0, "currentlyAvailable": 0, "restoreRate": 100.0}
        cost = {"requestedQueryCost": 10, "actualQueryCost": None, "throttleStatus": status}
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return 200, {"errors": [error], "extensions": {"cost": cost}}
    told = {"field": ["input"], "message": "Something went wrong, try again", "code": "INVALID"}
    return 200, {"data": {field: {"userErrors": [told]} for field in info.root_fields}}


def _spoilt(kind: str, fault: Armed, request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    if kind == "html":
        return httpx.Response(200, headers={"content-type": "text/html"}, content=_PAGE, request=request)
    if kind == "truncated":
        half = answer.content[: len(answer.content) // 2]
        return httpx.Response(200, headers={"content-type": "application/json"}, content=half, request=request)
    if kind == "error_5xx_applied":
        return _json(request, 500, {"errors": "Internal Server Error"})
    if kind == "nonsense_json":
        return _json(request, 200, NONSENSE[fault.flavour % len(NONSENSE)])
    return answer


def _json(request: httpx.Request, status: int, body: Any) -> httpx.Response:
    headers = {"content-type": "application/json; charset=utf-8"}
    return httpx.Response(status, headers=headers, content=json.dumps(body).encode(), request=request)


class Wire(httpx.AsyncBaseTransport):
    """One process's end of the line. A process that is frozen sends nothing; one that is dead hears nothing."""

    def __init__(self, line: Line, death: Death, process: Process) -> None:
        self.process = process
        self._line = line
        self._death = death
        self.hold: asyncio.Event | None = None
        self.stood_still = False
        """Whether the process ever stood still: what it sends on waking was thought of before."""
        self.wrote_at: float | None = None
        """When the process last sent a mutation."""

    @property
    def is_dead(self) -> bool:
        return self._death.dead

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._death.step("request")
        content = await request.aread()
        # Beginning a bulk query is a mutation that changes nothing: see `Sim.mutations`.
        if b"mutation" in content[:60] and b"bulkOperationRunQuery" not in content:
            self.wrote_at = asyncio.get_running_loop().time()
        task = self._line.carry(request, content, self)
        answer = await asyncio.shield(task)
        if self.hold is not None:
            await self.hold.wait()
        self._death.step("answer")
        return answer
