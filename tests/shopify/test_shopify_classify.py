"""W9 and W17: whatever comes back, it ends in the right class."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rms_console.adapters.shopify import classify
from rms_console.adapters.shopify.classify import Done, Failed, HttpAnswer, Throttled, Verdict
from rms_console.adapters.shopify.documents import PRODUCT_READ, PRODUCT_UPDATE, STOCK_READ
from rms_console.errors import ShopDenied, ShopOutcomeUnknown, ShopRejected, ShopThrottled, ShopUnavailable

MUTATION, QUERY = PRODUCT_UPDATE, STOCK_READ
CLEAN = {"product": {"id": "gid://shopify/Product/1"}, "userErrors": []}
REFUSED = {"product": None, "userErrors": [{"field": ["product", "title"], "message": "Title can't be blank"}]}
COST = {
    "cost": {
        "requestedQueryCost": 10,
        "actualQueryCost": 10,
        "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 1990, "restoreRate": 100.0},
    }
}
HTML = b"<!DOCTYPE html><html><body>Something went wrong</body></html>"


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine must not fail a property."""


def body(**parts: Any) -> bytes:
    return json.dumps(parts).encode()


def mutated(payload: Any, **parts: Any) -> bytes:
    return body(data={"productUpdate": payload}, **parts)


def error(code: str | None = None, message: str = "what happened", **parts: Any) -> dict[str, Any]:
    return {"message": message} | ({"extensions": {"code": code}} if code else {}) | parts


PLACE = [{"line": 2, "column": 3}]

ANSWERS: list[tuple[str, int, bytes, type, type]] = [
    # what, status, body, verdict on a mutation, verdict on a query
    ("clean payload", 200, mutated(CLEAN, extensions=COST), Done, ShopUnavailable),
    ("clean payload without costs", 200, mutated(CLEAN), Done, ShopUnavailable),
    ("user errors are the caller's", 200, mutated(REFUSED), Done, ShopUnavailable),
    ("THROTTLED", 200, body(errors=[error("THROTTLED")], extensions=COST), Throttled, Throttled),
    ("THROTTLED among others", 200, body(errors=[error("BAD_REQUEST"), error("THROTTLED")]), Throttled, Throttled),
    ("ACCESS_DENIED", 200, mutated(None, errors=[error("ACCESS_DENIED")]), ShopDenied, ShopDenied),
    ("ACCESS_DENIED inside", 200, mutated(CLEAN, errors=[error("ACCESS_DENIED")]), ShopDenied, ShopDenied),
    ("SHOP_INACTIVE", 200, body(errors=[error("SHOP_INACTIVE")]), ShopDenied, ShopDenied),
    ("MAX_COST_EXCEEDED", 200, body(errors=[error("MAX_COST_EXCEEDED")]), ShopRejected, ShopRejected),
    ("MAX_INPUT_SIZE_EXCEEDED", 200, body(errors=[error("MAX_INPUT_SIZE_EXCEEDED")]), ShopRejected, ShopRejected),
    ("BAD_REQUEST", 200, mutated(None, errors=[error("BAD_REQUEST")]), ShopRejected, ShopRejected),
    ("INVALID_VARIABLE", 200, body(errors=[error("INVALID_VARIABLE")]), ShopRejected, ShopRejected),
    ("INVALID_FIELD_ARGUMENTS", 200, mutated(None, errors=[error("INVALID_FIELD_ARGUMENTS")]), ShopRejected,
     ShopRejected),
    ("NOT_FOUND", 200, mutated(None, errors=[error("NOT_FOUND")]), ShopRejected, ShopRejected),
    ("undefinedField", 200, body(errors=[error("undefinedField", locations=PLACE)]), ShopDenied, ShopDenied),
    ("argumentNotAccepted", 200, body(errors=[error("argumentNotAccepted")]), ShopDenied, ShopDenied),
    ("validation without a code", 200, body(errors=[error(locations=PLACE)]), ShopDenied, ShopDenied),
    ("a bad variable without a code", 200,
     body(errors=[error(message='Variable "$id" got invalid value', locations=PLACE)]), ShopRejected, ShopRejected),
    ("INTERNAL_SERVER_ERROR", 200, body(errors=[error("INTERNAL_SERVER_ERROR")]), ShopOutcomeUnknown,
     ShopUnavailable),
    ("internal error beside a refusal", 200, body(errors=[error("BAD_REQUEST"), error("INTERNAL_SERVER_ERROR")]),
     ShopOutcomeUnknown, ShopUnavailable),
    ("a code nobody knows", 200, mutated(None, errors=[error("SOLAR_FLARE")]), ShopOutcomeUnknown, ShopUnavailable),
    ("an error without anything", 200, body(errors=[{}]), ShopOutcomeUnknown, ShopUnavailable),
    ("errors as text", 200, body(errors="Internal problem"), ShopOutcomeUnknown, ShopUnavailable),
    ("VARIANT_THROTTLE_EXCEEDED", 200, mutated(None, errors=[error("VARIANT_THROTTLE_EXCEEDED")]), ShopThrottled,
     ShopThrottled),
    ("partial data", 200, mutated({"product": None, "userErrors": []}, errors=[error("SOLAR_FLARE")]),
     ShopOutcomeUnknown, ShopUnavailable),
    ("partial data, refused", 200, mutated(REFUSED, errors=[error("SOLAR_FLARE")]), Done, ShopUnavailable),
    ("data null", 200, body(data=None), ShopOutcomeUnknown, ShopUnavailable),
    ("payload null", 200, mutated(None), ShopOutcomeUnknown, ShopUnavailable),
    ("payload of another shape", 200, mutated("yes"), ShopOutcomeUnknown, ShopUnavailable),
    ("another root field", 200, body(data={"shop": {}}), ShopOutcomeUnknown, ShopUnavailable),
    ("an empty object", 200, b"{}", ShopOutcomeUnknown, ShopUnavailable),
    ("a page", 200, HTML, ShopOutcomeUnknown, ShopUnavailable),
    ("truncated JSON", 200, mutated(CLEAN)[:-9], ShopOutcomeUnknown, ShopUnavailable),
    ("nothing", 200, b"", ShopOutcomeUnknown, ShopUnavailable),
    ("a JSON list", 200, b"[1, 2]", ShopOutcomeUnknown, ShopUnavailable),
    ("no UTF-8", 200, b"\xff\xfe\x00", ShopOutcomeUnknown, ShopUnavailable),
    ("deep nesting", 200, b"[" * 100_000, ShopOutcomeUnknown, ShopUnavailable),
    ("202 without a body", 202, b"", ShopOutcomeUnknown, ShopUnavailable),
    ("redirect", 301, b"", ShopDenied, ShopDenied),
    ("redirect to a login", 302, HTML, ShopDenied, ShopDenied),
    ("400", 400, body(errors="bad"), ShopRejected, ShopRejected),
    ("401", 401, body(errors="[API] Invalid API key or access token"), ShopDenied, ShopDenied),
    ("402", 402, b"", ShopDenied, ShopDenied),
    ("403", 403, b"", ShopDenied, ShopDenied),
    ("404", 404, HTML, ShopDenied, ShopDenied),
    ("407", 407, b"", ShopDenied, ShopDenied),
    ("408", 408, b"", ShopUnavailable, ShopUnavailable),
    ("413", 413, b"", ShopRejected, ShopRejected),
    ("422", 422, body(errors={}), ShopRejected, ShopRejected),
    ("423", 423, b"", ShopDenied, ShopDenied),
    ("429", 429, b"", Throttled, Throttled),
    ("430", 430, b"", ShopDenied, ShopDenied),
    ("500", 500, HTML, ShopOutcomeUnknown, ShopUnavailable),
    ("502", 502, HTML, ShopOutcomeUnknown, ShopUnavailable),
    ("503", 503, HTML, ShopUnavailable, ShopUnavailable),
    ("504", 504, HTML, ShopOutcomeUnknown, ShopUnavailable),
    ("520", 520, HTML, ShopOutcomeUnknown, ShopUnavailable),
    ("522", 522, HTML, ShopUnavailable, ShopUnavailable),
    ("524", 524, HTML, ShopOutcomeUnknown, ShopUnavailable),
    ("540", 540, b"", ShopUnavailable, ShopUnavailable),
]  # fmt: skip


def kind(verdict: Verdict) -> type:
    return type(verdict.error) if isinstance(verdict, Failed) else type(verdict)


def of(status: int, content: bytes, document: Any = MUTATION, **headers: str) -> Verdict:
    return classify.of_answer(HttpAnswer(status, headers, content), document)


@pytest.mark.parametrize(
    ("status", "content", "mutation", "query"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS]
)
def test_w9_each_answer_ends_in_the_right_class(status: int, content: bytes, mutation: type, query: type) -> None:
    assert kind(of(status, content)) is mutation
    assert kind(of(status, content, QUERY)) is query


def test_w9_the_table_is_long_enough() -> None:
    assert len(ANSWERS) >= 30


@pytest.mark.parametrize(
    ("exception", "mutation"),
    [
        (httpx.ConnectError("refused"), ShopUnavailable),
        (httpx.ConnectTimeout("slow"), ShopUnavailable),
        (httpx.PoolTimeout("busy"), ShopUnavailable),
        (httpx.ProxyError("407"), ShopUnavailable),
        (httpx.UnsupportedProtocol("ftp"), ShopUnavailable),
        (httpx.LocalProtocolError("bad header"), ShopUnavailable),
        (httpx.ReadTimeout("slow"), ShopOutcomeUnknown),
        (httpx.WriteTimeout("slow"), ShopOutcomeUnknown),
        (httpx.ReadError("reset"), ShopOutcomeUnknown),
        (httpx.WriteError("broken pipe"), ShopOutcomeUnknown),
        (httpx.CloseError("reset"), ShopOutcomeUnknown),
        (httpx.RemoteProtocolError("disconnected"), ShopOutcomeUnknown),
        (httpx.DecodingError("bad gzip"), ShopOutcomeUnknown),
        (TimeoutError(), ShopOutcomeUnknown),
        (OSError("network down"), ShopOutcomeUnknown),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_w17_what_was_not_sent_is_safe_and_the_rest_is_unknown(exception: Exception, mutation: type) -> None:
    verdict = classify.of_exception(exception, MUTATION)
    assert type(verdict.error) is mutation
    assert verdict.certainly_free == (mutation is ShopUnavailable)
    assert verdict.cause is exception
    assert type(classify.of_exception(exception, QUERY).error) is ShopUnavailable


def test_a_query_may_answer_that_there_is_none() -> None:
    assert of(200, body(data={"product": None}), PRODUCT_READ) == Done(None)
    assert kind(of(200, body(data={}), PRODUCT_READ)) is ShopUnavailable


def test_a_denial_says_what_to_do() -> None:
    for status, word in ((401, "token"), (402, "owner"), (403, "scopes"), (404, "shopify.shop"), (301, "shopify.shop")):
        verdict = of(status, b"")
        assert isinstance(verdict, Failed)
        assert word in verdict.error.hint


def test_the_cost_of_an_answer_is_read() -> None:
    verdict = of(200, mutated(CLEAN, extensions=COST))
    assert isinstance(verdict, Done)
    assert verdict.cost is not None
    assert (verdict.cost.requested, verdict.cost.actual) == (10.0, 10.0)
    assert verdict.cost.status is not None
    assert verdict.cost.status.available_points == 1990.0


@pytest.mark.parametrize("number", ["lots", None, True, 1e400, {}, float("nan")])
def test_a_cost_that_is_no_number_is_none(number: Any) -> None:
    extensions = {"cost": {"requestedQueryCost": 10, "actualQueryCost": number, "throttleStatus": {"restoreRate": 1}}}
    verdict = of(200, mutated(CLEAN, extensions=extensions))
    assert isinstance(verdict, Done)
    assert verdict.cost is not None
    assert (verdict.cost.actual, verdict.cost.status) == (None, None)


@pytest.mark.parametrize(("header", "wait_s"), [("2.0", 2.0), ("0", 0.0), ("-3", 0.0), ("soon", None)])
def test_retry_after_is_read(header: str, wait_s: float | None) -> None:
    assert of(429, b"", **{"retry-after": header}) == Throttled(wait_s)


def test_user_errors_become_one_refusal_with_all_problems() -> None:
    payload = {
        "userErrors": [
            {"field": ["input", "variants", "3", "price"], "message": "too high", "code": "INVALID_INPUT"},
            {"field": None, "message": "second", "code": None},
            *({"field": ["x"], "message": f"more {n}", "code": "C"} for n in range(3)),
        ]
    }
    refusal = classify.rejected(classify.problems(payload), MUTATION)
    assert refusal.message == (
        "productUpdate: too high (INVALID_INPUT at input.variants.3.price); second; more 0 (C at x); and 2 more"
    )
    assert refusal.code == "shop-rejected"
    assert refusal.problems[0] == (("input", "variants", "3", "price"), "INVALID_INPUT", "too high")
    assert len(refusal.problems) == 5


@pytest.mark.parametrize(
    ("code", "message", "engine_code"),
    [
        ("PRODUCT_DOES_NOT_EXIST", "gone", "shop-not-found"),
        ("PRODUCT_VARIANT_DOES_NOT_EXIST", "gone", "shop-not-found"),
        (None, "Product does not exist", "shop-not-found"),
        ("VARIANT_ALREADY_EXISTS", "there", "shop-already-exists"),
        ("INVALID_INPUT", "does not exist", "shop-rejected"),
    ],
)
def test_w6_a_product_deleted_by_hand_can_be_told_from_other_refusals(
    code: str | None, message: str, engine_code: str
) -> None:
    found = classify.problems({"userErrors": [{"field": [], "code": code, "message": message}]})
    assert classify.rejected(found, MUTATION).code == engine_code


@pytest.mark.parametrize("payload", [None, [], "x", {"userErrors": None}, {"userErrors": ["x", 3]}])
def test_user_errors_of_another_shape_are_none(payload: Any) -> None:
    assert classify.problems(payload) == ()


def test_foreign_text_is_short_and_harmless() -> None:
    nasty = "\x1b]52;c;evil\x07\u202egnp.exe\u200b\n[red]" + "x" * 5000
    verdict = of(200, body(errors=[error("BAD_REQUEST", nasty)]))
    assert isinstance(verdict, Failed)
    assert len(verdict.error.message) < 400
    assert verdict.error.message.isprintable()
    page = of(503, b"\x1b[2J\x00" + b"<p>" * 9999)
    assert isinstance(page, Failed)
    assert page.error.message.isprintable()
    assert len(page.error.message) < 300


@unhurried
@given(st.binary(max_size=200), st.sampled_from([200, 204, 302, 401, 429, 500, 503]))
def test_w9_no_answer_makes_it_fail(content: bytes, status: int) -> None:
    for document in (MUTATION, QUERY):
        assert isinstance(of(status, content, document), (Done, Failed, Throttled))


@pytest.mark.parametrize("errors", [True, "no", {"message": "no"}, 1])
def test_w9_errors_in_an_unknown_form_leave_the_outcome_open(errors: object) -> None:
    verdict = of(200, body(data={"productUpdate": {"userErrors": errors}}))
    assert isinstance(verdict, Failed)
    assert isinstance(verdict.error, ShopOutcomeUnknown)
    assert classify.problems({"userErrors": errors}) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "THROTTLED", "undefinedField", "ñ"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["data", "errors", "extensions", "cost", "productUpdate", "userErrors", "message",
                                       "code", "path", "field", "throttleStatus"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@unhurried
@given(st.dictionaries(st.sampled_from(["data", "errors", "extensions"]), JSON, max_size=3))
def test_w9_no_json_makes_it_fail(parts: dict[str, Any]) -> None:
    verdict = of(200, body(**parts))
    assert isinstance(verdict, (Done, Failed, Throttled))
    if isinstance(verdict, Done):
        classify.rejected(classify.problems(verdict.payload), MUTATION)
