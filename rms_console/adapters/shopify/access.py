"""Where the shop is and what lets us in, checked before anything is sent."""

from __future__ import annotations

import ipaddress
import re
from typing import Protocol
from urllib.parse import urlsplit

from rms_console.adapters.shopify.clean import clean
from rms_console.errors import ConfigError

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_VERSION = re.compile(r"\d{4}-\d{2}|unstable")
_TOKEN = re.compile(r"[!-~]{1,512}")


class TokenSource(Protocol):
    """Gives the access token. A source that can get a new one does so in `renew`."""

    async def token(self) -> str:
        """Return the token to send now.

        Raises:
            ShopDenied, ShopUnavailable, ShopThrottled: there is none, and none to be had.
        """
        ...

    async def renew(self, refused: str) -> bool:
        """Get another token because Shopify refused this one; return whether there is one to try.

        Raises:
            ShopDenied, ShopUnavailable, ShopThrottled: asked for another one, and got none.
        """
        ...

    async def close(self) -> None: ...


class StaticToken:
    """A token that does not change: that of an app made in the shop's admin."""

    def __init__(self, token: str) -> None:
        if not is_token(token):
            raise ConfigError(
                "shopify.token is empty or holds characters that no token has",
                code="shopify-token",
                hint="copy the Admin API access token again, without blanks or line ends",
            )
        self._token = token

    def __repr__(self) -> str:
        return "StaticToken(***)"

    async def token(self) -> str:
        return self._token

    async def renew(self, refused: str) -> bool:
        return False

    async def close(self) -> None:
        pass


def is_token(text: object) -> bool:
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


def endpoint(shop: str, api_version: str, api_base: str | None) -> str:
    """Return the address that takes the GraphQL documents.

    Raises:
        ConfigError: the shop, the version or the base is none that we would send a token to.
    """
    if not _VERSION.fullmatch(api_version):
        raise ConfigError(
            f"shopify.api_version is {clean(api_version, 40)!r}", code="shopify-version", hint="like 2026-10"
        )
    return f"{origin(shop, api_base)}/admin/api/{api_version}/graphql.json"


def grant_address(shop: str, api_base: str | None) -> str:
    """Return the address that gives out tokens for a client id and its secret.

    Raises:
        ConfigError: the shop or the base is none that we would send a secret to.
    """
    return f"{origin(shop, api_base)}/admin/oauth/access_token"


def origin(shop: str, api_base: str | None) -> str:
    """Return scheme and host of the shop, or of what stands in for it.

    Raises:
        ConfigError: it is none that we would send a token to.
    """
    return checked_origin(api_base) if api_base else f"https://{checked_shop(shop)}"


def checked_shop(shop: str) -> str:
    """Return the shop's domain when it is one of Shopify's own, so that the token goes nowhere else."""
    if not _SHOP.fullmatch(shop):
        raise ConfigError(
            f"shopify.shop is {clean(shop, 80)!r}, which is no shop's own domain",
            code="shopify-shop",
            hint="use the domain that ends in .myshopify.com, without https://",
        )
    return shop


def checked_origin(base: str) -> str:
    """Return scheme, host and port of a server that stands in for the shop.

    https anywhere, http on this machine only: the token must not travel in the clear.
    """
    try:
        parts = urlsplit(base)
        port = parts.port
    except ValueError as exc:
        raise _bad_base(base) from exc
    host = parts.hostname or ""
    is_plain = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password)
    if not host or not is_plain or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise _bad_base(base)
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port is not None else "")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bad_base(base: str) -> ConfigError:
    shown = clean(base.split("@")[-1], 80)
    return ConfigError(
        f"shopify.api_base is {shown!r}",
        code="shopify-api-base",
        hint="an origin such as https://example.com, or http://127.0.0.1:8089 on this machine",
    )
