"""Tokens that last a day: granted, renewed early by one request alone, lived without, replaced when refused.

W14: token revoked or expired.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from rms_console.adapters.shopify.credentials import ClientCredentials
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.demo.shopify import EmbeddedShop, ShopApp, ShopSettings
from rms_console.engine.pace import Pacer
from rms_console.errors import ConfigError, ShopDenied, ShopError, ShopThrottled, ShopUnavailable
from tests.shopify.harness import DOMAIN
from tests.unit.engine_pace.virtual import VirtualClock

HOUR_S = 3600.0
SECRET = "shpss_0123456789abcdef"


@dataclass
class Desk:
    """A grant address that answers as it is told, and a source of tokens that asks it."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    answers: list[httpx.Response | Exception] = field(default_factory=list)
    """What to answer next; with none left, a new token."""
    asked: list[httpx.Request] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    warned: list[ShopError] = field(default_factory=list)
    latency_s: float = 0.0
    life_s: object = 86_399

    def source(self, **options: Any) -> ClientCredentials:
        return ClientCredentials(
            DOMAIN,
            "client-1",
            SECRET,
            clock=self.clock,
            on_token=self.heard.append,
            on_warning=self.warned.append,
            transport=httpx.MockTransport(self._answer),
            **options,
        )

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        number = len(self.asked)
        if self.latency_s:
            await self.clock.sleep(self.latency_s)
        answer = self.answers.pop(0) if self.answers else granted(number, self.life_s)
        if isinstance(answer, Exception):
            raise answer
        return answer


def granted(number: int, life_s: object = 86_399) -> httpx.Response:
    return httpx.Response(200, json={"access_token": f"shpat_token_{number}", "scope": "", "expires_in": life_s})


async def test_w14_the_grant_asks_as_documented_and_nowhere_else() -> None:
    desk = Desk()
    assert await desk.source().token() == "shpat_token_1"
    (request,) = desk.asked
    assert str(request.url) == f"https://{DOMAIN}/admin/oauth/access_token"
    assert request.method == "POST"
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client-1"],
        "client_secret": [SECRET],
    }


async def test_w14_a_token_serves_until_half_of_its_life_is_over() -> None:
    desk = Desk()
    source = desk.source()
    first = await source.token()
    desk.clock.advance(11.9 * HOUR_S)
    assert await source.token() == first
    desk.clock.advance(0.2 * HOUR_S)
    assert await source.token() == "shpat_token_2"
    assert len(desk.asked) == 2


async def test_w14_every_token_is_heard_before_it_is_used() -> None:
    desk = Desk()
    source = desk.source()
    await source.token()
    desk.clock.advance(13 * HOUR_S)
    await source.token()
    assert desk.heard == ["shpat_token_1", "shpat_token_2"]


async def test_w14_many_requests_ask_for_the_first_token_once() -> None:
    desk = Desk(latency_s=1.0)
    source = desk.source()
    tokens = await desk.clock.run(_all(source, 20))
    assert tokens == ["shpat_token_1"] * 20
    assert len(desk.asked) == 1


async def _all(source: ClientCredentials, count: int) -> list[str]:
    return await asyncio.gather(*(source.token() for _ in range(count)))


async def test_w14_while_one_renews_the_others_go_on_with_the_old_token() -> None:
    desk = Desk(latency_s=1.0)
    source = desk.source()
    await desk.clock.run(source.token())
    desk.clock.advance(13 * HOUR_S)
    tokens = await desk.clock.run(_all(source, 10))
    assert sorted(tokens) == ["shpat_token_1"] * 9 + ["shpat_token_2"]
    assert len(desk.asked) == 2


async def test_w14_a_dead_token_is_waited_for_by_all() -> None:
    desk = Desk(latency_s=1.0)
    source = desk.source()
    await desk.clock.run(source.token())
    desk.clock.advance(25 * HOUR_S)
    assert await desk.clock.run(_all(source, 10)) == ["shpat_token_2"] * 10
    assert len(desk.asked) == 2


@pytest.mark.parametrize(
    "trouble",
    [httpx.Response(401, text="no"), httpx.Response(503), httpx.ConnectError("unreachable"), httpx.Response(429)],
    ids=["refused", "503", "unreachable", "throttled"],
)
async def test_w14_a_refused_renewal_is_a_warning_while_the_old_token_lives(
    trouble: httpx.Response | Exception,
) -> None:
    """Refused for an hour: the old token serves, asking again every five minutes, and then the new one does."""
    desk = Desk()
    source = desk.source()
    await source.token()
    desk.clock.advance(12.1 * HOUR_S)
    desk.answers = [trouble] * 12
    for _ in range(60):
        assert await source.token() == "shpat_token_1"
        desk.clock.advance(60)
    assert len(desk.warned) == 12
    assert isinstance(desk.warned[0], ShopError)
    assert await source.token() == "shpat_token_14"


async def test_w14_a_refused_renewal_stops_once_the_old_token_is_dead() -> None:
    desk = Desk()
    source = desk.source()
    await source.token()
    desk.clock.advance(25 * HOUR_S)
    desk.answers = [httpx.Response(400, text="Oauth error shop_not_permitted: not on this shop.")]
    with pytest.raises(ShopDenied, match="same organization") as denied:
        await source.token()
    assert denied.value.code == "shop-token"
    assert desk.warned == []
    assert await source.token() == "shpat_token_3"


async def test_w14_all_who_wait_hear_of_one_refusal() -> None:
    desk = Desk(latency_s=1.0, answers=[httpx.Response(401)])
    source = desk.source()
    outcomes = await desk.clock.run(_outcomes(source, 8))
    assert [type(outcome) for outcome in outcomes] == [ShopDenied] * 8
    assert len(desk.asked) == 1


async def _outcomes(source: ClientCredentials, count: int) -> list[str | BaseException]:
    return await asyncio.gather(*(source.token() for _ in range(count)), return_exceptions=True)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (httpx.Response(400, text="<h1>app_not_installed</h1>"), ShopDenied, "shop-token"),
        (httpx.Response(401, json={"error": "invalid_client"}), ShopDenied, "shop-token"),
        (httpx.Response(403), ShopDenied, "shop-token"),
        (httpx.Response(404), ShopDenied, "shop-token"),
        (httpx.Response(302, headers={"Location": "https://elsewhere.example"}), ShopDenied, "shop-token"),
        (httpx.Response(429), ShopThrottled, "shop-throttled"),
        (httpx.Response(500), ShopUnavailable, "shop-token-unavailable"),
        (httpx.Response(200, text="<html>"), ShopUnavailable, "shop-token-unavailable"),
        (httpx.Response(200, json=[]), ShopUnavailable, "shop-token-unavailable"),
        (httpx.Response(200, json={"access_token": "a\nb"}), ShopUnavailable, "shop-token-unavailable"),
        (httpx.Response(200, text="x" * 100_000), ShopUnavailable, "shop-token-unavailable"),
        (httpx.ReadTimeout("slow"), ShopUnavailable, "shop-token-unavailable"),
    ],
    ids=lambda value: str(value.status_code) if isinstance(value, httpx.Response) else "",
)
async def test_w14_what_the_grant_answers_has_one_meaning(
    answer: httpx.Response | Exception, kind: type[ShopError], code: str
) -> None:
    desk = Desk(answers=[answer])
    with pytest.raises(kind) as raised:
        await desk.source().token()
    assert raised.value.code == code
    assert len(desk.asked) == 1


async def test_no_message_repeats_the_secret() -> None:
    desk = Desk(answers=[httpx.Response(400, text=f"client_secret={SECRET} is wrong")])
    source = desk.source()
    with pytest.raises(ShopDenied) as denied:
        await source.token()
    assert SECRET not in str(denied.value)
    assert SECRET not in repr(source)


@pytest.mark.parametrize("life_s", [None, "soon", -5, 0, True, float("nan")])
async def test_w14_a_life_that_makes_no_sense_is_taken_as_the_documented_day(life_s: object) -> None:
    body = json.dumps({"access_token": "shpat_token_1", "expires_in": life_s})
    desk = Desk(answers=[httpx.Response(200, text=body)])
    source = desk.source()
    await source.token()
    desk.clock.advance(11 * HOUR_S)
    await source.token()
    desk.clock.advance(2 * HOUR_S)
    await source.token()
    assert len(desk.asked) == 2


@pytest.mark.parametrize("jump_h", [-1, 1, 30, -30, 24 * 3650])
async def test_w14_a_clock_that_is_set_costs_at_most_one_grant(jump_h: float) -> None:
    desk = Desk()
    source = desk.source()
    await source.token()
    desk.clock.set_wall(desk.clock.now() + timedelta(hours=jump_h))
    for _ in range(10):
        await source.token()
        desk.clock.advance(60)
    assert len(desk.asked) <= 2
    desk.clock.advance(13 * HOUR_S)
    before = len(desk.asked)
    await source.token()
    assert len(desk.asked) == before + 1


async def test_w14_a_machine_that_slept_renews_by_the_time_of_day() -> None:
    """The monotonic clock may stand still meanwhile."""
    desk = Desk()
    source = desk.source()
    await source.token()
    desk.clock.set_wall(desk.clock.now() + timedelta(hours=20))
    assert await source.token() == "shpat_token_2"


async def test_w14_a_refused_token_is_replaced_once_however_many_met_the_refusal() -> None:
    desk = Desk(latency_s=1.0)
    source = desk.source()
    refused = await desk.clock.run(source.token())

    async def renew_all() -> list[bool]:
        return await asyncio.gather(*(source.renew(refused) for _ in range(5)))

    assert await desk.clock.run(renew_all()) == [True] * 5
    assert await source.renew(refused)
    assert await source.token() == "shpat_token_2"
    assert len(desk.asked) == 2


@pytest.mark.parametrize(("client_id", "secret"), [("", "x"), ("x", ""), ("x", "  ")])
def test_half_a_credential_is_refused_at_once(client_id: str, secret: str) -> None:
    with pytest.raises(ConfigError):
        ClientCredentials(DOMAIN, client_id, secret, clock=VirtualClock())


def test_a_secret_goes_to_no_other_domain() -> None:
    with pytest.raises(ConfigError):
        ClientCredentials("shop.example", "id", SECRET, clock=VirtualClock())


# against the embedded shop


@dataclass
class World:
    clock: VirtualClock
    embedded: EmbeddedShop
    shop: ShopifyShop
    warned: list[ShopError]

    async def ask(self) -> str:
        return (await self.clock.run(self.shop.describe())).name


@pytest.fixture
def world() -> World:
    clock = VirtualClock()
    settings = ShopSettings(monotonic=clock.monotonic, now=clock.now, access_token="")
    embedded = EmbeddedShop(settings)
    transport = httpx.ASGITransport(app=ShopApp(embedded))
    warned: list[ShopError] = []
    tokens = ClientCredentials(
        settings.domain,
        settings.client_id,
        settings.client_secret,
        clock=clock,
        on_warning=warned.append,
        transport=transport,
    )
    shop = ShopifyShop(settings.domain, tokens, gate=Pacer(clock), clock=clock, transport=transport)
    return World(clock, embedded, shop, warned)


async def test_w14_a_week_needs_no_person(world: World) -> None:
    for _ in range(7 * 24):
        assert await world.ask() == "Tienda embebida"
        world.clock.advance(HOUR_S)
    assert 13 <= world.embedded.tokens.grants <= 15
    assert world.warned == []


async def test_w14_a_token_that_is_revoked_in_the_middle_is_renewed_by_the_401(world: World) -> None:
    await world.ask()
    world.embedded.tokens.revoke_all()
    assert await world.ask() == "Tienda embebida"
    assert world.embedded.tokens.grants == 2


async def test_w14_revoked_and_refused_needs_a_person_and_heals_when_granted_again(world: World) -> None:
    await world.ask()
    world.embedded.tokens.revoke_all()
    world.embedded.tokens.refusing = True
    with pytest.raises(ShopDenied) as denied:
        await world.ask()
    assert denied.value.code == "shop-token"
    world.embedded.tokens.refusing = False
    assert await world.ask() == "Tienda embebida"


async def test_w14_a_renewal_refused_for_an_hour_stops_nothing(world: World) -> None:
    await world.ask()
    world.clock.advance(13 * HOUR_S)
    world.embedded.tokens.refusing = True
    for _ in range(12):
        await world.ask()
        world.clock.advance(300)
    world.embedded.tokens.refusing = False
    await world.ask()
    assert 11 <= len(world.warned) <= 12
    assert world.embedded.tokens.grants == 2


async def test_closing_the_shop_closes_the_way_to_the_grant(world: World) -> None:
    await world.ask()
    await world.shop.close()
    world.embedded.tokens.revoke_all()
    with pytest.raises(RuntimeError):
        await world.ask()
