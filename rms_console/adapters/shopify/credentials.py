"""Tokens of an app made in Shopify's Dev Dashboard: asked for with its client id and secret, good for a day.

Renewed at half of its life, by one request at a time, while the others go on with the one at hand. A renewal that is
refused harms nobody as long as the old token lives: it is told as a warning and tried again later.

Source: shopify.dev, Using the client credentials grant, read 2026-11.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx

from rms_console import __version__
from rms_console.adapters.shopify import access, rulings
from rms_console.adapters.shopify.classify import HttpAnswer
from rms_console.adapters.shopify.clean import clean
from rms_console.adapters.shopify.rulings import Kind
from rms_console.contract.ports import Clock
from rms_console.errors import ConfigError, ShopDenied, ShopError, ShopThrottled, ShopUnavailable
from rms_console.locale import sentence

LIFE_WHEN_UNTOLD_S = 86_399.0
REFRESH_AT = 0.5
"""Share of its life after which a token is renewed: half a day is left for whatever stands in the way."""

RETRY_S = 300.0
EXCHANGE_S = 30.0
MOST_ANSWER_BYTES = 64 * 1024

_REFUSED_HINT = "check shopify.client_id and shopify.client_secret, and that the app is installed in this shop"
_HINTS = {
    "shop_not_permitted": "the app and the shop must belong to the same organization in Shopify's Dev Dashboard",
    "app_not_installed": "install the app in this shop, from Shopify's Dev Dashboard",
    "application_cannot_be_found": "check shopify.client_id: Shopify knows no such app",
}
"""Words in Shopify's refusals that tell more than their status does."""

OnToken = Callable[[str], None]
OnWarning = Callable[[ShopError], None]


def _ignore(_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Held:
    """A token with its times, on the clock that only goes forward and on the one that people set."""

    token: str = field(repr=False)
    dies_at_s: float
    due_at_s: float
    due_at: datetime


class ClientCredentials:
    """A `TokenSource` that grants itself tokens. Used from one event loop.

    `on_token` hears each token before it is used, so that it can be kept out of logs; `on_warning` hears of each
    renewal that failed while the old token lives. Tokens stay in memory.
    """

    def __init__(
        self,
        shop: str,
        client_id: str,
        client_secret: str,
        *,
        clock: Clock,
        api_base: str | None = None,
        on_token: OnToken = _ignore,
        on_warning: OnWarning = _ignore,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not client_id.strip() or not client_secret.strip():
            raise ConfigError(
                "shopify.client_id and shopify.client_secret are not both set",
                code="shopify-credentials",
                hint="copy both from the app's settings in Shopify's Dev Dashboard",
            )
        self._url = access.grant_address(shop, api_base)
        self._client_id = client_id.strip()
        self._client_secret = client_secret.strip()
        self._clock = clock
        self._on_token = on_token
        self._on_warning = on_warning
        self._http = _http_client(self._url, transport)
        self._lock = asyncio.Lock()
        self._held: _Held | None = None
        self._grants_asked = 0
        self._failure: ShopError | None = None

    def __repr__(self) -> str:
        return f"ClientCredentials({self._client_id!r}, ***)"

    @property
    def ends_at(self) -> datetime | None:
        """When the token held now ends; None before the first one."""
        held = self._held
        return None if held is None else self._clock.now() + timedelta(seconds=held.dies_at_s - self._clock.monotonic())

    async def token(self) -> str:
        """Return the token to use now, renewed first when it is due.

        Raises:
            ShopDenied, ShopUnavailable, ShopThrottled: there is none, and none was given.
        """
        held = self._held
        if held is None:
            return (await self._another(None)).token
        if not self._is_due(held) or (self._lock.locked() and self._is_alive(held)):
            return held.token
        try:
            return (await self._another(held)).token
        except ShopError as exc:
            if not self._is_alive(held):
                raise
            self._postpone(held)
            self._on_warning(exc)
            return held.token

    async def renew(self, refused: str) -> bool:
        """Get another token in place of one that Shopify refused; nothing is asked when it was replaced already."""
        held = self._held
        if held is None or held.token == refused:
            await self._another(held)
        return True

    async def close(self) -> None:
        await self._http.aclose()

    async def _another(self, old: _Held | None) -> _Held:
        """Return the token that comes after `old`. Of several who ask at a time one does, and all hear the outcome."""
        asked_before = self._grants_asked
        async with self._lock:
            if self._held is not old and self._held is not None:
                return self._held
            if self._failure is not None and self._grants_asked > asked_before:
                raise self._failure
            self._failure = None
            try:
                self._held = await self._ask()
            except ShopError as exc:
                self._failure = exc
                raise
            finally:
                self._grants_asked += 1
            return self._held

    def _is_due(self, held: _Held) -> bool:
        """By either clock: one stands still while the machine sleeps, the other may be set wrong."""
        return self._clock.monotonic() >= held.due_at_s or self._clock.now() >= held.due_at

    def _is_alive(self, held: _Held) -> bool:
        return self._clock.monotonic() < held.dies_at_s

    def _postpone(self, held: _Held) -> None:
        """Try again after a while, sooner the nearer its end is."""
        now_s = self._clock.monotonic()
        wait_s = min(RETRY_S, max(1.0, (held.dies_at_s - now_s) / 2))
        due_at = self._clock.now() + timedelta(seconds=wait_s)
        if self._held is held:
            self._held = replace(held, due_at_s=now_s + wait_s, due_at=due_at)

    async def _ask(self) -> _Held:
        asked_at_s, asked_at = self._clock.monotonic(), self._clock.now()
        token, life_s = self._read(await self._post())
        self._on_token(token)
        due_s = life_s * REFRESH_AT
        return _Held(token, asked_at_s + life_s, asked_at_s + due_s, asked_at + timedelta(seconds=due_s))

    async def _post(self) -> HttpAnswer:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
        }
        try:
            async with asyncio.timeout(EXCHANGE_S), self._http.stream("POST", self._url, data=form) as response:
                body = await _beginning(response)
        except (httpx.HTTPError, httpx.StreamError, OSError) as exc:
            detail = self._shown(str(exc)) or type(exc).__name__
            hint = rulings.CERTIFICATE_HINT if "certificate" in detail.lower() else rulings.NOT_APPLIED.hint
            raise ShopUnavailable(
                sentence("no access token: {detail}", detail=detail), code="shop-token-unavailable", hint=hint
            ) from exc
        return HttpAnswer(response.status_code, {}, body)

    def _read(self, answer: HttpAnswer) -> tuple[str, float]:
        """Return the token and the seconds it lives.

        Raises:
            ShopDenied, ShopUnavailable, ShopThrottled
        """
        ruling = rulings.of_status(answer.status)
        if ruling is not None:
            raise self._refusal(answer, ruling.kind)
        try:
            body = json.loads(answer.body)
        except ValueError:
            body = None
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not access.is_token(token):
            raise ShopUnavailable(
                sentence("no access token: the answer is not one that gives a token"),
                code="shop-token-unavailable",
                hint=rulings.NO_ANSWER.hint,
            )
        return str(token), _life(body.get("expires_in"))

    def _refusal(self, answer: HttpAnswer, kind: Kind) -> ShopError:
        text = answer.body.decode("utf-8", errors="replace")
        detail = f"HTTP {answer.status} {self._shown(text)}".rstrip()
        message = sentence("no access token: {detail}", detail=detail)
        if kind is Kind.THROTTLED:
            return ShopThrottled(message, wait_s=RETRY_S)
        if kind in (Kind.UNCLEAR, Kind.NOT_APPLIED):
            return ShopUnavailable(message, code="shop-token-unavailable", hint=rulings.NOT_APPLIED.hint)
        hint = next((hint for word, hint in _HINTS.items() if word in text), _REFUSED_HINT)
        return ShopDenied(message, code="shop-token", hint=hint)

    def _shown(self, text: str) -> str:
        return clean(text.replace(self._client_secret, "***"), 160)


async def _beginning(response: httpx.Response) -> bytes:
    """Return the body, or as much of it as any honest answer has."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            break
    return bytes(body[:MOST_ANSWER_BYTES])


def _life(value: object) -> float:
    """Return the seconds a token lives; where the answer does not say it sensibly, what Shopify documents."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        return LIFE_WHEN_UNTOLD_S
    return float(value)


def _http_client(url: str, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=transport,
        timeout=httpx.Timeout(connect=10.0, read=20.0, write=10.0, pool=10.0),
        headers={"Accept": "application/json", "User-Agent": f"rms-console/{__version__}"},
        follow_redirects=False,
        trust_env=not access.is_loopback(httpx.URL(url).host),
    )
