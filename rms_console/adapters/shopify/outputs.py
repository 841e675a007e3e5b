"""From payloads to our values. Pure, and trusting nothing: a shape we do not know is an answer we do not have.

Raises (all): Unreadable, which the caller turns into the error that fits what it asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from rms_console.contract.ports import Publication, ShopFacts, ShopLocation, VariantIds
from rms_console.domain.product import DesiredVariant, Metafield, ObservedProduct, ObservedVariant, Status

_KILOGRAMS = {
    "KILOGRAMS": Decimal(1),
    "GRAMS": Decimal("0.001"),
    "POUNDS": Decimal("0.45359237"),
    "OUNCES": Decimal("0.028349523125"),
}
_GRAM, _HEAVIEST = Decimal("0.001"), Decimal(10) ** 9


class Unreadable(ValueError):
    """The payload lacks something that the document asked for. The text names the field."""


@dataclass(frozen=True, slots=True)
class PageOf:
    """The nodes of one page of a connection, and where the next begins."""

    nodes: tuple[dict[str, Any], ...]
    next_after: str | None


def inner(payload: Any, name: str) -> dict[str, Any]:
    return _dict(_dict(payload, "payload").get(name), name)


def nodes(payload: Any, name: str) -> tuple[dict[str, Any], ...]:
    return tuple(_dict(node, name) for node in _list(_dict(payload, "payload"), name))


def page(connection: Any) -> PageOf:
    edges = _list(_dict(connection, "connection"), "edges")
    found = tuple(_dict(_dict(edge, "edge").get("node"), "node") for edge in edges)
    info = connection.get("pageInfo")
    more = isinstance(info, dict) and info.get("hasNextPage") is True
    return PageOf(found, text(info, "endCursor") if more else None)


def shop_facts(shop: Any, location_nodes: Iterable[Mapping[str, Any]], served_version: str | None) -> ShopFacts:
    taxes = _dict(shop, "shop").get("taxesIncluded")
    return ShopFacts(
        name=text(shop, "name"),
        domain=text(shop, "myshopifyDomain"),
        currency=text(shop, "currencyCode"),
        zone=text(shop, "ianaTimezone"),
        taxes_included=taxes if isinstance(taxes, bool) else None,
        locations=locations(location_nodes),
        served_version=served_version,
    )


def locations(nodes: Iterable[Mapping[str, Any]]) -> tuple[ShopLocation, ...]:
    """Return the active locations, the primary first; where the shop names none, the order it gave stands."""
    active = [
        ShopLocation(text(node, "id"), text(node, "name"), True, node.get("isPrimary") is True)
        for node in nodes
        if node.get("isActive") is not False
    ]
    return tuple(sorted(active, key=lambda location: not location.is_primary))


def whole(node: Any, name: str) -> int:
    return _whole(_dict(node, "payload").get(name))


def scopes(installation: Any) -> tuple[str, ...]:
    return tuple(sorted(text(scope, "handle") for scope in nodes(installation, "accessScopes")))


def claim(shop: Any) -> tuple[str, str | None, str | None]:
    """Return the shop's id, and the value and the digest of the claim on it; None for both where there is none."""
    found = _dict(shop, "shop").get("metafield")
    if found is None:
        return text(shop, "id"), None, None
    return text(shop, "id"), text(found, "value"), text(found, "compareDigest")


def claim_digest(payload: Any) -> str:
    """Return the digest of the claim just written."""
    (written,) = _list(_dict(payload, "payload"), "metafields") or (None,)
    return text(written, "compareDigest")


def publications(nodes: Iterable[Mapping[str, Any]]) -> tuple[Publication, ...]:
    return tuple(Publication(text(node, "id"), text(node, "name")) for node in nodes)


def definition_type(connection: Any, namespace: str, key: str) -> str | None:
    """Return the type of exactly this definition: a shop that ignores the filter may send others."""
    for node in page(connection).nodes:
        if (node.get("namespace"), node.get("key")) == (namespace, key):
            return text(node.get("type"), "name")
    return None


def definition_uses(connection: Any, namespace: str, key: str) -> int:
    """Return how many things carry a metafield of exactly this definition; none where there is no definition."""
    for node in page(connection).nodes:
        if (node.get("namespace"), node.get("key")) == (namespace, key):
            return whole(node, "metafieldsCount")
    return 0


def check_style(product: ObservedProduct | None, style: str) -> None:
    """Refuse a product that carries another custom id than the one we looked for."""
    if product is not None and (product.style or "").strip().casefold() != style.strip().casefold():
        raise Unreadable(f"the custom id {style} that was asked for")


def observed_product(
    product: Mapping[str, Any], variants: Sequence[Mapping[str, Any]], quantity_name: str
) -> ObservedProduct:
    """Return the product with all its variants, which came in one page or several."""
    names = tuple(text(_dict(option, "option"), "name") for option in _list(product, "options"))
    return ObservedProduct(
        product_id=text(product, "id"),
        style=_value_of(product.get("metafield")),
        title=text(product, "title"),
        description_html=text(product, "descriptionHtml"),
        vendor=text(product, "vendor"),
        product_type=text(product, "productType"),
        tags=tuple(tag for tag in _list(product, "tags") if isinstance(tag, str)),
        status=_status(product),
        option_names=names,
        variants=tuple(_observed_variant(variant, names, quantity_name) for variant in variants),
        metafields=tuple(_metafield(node) for node in page(product.get("metafields")).nodes),
    )


def stock_of_items(nodes: Iterable[Any], quantity_name: str) -> dict[str, dict[str, int]]:
    """Return item id -> location id -> quantity. What is no item (a deleted one is null) is left out."""
    items = [node for node in nodes if isinstance(node, dict) and "inventoryLevels" in node]
    return {text(item, "id"): _stock(item, quantity_name) for item in items}


def variant_ids(
    nodes: Iterable[Mapping[str, Any]], wanted: Sequence[DesiredVariant], names: Sequence[str]
) -> tuple[VariantIds, ...]:
    """Return the ids that Shopify gave the variants we made, by option values, else by an SKU that only one has.

    Raises:
        Unreadable: a variant we made is not among them.
    """
    made = [(_option_key(_options(node, names)), _sku_key(node.get("sku")), node) for node in nodes]
    by_options = {options: node for options, _, node in made}
    skus = [sku for _, sku, _ in made if sku]
    by_sku = {sku: node for _, sku, node in made if sku and skus.count(sku) == 1}
    return tuple(_ids(variant, by_options, by_sku) for variant in wanted)


def _ids(
    variant: DesiredVariant,
    by_options: Mapping[tuple[str, ...], Mapping[str, Any]],
    by_sku: Mapping[str, Mapping[str, Any]],
) -> VariantIds:
    node = by_options.get(_option_key(variant.options)) or by_sku.get(_sku_key(variant.sku))
    if node is None:
        raise Unreadable(f"variant {variant.sku}")
    return VariantIds(variant.item_id, text(node, "id"), text(_dict(node.get("inventoryItem"), "item"), "id"))


def _observed_variant(node: Mapping[str, Any], names: Sequence[str], quantity_name: str) -> ObservedVariant:
    item = _dict(node.get("inventoryItem"), "inventoryItem")
    price = _money(node.get("price"))
    if price is None:
        raise Unreadable("price")
    return ObservedVariant(
        variant_id=text(node, "id"),
        inventory_item_id=text(item, "id"),
        sku=_maybe_text(node.get("sku")),
        options=_options(node, names),
        price=price,
        compare_at=_money(node.get("compareAtPrice")),
        barcode=_maybe_text(node.get("barcode")),
        weight_kg=_weight(item),
        stock=_stock(item, quantity_name),
    )


def _options(node: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """Return the option values in the order of the product's options, as far as they have those names."""
    pairs = [_dict(pair, "selectedOption") for pair in _list(node, "selectedOptions")]
    values = {text(pair, "name"): text(pair, "value") for pair in pairs}
    return tuple(values[name] for name in names) if set(names) == set(values) else tuple(values.values())


def _stock(item: Mapping[str, Any], quantity_name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for level in page(item.get("inventoryLevels")).nodes:
        location = text(_dict(level.get("location"), "location"), "id")
        for entry in _list(level, "quantities"):
            quantity = _dict(entry, "quantity")
            if quantity.get("name") == quantity_name:
                found[location] = _whole(quantity.get("quantity"))
    return found


def _weight(item: Mapping[str, Any]) -> Decimal | None:
    """Return the weight in kilograms (other units to the gram); Shopify's default of 0 is no weight."""
    measurement = item.get("measurement")
    weight = measurement.get("weight") if isinstance(measurement, dict) else None
    if not isinstance(weight, dict):
        return None
    value, unit = weight.get("value"), str(weight.get("unit"))
    if unit not in _KILOGRAMS or isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    amount = Decimal(str(value))
    if not 0 < amount < _HEAVIEST:
        return None
    return amount if unit == "KILOGRAMS" else (amount * _KILOGRAMS[unit]).quantize(_GRAM)


def _metafield(node: Mapping[str, Any]) -> Metafield:
    return Metafield(text(node, "namespace"), text(node, "key"), text(node, "type"), text(node, "value"))


def _value_of(metafield: Any) -> str | None:
    return text(metafield, "value") if isinstance(metafield, dict) else None


def _status(product: Mapping[str, Any]) -> Status:
    try:
        return Status(text(product, "status"))
    except ValueError as exc:
        raise Unreadable("status") from exc


def _money(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation as exc:
        raise Unreadable("money") from exc
    if not amount.is_finite():
        raise Unreadable("money")
    return amount


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable("quantity")
    return value


def _maybe_text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def text(node: Any, name: str) -> str:
    value = node.get(name) if isinstance(node, dict) else None
    if not isinstance(value, str):
        raise Unreadable(name)
    return value


def _dict(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(name)
    return value


def _list(node: Mapping[str, Any], name: str) -> list[Any]:
    value = node.get(name)
    if not isinstance(value, list):
        raise Unreadable(name)
    return value


def _option_key(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(" ".join(value.split()).casefold() for value in values)


def _sku_key(sku: Any) -> str:
    return sku.strip() if isinstance(sku, str) else ""
