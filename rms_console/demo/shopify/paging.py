"""Connections: a window on a list, with cursors as Shopify makes them."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

PAGE_LIMIT = 250
VARIANT_PAGE_LIMIT = 2000

_WHOLE: ContextVar[bool] = ContextVar("whole", default=False)


@contextmanager
def whole_lists() -> Iterator[None]:
    """Let connections hold everything, whatever page is asked for: so a bulk query reads them."""
    token = _WHOLE.set(True)
    try:
        yield
    finally:
        _WHOLE.reset(token)


def cursor_of(number: int) -> str:
    return base64.b64encode(json.dumps({"last_id": number, "last_value": str(number)}).encode()).decode()


def number_in(cursor: str) -> int:
    """Return the number in a cursor.

    Raises:
        GraphQLError: no cursor of ours.
    """
    try:
        return int(json.loads(base64.b64decode(cursor, validate=True))["last_id"])
    except (binascii.Error, ValueError, KeyError, TypeError) as exc:
        raise GraphQLError(f"'{cursor}' is not a valid cursor.", extensions={"code": "BAD_REQUEST"}) from exc


@dataclass(slots=True)
class Edge:
    node: Any
    cursor: str


@dataclass(slots=True)
class Page:
    nodes: list[Any]
    edges: list[Edge]
    page_info: dict[str, object]


def paginate(
    things: Sequence[Any],
    args: dict[str, Any],
    *,
    limit: int = PAGE_LIMIT,
    number: Callable[[Any], int] = lambda thing: int(thing.number),
) -> Page:
    """Return the asked window of `things`, which are ordered by growing number.

    Raises:
        GraphQLError: neither first nor last, or more than the limit.
    """
    if _WHOLE.get():
        args = {"first": max(1, len(things))}
        limit = args["first"]
    size = _size(args, limit)
    low, high = 0, len(things)
    after, before = args.get("after"), args.get("before")
    if args.get("reverse"):
        after, before = before, after
    if after:
        low = bisect_right(things, number_in(after), key=number)
    if before:
        high = bisect_left(things, number_in(before), key=number)
    from_start = (args.get("first") is not None) != bool(args.get("reverse"))
    start, end = (low, min(low + size, high)) if from_start else (max(high - size, low), high)
    nodes = list(things[start:end])
    has_more_above, has_more_below = end < len(things), start > 0
    if args.get("reverse"):
        nodes.reverse()
        has_more_above, has_more_below = has_more_below, has_more_above
    edges = [Edge(node, cursor_of(number(node))) for node in nodes]
    info: dict[str, object] = {
        "hasNextPage": has_more_above,
        "hasPreviousPage": has_more_below,
        "startCursor": edges[0].cursor if edges else None,
        "endCursor": edges[-1].cursor if edges else None,
    }
    return Page(nodes, edges, info)


def _size(args: dict[str, Any], limit: int) -> int:
    first, last = args.get("first"), args.get("last")
    name, size = ("first", first) if first is not None else ("last", last)
    if size is None:
        raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
    if size < 1 or size > limit:
        message = f"{name} must be between 1 and {limit}"
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    return int(size)
