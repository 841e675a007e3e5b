"""Calls that are done only when their answer is understood."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rms_console.adapters.shopify import classify
from rms_console.adapters.shopify.client import Answer, ShopifyClient
from rms_console.adapters.shopify.documents import Document
from rms_console.adapters.shopify.inputs import Variables
from rms_console.adapters.shopify.outputs import Unreadable
from rms_console.errors import ShopError, ShopOutcomeUnknown, ShopUnavailable


async def mutate(
    client: ShopifyClient, document: Document, variables: Variables, *, points: float, priority: int
) -> Answer:
    """Return the answer of a mutation that took effect.

    Raises:
        ShopRejected: it has user errors; and what `ShopifyClient.run` raises.
    """
    answer = await client.run(document, variables, points=points, priority=priority)
    found = classify.problems(answer.payload)
    if found:
        raise classify.rejected(found, document)
    return answer


async def mutate_once_more(
    client: ShopifyClient, document: Document, variables: Variables, *, points: float, priority: int
) -> Answer:
    """Send an idempotent mutation; after an unknown outcome ask once more with the same key and the same variables.

    User errors are left in the answer.

    Raises:
        ShopOutcomeUnknown: no answer the second time either, or none that says what became of the first.
    """
    try:
        return await client.run(document, variables, points=points, priority=priority)
    except ShopOutcomeUnknown as lost:
        try:
            return await client.run(document, variables, points=points, priority=priority)
        except ShopError as exc:
            raise ShopOutcomeUnknown(lost.message, hint=lost.hint) from exc


@contextmanager
def reading(document: Document) -> Iterator[None]:
    """Turn an unreadable payload into the error that fits: after a mutation it was applied, and we cannot tell what.

    Raises:
        ShopOutcomeUnknown, ShopUnavailable
    """
    try:
        yield
    except Unreadable as exc:
        kind = ShopOutcomeUnknown if document.mutation else ShopUnavailable
        raise kind(
            f"{document.root}: the answer lacks {exc}",
            code="shop-answer-unreadable",
            hint="the API may have changed: compare shopify.api_version with the version that is served",
        ) from exc


@contextmanager
def after_part_was_applied(applied: bool) -> Iterator[None]:
    """A failure in a later call of one operation is no plain failure any more: the caller must read back.

    Raises:
        ShopOutcomeUnknown
    """
    try:
        yield
    except ShopOutcomeUnknown:
        raise
    except ShopError as exc:
        if not applied:
            raise
        raise ShopOutcomeUnknown(f"{exc.message}; a part before it was applied", hint=exc.hint) from exc
