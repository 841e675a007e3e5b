"""Metafields, the shop itself and the app's installation, as GraphQL shows them."""

from __future__ import annotations

import json
from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify import model
from rms_console.demo.shopify.ids import gid
from rms_console.demo.shopify.metafields import ID_TYPE, resolve_namespace
from rms_console.demo.shopify.paging import Page, paginate
from rms_console.demo.shopify.state import APP_NUMBER, owner_type_of
from rms_console.demo.shopify.views import METAFIELD_OWNERS, constant, context_of, view

_CATEGORIES = {ID_TYPE: "ID", "boolean": "TRUE_FALSE", "json": "JSON", "number_integer": "NUMBER"}


@view(*(f"{owner}.metafield" for owner in METAFIELD_OWNERS))
def metafield(
    owner: model.MetafieldOwner, _info: GraphQLResolveInfo, key: str, namespace: str | None = None
) -> model.Metafield | None:
    return owner.metafields.get((resolve_namespace(namespace), key))


@view(*(f"{owner}.metafields" for owner in METAFIELD_OWNERS))
def metafields(
    owner: model.MetafieldOwner,
    _info: GraphQLResolveInfo,
    namespace: str | None = None,
    keys: list[str] | None = None,
    **args: Any,
) -> Page:
    wanted = None if namespace is None else resolve_namespace(namespace)
    found = [
        field
        for field in owner.metafields.values()
        if (wanted is None or field.namespace == wanted)
        and (keys is None or field.key in keys or f"{field.namespace}.{field.key}" in keys)
    ]
    return paginate(sorted(found, key=lambda field: field.number), args)


@view("Metafield.definition")
def metafield_definition(field: model.Metafield, info: GraphQLResolveInfo) -> model.Definition | None:
    return context_of(info).state.definition(owner_type_of(field.owner), field.namespace, field.key)


@view("Metafield.ownerType")
def metafield_owner_type(field: model.Metafield, _info: GraphQLResolveInfo) -> str:
    return owner_type_of(field.owner)


@view("Metafield.sizeInBytes")
def metafield_size(field: model.Metafield, _info: GraphQLResolveInfo) -> int:
    return len(field.value.encode())


@view("Metafield.jsonValue")
def metafield_json(field: model.Metafield, _info: GraphQLResolveInfo) -> object:
    structured = field.type in ("json", "boolean", "number_integer") or field.type.startswith("list.")
    return json.loads(field.value) if structured else field.value


@view("MetafieldDefinition.type")
def definition_type(definition: model.Definition, _info: GraphQLResolveInfo) -> dict[str, object]:
    category = _CATEGORIES.get(definition.type, "TEXT")
    return {"name": definition.type, "category": category, "supportsDefinitionMigrations": False, "valueType": "STRING"}


@view("MetafieldDefinition.capabilities")
def definition_capabilities(definition: model.Definition, _info: GraphQLResolveInfo) -> dict[str, object]:
    return {"uniqueValues": {"enabled": definition.unique, "eligible": True}}


constant([], "MetafieldDefinition.validations")
constant("ALL_VALID", "MetafieldDefinition.validationStatus")
constant(False, "MetafieldDefinition.useAsCollectionCondition")


@view("MetafieldDefinition.metafieldsCount")
def definitioncount_of(definition: model.Definition, info: GraphQLResolveInfo, **_args: object) -> int:
    state = context_of(info).state
    owners: list[model.MetafieldOwner] = [*state.products.values(), *state.variants.values(), state.shop]
    where = (definition.namespace, definition.key)
    return sum(where in owner.metafields for owner in owners if owner_type_of(owner) == definition.owner_type)


@view("Shop.currencyCode")
def currency_code(shop: model.Shop, _info: GraphQLResolveInfo) -> str:
    return shop.currency


@view("Shop.enabledPresentmentCurrencies")
def presentment_currencies(shop: model.Shop, _info: GraphQLResolveInfo) -> list[str]:
    return [shop.currency]


@view("Shop.ianaTimezone")
def iana_zone(shop: model.Shop, _info: GraphQLResolveInfo) -> str:
    return shop.zone


@view("Shop.myshopifyDomain")
def myshopify_domain(shop: model.Shop, _info: GraphQLResolveInfo) -> str:
    return shop.domain


@view("Shop.primaryDomain")
def primary_domain(shop: model.Shop, _info: GraphQLResolveInfo) -> dict[str, object]:
    return {"id": gid("Domain", shop.number), "host": shop.domain, "url": f"https://{shop.domain}", "sslEnabled": True}


@view("Shop.url")
def shop_url(shop: model.Shop, _info: GraphQLResolveInfo) -> str:
    return f"https://{shop.domain}"


constant("KILOGRAMS", "Shop.weightUnit")
constant("METRIC_SYSTEM", "Shop.unitSystem")
constant(False, "Shop.setupRequired", "Shop.taxShipping")
constant(
    {
        "displayName": "Embedded",
        "publicDisplayName": "Embedded",
        "partnerDevelopment": True,
        "shopifyPlus": False,
    },
    "Shop.plan",
)


@view("AppInstallation.accessScopes")
def access_scopes(_installation: model.AppInstallation, info: GraphQLResolveInfo) -> list[dict[str, object]]:
    return [{"handle": scope, "description": scope} for scope in sorted(context_of(info).state.scopes)]


@view("AppInstallation.app")
def installed_app(_installation: model.AppInstallation, _info: GraphQLResolveInfo) -> dict[str, object]:
    return {"id": gid("App", APP_NUMBER), "title": "rms-console", "handle": "rms-console", "embedded": False}


@view("ProductSetOperation.status")
def operation_status(operation: model.SetOperation, _info: GraphQLResolveInfo) -> str:
    return ("CREATED", "ACTIVE", "COMPLETE")[min(operation.reads, 2)]


@view("ProductSetOperation.product")
def operation_product(operation: model.SetOperation, _info: GraphQLResolveInfo) -> model.Product | None:
    return operation.product if operation.reads >= 2 else None
