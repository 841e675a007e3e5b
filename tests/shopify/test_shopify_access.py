"""Where a token may go, and what a token may be."""

from __future__ import annotations

import pytest

from rms_console.adapters.shopify.access import StaticToken, endpoint
from rms_console.adapters.shopify.clean import clean
from rms_console.errors import ConfigError
from tests.shopify.harness import DOMAIN, ScriptedShop, bench


def test_the_address_is_the_shops_own() -> None:
    assert endpoint(DOMAIN, "2026-10", None) == f"https://{DOMAIN}/admin/api/2026-10/graphql.json"


@pytest.mark.parametrize(
    ("base", "origin"),
    [
        ("http://127.0.0.1:8089", "http://127.0.0.1:8089"),
        ("http://localhost:8089/", "http://localhost:8089"),
        ("http://[::1]:8089", "http://[::1]:8089"),
        ("https://shop.example:8443", "https://shop.example:8443"),
    ],
)
def test_a_base_replaces_the_shops_origin(base: str, origin: str) -> None:
    assert endpoint("whatever", "2026-10", base) == f"{origin}/admin/api/2026-10/graphql.json"


@pytest.mark.parametrize(
    "base",
    [
        "http://shop.example",
        "http://10.0.0.7:80",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "127.0.0.1:8089",
        "https://",
        "https://user:pass@shop.example",
        "https://shop.example/path",
        "https://shop.example?x=1",
        "https://shop.example:notaport",
        "https://[broken",
    ],
)
def test_any_other_base_is_refused(base: str) -> None:
    with pytest.raises(ConfigError) as refused:
        endpoint(DOMAIN, "2026-10", base)
    assert refused.value.code == "shopify-api-base"
    assert "pass@" not in str(refused.value)


@pytest.mark.parametrize(
    "shop",
    ["", "shop.example", "https://x.myshopify.com", "x.myshopify.com.evil.example", "-x.myshopify.com",
     "X.myshopify.com", "x.myshopify.com\n", "a.b.myshopify.com", "x@y.myshopify.com", "x.myshopify.com/admin"],
)  # fmt: skip
def test_a_token_goes_to_no_other_domain(shop: str) -> None:
    with pytest.raises(ConfigError) as refused:
        endpoint(shop, "2026-10", None)
    assert refused.value.code == "shopify-shop"


@pytest.mark.parametrize("version", ["", "latest", "2026-1", "2026-10/../..", "2026-10\n"])
def test_a_version_is_a_version(version: str) -> None:
    with pytest.raises(ConfigError):
        endpoint(DOMAIN, version, None)


@pytest.mark.parametrize("token", ["", "two words", "line\nend", "tab\t", "ñandú", "x" * 600])
def test_a_token_that_cannot_be_one_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ConfigError) as refused:
        StaticToken(token)
    assert not token or token not in str(refused.value)


def test_a_token_is_never_in_a_repr() -> None:
    assert "secret" not in repr(StaticToken("shpat_secret"))


def test_only_the_two_quantity_names_are_taken() -> None:
    with pytest.raises(ConfigError):
        bench(ScriptedShop(), quantity_name="incoming")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("plain", "plain"), ("a\nb\tc", "a b c"), ("x" * 20, "x" * 9 + "…"), (None, ""), (17, "17"), ("a\u2028b", "a b")],
)
def test_foreign_text_becomes_one_short_line(value: object, shown: str) -> None:
    assert clean(value, longest=10) == shown
