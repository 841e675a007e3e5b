"""Lines of a bulk mutation's result: matched by number, each with the class that the same answer alone would have."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from rms_console.contract.bulk import BulkOutcome
from rms_console.domain.operations import UpdateVariants, VariantChange
from rms_console.errors import ShopOutcomeUnknown, ShopRejected, ShopThrottled
from tests.shopify.harness import ScriptedShop, bench

DONE: dict[str, Any] = {
    "data": {
        "productVariantsBulkUpdate": {
            "product": {"id": "gid://shopify/Product/1", "metafield": {"value": "S0"}},
            "userErrors": [],
        }
    }
}


def job(status: str) -> dict[str, Any]:
    return {
        "id": "gid://shopify/BulkOperation/1",
        "type": "MUTATION",
        "status": status,
        "query": "# rms-boot-0001\nmutation",
        "createdAt": "2026-11-24T12:00:00Z",
        "errorCode": None,
        "objectCount": "1",
        "rootObjectCount": "1",
        "url": "https://files.test/r" if status == "COMPLETED" else None,
        "partialDataUrl": None,
    }


STAGED = {
    "stagedTargets": [{"url": "https://files.test/u", "parameters": [{"name": "key", "value": "tmp/1"}]}],
    "userErrors": [],
}


async def outcomes_of(*answers: dict[str, Any], numbered: bool = True) -> list[BulkOutcome]:
    """Return the outcomes of as many operations as there are answers, in their order."""
    lines = [answer | ({"__lineNumber": n} if numbered else {}) for n, answer in enumerate(answers)]
    return await outcomes_of_lines(len(answers), lines)


async def outcomes_of_lines(count: int, lines: list[dict[str, Any]]) -> list[BulkOutcome]:
    script = ScriptedShop(
        {
            "stagedUploadsCreate": [STAGED],
            "bulkOperationRunMutation": [{"bulkOperation": job("CREATED"), "userErrors": []}],
            "bulkOperation": [job("COMPLETED")],
        }
    )

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host != "files.test":
            return script.answer(request)
        if request.method == "POST":
            return httpx.Response(201)
        return httpx.Response(200, text="".join(json.dumps(line) + "\n" for line in lines))

    made = bench(script, transport=httpx.MockTransport(answer))
    change = VariantChange(1, "gid://shopify/ProductVariant/1", price=Decimal(1))
    operations = [UpdateVariants(f"S{n}", f"gid://shopify/Product/{n}", (change,)) for n in range(count)]

    async def collect() -> list[BulkOutcome]:
        return [outcome async for outcome in made.shop.run_bulk(operations, owner="boot")]

    found = await made.clock.run(collect())
    return sorted(found, key=lambda outcome: int(outcome.operation.style[1:]))


async def test_lines_are_matched_by_number_in_whatever_order_they_come() -> None:
    refused = {"data": {"productVariantsBulkUpdate": {"userErrors": [{"field": ["x"], "message": "no"}]}}}
    lines = [DONE | {"__lineNumber": 2}, refused | {"__lineNumber": 0}, DONE | {"__lineNumber": 1}]
    first, second, third = await outcomes_of_lines(3, lines)
    assert isinstance(first.error, ShopRejected)
    assert second.applied is not None
    assert third.applied is not None


async def test_a_line_that_is_missing_or_has_no_number_leaves_its_outcome_unknown() -> None:
    found = await outcomes_of(DONE, DONE, numbered=False)
    assert [type(each.error) for each in found] == [ShopOutcomeUnknown] * 2
    found = await outcomes_of_lines(3, [DONE | {"__lineNumber": 1}])
    assert [each.applied is not None for each in found] == [False, True, False]


async def test_a_second_line_for_the_same_operation_changes_nothing() -> None:
    refused = {"errors": [{"message": "no", "extensions": {"code": "BAD_REQUEST"}}]}
    (found,) = await outcomes_of_lines(1, [DONE | {"__lineNumber": 0}, refused | {"__lineNumber": 0}])
    assert found.applied is not None


@pytest.mark.parametrize("number", [-1, 7, "0", None, 0.5, True])
async def test_a_number_that_is_none_of_ours_is_passed_over(number: object) -> None:
    found = await outcomes_of_lines(1, [DONE | {"__lineNumber": number}])
    assert isinstance(found[0].error, ShopOutcomeUnknown)


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"data": None},
        {"data": {"productVariantsBulkUpdate": None}},
        {"data": {"productVariantsBulkUpdate": {"product": None, "userErrors": []}}},
        {"data": {"other": {}}},
        {"errors": "all of them"},
    ],
)
async def test_w9_a_line_that_says_nothing_leaves_its_outcome_unknown(line: dict[str, Any]) -> None:
    (found,) = await outcomes_of(line)
    assert isinstance(found.error, ShopOutcomeUnknown)


async def test_w10_a_throttled_line_is_a_wait() -> None:
    (found,) = await outcomes_of({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]})
    assert isinstance(found.error, ShopThrottled)
    assert found.error.wait_s == 60.0
