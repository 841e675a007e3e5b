"""The catalogue as plain values, so that two shops can be compared whatever ids and times they gave."""

from __future__ import annotations

from typing import Any

from rms_console.demo.shopify.model import MetafieldOwner, Product, Variant
from rms_console.demo.shopify.state import ShopState
from rms_console.demo.shopify.views import money


def dump_shop(state: ShopState) -> dict[str, Any]:
    """Return handle -> product. Two shops with the same content give equal values."""
    return {product.handle: dump_product(state, product) for product in state.products.values()}


def dump_product(state: ShopState, product: Product) -> dict[str, Any]:
    return {
        "title": product.title,
        "description_html": product.description_html,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "status": product.status,
        "tags": list(product.tags),
        "options": {option.name: [value.name for value in option.values] for option in product.options},
        "metafields": _metafields(product),
        "published": sorted(state.publications[number].name for number in product.published),
        "variants": [_variant(variant) for variant in sorted(product.variants, key=_order)],
    }


def _order(variant: Variant) -> tuple[str, str]:
    return (variant.sku or "", variant.title)


def _variant(variant: Variant) -> dict[str, Any]:
    item = variant.item
    return {
        "sku": variant.sku,
        "options": variant.option_names,
        "price": money(variant.price),
        "compare_at": None if variant.compare_at_price is None else money(variant.compare_at_price),
        "barcode": variant.barcode,
        "tracked": item.tracked,
        "inventory_policy": variant.inventory_policy,
        "weight": (item.weight_value, item.weight_unit),
        "metafields": _metafields(variant),
        "stock": {
            level.location.name: {"available": level.available, "on_hand": level.on_hand}
            for level in item.active_levels()
        },
    }


def _metafields(owner: MetafieldOwner) -> dict[str, str]:
    return {f"{field.namespace}.{field.key}": field.value for field in owner.metafields.values()}
