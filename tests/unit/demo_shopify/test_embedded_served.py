"""The shop over real HTTP on loopback: what only a socket can show."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from rms_console.demo.shopify import EmbeddedShop, Fault, FaultKind, RunningShop, ShopSettings, serve
from tests.unit.demo_shopify.harness import SET, product

TOKEN = {"X-Shopify-Access-Token": "shpat_embedded"}
PATH = "/admin/api/2026-10/graphql.json"
CREATE = {"query": 'mutation { productCreate(product: {title: "A"}) { product { id } userErrors { message } } }'}


@pytest.fixture
def running() -> Iterator[RunningShop]:
    with serve(EmbeddedShop()) as made:
        yield made


def test_a_served_shop_answers_over_http_and_stops_at_once(running: RunningShop) -> None:
    assert running.port > 0
    assert running.origin == f"http://127.0.0.1:{running.port}"
    with httpx.Client(base_url=running.origin, headers=TOKEN) as http:
        assert http.post(PATH, json={"query": "{ shop { name } }"}).json()["data"]["shop"]["name"]
        refused = http.post(PATH, json={"query": SET, "variables": product("C1")})
        assert refused.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        start = time.monotonic()
        running.stop()
        assert time.monotonic() - start < 2
        with pytest.raises(httpx.TransportError):
            http.post(PATH, json=CREATE)


@pytest.mark.parametrize(
    ("kind", "applied"),
    [
        (FaultKind.DROP_BEFORE, False),
        (FaultKind.DROP_AFTER, True),
        (FaultKind.CUT, True),
        (FaultKind.LATE, True),
    ],
)
def test_w1_dropped_connections_over_a_socket(
    running: RunningShop, caplog: pytest.LogCaptureFixture, kind: FaultKind, applied: bool
) -> None:
    """W1, W17: the connection closes in each of its stages; the next request works on a new one."""
    running.shop.faults = lambda info: Fault(kind) if info.number == 1 else None
    with httpx.Client(base_url=running.origin, headers=TOKEN, timeout=5) as http:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            http.post(PATH, json=CREATE)
        assert http.post(PATH, json={"query": "{ shop { id } }"}).status_code == 200
    assert len(running.shop.products()) == applied
    assert caplog.records == []


def test_a_request_in_flight_does_not_hold_up_stopping(caplog: pytest.LogCaptureFixture) -> None:
    running = serve(EmbeddedShop(ShopSettings(latency_s=30)))
    outcome: list[Exception] = []

    def ask() -> None:
        try:
            httpx.post(running.origin + PATH, json=CREATE, headers=TOKEN, timeout=20)
        except httpx.TransportError as exc:
            outcome.append(exc)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.1)
    start = time.monotonic()
    running.stop()
    asking.join(timeout=5)
    assert time.monotonic() - start < 3
    assert len(outcome) == 1
    assert [record for record in caplog.records if record.levelname == "ERROR" and record.exc_info] == []


def test_a_port_that_is_taken_is_refused_plainly(running: RunningShop) -> None:
    with pytest.raises(OSError, match=r"in use|one usage"):
        serve(EmbeddedShop(), port=running.port)
