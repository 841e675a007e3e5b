"""Who may ask for what, decided from the head of a request alone."""

from __future__ import annotations

from typing import Any

import pytest

from rms_console.control.access import Asked, Decision, Denied, Policy

TOKEN = "a-token-of-the-tests-and-of-nothing-else-00"
LOCAL = Policy("127.0.0.1", True, TOKEN)
STRICT = Policy("127.0.0.1", True, TOKEN, "all")
OUTSIDE = Policy("0.0.0.0", False, TOKEN)
MONITOR = "/api/v1/sync/monitor"
JSON = {"content-type": "application/json"}
KNOWN = {"authorization": f"Bearer {TOKEN}"}


def decide(policy: Policy, line: str, headers: dict[str, str] | None = None, **facts: Any) -> Decision:
    method, path = line.split()
    given = {"host": "127.0.0.1:8080", **(headers or {})}
    return policy.decide(Asked(method, path, given, facts.pop("has_body", False), **facts))


def status(decision: Decision) -> int:
    return decision.status if isinstance(decision, Denied) else 200


@pytest.mark.parametrize(
    ("line", "facts", "expected"),
    [
        (f"GET {MONITOR}/status", {}, 200),
        ("GET /metrics", {}, 200),
        ("GET /api/v1/port/page", {}, 200),
        (f"POST {MONITOR}/test-connectivity", {}, 200),
        (f"POST {MONITOR}/test-connectivity", {"has_body": True, "headers": JSON}, 200),
        (f"POST {MONITOR}/trigger", {}, 200),
        (f"POST {MONITOR}/trigger", {"has_body": True, "headers": JSON}, 401),
        (f"POST {MONITOR}/trigger/", {}, 401),
        (f"POST {MONITOR}/pause", {}, 401),
        (f"POST {MONITOR}/resume", {}, 401),
        (f"PUT {MONITOR}/trigger", {}, 401),
        (f"PUT {MONITOR}/interval", {"has_body": True, "headers": JSON}, 401),
        ("POST /api/v1/port/command", {"has_body": True, "headers": JSON}, 401),
        ("DELETE /api/v1/anything", {}, 401),
    ],
)
def test_on_loopback_reading_is_free_and_acting_is_not(line: str, facts: dict[str, Any], expected: int) -> None:
    assert status(decide(LOCAL, line, **facts)) == expected
    known = {**facts, "headers": {**facts.get("headers", {}), **KNOWN}}
    assert status(decide(LOCAL, line, **known)) == 200


@pytest.mark.parametrize(
    "authorization",
    ["", TOKEN, "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ñ"],
)
def test_only_the_whole_token_counts(authorization: str) -> None:
    assert status(decide(LOCAL, f"POST {MONITOR}/pause", {"authorization": authorization})) == 401


def test_an_empty_token_opens_nothing() -> None:
    policy = Policy("127.0.0.1", True, "")
    assert status(decide(policy, f"POST {MONITOR}/pause", {"authorization": "Bearer "})) == 401


@pytest.mark.parametrize(
    "line", [f"GET {MONITOR}/status", "GET /docs", "GET /metrics", f"POST {MONITOR}/test-connectivity"]
)
@pytest.mark.parametrize("policy", [STRICT, OUTSIDE])
def test_where_everything_needs_the_token_everything_does(line: str, policy: Policy) -> None:
    assert status(decide(policy, line)) == 401
    assert status(decide(policy, line, KNOWN)) == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9000", "localhost", "LocalHost:8080", "[::1]", "[::1]:8080"])
def test_the_machine_goes_by_its_own_names_whatever_the_port(host: str) -> None:
    assert status(decide(LOCAL, f"GET {MONITOR}/status", {"host": host})) == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8080",
        "127.0.0.1:80:80",
        "::1",
        "[::1",
        "localhost:",
        "localhost:x",
        "127.0.0.1, 127.0.0.1",
        "0.0.0.0",
        "192.168.1.5",
    ],
)
@pytest.mark.parametrize("headers", [{}, KNOWN])
def test_a_name_that_somebody_else_made_point_here_is_refused(host: str, headers: dict[str, str]) -> None:
    assert status(decide(LOCAL, f"GET {MONITOR}/status", {**headers, "host": host})) == 421


def test_bound_elsewhere_the_address_that_was_reached_is_a_name_too() -> None:
    headers = {**KNOWN, "host": "192.168.1.5:8080"}
    assert status(decide(OUTSIDE, f"GET {MONITOR}/status", headers, local="192.168.1.5")) == 200
    assert status(decide(OUTSIDE, f"GET {MONITOR}/status", headers, local="192.168.1.6")) == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:3000", "http://localhost:8080"])
@pytest.mark.parametrize("line", [f"GET {MONITOR}/status", f"POST {MONITOR}/trigger", "GET /docs"])
def test_pages_of_other_sites_are_refused_whatever_they_know(origin: str, line: str) -> None:
    assert status(decide(LOCAL, line, {"origin": origin})) == 403
    assert status(decide(LOCAL, line, {"origin": origin, **KNOWN})) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_a_browser_that_says_for_another_site_is_refused(site: str) -> None:
    assert status(decide(LOCAL, "GET /docs", {"sec-fetch-site": site})) == 403
    assert status(decide(LOCAL, f"GET {MONITOR}/status", {"sec-fetch-site": site, **KNOWN})) == 403


def test_a_browser_needs_the_token_but_for_the_description() -> None:
    navigation = {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}
    assert status(decide(LOCAL, f"GET {MONITOR}/status", navigation)) == 401
    assert status(decide(LOCAL, f"POST {MONITOR}/trigger", navigation)) == 401
    assert status(decide(LOCAL, f"GET {MONITOR}/status", {**navigation, **KNOWN})) == 200
    assert status(decide(LOCAL, "GET /docs", navigation)) == 200
    assert status(decide(LOCAL, "GET /openapi.json", {"sec-fetch-site": "same-origin"})) == 200
    own = {"origin": "http://127.0.0.1:8080"}
    assert status(decide(LOCAL, f"POST {MONITOR}/trigger", own)) == 401


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "application/jsonx"]
)
def test_what_a_form_can_send_is_refused(kind: str) -> None:
    headers = {"content-type": kind}
    assert status(decide(LOCAL, f"POST {MONITOR}/trigger", {**headers, **KNOWN}, has_body=True)) == 415
    assert status(decide(LOCAL, f"POST {MONITOR}/trigger", headers)) == 415
    assert status(decide(LOCAL, f"POST {MONITOR}/pause", KNOWN, has_body=True)) == 415
    assert status(decide(LOCAL, f"POST {MONITOR}/pause", KNOWN)) == 200
    utf8 = {"content-type": "Application/JSON; charset=utf-8"}
    assert status(decide(LOCAL, f"POST {MONITOR}/pause", {**KNOWN, **utf8}, has_body=True)) == 200
