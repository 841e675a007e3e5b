"""Cuts Shopify's published schema down to what this shop answers, and writes it to standard output.

    python -m rms_console.demo.shopify.prune admin_2026-10.json.gz > admin.graphql

The input is the introspection JSON (gzipped) that the npm package `@shopify/dev-mcp` carries, under the ISC licence.
Kept are the root fields named below with all their input types, the types named below, payloads and user errors of the
mutations, and connections of kept types. Of a kept type those fields stay that lead to scalars, enums or kept types.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_client_schema,
    get_named_type,
    print_schema,
)

HEADER = """\
# Shopify Admin GraphQL API 2026-10, cut down to what the embedded shop answers.
# Copyright 2025-present, Shopify Inc. Published under the ISC licence: see LICENSE-ISC-Shopify.txt beside this file.
# Do not edit: `python -m rms_console.demo.shopify.prune` makes this file.
"""

QUERIES = [
    "shop",
    "location",
    "locations",
    "locationsCount",
    "product",
    "productByIdentifier",
    "products",
    "productsCount",
    "productVariant",
    "productVariantByIdentifier",
    "productVariants",
    "productVariantsCount",
    "inventoryItem",
    "inventoryItems",
    "inventoryLevel",
    "node",
    "nodes",
    "publication",
    "publications",
    "metafieldDefinition",
    "metafieldDefinitions",
    "currentAppInstallation",
    "productOperation",
    "bulkOperation",
    "bulkOperations",
    "currentBulkOperation",
]

MUTATIONS = [
    "productSet",
    "productCreate",
    "productUpdate",
    "productDelete",
    "productVariantsBulkCreate",
    "productVariantsBulkUpdate",
    "productVariantsBulkDelete",
    "productOptionsCreate",
    "productOptionUpdate",
    "metafieldsSet",
    "metafieldsDelete",
    "metafieldDefinitionCreate",
    "inventorySetQuantities",
    "inventoryAdjustQuantities",
    "inventoryActivate",
    "inventoryDeactivate",
    "inventoryItemUpdate",
    "inventoryBulkToggleActivation",
    "publishablePublish",
    "publishableUnpublish",
    "tagsAdd",
    "tagsRemove",
    "stagedUploadsCreate",
    "bulkOperationRunMutation",
    "bulkOperationRunQuery",
    "bulkOperationCancel",
]

TYPES = [
    "Product",
    "ProductVariant",
    "ProductOption",
    "ProductOptionValue",
    "SelectedOption",
    "InventoryItem",
    "InventoryItemMeasurement",
    "Weight",
    "InventoryLevel",
    "InventoryQuantity",
    "InventoryAdjustmentGroup",
    "InventoryChange",
    "Shop",
    "ShopPlan",
    "Domain",
    "Location",
    "LocationAddress",
    "Count",
    "MoneyV2",
    "SEO",
    "Metafield",
    "MetafieldDefinition",
    "MetafieldDefinitionType",
    "MetafieldDefinitionValidation",
    "MetafieldCapabilities",
    "MetafieldCapabilityUniqueValues",
    "MetafieldIdentifier",
    "App",
    "AppInstallation",
    "AccessScope",
    "Publication",
    "ResourcePublication",
    "ResourcePublicationV2",
    "ProductSetOperation",
    "BulkOperation",
    "StagedMediaUploadTarget",
    "StagedUploadParameter",
    "Node",
    "ProductOperation",
    "Publishable",
    "HasMetafields",
    "DisplayableError",
    "HasCompareDigest",
    "LegacyInteroperability",
    "ProductPriceRangeV2",
    "PageInfo",
]


def undescribed(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the introspection without its descriptions, which are most of its size."""
    for type_ in raw["__schema"]["types"]:
        members = [type_, *(type_.get("fields") or ()), *(type_.get("inputFields") or ()), *(type_["enumValues"] or ())]
        for member in members:
            member["description"] = None
            for argument in member.get("args") or ():
                argument["description"] = None
    return raw


def kept_types(schema: GraphQLSchema) -> set[str]:
    keep = set(TYPES)
    assert schema.mutation_type is not None
    for name in MUTATIONS:
        payload = get_named_type(schema.mutation_type.fields[name].type)
        assert isinstance(payload, GraphQLObjectType)
        keep.add(payload.name)
        named = [get_named_type(field.type).name for field in payload.fields.values()]
        keep.update(found for found in named if found.endswith("UserError"))
    paged = {name + suffix for name in keep for suffix in ("Connection", "Edge")}
    return keep | (paged & schema.type_map.keys())


class Cut:
    """Strips a schema in place and remembers the input types that what is left needs."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.keep = kept_types(schema)
        self.inputs: set[str] = set()

    def need(self, field: GraphQLField) -> None:
        for argument in field.args.values():
            self._need_input(get_named_type(argument.type))

    def _need_input(self, type_: object) -> None:
        if isinstance(type_, GraphQLInputObjectType) and type_.name not in self.inputs:
            self.inputs.add(type_.name)
            for field in type_.fields.values():
                self._need_input(get_named_type(field.type))

    def strip_root(self, root: GraphQLObjectType | None, names: list[str]) -> None:
        assert root is not None
        for name in list(root.fields):
            if name in names:
                self.need(root.fields[name])
            else:
                del root.fields[name]

    def strip(self, type_: object) -> None:
        if isinstance(type_, GraphQLUnionType):
            type_.types = tuple(found for found in type_.types if found.name in self.keep)
        if isinstance(type_, GraphQLObjectType):
            type_.interfaces = tuple(found for found in type_.interfaces if found.name in self.keep)
        if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
            for name in list(type_.fields):
                target = get_named_type(type_.fields[name].type)
                if isinstance(target, (GraphQLScalarType, GraphQLEnumType)) or target.name in self.keep:
                    self.need(type_.fields[name])
                else:
                    del type_.fields[name]


def prune(raw: dict[str, Any]) -> str:
    """Return the cut schema as SDL."""
    cut = Cut(build_client_schema(undescribed(raw)))  # type: ignore[arg-type]  # a TypedDict of the same shape
    cut.strip_root(cut.schema.query_type, QUERIES)
    cut.strip_root(cut.schema.mutation_type, MUTATIONS)
    for name in sorted(cut.keep):
        cut.strip(cut.schema.type_map[name])
    types = [cut.schema.type_map[name] for name in sorted(cut.keep | cut.inputs)]
    left = GraphQLSchema(cut.schema.query_type, cut.schema.mutation_type, None, types, cut.schema.directives)
    return HEADER + print_schema(left) + "\n"


def main(path: str) -> None:
    with gzip.open(Path(path)) as file:
        raw = json.load(file)
    sys.stdout.write(prune(raw.get("data", raw)))


if __name__ == "__main__":
    main(sys.argv[1])
