"""Every document fits the published schemas, has one root field, and costs what we predict."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    get_named_type,
    parse,
    validate,
)
from graphql.utilities import value_from_ast_untyped

from rms_console.adapters.shopify import documents
from rms_console.adapters.shopify.documents import Document
from rms_console.domain import cost

VERSIONS = ("2026-07", "2026-10")
FREE = {"edges", "pageInfo", "userErrors", "measurement", "weight"}


@cache
def schema(version: str) -> GraphQLSchema:
    path = Path(__file__).parent / "schemas" / f"admin_{version}.graphql"
    return build_schema(path.read_text(encoding="utf-8"))


def operation_of(document: Document) -> OperationDefinitionNode:
    tree: DocumentNode = parse(document.text)
    (operation,) = tree.definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("document", documents.ALL, ids=lambda document: document.name)
def test_a_document_fits_the_published_schema(document: Document, version: str) -> None:
    assert validate(schema(version), parse(document.text)) == []


@pytest.mark.parametrize("document", documents.ALL, ids=lambda document: document.name)
def test_a_document_is_what_the_register_says(document: Document) -> None:
    operation = operation_of(document)
    (root,) = operation.selection_set.selections
    assert isinstance(root, FieldNode)
    assert root.name.value == document.root
    assert root.alias is None
    assert (operation.operation is OperationType.MUTATION) == document.mutation


@pytest.mark.parametrize("document", documents.ALL, ids=lambda document: document.name)
def test_a_mutation_asks_for_its_user_errors(document: Document) -> None:
    assert document.mutation == ("userErrors" in document.text)


@pytest.mark.parametrize("name", ["stock_set", "stock_activate_on_hand", "stock_activate_available"])
def test_w1_stock_mutations_carry_an_idempotency_key(name: str) -> None:
    assert "@idempotent(key: $key)" in next(d for d in documents.ALL if d.name == name).text


def test_every_file_is_registered() -> None:
    files = {path.stem for path in Path(documents.__file__).parent.glob("*.graphql")}
    assert files == {document.name for document in documents.ALL}


@pytest.mark.parametrize(
    ("document", "sizes", "predicted"),
    [
        (documents.SHOP, {}, cost.DESCRIBE_SHOP),
        (documents.LOCATIONS, {}, cost.read_locations(50)),
        (documents.DEFINITION_FIND, {}, cost.read_definition()),
        (documents.OURS_COUNT, {}, cost.count_ours()),
        (documents.PRODUCT_FIND, {}, cost.FIND_PRODUCT),
        (documents.PRODUCT_READ, {"variants": 100, "levels": 10, "metafields": 25}, cost.read_product(100, 10, 25)),
        (documents.PRODUCT_VARIANTS, {"variants": 250, "levels": 10}, cost.read_variants(250, 10)),
        (documents.VARIANT_IDS, {"variants": 250}, 1 + cost.created_ids(250)),
        (documents.STOCK_READ, {"levels": 10}, cost.read_stock(10)),
        (documents.SCOPES, {}, cost.read_scopes()),
        (documents.PUBLICATIONS, {}, cost.read_publications(50)),
        (documents.PRODUCT_SET, {"variants": 12}, cost.MUTATION + cost.created_ids(12)),
        (documents.VARIANTS_CREATE, {}, cost.create_variants(0)),
        (documents.VARIANTS_UPDATE, {}, cost.update_variants(0)),
        (documents.PRODUCT_UPDATE, {}, cost.MUTATION),
        (documents.METAFIELDS_SET, {}, cost.MUTATION),
        (documents.STOCK_SET, {}, cost.MUTATION),
        (documents.STOCK_ACTIVATE_ON_HAND, {}, cost.MUTATION),
        (documents.PUBLISH, {}, cost.MUTATION),
    ],
    ids=lambda value: value.name if isinstance(value, Document) else "",
)
def test_the_predicted_cost_is_that_of_the_selection(
    document: Document, sizes: dict[str, int], predicted: float
) -> None:
    """The rule of the rate limit, applied to the document itself."""
    assert requested_cost(document, sizes) == predicted


def requested_cost(document: Document, sizes: dict[str, int]) -> float:
    built = schema("2026-10")
    operation = operation_of(document)
    kind = built.mutation_type if document.mutation else built.query_type
    assert kind is not None
    if not document.mutation:
        return children(operation.selection_set, kind, built, sizes)
    (root,) = operation.selection_set.selections
    assert isinstance(root, FieldNode)
    payload = get_named_type(kind.fields[root.name.value].type)
    return cost.MUTATION + sum(of_payload(field, payload, built, sizes) for field in fields(root.selection_set))


def of_payload(field: FieldNode, payload: Any, built: GraphQLSchema, sizes: dict[str, int]) -> float:
    """Objects directly in a mutation's payload are free; what lies in them is not."""
    if field.selection_set is None or field.name.value in FREE:
        return 0
    return children(field.selection_set, get_named_type(payload.fields[field.name.value].type), built, sizes)


def children(selection: SelectionSetNode, kind: Any, built: GraphQLSchema, sizes: dict[str, int]) -> float:
    total = 0.0
    for node in selection.selections:
        if isinstance(node, InlineFragmentNode):
            assert node.type_condition is not None
            total += children(node.selection_set, built.type_map[node.type_condition.name.value], built, sizes)
        elif isinstance(node, FieldNode) and node.selection_set is not None:
            total += of_field(node, node.selection_set, kind, built, sizes)
    return total


def of_field(
    node: FieldNode, selection: SelectionSetNode, kind: Any, built: GraphQLSchema, sizes: dict[str, int]
) -> float:
    assert isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType))
    inner = get_named_type(kind.fields[node.name.value].type)
    below = children(selection, inner, built, sizes)
    if inner.name.endswith("Connection"):
        return 2 + math.floor(2 * math.log(max(2, page_size(node, sizes)))) * below
    return below if node.name.value in FREE else 1 + below


def page_size(node: FieldNode, sizes: dict[str, int]) -> int:
    values = {argument.name.value: argument.value for argument in node.arguments}
    first = values["first"]
    return int(value_from_ast_untyped(first, sizes))


def fields(selection: SelectionSetNode | None) -> list[FieldNode]:
    return [node for node in selection.selections if isinstance(node, FieldNode)] if selection else []
