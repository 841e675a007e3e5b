"""Acknowledged products as rows of the ledger and back. Pure: no database here.

Each product row and each variant (with its stock rows) carries a seal over all its columns, checked on reading: a
flipped bit in an id or a price must not be taken for what Shopify confirmed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rms_console.adapters.store.encoding import (
    check_sum,
    content_hash,
    decimal_text,
    json_text,
    list_text,
    optional_time_text,
    price_hash,
    read_decimal,
    read_json,
    read_list,
    read_optional_time,
    stock_hash,
    time_text,
)
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant, Metafield, Status

Columns = dict[str, Any]


def product_columns(product: AcknowledgedProduct, at: datetime) -> Columns:
    columns: Columns = {
        "style": product.style,
        "product_id": product.product_id,
        "title": product.title,
        "description_html": product.description_html,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "tags": list_text(product.tags),
        "status": product.status,
        "metafields": json_text([[one.namespace, one.key, one.type, one.value] for one in product.metafields]),
        "option_names": json_text(product.option_names),
        "published": json_text(product.published),
        "status_before_leaving": product.status_before_leaving,
        "created_by_us": int(product.created_by_us),
        "acknowledged_at": time_text(at),
    }
    columns["content_hash"] = product_content_hash(product)
    return _sealed(columns, ())


def product_content_hash(product: AcknowledgedProduct) -> str:
    """Return the hash of a product's content group: what a shopper sees of it, prices and stock left out."""
    return check_sum(
        [
            product.title,
            product.description_html,
            product.vendor,
            product.product_type,
            product.tags,
            product.status,
            product.option_names,
            sorted([one.namespace, one.key, one.type, one.value] for one in product.metafields),
        ]
    )


def variant_columns(style: str, place: int, variant: AcknowledgedVariant) -> Columns:
    """Return a variant's row. `place` keeps the order of the variants."""
    columns: Columns = {
        "style": style,
        "item_id": variant.item_id,
        "place": place,
        "variant_id": variant.variant_id,
        "inventory_item_id": variant.inventory_item_id,
        "sku": variant.sku,
        "options": list_text(variant.options),
        "price": decimal_text(variant.price),
        "compare_at": decimal_text(variant.compare_at),
        "barcode": variant.barcode,
        "weight_kg": decimal_text(variant.weight_kg),
        "held_since": optional_time_text(variant.held_since),
        "left_reason": variant.left_reason,
        "was_web_item": int(variant.was_web_item),
        "stock_hash": stock_hash(variant.stock),
        "price_hash": price_hash(variant.price, variant.compare_at),
        "content_hash": content_hash(variant.sku, variant.options, variant.barcode, variant.weight_kg),
    }
    return _sealed(columns, [row.values() for row in stock_columns(style, variant)])


def stock_columns(style: str, variant: AcknowledgedVariant) -> list[Columns]:
    """Return one row per location, in the order in which they are read back."""
    return [
        {
            "style": style,
            "item_id": variant.item_id,
            "location_id": location,
            "is_stocked": int(location in variant.stock),
            "quantity": variant.stock.get(location),
            "held": variant.held_stock.get(location),
        }
        for location in sorted({*variant.stock, *variant.held_stock})
    ]


def read_product(row: sqlite3.Row, variants: Iterable[AcknowledgedVariant]) -> AcknowledgedProduct:
    """Return the product of a row.

    Raises:
        ValueError: the row does not fit its seal.
    """
    _check_seal(row, (), f"product {row['style']}")
    return AcknowledgedProduct(
        style=row["style"],
        product_id=row["product_id"],
        variants=tuple(variants),
        title=row["title"],
        description_html=row["description_html"],
        vendor=row["vendor"],
        product_type=row["product_type"],
        tags=read_list(row["tags"]),
        status=_status(row["status"]),
        metafields=tuple(Metafield(*parts) for parts in read_json(row["metafields"])),
        option_names=tuple(read_json(row["option_names"])),
        published=tuple(read_json(row["published"])),
        status_before_leaving=_status(row["status_before_leaving"]),
        created_by_us=bool(row["created_by_us"]),
    )


def read_variant(row: sqlite3.Row, stock: Sequence[sqlite3.Row]) -> AcknowledgedVariant:
    """Return the variant of a row and its stock rows.

    Raises:
        ValueError: the rows do not fit their seal.
    """
    _check_seal(row, stock, f"item {row['item_id']} of product {row['style']}")
    return AcknowledgedVariant(
        item_id=row["item_id"],
        variant_id=row["variant_id"],
        inventory_item_id=row["inventory_item_id"],
        sku=row["sku"],
        options=read_list(row["options"]),
        price=read_decimal(row["price"]),
        compare_at=read_decimal(row["compare_at"]),
        barcode=row["barcode"],
        weight_kg=read_decimal(row["weight_kg"]),
        stock={one["location_id"]: one["quantity"] for one in stock if one["is_stocked"]},
        held_stock={one["location_id"]: one["held"] for one in stock if one["held"] is not None},
        held_since=read_optional_time(row["held_since"]),
        left_reason=row["left_reason"],
        was_web_item=bool(row["was_web_item"]),
    )


def _sealed(columns: Mapping[str, Any], stock: Sequence[Iterable[Any]]) -> Columns:
    return {**columns, "seal": _seal(columns.values(), stock)}


def _check_seal(row: sqlite3.Row, stock: Sequence[sqlite3.Row], what: str) -> None:
    *values, seal = row
    if seal != _seal(values, stock):
        raise ValueError(f"{what} does not fit its check sum")


def _seal(values: Iterable[Any], stock: Sequence[Iterable[Any]]) -> str:
    return check_sum([*values, *(list(row) for row in stock)])


def _status(text: str | None) -> Status | None:
    return None if text is None else Status(text)
