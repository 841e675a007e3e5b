"""What the shop confirmed, folded into what we remember of it. Pure: product and confirmation in, product out.

The order after a push: `acknowledge` each operation and `acknowledge_stock` each row as it is confirmed, then
`acknowledge_leaving` once with the work, before the product is recorded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rms_console.domain.adoption import adopt as adopt
from rms_console.domain.assemble import StyleWork
from rms_console.domain.operations import (
    UNSET,
    ActivateStock,
    CreateProduct,
    CreateVariants,
    ProductOperation,
    PublishProduct,
    SetMetafields,
    StockWrite,
    Unset,
    UpdateProduct,
    UpdateVariants,
    VariantChange,
)
from rms_console.domain.options import Values, in_order
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant, DesiredVariant, Metafield, Status

Ids = Mapping[int, tuple[str, str]]
"""ItemID -> (variant id, inventory item id) of what was just created."""

_WITHDRAWN = frozenset({Status.DRAFT, Status.ARCHIVED})


def acknowledge(
    product: AcknowledgedProduct | None, operation: ProductOperation, product_id: str | None, ids: Ids
) -> AcknowledgedProduct:
    """Return the product after the shop confirmed an operation.

    A created variant without ids is not remembered: the next plan meets it again, and so does the shop, which is how
    the difference comes to light.

    Raises:
        ValueError: the confirmation does not fit: a creation without a product id, a change to an unknown product.
    """
    if isinstance(operation, CreateProduct):
        return _created(operation, product_id, ids)
    if product is None:
        raise ValueError(f"{type(operation).__name__} of {operation.style} is confirmed, but no product is known")
    match operation:
        case UpdateProduct():
            return _updated(product, operation)
        case UpdateVariants():
            return _changed(product, operation.changes)
        case CreateVariants():
            return _added(product, operation, ids)
        case SetMetafields():
            return dataclasses.replace(product, metafields=_merged(product.metafields, operation.metafields))
        case ActivateStock():
            return _with_stock(product, operation.inventory_item_id, {operation.location_id: operation.quantity})
        case PublishProduct():
            new = tuple(one for one in operation.publications if one not in product.published)
            return dataclasses.replace(product, published=product.published + new)


def _created(operation: CreateProduct, product_id: str | None, ids: Ids) -> AcknowledgedProduct:
    if product_id is None:
        raise ValueError(f"{operation.style} was created without a product id")
    made = operation.product
    return AcknowledgedProduct(
        style=made.style,
        product_id=product_id,
        variants=tuple(
            _variant(one, made.option_names, ids[one.item_id]) for one in made.variants if one.item_id in ids
        ),
        title=made.title,
        description_html=made.description_html,
        vendor=made.vendor,
        product_type=made.product_type,
        tags=made.tags,
        status=made.status,
        metafields=tuple(sorted(made.metafields)),
        option_names=made.option_names,
    )


def _variant(made: DesiredVariant, names: Values, ids: tuple[str, str], target: Values = ()) -> AcknowledgedVariant:
    return AcknowledgedVariant(
        item_id=made.item_id,
        variant_id=ids[0],
        inventory_item_id=ids[1],
        sku=made.sku,
        options=in_order(made.options, names, target),
        price=made.price,
        compare_at=made.compare_at,
        barcode=made.barcode,
        weight_kg=made.weight_kg,
        stock=dict(made.stock),
    )


def _updated(product: AcknowledgedProduct, operation: UpdateProduct) -> AcknowledgedProduct:
    names = ("title", "description_html", "vendor", "product_type", "tags", "status")
    fields = {name: value for name in names if (value := getattr(operation, name)) is not UNSET}
    if "status" in fields:
        fields["status_before_leaving"] = _status_before(product, fields["status"])
    if not isinstance(operation.metafields, Unset):
        fields["metafields"] = _merged(product.metafields, operation.metafields)
    return dataclasses.replace(product, **fields)


def _status_before(product: AcknowledgedProduct, status: Status) -> Status | None:
    """Return the status to go back to: remembered when we withdraw a product, forgotten when it is back."""
    before = product.status_before_leaving
    if status is before or status not in _WITHDRAWN:
        return None
    return before if before is not None else product.status


def _changed(product: AcknowledgedProduct, changes: Sequence[VariantChange]) -> AcknowledgedProduct:
    """Found by variant id: a change under another ItemID means that the item inherited the variant."""
    by_id = {change.variant_id: change for change in changes}

    def change(variant: AcknowledgedVariant) -> AcknowledgedVariant:
        made = by_id.get(variant.variant_id)
        return variant if made is None else _with_change(variant, made)

    return _each(product, change)


def _with_change(variant: AcknowledgedVariant, change: VariantChange) -> AcknowledgedVariant:
    names = ("sku", "price", "compare_at", "barcode", "weight_kg")
    fields: dict[str, Any] = {name: value for name in names if (value := getattr(change, name)) is not UNSET}
    if not isinstance(change.options, Unset):
        fields["options"] = tuple(value for _, value in change.options)
    if change.item_id != variant.item_id:
        fields |= {"item_id": change.item_id, "left_reason": None, "was_web_item": False}
        fields |= {"held_stock": {}, "held_since": None}
    return dataclasses.replace(variant, **fields)


def _added(product: AcknowledgedProduct, operation: CreateVariants, ids: Ids) -> AcknowledgedProduct:
    names = product.option_names or operation.option_names
    known = {variant.item_id for variant in product.variants}
    new = tuple(
        _variant(one, operation.option_names, ids[one.item_id], names)
        for one in operation.variants
        if one.item_id in ids and one.item_id not in known
    )
    return dataclasses.replace(product, variants=product.variants + new, option_names=names)


def _merged(have: Sequence[Metafield], new: Sequence[Metafield]) -> tuple[Metafield, ...]:
    merged = {(one.namespace, one.key): one for one in (*have, *new)}
    return tuple(sorted(merged.values()))


def _with_stock(product: AcknowledgedProduct, inventory_item_id: str, stock: Mapping[str, int]) -> AcknowledgedProduct:
    def change(variant: AcknowledgedVariant) -> AcknowledgedVariant:
        if variant.inventory_item_id != inventory_item_id:
            return variant
        return dataclasses.replace(variant, stock={**variant.stock, **stock})

    return _each(product, change)


def acknowledge_stock(product: AcknowledgedProduct, rows: Sequence[StockWrite]) -> AcknowledgedProduct:
    """Return the product after the shop confirmed stock rows (rows of other products are passed over).

    Writing the held quantity itself, or more, ends a hold; the smaller step that a conflict allows leaves it.
    """
    by_item: dict[str, dict[str, int]] = {}
    for row in rows:
        by_item.setdefault(row.inventory_item_id, {})[row.location_id] = row.quantity

    def change(variant: AcknowledgedVariant) -> AcknowledgedVariant:
        written = by_item.get(variant.inventory_item_id)
        if written is None:
            return variant
        reached = {
            location for location, quantity in written.items() if quantity >= variant.held_stock.get(location, 0)
        }
        return _released(dataclasses.replace(variant, stock={**variant.stock, **written}), reached)

    return _each(product, change)


def hold_stock(
    product: AcknowledgedProduct, item_id: int, location_id: str, quantity: int, at: datetime
) -> AcknowledgedProduct:
    """Return the product with a desired quantity held back at a location since `at` (see `stock.resolve_stale`)."""

    def change(variant: AcknowledgedVariant) -> AcknowledgedVariant:
        if variant.item_id != item_id:
            return variant
        return dataclasses.replace(variant, held_stock={**variant.held_stock, location_id: quantity}, held_since=at)

    return _each(product, change)


def held_already(product: AcknowledgedProduct, item_id: int, location_id: str, present: int) -> datetime | None:
    """Return since when a quantity is held back there, if the shop has sold no more since; else None.

    RMS moving does not make an old sale a new one: it gets its time to learn of it once.
    """
    for variant in product.variants:
        if variant.item_id == item_id and location_id in variant.held_stock:
            return variant.held_since if present >= (variant.stock.get(location_id) or 0) else None
    return None


def learn_stock(product: AcknowledgedProduct, quantities: Mapping[tuple[str, str], int | None]) -> AcknowledgedProduct:
    """Return the product with quantities read from the shop, by (inventory item id, location id).

    None: the item is not stocked there.
    """
    by_item: dict[str, dict[str, int | None]] = {}
    for (inventory_item_id, location_id), quantity in quantities.items():
        by_item.setdefault(inventory_item_id, {})[location_id] = quantity

    def change(variant: AcknowledgedVariant) -> AcknowledgedVariant:
        seen = by_item.get(variant.inventory_item_id)
        if seen is None:
            return variant
        stock = {location: quantity for location, quantity in variant.stock.items() if location not in seen}
        stock |= {location: quantity for location, quantity in seen.items() if quantity is not None}
        return dataclasses.replace(variant, stock=stock)

    return _each(product, change)


def acknowledge_leaving(
    product: AcknowledgedProduct, work: StyleWork, web_items: frozenset[int]
) -> AcknowledgedProduct:
    """Return the product with who left and why, who came back, and who had the WebItem mark when last wanted.

    `web_items`: the items whose row has the mark. Items that left keep what is known of their mark, so that an
    unticked one stays out until it is ticked again. Holds on quantities that are no longer desired end here, but for
    those that a delivery which has not reached the shop yet goes by: without them it would bring back what was sold.
    The status before leaving is kept by `acknowledge` when the status itself is confirmed.
    """
    desired = work.desired.variants if work.desired is not None else ()
    wanted = {variant.item_id: variant for variant in desired}

    def change(variant: AcknowledgedVariant) -> AcknowledgedVariant:
        want = wanted.get(variant.item_id)
        if want is not None:
            stale = {place for place in variant.held_stock if not _waits(variant, place, want.stock.get(place))}
            is_web = variant.item_id in web_items
            if variant.left_reason is not None or variant.was_web_item is not is_web:
                variant = dataclasses.replace(variant, left_reason=None, was_web_item=is_web)
            return _released(variant, stale)
        reason = work.leaving.get(variant.item_id)
        if reason is None:
            return variant
        if reason != variant.left_reason:
            variant = dataclasses.replace(variant, left_reason=reason)
        return _released(variant, set(variant.held_stock))

    return _each(product, change)


def _waits(variant: AcknowledgedVariant, place: str, wanted: int | None) -> bool:
    """Whether a hold is still needed: for the quantity itself, or for a larger one that is not written yet."""
    held, known = variant.held_stock[place], variant.stock.get(place)
    return wanted == held or (wanted is not None and known is not None and wanted > max(held, known))


def _released(variant: AcknowledgedVariant, locations: set[str]) -> AcknowledgedVariant:
    """Return the variant without the holds at these locations."""
    if not variant.held_stock or not locations:
        return variant
    held = {location: quantity for location, quantity in variant.held_stock.items() if location not in locations}
    return dataclasses.replace(variant, held_stock=held, held_since=variant.held_since if held else None)


def _each(
    product: AcknowledgedProduct, change: Callable[[AcknowledgedVariant], AcknowledgedVariant]
) -> AcknowledgedProduct:
    """Return the product with each variant changed; the very same product when none was."""
    variants = tuple(map(change, product.variants))
    if all(new is old for new, old in zip(variants, product.variants, strict=True)):
        return product
    return dataclasses.replace(product, variants=variants)
