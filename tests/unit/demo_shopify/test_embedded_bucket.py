from __future__ import annotations

import pytest

from rms_console.demo.shopify.bucket import Bucket
from tests.unit.demo_shopify.harness import Bench, Clock

PRODUCT_POINTS = 'mutation { tagsAdd(id: "gid://shopify/Product/1", tags: ["a"]) { userErrors { message } } }'


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_points_flow_back_at_the_rate_up_to_the_capacity(clock: Clock) -> None:
    bucket = Bucket(2000, 100, clock.monotonic)
    assert bucket.take(1500)
    clock.seconds = 3.5
    assert bucket.available == 500 + 350
    clock.seconds = 60
    assert bucket.available == 2000


def test_a_call_that_does_not_fit_takes_nothing(clock: Clock) -> None:
    bucket = Bucket(100, 10, clock.monotonic)
    assert bucket.take(95)
    assert not bucket.take(6)
    assert bucket.available == 5


def test_a_refund_never_overfills(clock: Clock) -> None:
    bucket = Bucket(100, 10, clock.monotonic)
    bucket.take(10)
    clock.seconds = 0.5
    bucket.give_back(10)
    assert bucket.available == 100


def test_w11_the_rate_may_change_and_even_stop_while_running(clock: Clock) -> None:
    """W11: Shopify may lower the limits for a while."""
    bucket = Bucket(2000, 100, clock.monotonic)
    bucket.take(2000)
    bucket.change(rate=0)
    clock.seconds = 100
    assert bucket.available == 0
    bucket.change(rate=50)
    clock.seconds = 101
    assert bucket.available == 50
    assert bucket.status() == {"maximumAvailable": 2000, "currentlyAvailable": 50, "restoreRate": 50}


def test_w10_a_throttled_call_is_http_200_without_data_and_with_the_cost_block() -> None:
    """W10: THROTTLED comes as an ordinary answer."""
    bench = Bench(capacity_points=15.0)
    bench.ask(PRODUCT_POINTS)
    body = bench.ask(PRODUCT_POINTS)
    assert "data" not in body
    assert body["errors"][0]["message"] == "Throttled"
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert body["extensions"]["cost"] == {
        "requestedQueryCost": 10,
        "actualQueryCost": None,
        "throttleStatus": {"maximumAvailable": 15, "currentlyAvailable": 5, "restoreRate": 100},
    }


def test_w10_the_exact_wait_is_the_missing_points_over_the_rate() -> None:
    """W10: (requested - available) / rate seconds later the same call goes through."""
    bench = Bench(capacity_points=15.0)
    bench.ask(PRODUCT_POINTS)
    bench.clock.seconds += (10 - 5) / 100
    assert "data" in bench.ask(PRODUCT_POINTS)
    assert bench.shop.ledger.throttled == 0


def test_the_difference_to_the_actual_cost_is_given_back() -> None:
    bench = Bench()
    body = bench.ask("{ products(first: 250) { edges { node { id } } } }")
    cost = body["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (13, 2)
    assert cost["throttleStatus"]["currentlyAvailable"] == 1998


def test_a_call_above_the_limit_of_one_query_is_refused_on_its_requested_cost() -> None:
    bench = Bench()
    levels = "inventoryLevels(first: 250) { nodes { location { id } } }"
    variants = f"variants(first: 250) {{ nodes {{ inventoryItem {{ {levels} }} }} }}"
    body = bench.ask(f"{{ products(first: 250) {{ nodes {{ {variants} }} }} }}")
    error = body["errors"][0]["extensions"]
    assert (error["code"], error["maxCost"]) == ("MAX_COST_EXCEEDED", 1000)
    assert error["cost"] == 2 + 11 * (1 + 2 + 11 * (1 + 1 + 2 + 11 * 2))
    assert "data" not in body
    assert bench.shop.bucket.available == 2000


def test_documents_and_variables_that_are_wrong_cost_nothing() -> None:
    bench = Bench()
    for query in ("{ shop { nothingLikeThis } }", "{ shop {", "query ($id: ID!) { product(id: $id) { id } }"):
        body = bench.ask(query)
        assert "extensions" not in body
        assert "data" not in body
    assert bench.shop.bucket.available == 2000
