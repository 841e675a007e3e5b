"""What a resolver may know of the request it serves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLResolveInfo
from graphql.execution.values import get_directive_values

from rms_console.demo.shopify.idempotency import IdempotencyStore
from rms_console.demo.shopify.state import ShopState

if TYPE_CHECKING:
    from rms_console.demo.shopify.bulk import BulkDesk

KEY_REQUIRED_SINCE = "2026-04"
"""Version from which stock mutations need a key and changeFromQuantity. Source: shopify.dev changelog, read 2026-11."""


@dataclass(slots=True)
class Context:
    """One request: the shop's state, the served version, and the coerced variables of the operation.

    `origin` is where the shop's own files are: scheme and host as the client sees them.
    """

    state: ShopState
    idempotency: IdempotencyStore
    bulk: BulkDesk
    version: str
    origin: str
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def needs_key(self) -> bool:
        return self.version >= KEY_REQUIRED_SINCE


def idempotency_key(info: GraphQLResolveInfo) -> str | None:
    """Return the key of the field's `@idempotent` directive, or None without one."""
    directive = info.schema.get_directive("idempotent")
    assert directive is not None
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    return None if values is None else str(values["key"])
