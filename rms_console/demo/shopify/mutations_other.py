"""Mutations of metafields and their definitions."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify import metafields as rules
from rms_console.demo.shopify.model import Definition, MetafieldOwner, Product, Variant
from rms_console.demo.shopify.refusals import Input, Refusal, payload_errors
from rms_console.demo.shopify.state import ShopState
from rms_console.demo.shopify.views import context_of, view

Payload = dict[str, Any]


@view("Mutation.metafieldsSet")
def metafields_set(_root: object, info: GraphQLResolveInfo, metafields: list[Input]) -> Payload:
    state = context_of(info).state
    done, refused = rules.set_metafields(state, metafields)
    for owner in {field.owner for field in done or ()}:
        _touch(state, owner)
    return {"metafields": done, "userErrors": payload_errors(refused)}


def _touch(state: ShopState, owner: MetafieldOwner) -> None:
    if isinstance(owner, (Product, Variant)):
        state.touch(owner if isinstance(owner, Product) else owner.product)


@view("Mutation.metafieldsDelete")
def metafields_delete(_root: object, info: GraphQLResolveInfo, metafields: list[Input]) -> Payload:
    state = context_of(info).state
    deleted: list[Input | None] = []
    for row in metafields:
        owner = state.node(row["ownerId"])
        known = None
        if isinstance(owner, MetafieldOwner):
            known = owner.metafields.get((rules.resolve_namespace(row["namespace"]), row["key"]))
        if known is not None:
            state.drop_metafield(known)
            _touch(state, known.owner)
        deleted.append(dict(row) if known is not None else None)
    return {"deletedMetafields": deleted, "userErrors": []}


@view("Mutation.metafieldDefinitionCreate")
def definition_create(_root: object, info: GraphQLResolveInfo, definition: Input) -> Payload:
    state = context_of(info).state
    namespace = rules.resolve_namespace(definition.get("namespace"))
    if state.definition(definition["ownerType"], namespace, definition["key"]) is not None:
        message = "Key is in use for metafields on the owner type. Choose another."
        refused = Refusal(("definition", "key"), message, "TAKEN")
        return {"createdDefinition": None, "userErrors": payload_errors([refused])}
    if definition["type"].removeprefix("list.") not in rules.KNOWN_TYPES:
        message = f"Type name {definition['type']} is not a valid type"
        refused = Refusal(("definition", "type"), message, "INCLUSION")
        return {"createdDefinition": None, "userErrors": payload_errors([refused])}
    created = Definition(
        state.numbers.next("MetafieldDefinition"),
        definition["name"],
        namespace,
        definition["key"],
        definition["ownerType"],
        definition["type"],
        definition.get("description"),
        len(state.definitions) + 1 if definition.get("pin") else None,
        definition["type"] == rules.ID_TYPE or _asks_unique(definition),
    )
    state.definitions.append(created)
    if created.unique:
        state.index_definition(created)
    return {"createdDefinition": created, "userErrors": []}


def _asks_unique(definition: Input) -> bool:
    capability = (definition.get("capabilities") or {}).get("uniqueValues") or {}
    return bool(capability.get("enabled"))
