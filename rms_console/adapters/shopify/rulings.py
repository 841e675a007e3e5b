"""What each status, error code and broken connection means for the request that met it: tables, nothing else.

A mutation without a usable answer may have been applied: that is `UNCLEAR`, and for a query it is merely no answer.

Sources: shopify.dev "Shopify API response status and error codes" and "GraphQL Admin API rate limits"; Cloudflare's
5xx pages for 520 to 530; httpx 0.28's exception tree; recorded answers of development stores; read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

import httpx

from rms_console.locale import Sentence, sentence


class Kind(Enum):
    """What happened to the request, the gravest first: with several errors in one answer the gravest decides."""

    DENIED = auto()
    """A person must act; nothing else will pass either."""
    THROTTLED = auto()
    """Not applied; the same request again after a wait."""
    UNCLEAR = auto()
    """No usable answer: a mutation may have been applied."""
    NOT_APPLIED = auto()
    """Never reached the shop, or was turned away before it was looked at."""
    POSTPONED = auto()
    """Not applied, and will not be for hours (a daily limit)."""
    REJECTED = auto()
    """Understood and refused."""


@dataclass(frozen=True, slots=True)
class Ruling:
    kind: Kind
    code: str
    hint: Sentence | str = ""


_TOKEN_HINT = sentence("check shopify.token: it may have been revoked, or belong to another shop")
_SCOPE_HINT = sentence(
    "give the app the scopes read/write products, read/write inventory and read locations, then install it again"
)
_OWNER_HINT = sentence("the shop's owner must log in to Shopify's admin and settle what it asks for")
_TROUBLE_HINT = sentence("Shopify is in trouble or not reachable; see https://www.shopifystatus.com")
CERTIFICATE_HINT = sentence("the server's certificate is not trusted: check the clock, the proxy and shopify.shop")
_DOCUMENT_HINT = sentence("set shopify.api_version to a version this program was made for, or update the program")

UNCLEAR = Ruling(Kind.UNCLEAR, "shop-outcome-unknown", _TROUBLE_HINT)
NOT_APPLIED = Ruling(Kind.NOT_APPLIED, "shop-unavailable", _TROUBLE_HINT)
REJECTED = Ruling(Kind.REJECTED, "shop-rejected")
THROTTLED = Ruling(Kind.THROTTLED, "shop-throttled")
DOCUMENT = Ruling(Kind.DENIED, "api-mismatch", _DOCUMENT_HINT)
INPUT = Ruling(Kind.REJECTED, "input-invalid")
MOVED = Ruling(
    Kind.DENIED, "shop-moved", sentence("check shopify.shop: this address leads elsewhere, and the token stays here")
)
NO_ANSWER = Ruling(Kind.UNCLEAR, "shop-no-answer", sentence("a proxy or a page stands between us and Shopify's API"))

VARIANT_LIMIT = Ruling(
    Kind.POSTPONED, "shop-variant-limit", sentence("Shopify allows this shop no more new variants today")
)
NAME_OF_DAILY_LIMIT = "variant"
"""A 429 that names variants is the daily limit of new ones, not that of requests a second."""

STATUSES: Mapping[int, Ruling] = {
    401: Ruling(Kind.DENIED, "shop-token", _TOKEN_HINT),
    402: Ruling(Kind.DENIED, "shop-frozen", _OWNER_HINT),
    403: Ruling(Kind.DENIED, "shop-forbidden", _SCOPE_HINT),
    404: Ruling(
        Kind.DENIED,
        "shop-unknown",
        sentence("check shopify.shop and shopify.api_version: there is no such shop or API"),
    ),
    407: Ruling(Kind.DENIED, "proxy-refused", sentence("the proxy wants a login: check HTTPS_PROXY")),
    408: NOT_APPLIED,
    413: Ruling(Kind.REJECTED, "input-too-large"),
    423: Ruling(Kind.DENIED, "shop-locked", _OWNER_HINT),
    425: NOT_APPLIED,
    429: THROTTLED,
    430: Ruling(Kind.DENIED, "shop-security", sentence("Shopify takes our requests for an attack: ask its support")),
    501: Ruling(Kind.DENIED, "shop-not-implemented", sentence("this shop does not offer the API")),
    503: NOT_APPLIED,
    521: NOT_APPLIED,
    522: NOT_APPLIED,
    523: NOT_APPLIED,
    525: NOT_APPLIED,
    526: NOT_APPLIED,
    530: NOT_APPLIED,
    540: NOT_APPLIED,
    783: Ruling(Kind.REJECTED, "bad-request"),
}
"""503 and 540 are refusals of a server that will not work now; 521 to 526 say that the origin was not reached."""

CODES: Mapping[str, Ruling] = {
    "THROTTLED": THROTTLED,
    "ACCESS_DENIED": Ruling(Kind.DENIED, "shop-scope", _SCOPE_HINT),
    "FORBIDDEN": Ruling(Kind.DENIED, "shop-forbidden", _SCOPE_HINT),
    "UNAUTHORIZED": Ruling(Kind.DENIED, "shop-token", _TOKEN_HINT),
    "UNAUTHENTICATED": Ruling(Kind.DENIED, "shop-token", _TOKEN_HINT),
    "SHOP_INACTIVE": Ruling(Kind.DENIED, "shop-inactive", _OWNER_HINT),
    "MAX_COST_EXCEEDED": Ruling(Kind.REJECTED, "operation-too-large", sentence("fewer variants in one product")),
    "MAX_INPUT_SIZE_EXCEEDED": Ruling(Kind.REJECTED, "input-too-large", sentence("fewer things in one call")),
    "BAD_REQUEST": INPUT,
    "BAD_USER_INPUT": INPUT,
    "INVALID_VARIABLE": INPUT,
    "INVALID_FIELD_ARGUMENTS": INPUT,
    "NOT_FOUND": Ruling(Kind.REJECTED, "shop-not-found"),
    "RESOURCE_NOT_FOUND": Ruling(Kind.REJECTED, "shop-not-found"),
    "INTERNAL_SERVER_ERROR": UNCLEAR,
    "SERVICE_UNAVAILABLE": UNCLEAR,
    "TIMEOUT": UNCLEAR,
    "GRAPHQL_PARSE_FAILED": DOCUMENT,
    "GRAPHQL_VALIDATION_FAILED": DOCUMENT,
    "VARIANT_THROTTLE_EXCEEDED": VARIANT_LIMIT,
}

USER_ERRORS: Mapping[str, str] = {
    "NOT_FOUND": "shop-not-found",
    "PRODUCT_DOES_NOT_EXIST": "shop-not-found",
    "PRODUCT_NOT_FOUND": "shop-not-found",
    "PRODUCT_VARIANT_DOES_NOT_EXIST": "shop-not-found",
    "INVALID_INVENTORY_ITEM": "shop-not-found",
    "VARIANT_ALREADY_EXISTS": "shop-already-exists",
    "VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE": "shop-already-exists",
    "TAKEN": "shop-already-exists",
}
"""Codes of user errors that tell the engine more than "refused"."""

VAGUE_USER_ERRORS = frozenset({"", "INVALID"})
WORDS_FOR_MISSING = ("does not exist", "not found", "wasn't found")
NAMES_OF_THE_THING = frozenset({"id", "productId", "ownerId", "inventoryItemId"})
"""Last step of a user error's path that names what is to be changed, not something it is to be combined with (a
location, a publication). Source: recorded answers of development stores, read 2026-11."""

NOT_SENT: tuple[type[Exception], ...] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""With these not one byte of the request reached the shop. With every other one it may have arrived whole."""


def of_status(status: int) -> Ruling | None:
    """Return what an HTTP status alone decides; None where the body does."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return MOVED
    known = STATUSES.get(status)
    if known is not None:
        return known
    return REJECTED if 400 <= status < 500 else UNCLEAR


def of_error(code: str, message: str, *, is_request_error: bool) -> Ruling:
    """Return what one entry of `errors` means.

    A request error (a place in the document, no path, no data) was found before anything ran. Shopify marks those of
    the document with codes in lower camel case; other servers give no code at all.
    """
    known = CODES.get(code)
    if known is not None:
        return known
    if is_request_error and message.startswith("Variable "):
        return INPUT
    return DOCUMENT if code[:1].islower() or (is_request_error and not code) else UNCLEAR
