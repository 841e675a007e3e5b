"""A shop over a mock transport: scripted answers, and every request kept as it came over the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.engine.pace import Pacer
from tests.unit.engine_pace.virtual import VirtualClock

TOKEN = "shpat_0123456789abcdef"
DOMAIN = "zapatos-demo.myshopify.com"

Reply = httpx.Response | Exception | dict[str, Any]
"""A response, an exception of the transport, or the value of the root field."""


@dataclass
class Sent:
    """One request as the shop received it."""

    request: httpx.Request
    query: str
    variables: dict[str, Any]

    @property
    def root(self) -> str:
        return root_of(self.query)


@dataclass
class ScriptedShop:
    """Answers by root field: the next reply of its list, the last one over and over; or what a function makes."""

    replies: dict[str, list[Reply]] = field(default_factory=dict)
    makers: dict[str, Callable[[dict[str, Any]], Reply]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        sent = Sent(request, body["query"], body["variables"])
        self.sent.append(sent)
        reply = self._reply(sent)
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, httpx.Response) else ok(sent.root, reply)

    def requests(self, root: str) -> list[Sent]:
        return [sent for sent in self.sent if sent.root == root]

    def _reply(self, sent: Sent) -> Reply:
        if sent.root in self.makers:
            return self.makers[sent.root](sent.variables)
        script = self.replies[sent.root]
        return script.pop(0) if len(script) > 1 else script[0]


def ok(root: str, value: Any, cost: float = 10.0, available: float = 1990.0) -> httpx.Response:
    return httpx.Response(
        200,
        headers={"X-Shopify-API-Version": "2026-10"},
        json={"data": {root: value}, "extensions": {"cost": cost_block(cost, cost, available)}},
    )


def cost_block(requested: float, actual: float | None, available: float = 1990.0) -> dict[str, Any]:
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": 100.0},
    }


def throttled(requested: float = 10.0, available: float = 0.0) -> httpx.Response:
    return httpx.Response(
        200,
        json={
            "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
            "extensions": {"cost": cost_block(requested, None, available)},
        },
    )


def errors(*codes: str, data: Any = None, **more: Any) -> httpx.Response:
    entries = [{"message": f"about {code}", "extensions": {"code": code}, **more} for code in codes]
    return httpx.Response(200, json={"errors": entries} | ({} if data is None else {"data": data}))


def user_errors(*problems: tuple[list[str], str, str]) -> dict[str, Any]:
    """Return a payload with user errors: (path, code, message)."""
    return {"userErrors": [{"field": path, "code": code or None, "message": text} for path, code, text in problems]}


def root_of(query: str) -> str:
    """Return the first field of a document: the word after its opening brace."""
    return query[query.index("{") + 1 :].split("(")[0].split("{")[0].split()[0]


@dataclass
class Bench:
    """A client on a scripted shop, with its own clock and pacer."""

    shop: ShopifyShop
    script: ScriptedShop
    pacer: Pacer
    clock: VirtualClock


def bench(script: ScriptedShop, **options: Any) -> Bench:
    clock = VirtualClock()
    pacer = Pacer(clock)
    transport = options.pop("transport", None) or httpx.MockTransport(script.answer)
    shop = ShopifyShop(
        options.pop("domain", DOMAIN),
        options.pop("token", TOKEN),
        gate=pacer,
        clock=clock,
        transport=transport,
        **options,
    )
    return Bench(shop, script, pacer, clock)
