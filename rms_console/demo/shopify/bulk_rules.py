"""What may be run in bulk, and Shopify's words for what may not.

Source: recorded answers of a development store, API 2026-04, and shopify.dev on bulk operations; read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
    parse,
    validate,
)

from rms_console.demo.shopify.refusals import Refusal

MOST_CONNECTIONS = 5
DEEPEST = 2
IDENTIFIER_LENGTHS = (10, 255)


def refused_query(schema: GraphQLSchema, text: str) -> list[Refusal]:
    """Return why a query cannot be run in bulk; nothing when it can."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as exc:
        return [_of_query(f"Invalid bulk query: {exc.message.replace('Syntax Error:', 'syntax error,')}")]
    operations = _operations(document)
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return [_of_query("Invalid operation type. Only `query` operations are supported.")]
    if errors := validate(schema, document):
        return [_of_query(f"Invalid bulk query: {errors[0].message}")]
    return [_of_query(message) for message in _query_problems(schema, document, operations[0])]


def refused_mutation(schema: GraphQLSchema, text: str) -> list[Refusal]:
    """Return why a mutation cannot be run in bulk; nothing when it can."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as exc:
        message = f"Failed to parse the mutation - {exc.message.replace('Syntax Error:', 'syntax error,')}"
        return [Refusal(None, message, "INVALID_MUTATION")]
    operations = _operations(document)
    if len(operations) != 1 or operations[0].operation is not OperationType.MUTATION:
        message = "Invalid operation type. Only `mutation` operations are supported."
        return [Refusal(None, message, "INVALID_MUTATION")]
    roots = [node.name.value for node in _fields(operations[0].selection_set, _fragments(document))]
    if len(roots) != 1:
        return [Refusal(("mutation",), "You must specify a single top level mutation.")]
    if roots[0].startswith("bulkOperation"):
        return [Refusal(("mutation",), "You must use an allowed mutation name.")]
    if errors := validate(schema, document):
        return [Refusal(None, f"Invalid mutation: {errors[0].message}", "INVALID_MUTATION")]
    if len(list(_connections(schema, document, operations[0]))) > 1:
        return [Refusal(("mutation",), "Bulk mutations cannot contain more than 1 connection.")]
    return []


def refused_identifier(identifier: str | None) -> list[Refusal]:
    if identifier is None:
        return []
    shortest, longest = IDENTIFIER_LENGTHS
    path = ("clientIdentifier",)
    if len(identifier) < shortest:
        return [Refusal(path, f"is too short (minimum is {shortest} characters)", "INVALID_MUTATION")]
    if len(identifier) > longest:
        return [Refusal(path, f"is too long (maximum is {longest} characters)", "INVALID_MUTATION")]
    return []


def _of_query(message: str) -> Refusal:
    return Refusal(("query",), message, "INVALID")


@dataclass(frozen=True, slots=True)
class _Connection:
    """A connection field of a document: its name, how many others it stands in, and what it selects."""

    name: str
    depth: int
    in_list: bool
    selection: SelectionSetNode
    has_inner: bool


def _query_problems(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> list[str]:
    fragments = _fragments(document)
    connections = list(_connections(schema, document, operation))
    problems = [
        f"Bulk queries cannot contain a top level `{node.name.value}` field."
        for node in _fields(operation.selection_set, fragments)
        if node.name.value in ("node", "nodes")
    ]
    if not connections:
        problems.append("Bulk queries must contain at least one connection.")
    if len(connections) > MOST_CONNECTIONS:
        problems.append(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.")
    if any(connection.depth > DEEPEST for connection in connections):
        problems.append(f"Bulk queries cannot contain connections with a nesting depth greater than {DEEPEST}.")
    if any(connection.in_list for connection in connections):
        problems.append("Queries that contain a connection field within a list field are not currently supported.")
    return problems + _selection_problems(connections, fragments)


def _selection_problems(connections: list[_Connection], fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    problems: list[str] = []
    for connection in connections:
        below = {node.name.value: node for node in _fields(connection.selection, fragments)}
        if "edges" not in below or "nodes" in below:
            problems.append(
                "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
                f"'{connection.name} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. "
                f"Invalid connection fields: '{connection.name}'."
            )
        elif connection.has_inner and not _selects_id(below["edges"], fragments):
            problems.append(
                "The parent 'node' field for a nested connection must select the 'id' field without an alias and must "
                f"be of 'ID' return type. Connection fields without 'id': {connection.name}."
            )
    return problems


def _selects_id(edges: FieldNode, fragments: Mapping[str, FragmentDefinitionNode]) -> bool:
    nodes = [node for node in _fields(edges.selection_set, fragments) if node.name.value == "node"]
    return any(
        field.name.value == "id" and field.alias is None
        for node in nodes
        for field in _fields(node.selection_set, fragments)
    )


def _connections(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> Iterator[_Connection]:
    root = schema.get_root_type(operation.operation)
    yield from _below(root, operation.selection_set, _fragments(document), depth=0, in_list=False)


def _below(
    parent: Any,
    selection: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    *,
    depth: int,
    in_list: bool,
) -> Iterator[_Connection]:
    for node in _fields(selection, fragments):
        definition = getattr(parent, "fields", {}).get(node.name.value)
        if definition is None or node.selection_set is None:
            continue
        type_ = get_named_type(definition.type)
        is_connection = type_.name.endswith("Connection")
        inner = list(
            _below(
                type_,
                node.selection_set,
                fragments,
                depth=depth + is_connection,
                in_list=in_list or (_is_list(definition.type) and not type_.name.endswith("Edge")),
            )
        )
        if is_connection:
            yield _Connection(node.name.value, depth, in_list, node.selection_set, bool(inner))
        yield from inner


def _is_list(type_: Any) -> bool:
    return is_list_type(type_.of_type if is_non_null_type(type_) else type_)


def _fields(selection: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    """Yield the fields of a selection, those of its fragments included."""
    for node in selection.selections if selection is not None else ():
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
            yield from _fields(fragments[node.name.value].selection_set, fragments)


def _operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
