"""One request: what goes over the wire, what is settled, what is tried again."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import httpx
import pytest

from rms_console.adapters.shopify import client as client_module
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.contract.ports import Reservation, ThrottleStatus
from rms_console.domain.operations import UpdateProduct
from rms_console.engine.pace import Pacer
from rms_console.errors import (
    ConsoleError,
    ShopDenied,
    ShopOutcomeUnknown,
    ShopRejected,
    ShopThrottled,
    ShopUnavailable,
)
from tests.shopify.harness import DOMAIN, TOKEN, Bench, Reply, ScriptedShop, bench, errors, ok, throttled, user_errors
from tests.unit.engine_pace.virtual import VirtualClock

UPDATE = UpdateProduct("S1", "gid://shopify/Product/1", title="Nuevo")
DONE: dict[str, Any] = {"product": {"id": "gid://shopify/Product/1"}, "userErrors": []}


def scripted(*replies: Reply, **options: Any) -> Bench:
    return bench(ScriptedShop({"productUpdate": list(replies)}), **options)


async def update(made: Bench) -> float:
    applied = await made.clock.run(made.shop.apply(UPDATE, key="k", priority=10))
    return applied.points


async def test_a_request_is_what_shopify_expects() -> None:
    made = scripted(DONE)
    await update(made)
    (sent,) = made.script.sent
    assert str(sent.request.url) == f"https://{DOMAIN}/admin/api/2026-10/graphql.json"
    assert sent.request.method == "POST"
    assert sent.request.headers["X-Shopify-Access-Token"] == TOKEN
    assert sent.request.headers["Content-Type"] == "application/json"
    assert sent.request.headers["User-Agent"].startswith("rms-console/")
    assert sent.variables == {"product": {"id": "gid://shopify/Product/1", "title": "Nuevo"}}


async def test_c1_no_silent_line_keeps_a_write_waiting_for_a_minute() -> None:
    """C1: with the first try of the recovery the next write is out within a minute; a question is given up sooner."""
    made = bench(ScriptedShop({"productUpdate": [DONE], "productsCount": [{"count": 1}]}))
    await update(made)
    with suppress(ConsoleError):
        await made.clock.run(made.shop.count_products())
    waits = {sent.root: sent.request.extensions["timeout"]["read"] for sent in made.script.sent}
    assert waits["productsCount"] < waits["productUpdate"] <= 50.0


async def test_the_points_of_the_answer_are_settled_and_counted() -> None:
    made = scripted(ok("productUpdate", DONE, cost=10, available=1234))
    assert await update(made) == 10.0
    assert made.pacer.view().available == pytest.approx(1234.0)
    counters = made.shop.counters()
    assert (counters.mutations, counters.queries, counters.points, counters.throttled) == (1, 0, 10.0, 0)


async def test_w10_throttled_is_waited_out_and_is_no_failure() -> None:
    made = scripted(throttled(available=-20.0), throttled(available=0.0), ok("productUpdate", DONE))
    await update(made)
    assert len(made.script.sent) == 3
    assert made.shop.counters().throttled == 2
    assert made.shop.counters().mutations == 1
    assert 0.3 <= made.clock.seconds < 2.0
    assert len({sent.request.content for sent in made.script.sent}) == 1


async def test_w10_ten_minutes_of_throttling_do_not_fail_an_operation_that_may_take_them() -> None:
    made = scripted(*[throttled()] * 100, ok("productUpdate", DONE), operation_timeout_s=6000.0)
    await update(made)
    assert made.shop.counters().throttled == 100


async def test_w10_throttled_for_longer_than_an_operation_may_take() -> None:
    made = scripted(throttled(), operation_timeout_s=20.0)
    with pytest.raises(ShopThrottled) as given_up:
        await update(made)
    assert given_up.value.wait_s > 0
    assert made.clock.seconds <= 25.0


async def test_429_waits_as_long_as_the_server_says() -> None:
    made = scripted(httpx.Response(429, headers={"Retry-After": "7.5"}), ok("productUpdate", DONE))
    await update(made)
    assert made.clock.seconds == pytest.approx(7.5, abs=0.5)


async def test_a_throttled_request_reserves_what_shopify_asked_for() -> None:
    """Our prediction was too low: the next sending waits for the real cost."""
    made = scripted(throttled(requested=90.0, available=40.0), ok("productUpdate", DONE, cost=90.0))
    await update(made)
    assert made.clock.seconds >= 0.5


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (httpx.ReadTimeout("slow"), ShopOutcomeUnknown),
        (httpx.ConnectError("refused"), ShopUnavailable),
        (httpx.Response(504, text="<html>"), ShopOutcomeUnknown),
        (httpx.Response(503, text="<html>"), ShopUnavailable),
        (httpx.Response(401, json={"errors": "[API] Invalid API key or access token"}), ShopDenied),
        (httpx.Response(301, headers={"Location": "https://evil.example/"}), ShopDenied),
        (httpx.Response(200, text="<html>"), ShopOutcomeUnknown),
        (errors("INVALID_VARIABLE"), ShopRejected),
        (user_errors((["product", "title"], "", "Title is too long")), ShopRejected),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_w9_nothing_else_is_sent_again(reply: Reply, kind: type[ConsoleError]) -> None:
    made = scripted(reply)
    with pytest.raises(kind):
        await update(made)
    assert len(made.script.sent) == 1
    assert made.pacer.view().in_flight == 0


async def test_w17_an_answer_that_never_came_leaves_its_points_taken() -> None:
    made = scripted(ok("productUpdate", DONE, available=500.0), httpx.ReadTimeout("slow"), httpx.ConnectError("no"))
    await update(made)
    with pytest.raises(ShopOutcomeUnknown):
        await update(made)
    assert made.pacer.view().available == pytest.approx(490.0)
    with pytest.raises(ShopUnavailable):
        await update(made)
    assert made.pacer.view().available == pytest.approx(490.0)


async def test_points_of_a_refused_request_are_those_that_were_asked() -> None:
    refused = errors("MAX_INPUT_SIZE_EXCEEDED")
    body = refused.json() | {
        "extensions": {
            "cost": {
                "requestedQueryCost": 30,
                "actualQueryCost": None,
                "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 1970, "restoreRate": 100},
            }
        }
    }
    made = scripted(httpx.Response(200, json=body))
    with pytest.raises(ShopRejected):
        await update(made)
    assert made.shop.counters().points == 30.0


async def test_a_redirect_is_not_followed_with_the_token() -> None:
    made = scripted(httpx.Response(307, headers={"Location": "https://evil.example/admin"}))
    with pytest.raises(ShopDenied) as denied:
        await update(made)
    assert denied.value.code == "shop-moved"
    assert len(made.script.sent) == 1


async def test_the_token_is_in_no_message_whatever_the_server_repeats() -> None:
    said = f"bad token {TOKEN}"
    for reply in (
        httpx.Response(401, json={"errors": said}),
        httpx.Response(503, text=f"<html>{said}"),
        errors("BAD_REQUEST", message=said),
        user_errors((["x"], "INVALID", said)),
    ):
        made = scripted(reply)
        with pytest.raises(ConsoleError) as failed:
            await update(made)
        assert "***" in str(failed.value)
        assert TOKEN not in repr(failed.value) + str(failed.value)
    assert TOKEN not in repr(made.shop) + repr(vars(made.shop))


async def test_an_endless_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MOST_ANSWER_BYTES", 1000)
    chunks_sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal chunks_sent
        while True:
            chunks_sent += 1
            yield b"x" * 100

    made = scripted(httpx.Response(200, content=endless()))
    with pytest.raises(ShopOutcomeUnknown, match="1000 bytes"):
        await update(made)
    assert chunks_sent < 50


async def test_a_packed_answer_counts_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MOST_ANSWER_BYTES", 1000)
    bomb = gzip.compress(b"0" * 100_000)
    made = scripted(httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=bomb))
    with pytest.raises(ShopOutcomeUnknown):
        await update(made)


async def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "EXCHANGE_S", 0.02)

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.get_running_loop().create_future()

    made = scripted(httpx.Response(200, content=drip()))
    with pytest.raises(ShopOutcomeUnknown):
        await made.shop.apply(UPDATE, key="k", priority=10)


async def test_a_throttled_backlog_request_becomes_urgent_and_no_more_than_that() -> None:
    asked: list[int] = []

    class Gate(Pacer):
        def reserve(self, points: float, priority: int) -> AbstractAsyncContextManager[Reservation]:
            asked.append(priority)
            return super().reserve(points, priority)

    script = ScriptedShop({"productUpdate": [*[throttled()] * 3, ok("productUpdate", DONE)]})
    clock = VirtualClock()
    shop = ShopifyShop(DOMAIN, TOKEN, gate=Gate(clock), clock=clock, transport=httpx.MockTransport(script.answer))
    await clock.run(shop.apply(UPDATE, key="k", priority=20))
    assert asked == [20, 10, 0, 0]


async def test_w13_the_version_that_answered_is_remembered() -> None:
    made = scripted(
        httpx.Response(200, headers={"X-Shopify-API-Version": "2027-01"}, json={"data": {"productUpdate": DONE}})
    )
    assert made.shop.served_version is None
    await update(made)
    assert made.shop.served_version == "2027-01"


class Renewing:
    """A token that has run out, and one more behind it."""

    def __init__(self) -> None:
        self.tokens = ["shpat_old_old_old", "shpat_new_new_new"]

    async def token(self) -> str:
        return self.tokens[0]

    async def renew(self, refused: str) -> bool:
        if len(self.tokens) == 1:
            return False
        self.tokens.pop(0)
        return True

    async def close(self) -> None:
        pass


async def test_w14_a_token_that_ran_out_is_renewed_once() -> None:
    made = scripted(httpx.Response(401), ok("productUpdate", DONE), token=Renewing())
    await update(made)
    assert [sent.request.headers["X-Shopify-Access-Token"][6:9] for sent in made.script.sent] == ["old", "new"]
    made = scripted(httpx.Response(401), token=Renewing())
    with pytest.raises(ShopDenied):
        await update(made)
    assert len(made.script.sent) == 2


async def test_a_certificate_that_is_not_trusted_says_so() -> None:
    cause = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    cause.__cause__ = ssl.SSLError()
    with pytest.raises(ShopUnavailable, match="certificate is not trusted"):
        await update(scripted(cause))


async def test_half_a_character_from_rms_does_not_stop_the_request() -> None:
    made = scripted(DONE)
    odd = UpdateProduct("S1", "gid://shopify/Product/1", title="caf\udce9 – ñ")
    await made.clock.run(made.shop.apply(odd, key="k", priority=10))
    assert made.script.sent[0].variables["product"]["title"] == "caf? – ñ"


async def test_a_cancelled_request_leaves_the_pacer_clean() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    made = bench(ScriptedShop(), transport=httpx.MockTransport(never))
    task = asyncio.ensure_future(made.shop.apply(UPDATE, key="k", priority=10))
    await made.clock.run_for(0.1)
    assert made.pacer.view().in_flight == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert made.pacer.view().in_flight == 0
    await made.shop.close()


async def test_w11_the_report_of_each_answer_is_followed() -> None:
    lower = {"maximumAvailable": 1000.0, "currentlyAvailable": 400.0, "restoreRate": 50.0}
    cost = {"requestedQueryCost": 10, "actualQueryCost": 10, "throttleStatus": lower}
    made = scripted(httpx.Response(200, json={"data": {"productUpdate": DONE}, "extensions": {"cost": cost}}))
    await update(made)
    view = made.pacer.view()
    assert (view.maximum, view.available, view.restore) == (1000.0, 400.0, 50.0)
    made.pacer.throttled(10.0, ThrottleStatus(1000.0, 0.0, 25.0))
    assert made.pacer.view().restore == 25.0
