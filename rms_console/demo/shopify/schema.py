"""The cut published schema, built once when first asked for, with this shop's resolvers attached.

`admin.graphql` beside this file is cut from Shopify's published introspection of 2026-10 (ISC licence, text in
`LICENSE-ISC-Shopify.txt`); `prune` says how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    FieldNode,
    FloatValueNode,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    IntValueNode,
    StringValueNode,
    ValueNode,
    build_ast_schema,
    parse,
)

Resolver = Callable[..., Any]
Views = Mapping[str, Mapping[str, Resolver]]

OLDER_CODES = {
    "InventorySetQuantitiesUserErrorCode": ("ITEM_NOT_STOCKED_AT_LOCATION",),
    "InventoryAdjustQuantitiesUserErrorCode": ("ITEM_NOT_STOCKED_AT_LOCATION",),
}
"""Codes of the versions before 2026-10, which this one schema has to answer as well."""


@cache
def bare_schema() -> GraphQLSchema:
    """Return the schema without resolvers: types, arguments and codes."""
    text = files(__package__).joinpath("admin.graphql").read_text(encoding="utf-8")
    document = parse(text, no_location=True)
    schema = build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
    for name, codes in OLDER_CODES.items():
        enum = schema.type_map[name]
        assert isinstance(enum, GraphQLEnumType)
        for code in codes:
            enum.values.setdefault(code, GraphQLEnumValue(code))
    for name in ("Money", "Decimal"):
        scalar = schema.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.parse_value = _parse_decimal  # type: ignore[method-assign]
        scalar.parse_literal = _parse_decimal_literal  # type: ignore[method-assign, assignment]
    return schema


def error_codes(enum_name: str) -> frozenset[str]:
    """Return the codes that a mutation's own error enum knows."""
    enum = bare_schema().type_map[enum_name]
    assert isinstance(enum, GraphQLEnumType)
    return frozenset(enum.values)


def attach(schema: GraphQLSchema, views: Views, fallback: Callable[[GraphQLObjectType, str], Resolver]) -> None:
    """Give every field of every object type its resolver: the named one, else what `fallback` makes of it."""
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        own = views.get(type_.name, {})
        for name, field in type_.fields.items():
            _set_resolver(field, own.get(name) or fallback(type_, name))
        if unknown := own.keys() - type_.fields.keys():
            raise ValueError(f"{type_.name} has no fields {sorted(unknown)}")


def _set_resolver(field: GraphQLField, resolver: Resolver) -> None:
    field.resolve = resolver


def _parse_decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise GraphQLError(f"invalid decimal: {value!r}")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise GraphQLError(f"invalid decimal '{value}'") from None
    if not amount.is_finite():
        raise GraphQLError(f"invalid decimal '{value}'")
    return amount


def _parse_decimal_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Decimal:
    if isinstance(node, (StringValueNode, IntValueNode, FloatValueNode)):
        return _parse_decimal(node.value)
    raise GraphQLError("invalid decimal", node)


def name_of(node: FieldNode) -> str:
    """Return the key under which a field's value stands in the answer."""
    return node.alias.value if node.alias else node.name.value
