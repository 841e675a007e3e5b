"""How values lie in the ledger's columns, and the check sums that tell when they no longer do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def time_text(at: datetime) -> str:
    """Return an instant as text of one width, in UTC, so that it orders as text.

    Raises:
        ValueError: the time is naive, so that nobody can say which instant it is.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def optional_time_text(at: datetime | None) -> str | None:
    return None if at is None else time_text(at)


def read_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def read_optional_time(text: str | None) -> datetime | None:
    return None if text is None else read_time(text)


def decimal_text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def read_decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def plain_decimal(value: Decimal | None) -> str | None:
    """Return one text for equal decimals (`10.0` and `10.00`), for hashes."""
    return None if value is None else f"{value.normalize():f}"


def json_text(value: object) -> str:
    """Return canonical JSON: equal values give equal text."""
    return _compact(value)


def list_text(values: tuple[str, ...] | None) -> str | None:
    return None if values is None else json_text(values)


def read_list(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(json.loads(text))


def read_json(text: str) -> Any:
    return json.loads(text)


def check_sum(value: object) -> str:
    """Return a short hash of canonical JSON. It finds damage and difference; it is no defence against a forger."""
    return hashlib.blake2b(_compact(value).encode(), digest_size=12).hexdigest()


def stock_hash(stock: Mapping[str, int | None]) -> str:
    """Return the hash of the stock group: quantity by location."""
    return check_sum(dict(stock))


def price_hash(price: Decimal | None, compare_at: Decimal | None) -> str:
    """Return the hash of the price group."""
    return check_sum([plain_decimal(price), plain_decimal(compare_at)])


def content_hash(
    sku: str | None, options: tuple[str, ...] | None, barcode: str | None, weight_kg: Decimal | None
) -> str:
    """Return the hash of a variant's content group."""
    return check_sum([sku, options, barcode, plain_decimal(weight_kg)])
