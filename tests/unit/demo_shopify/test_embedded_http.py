"""The shop behind HTTP, in process: tokens, versions, wrong requests, and injected faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from rms_console.demo.shopify import Fault, FaultKind, RequestInfo, ShopApp
from rms_console.demo.shopify.tokens import EXPIRES_IN_S
from tests.unit.demo_shopify.harness import Bench

TOKEN = {"X-Shopify-Access-Token": "shpat_embedded"}
CREATE = {"query": 'mutation New { productCreate(product: {title: "A"}) { product { id } userErrors { message } } }'}
ASK = {"query": "{ shop { name } }"}


class Client:
    """A client of one shop in process."""

    def __init__(self, **settings: Any) -> None:
        self.bench = Bench(**settings)
        self.shop = self.bench.shop
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=ShopApp(self.shop)), base_url="http://shop.test"
        )

    async def post(self, body: Any, version: str = "2026-10", headers: dict[str, str] | None = None) -> httpx.Response:
        path = f"/admin/api/{version}/graphql.json"
        return await self.http.post(path, json=body, headers=TOKEN if headers is None else headers)

    def fail(self, fault: Fault, when: Callable[[RequestInfo], bool] = lambda info: True) -> None:
        self.shop.faults = lambda info: fault if when(info) else None


@pytest.fixture
def client() -> Client:
    return Client()


async def test_a_query_is_answered_with_json_and_its_version(client: Client) -> None:
    response = await client.post(ASK)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["x-shopify-api-version"] == "2026-10"
    assert response.headers["x-request-id"]
    assert response.json()["data"] == {"shop": {"name": "Tienda embebida"}}


@pytest.mark.parametrize("headers", [{}, {"X-Shopify-Access-Token": "wrong"}])
async def test_w14_a_wrong_token_is_401_and_nothing_is_run(client: Client, headers: dict[str, str]) -> None:
    """W14: token revoked or expired."""
    response = await client.post(CREATE, headers=headers)
    assert response.status_code == 401
    assert "Invalid API key or access token" in response.json()["errors"]
    assert client.shop.products() == ()


@pytest.mark.parametrize(
    ("asked", "served"),
    [("2026-10", "2026-10"), ("2026-01", "2026-01"), ("2024-07", "2026-01"), ("2027-01", "2026-01")],
)
async def test_w13_a_version_that_is_not_supported_falls_forward_to_the_oldest(
    client: Client, asked: str, served: str
) -> None:
    """W13: silently, but the header tells."""
    response = await client.post(ASK, version=asked)
    assert (response.status_code, response.headers["x-shopify-api-version"]) == (200, served)


async def test_w13_a_version_may_end_while_the_shop_runs(client: Client) -> None:
    """W13: the sunset of a version."""
    client.shop.supported_versions = ("2027-01",)
    assert (await client.post(ASK)).headers["x-shopify-api-version"] == "2027-01"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/api/2026-10/graphql.json"),
        ("POST", "/admin/api/2026-10/products.json"),
        ("POST", "/"),
        ("GET", "/admin/oauth/access_token"),
    ],
)
async def test_other_paths_and_methods_are_not_found(client: Client, method: str, path: str) -> None:
    assert (await client.http.request(method, path, headers=TOKEN)).status_code == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"query": 1}', b'{"query": "{ shop { id } }", "variables": []'])
async def test_a_body_that_is_no_request_is_400(client: Client, body: bytes) -> None:
    response = await client.http.post("/admin/api/2026-10/graphql.json", content=body, headers=TOKEN)
    assert response.status_code == 400


async def test_a_body_that_is_too_large_is_413() -> None:
    client = Client(max_body_bytes=1000)
    assert (await client.post({"query": "x" * 2000})).status_code == 413


async def test_the_operation_is_picked_by_name(client: Client) -> None:
    text = "query A { shop { name } } query B { shop { currencyCode } }"
    response = await client.post({"query": text, "operationName": "B"})
    assert response.json()["data"] == {"shop": {"currencyCode": "CRC"}}
    assert "errors" in (await client.post({"query": text})).json()


# the client-credentials grant


async def grant(client: Client, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": "embedded-client",
        "client_secret": "shpss_embedded",
    }
    return await client.http.post("/admin/oauth/access_token", data=form | changes)


async def test_w14_granted_tokens_work_for_a_day(client: Client) -> None:
    """W14: tokens of Dev-Dashboard apps die after 24 h."""
    answer = (await grant(client)).json()
    assert answer["expires_in"] == 86399
    assert "write_products" in answer["scope"].split(",")
    headers = {"X-Shopify-Access-Token": answer["access_token"]}
    client.bench.clock.seconds += EXPIRES_IN_S - 1
    assert (await client.post(ASK, headers=headers)).status_code == 200
    client.bench.clock.seconds += 2
    assert (await client.post(ASK, headers=headers)).status_code == 401


async def test_the_grant_takes_json_as_well_as_a_form(client: Client) -> None:
    body = {"grant_type": "client_credentials", "client_id": "embedded-client", "client_secret": "shpss_embedded"}
    assert (await client.http.post("/admin/oauth/access_token", json=body)).json()["access_token"]


async def test_an_unknown_client_gets_no_token(client: Client) -> None:
    assert (await grant(client, client_secret="guess")).status_code == 401
    assert (await grant(client, grant_type="password")).status_code == 400
    client.shop.tokens.refusing = True
    assert (await grant(client)).status_code == 401
    assert client.shop.tokens.grants == 0


async def test_w14_a_revoked_token_is_worth_nothing(client: Client) -> None:
    """W14: the app was uninstalled."""
    client.shop.tokens.revoke_all()
    assert (await client.post(ASK)).status_code == 401


# faults


@pytest.mark.parametrize(
    ("kind", "applied"),
    [(FaultKind.DROP_BEFORE, False), (FaultKind.DROP_AFTER, True), (FaultKind.CUT, True)],
)
async def test_w1_a_dropped_connection_is_a_transport_error(client: Client, kind: FaultKind, applied: bool) -> None:
    """W1: the client cannot tell whether it was applied."""
    client.fail(Fault(kind))
    with pytest.raises(httpx.TransportError):
        await client.post(CREATE)
    assert len(client.shop.products()) == applied


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("applied", [False, True])
async def test_w12_http_errors_before_or_after_applying(client: Client, status: int, applied: bool) -> None:
    """W12: an outage."""
    client.fail(Fault(FaultKind.STATUS, status=status, applied=applied))
    assert (await client.post(CREATE)).status_code == status
    assert len(client.shop.products()) == applied


async def test_w9_a_web_page_instead_of_json(client: Client) -> None:
    """W9: HTML with status 200."""
    client.fail(Fault(FaultKind.HTML))
    response = await client.post(CREATE)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert client.shop.products() == ()


async def test_w9_half_an_answer_that_looks_whole(client: Client) -> None:
    """W9: truncated JSON of something that was applied."""
    client.fail(Fault(FaultKind.TRUNCATED))
    response = await client.post(CREATE)
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert len(client.shop.products()) == 1


async def test_w10_throttled_whatever_the_bucket_holds(client: Client) -> None:
    """W10: forced; nothing is applied and nothing is paid."""
    client.fail(Fault(FaultKind.THROTTLED))
    response = await client.post(CREATE)
    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert response.json()["extensions"]["cost"]["requestedQueryCost"] == 10
    assert (client.shop.products(), client.shop.bucket.available) == ((), 2000)
    assert client.shop.ledger.throttled == 1


async def test_w2_a_request_is_applied_after_the_client_gave_up(client: Client) -> None:
    """W2: a zombie write."""
    client.fail(Fault(FaultKind.LATE, delay_s=0.02))
    with pytest.raises(httpx.TransportError):
        await client.post(CREATE)
    assert client.shop.products() == ()
    await asyncio.sleep(0.05)
    assert len(client.shop.products()) == 1


async def test_an_answer_may_be_late(client: Client) -> None:
    client.fail(Fault(FaultKind.DELAY, delay_s=0.02))
    start = asyncio.get_running_loop().time()
    assert (await client.post(CREATE)).status_code == 200
    assert asyncio.get_running_loop().time() - start >= 0.02


async def test_every_answer_may_have_a_latency() -> None:
    client = Client(latency_s=0.02)
    start = asyncio.get_running_loop().time()
    await client.post(ASK)
    assert asyncio.get_running_loop().time() - start >= 0.02


async def test_a_hook_sees_what_is_asked_and_may_let_it_pass(client: Client) -> None:
    seen: list[RequestInfo] = []

    def hook(info: RequestInfo) -> Fault | None:
        seen.append(info)
        return Fault(FaultKind.DROP_BEFORE) if info.number == 2 else None

    client.shop.faults = hook
    await client.post(ASK)
    with pytest.raises(httpx.TransportError):
        await client.post(CREATE)
    await client.post(CREATE | {"variables": {"a": 1}})
    assert [(info.is_mutation, info.root_fields) for info in seen] == [
        (False, ("shop",)),
        (True, ("productCreate",)),
        (True, ("productCreate",)),
    ]
    assert (seen[2].variables, seen[2].version) == ({"a": 1}, "2026-10")


# the ledger


async def test_the_ledger_counts_what_was_asked_and_paid(client: Client) -> None:
    await client.post(ASK)
    await client.post(CREATE)
    await client.post({"query": "{ nothing }"})
    ledger = client.shop.ledger
    assert (ledger.requests, ledger.queries, ledger.mutations, ledger.points) == (3, 2, 1, 11)
    entry = ledger.of("productCreate")[0]
    assert (entry.operation, entry.requested, entry.actual, entry.user_errors) == ("New", 10, 10, 0)
    assert ledger.entries[2].error_codes == ("undefinedField",)
    ledger.clear()
    assert (ledger.requests, list(ledger.entries)) == (0, [])


async def test_the_ledger_remembers_no_more_than_it_is_told() -> None:
    client = Client(ledger_size=2)
    for _ in range(5):
        await client.post(ASK)
    assert (client.shop.ledger.requests, len(client.shop.ledger.entries)) == (5, 2)
