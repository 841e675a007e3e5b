"""From our operations to the variables of a document. Pure; money and weights leave as Shopify reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rms_console.domain.operations import (
    UNSET,
    ActivateStock,
    CreateVariants,
    PublishProduct,
    SetMetafields,
    StockWrite,
    Unset,
    UpdateProduct,
    UpdateVariants,
    VariantChange,
)
from rms_console.domain.product import DesiredProduct, DesiredVariant, Metafield

Variables = dict[str, Any]

STOCK_REASON = "correction"
"""The general reason of Shopify's fixed list, for a count that another system keeps."""

PLAIN_OPTION, PLAIN_VALUE = "Title", "Default Title"
"""What Shopify itself gives a product without options."""


@dataclass(frozen=True, slots=True)
class CustomId:
    """The product metafield (type id, unique) that carries the style."""

    namespace: str
    key: str

    def identifier(self, style: str) -> Variables:
        return {"customId": self.value(style)}

    def value(self, style: str) -> Variables:
        """Return the id as the identifier and as the metafield of a creation, where it must stand the same.

        Without its type: with one Shopify does not recognise the metafield as the identifier and refuses the product
        with METAFIELD_MISMATCH. The definition gives the type. Source: two public projects that measured it on
        development stores in 2026-08, read 2026-11.
        """
        return {"namespace": self.namespace, "key": self.key, "value": style}

    def definition(self) -> Variables:
        """Metafields of type id are unique by themselves.

        Source: shopify.dev, Working with custom IDs, read 2026-11.
        """
        return {
            "name": "RMS style",
            "namespace": self.namespace,
            "key": self.key,
            "type": "id",
            "ownerType": "PRODUCT",
        }


def product_set(product: DesiredProduct, custom_id: CustomId, quantity_name: str, page: int) -> Variables:
    """Return the variables that make the whole product; the custom id stands in the input as in the identifier."""
    names = product.option_names or (PLAIN_OPTION,)
    return {
        "identifier": custom_id.identifier(product.style),
        "input": {
            "title": product.title,
            "descriptionHtml": product.description_html,
            "vendor": product.vendor,
            "productType": product.product_type,
            "tags": list(product.tags),
            "status": product.status.value,
            "metafields": [custom_id.value(product.style), *map(_metafield, product.metafields)],
            "productOptions": _options(names, product.variants),
            "variants": [_new_variant(variant, names, quantity_name) for variant in product.variants],
        },
        "variants": page,
    }


def product_update(operation: UpdateProduct) -> Variables:
    status, marks = operation.status, operation.metafields
    fields = {
        "title": operation.title,
        "descriptionHtml": operation.description_html,
        "vendor": operation.vendor,
        "productType": operation.product_type,
        "tags": operation.tags if isinstance(operation.tags, Unset) else list(operation.tags),
        "status": status if isinstance(status, Unset) else status.value,
        "metafields": marks if isinstance(marks, Unset) else [*map(_metafield, marks)],
    }
    return {"product": {"id": operation.product_id} | _given(fields)}


def variants_update(operation: UpdateVariants, changes: Sequence[VariantChange]) -> Variables:
    return {"productId": operation.product_id, "variants": [_changed_variant(change) for change in changes]}


def variants_create(operation: CreateVariants) -> Variables:
    """Return the variables that add variants. Here the SKU belongs to the item, and stock is what is available."""
    names = operation.option_names or (PLAIN_OPTION,)
    return {
        "productId": operation.product_id,
        "variants": [_added_variant(variant, names) for variant in operation.variants],
    }


def metafields_set(operation: SetMetafields, metafields: Sequence[Metafield]) -> Variables:
    return {"metafields": [{"ownerId": operation.owner_id} | _metafield(metafield) for metafield in metafields]}


def stock_set(rows: Sequence[StockWrite], quantity_name: str, key: str) -> Variables:
    """Return one stock call. `changeFromQuantity` must be there even as null, which means: no check."""
    return {
        "input": {
            "name": quantity_name,
            "reason": STOCK_REASON,
            "quantities": [
                {
                    "inventoryItemId": row.inventory_item_id,
                    "locationId": row.location_id,
                    "quantity": row.quantity,
                    "changeFromQuantity": row.expected,
                }
                for row in rows
            ],
        },
        "key": key,
    }


def stock_activate(operation: ActivateStock, key: str) -> Variables:
    return {
        "inventoryItemId": operation.inventory_item_id,
        "locationId": operation.location_id,
        "quantity": operation.quantity,
        "key": key,
    }


def publish(operation: PublishProduct) -> Variables:
    return {"id": operation.product_id, "input": [{"publicationId": each} for each in operation.publications]}


def _metafield(metafield: Metafield) -> Variables:
    return {
        "namespace": metafield.namespace,
        "key": metafield.key,
        "type": metafield.type,
        "value": metafield.value,
    }


def _options(names: Sequence[str], variants: Iterable[DesiredVariant]) -> list[Variables]:
    """Each option with the values that its variants use, once, in order of appearance."""
    used = [_values(variant, names) for variant in variants]
    return [
        {"name": name, "values": [{"name": value} for value in dict.fromkeys(values[index] for values in used)]}
        for index, name in enumerate(names)
    ]


def _values(variant: DesiredVariant, names: Sequence[str]) -> tuple[str, ...]:
    return variant.options or (PLAIN_VALUE,) * len(names)


def _option_values(pairs: Iterable[tuple[str, str]]) -> list[Variables]:
    return [{"optionName": name, "name": value} for name, value in pairs]


def _new_variant(variant: DesiredVariant, names: Sequence[str], quantity_name: str) -> Variables:
    return _variant(variant, names) | {
        "sku": variant.sku,
        "inventoryItem": _item(None, variant.weight_kg),
        "inventoryQuantities": [
            {"locationId": location, "name": quantity_name, "quantity": quantity}
            for location, quantity in variant.stock.items()
        ],
    }


def _added_variant(variant: DesiredVariant, names: Sequence[str]) -> Variables:
    return _variant(variant, names) | {
        "inventoryItem": _item(variant.sku, variant.weight_kg),
        "inventoryQuantities": [
            {"locationId": location, "availableQuantity": quantity} for location, quantity in variant.stock.items()
        ],
    }


def _variant(variant: DesiredVariant, names: Sequence[str]) -> Variables:
    optional = {"compareAtPrice": _money(variant.compare_at), "barcode": variant.barcode}
    return {
        "optionValues": _option_values(zip(names, _values(variant, names), strict=True)),
        "price": _money(variant.price),
        "inventoryPolicy": "DENY",
    } | {name: value for name, value in optional.items() if value is not None}


def _item(sku: str | None, weight_kg: Decimal | None) -> Variables:
    item: Variables = {"tracked": True}
    if sku is not None:
        item["sku"] = sku
    if weight_kg is not None:
        item["measurement"] = _measurement(weight_kg)
    return item


def _measurement(weight_kg: Decimal) -> Variables:
    return {"weight": {"value": float(weight_kg), "unit": "KILOGRAMS"}}


def _changed_variant(change: VariantChange) -> Variables:
    """Only what is to change, so that what the merchant owns stays. None clears a field."""
    weight = change.weight_kg
    item = {
        "sku": change.sku,
        "measurement": weight if isinstance(weight, Unset) else _measurement(weight or Decimal(0)),
    }
    fields = {
        "price": _money_or_unset(change.price),
        "compareAtPrice": _money_or_unset(change.compare_at),
        "barcode": change.barcode,
        "optionValues": change.options if isinstance(change.options, Unset) else _option_values(change.options),
        "inventoryItem": _given(item) or UNSET,
    }
    return {"id": change.variant_id} | _given(fields)


def _money_or_unset(amount: Decimal | Unset | None) -> str | Unset | None:
    return amount if isinstance(amount, Unset) else _money(amount)


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _given(fields: dict[str, Any]) -> Variables:
    """Return the fields that are set, those set to None included."""
    return {name: value for name, value in fields.items() if not isinstance(value, Unset)}
