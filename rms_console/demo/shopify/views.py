"""How the model's objects look through GraphQL. Plain attributes need no entry: they are found by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo

from rms_console.demo.shopify import model
from rms_console.demo.shopify.bulk import BulkJob
from rms_console.demo.shopify.context import Context
from rms_console.demo.shopify.refusals import field_error
from rms_console.demo.shopify.schema import Resolver

VIEWS: dict[str, dict[str, Resolver]] = {}

MODEL_TYPES: dict[str, type[Any]] = {
    "Product": model.Product,
    "ProductVariant": model.Variant,
    "ProductOption": model.Option,
    "InventoryItem": model.Item,
    "InventoryLevel": model.Level,
    "InventoryAdjustmentGroup": model.Adjustment,
    "Location": model.Location,
    "Publication": model.Publication,
    "Metafield": model.Metafield,
    "MetafieldDefinition": model.Definition,
    "ProductSetOperation": model.SetOperation,
    "Shop": model.Shop,
    "AppInstallation": model.AppInstallation,
    "BulkOperation": BulkJob,
}
_TYPE_NAMES = {class_: name for name, class_ in MODEL_TYPES.items()}
METAFIELD_OWNERS = ("Product", "ProductVariant", "Location", "Shop", "AppInstallation")


def view(*names: str) -> Callable[[Resolver], Resolver]:
    """Register a resolver for fields given as `Type.field`."""

    def register(resolver: Resolver) -> Resolver:
        for name in names:
            type_name, _, field = name.partition(".")
            VIEWS.setdefault(type_name, {})[field] = resolver
        return resolver

    return register


def constant(value: object, *names: str) -> None:
    view(*names)(lambda _source, _info, **_args: value)


def type_name(value: object, _info: GraphQLResolveInfo, _abstract: object) -> str | None:
    """Return the GraphQL type of a model object, for interfaces."""
    return _TYPE_NAMES.get(type(value))


def fallback(type_: GraphQLObjectType, field: str) -> Resolver:
    """Return the resolver of a field without an entry: an attribute, a key, or null for what the model leaves out."""
    class_ = MODEL_TYPES.get(type_.name)
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", field).lower()
    if type_.name.endswith(("Connection", "Edge")):
        return lambda source, _info, **_args: getattr(source, snake)
    if class_ is None:
        return lambda source, _info, **_args: source.get(field)
    if hasattr(class_, snake) or snake in _slots(class_):
        return lambda source, _info, **_args: _plain(getattr(source, snake))
    return _not_modelled


def _slots(class_: type[Any]) -> set[str]:
    return {name for base in class_.__mro__ for name in getattr(base, "__slots__", ())}


def _not_modelled(_source: object, info: GraphQLResolveInfo, **_args: object) -> object:
    """Answer null; where the schema forbids null, say that this shop does not know the field."""
    if str(info.return_type).endswith("!"):
        message = f"{info.parent_type.name}.{info.field_name} is not modelled by the embedded shop"
        raise field_error(message, "NOT_MODELLED")
    return None


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return instant(value)
    return money(value) if isinstance(value, Decimal) else value


def instant(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def money(value: Decimal) -> str:
    return f"{value:.2f}"


def context_of(info: GraphQLResolveInfo) -> Context:
    context: Context = info.context
    return context


def count_of(number: int) -> dict[str, object]:
    return {"count": number, "precision": "EXACT"}
