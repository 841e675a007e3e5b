"""Which access scope a root field needs. Without it the field fails and the others go on, with HTTP 200.

Source: access requirements on shopify.dev's reference pages, read 2026-11.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify.refusals import field_error
from rms_console.demo.shopify.schema import Resolver
from rms_console.demo.shopify.views import context_of

DOCUMENTATION = "https://shopify.dev/api/usage/access-scopes"

_SCOPES = {
    "read_products": (
        "product productByIdentifier products productsCount productVariant productVariantByIdentifier productVariants "
        "productVariantsCount productOperation"
    ),
    "write_products": (
        "productSet productCreate productUpdate productDelete productVariantsBulkCreate productVariantsBulkUpdate "
        "productVariantsBulkDelete productOptionsCreate productOptionUpdate tagsAdd tagsRemove"
    ),
    "read_inventory": "inventoryItem inventoryItems inventoryLevel",
    "write_inventory": (
        "inventorySetQuantities inventoryAdjustQuantities inventoryActivate inventoryDeactivate inventoryItemUpdate "
        "inventoryBulkToggleActivation"
    ),
    "read_locations": "location locations locationsCount",
    "read_publications": "publication publications",
    "write_publications": "publishablePublish publishableUnpublish",
}
SCOPE_OF = {name: scope for scope, names in _SCOPES.items() for name in names.split()}


def guarded(name: str, resolver: Resolver) -> Resolver:
    """Return the resolver of a root field behind its scope. A write scope includes reading."""
    scope = SCOPE_OF.get(name)
    if scope is None:
        return resolver
    enough = {scope, scope.replace("read_", "write_")}

    @wraps(resolver)
    def run(root: object, info: GraphQLResolveInfo, **args: Any) -> Any:
        if not enough & context_of(info).state.scopes:
            required = f"`{scope}` access scope."
            message = f"Access denied for {name} field. Required access: {required}"
            raise field_error(message, "ACCESS_DENIED", documentation=DOCUMENTATION, requiredAccess=required)
        return resolver(root, info, **args)

    return run
