"""Root queries: look-ups by id and identifier, and lists with search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify import model
from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.metafields import owner_by_custom_id, resolve_namespace
from rms_console.demo.shopify.paging import Page, paginate
from rms_console.demo.shopify.product_set import find_product
from rms_console.demo.shopify.search import Numbered, parse_query
from rms_console.demo.shopify.state import ShopState
from rms_console.demo.shopify.views import context_of, count_of, view


def _state(info: GraphQLResolveInfo) -> ShopState:
    return context_of(info).state


@view("QueryRoot.shop")
def shop(_root: object, info: GraphQLResolveInfo) -> model.Shop:
    return _state(info).shop


@view("QueryRoot.currentAppInstallation")
def current_app_installation(_root: object, info: GraphQLResolveInfo) -> model.AppInstallation:
    return _state(info).installation


@view("QueryRoot.node")
def node(_root: object, info: GraphQLResolveInfo, id: str) -> object | None:
    return _state(info).node(id)


@view("QueryRoot.nodes")
def nodes(_root: object, info: GraphQLResolveInfo, ids: Sequence[str]) -> list[object | None]:
    return [_state(info).node(id_) for id_ in ids]


@view("QueryRoot.product")
def product(_root: object, info: GraphQLResolveInfo, id: str) -> model.Product | None:
    return _state(info).products.get(number_of(id, "Product") or 0)


@view("QueryRoot.productByIdentifier")
def product_by_identifier(_root: object, info: GraphQLResolveInfo, identifier: dict[str, Any]) -> model.Product | None:
    return find_product(_state(info), identifier)


@view("QueryRoot.productVariant")
def product_variant(_root: object, info: GraphQLResolveInfo, id: str) -> model.Variant | None:
    return _state(info).variants.get(number_of(id, "ProductVariant") or 0)


@view("QueryRoot.productVariantByIdentifier")
def variant_by_identifier(_root: object, info: GraphQLResolveInfo, identifier: dict[str, Any]) -> object | None:
    state = _state(info)
    if identifier.get("id"):
        return state.variants.get(number_of(identifier["id"], "ProductVariant") or 0)
    return owner_by_custom_id(state, "PRODUCTVARIANT", identifier["customId"])


@view("QueryRoot.products")
def products(_root: object, info: GraphQLResolveInfo, query: str | None = None, **args: Any) -> Page:
    return paginate(_select_products(_state(info), query), args)


@view("QueryRoot.productsCount")
def products_count(
    _root: object, info: GraphQLResolveInfo, query: str | None = None, **_args: Any
) -> dict[str, object]:
    return count_of(len(_select_products(_state(info), query)))


def _select_products(state: ShopState, query: str | None) -> Sequence[Numbered]:
    return state.index.select(state.products.values(), query)


@view("QueryRoot.productVariants")
def product_variants(_root: object, info: GraphQLResolveInfo, query: str | None = None, **args: Any) -> Page:
    return paginate(_select_variants(_state(info), query), args)


@view("QueryRoot.productVariantsCount")
def variants_count(
    _root: object, info: GraphQLResolveInfo, query: str | None = None, **_args: Any
) -> dict[str, object]:
    return count_of(len(_select_variants(_state(info), query)))


def _select_variants(state: ShopState, query: str | None) -> Sequence[Numbered]:
    return state.index.select(_candidates(state, query), query)


def _candidates(state: ShopState, query: str | None) -> Iterable[model.Variant]:
    """Return the variants worth asking the index about: those with the SKU, when the query names just one."""
    alternatives = parse_query(query or "")
    if len(alternatives) != 1 or state.index.lag_s > 0:
        return state.variants.values()
    for term in alternatives[0]:
        if term.field == "sku" and not term.negated and not term.value.endswith("*"):
            return sorted(state.variants_with_sku(term.value), key=lambda variant: variant.number)
    return state.variants.values()


@view("QueryRoot.inventoryItem")
def inventory_item(_root: object, info: GraphQLResolveInfo, id: str) -> model.Item | None:
    return _state(info).items.get(number_of(id, "InventoryItem") or 0)


@view("QueryRoot.inventoryItems")
def inventory_items(_root: object, info: GraphQLResolveInfo, query: str | None = None, **args: Any) -> Page:
    state = _state(info)
    items: Iterable[model.Item] = state.items.values()
    if query and state.index.lag_s <= 0:
        items = sorted((variant.item for variant in _candidates(state, query)), key=lambda item: item.number)
    return paginate(state.index.select(items, query), args)


@view("QueryRoot.inventoryLevel")
def inventory_level(_root: object, info: GraphQLResolveInfo, id: str) -> model.Level | None:
    return _state(info).level(id)


@view("QueryRoot.location")
def location(_root: object, info: GraphQLResolveInfo, id: str | None = None) -> model.Location | None:
    state = _state(info)
    return state.primary_location if id is None else state.locations.get(number_of(id, "Location") or 0)


@view("QueryRoot.locations")
def locations(_root: object, info: GraphQLResolveInfo, includeInactive: bool = False, **args: Any) -> Page:
    shelves = _state(info).locations.values()
    return paginate([shelf for shelf in shelves if shelf.is_active or includeInactive], args)


@view("QueryRoot.locationsCount")
def locations_count(_root: object, info: GraphQLResolveInfo, **_args: Any) -> dict[str, object]:
    return count_of(sum(shelf.is_active for shelf in _state(info).locations.values()))


@view("QueryRoot.publication")
def publication(_root: object, info: GraphQLResolveInfo, id: str) -> model.Publication | None:
    return _state(info).publications.get(number_of(id, "Publication") or 0)


@view("QueryRoot.publications")
def publications(_root: object, info: GraphQLResolveInfo, **args: Any) -> Page:
    return paginate(list(_state(info).publications.values()), args)


@view("QueryRoot.metafieldDefinition")
def metafield_definition(
    _root: object, info: GraphQLResolveInfo, identifier: dict[str, Any] | None = None, id: str | None = None
) -> object | None:
    state = _state(info)
    if identifier is None:
        return state.node(id) if id else None
    namespace = resolve_namespace(identifier.get("namespace"))
    return state.definition(identifier["ownerType"], namespace, identifier["key"])


@view("QueryRoot.metafieldDefinitions", "Product.metafieldDefinitions")
def metafield_definitions(
    _root: object,
    info: GraphQLResolveInfo,
    ownerType: str = "PRODUCT",
    namespace: str | None = None,
    key: str | None = None,
    **args: Any,
) -> Page:
    found = [
        definition
        for definition in _state(info).definitions
        if definition.owner_type == ownerType
        and (namespace is None or definition.namespace == resolve_namespace(namespace))
        and (key is None or definition.key == key)
    ]
    return paginate(found, args)


@view("QueryRoot.productOperation")
def product_operation(_root: object, info: GraphQLResolveInfo, id: str) -> model.SetOperation | None:
    operation = _state(info).operations.get(number_of(id, "ProductSetOperation") or 0)
    if operation is not None:
        operation.reads += 1
    return operation
