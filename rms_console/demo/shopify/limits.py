"""How long a list in a mutation's input may be.

Source: shopify.dev, API limits, and in-schema texts of 2026-10; read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, OperationType, get_location, value_from_ast_untyped

MOST = 250
MOST_VARIANTS = 2048

_OWN_LIMITS = {
    ("productSet", "variants"): MOST_VARIANTS + 1,
    ("productSet", "values"): MOST_VARIANTS + 1,
    ("productVariantsBulkCreate", "variants"): MOST_VARIANTS,
    ("productVariantsBulkUpdate", "variants"): MOST_VARIANTS,
    ("productVariantsBulkDelete", "variantsIds"): MOST_VARIANTS,
}
"""One above the number of variants where the mutation itself refuses the excess with a user error."""


def oversized(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the error for the first list that is too long in an argument of a mutation."""
    if operation.operation is not OperationType.MUTATION:
        return None
    for node in operation.selection_set.selections:
        if not isinstance(node, FieldNode):
            continue
        for argument in node.arguments:
            value = value_from_ast_untyped(argument.value, dict(variables))
            for path, length, most in _too_long(node.name.value, (argument.name.value,), value):
                return _error(node, path, length, most)
    return None


def _too_long(mutation: str, path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], int, int]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _too_long(mutation, (*path, name), inner)
    elif isinstance(value, list):
        most = _OWN_LIMITS.get((mutation, path[-1]), MOST)
        if len(value) > most:
            yield path, len(value), most
        if value and isinstance(value[0], (dict, list)):
            for inner in value:
                yield from _too_long(mutation, path, inner)


def _error(node: FieldNode, path: tuple[str, ...], length: int, most: int) -> dict[str, Any]:
    message = f"The input array size of {length} is greater than the maximum allowed of {most}."
    place = get_location(node.loc.source, node.loc.start) if node.loc else None
    return {
        "message": message,
        "locations": [{"line": place.line, "column": place.column}] if place else [],
        "path": [node.name.value, *path],
        "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"},
    }
