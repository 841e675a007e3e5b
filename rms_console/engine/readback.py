"""What reading a product back means for what we remember of it. The shop's own sales must not be read away."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from rms_console.domain.acknowledge import adopt, learn_stock
from rms_console.domain.operations import StockWrite
from rms_console.domain.policy import Conflict, StockPolicy
from rms_console.domain.product import (
    AcknowledgedProduct,
    AcknowledgedVariant,
    DesiredProduct,
    DesiredVariant,
    ObservedProduct,
)
from rms_console.engine.inflight import LateStock, Quantities


def take_over(
    observed: ObservedProduct,
    desired: DesiredProduct,
    style: str,
    known: AcknowledgedProduct | None,
    policy: StockPolicy,
    intended: Quantities,
    late: LateStock,
) -> AcknowledgedProduct:
    """Return the product as the shop holds it, but for stock that the shop lowered since we wrote it.

    Taking the lowered quantity for confirmed would make the next plan raise it to RMS's figure: any answer lost on
    the way would sell a second time what the shop has just sold. So there what was confirmed stays so: the next row
    is stale, and the conflict policy decides.

    `intended`: what the engine was about to write when it went down over this product; `late`: what an unanswered
    creation writes when it comes late. A quantity found to be that was written by us; nobody sold anything.
    """
    product = adopt(observed, desired, style, known)
    if known is None or known.product_id != product.product_id or policy.conflict is Conflict.RMS:
        return product
    before = {variant.variant_id: variant for variant in known.variants}
    wanted = {variant.item_id: variant for variant in desired.variants}
    for seen in product.variants:
        was, want = before.get(seen.variant_id), wanted.get(seen.item_id)
        if was is not None and want is not None:
            product = _keep_sales(product, was, seen, want, _perhaps_written(seen, intended, late))
    return product


def _perhaps_written(seen: AcknowledgedVariant, intended: Quantities, late: LateStock) -> set[tuple[str, int]]:
    """Return what we may have written of a variant without its being confirmed: (location id, quantity)."""
    written = {(place, quantity) for (item, place), quantity in late.items() if item == seen.item_id}
    for (item, place), quantities in intended.items():
        if item == seen.inventory_item_id:
            written |= {(place, quantity) for quantity in quantities}
    return written


def _keep_sales(
    product: AcknowledgedProduct,
    was: AcknowledgedVariant,
    seen: AcknowledgedVariant,
    want: DesiredVariant,
    ours: set[tuple[str, int]],
) -> AcknowledgedProduct:
    for location, quantity in want.stock.items():
        confirmed, present = was.stock.get(location), seen.stock.get(location)
        if confirmed is None or present is None or not present < min(confirmed, quantity):
            continue
        if was.held_stock.get(location) != quantity and (location, present) not in ours:
            product = learn_stock(product, {(seen.inventory_item_id, location): confirmed})
    return product


def learn_leaving(product: AcknowledgedProduct, observed: ObservedProduct) -> AcknowledgedProduct:
    """Return a product that is on its way out, with the status, the variants and the stock that the shop has of it."""
    quantities: Mapping[tuple[str, str], int | None] = {
        (variant.inventory_item_id, location): quantity
        for variant in observed.variants
        for location, quantity in variant.stock.items()
    }
    there = {variant.variant_id for variant in observed.variants}
    left = tuple(variant for variant in product.variants if variant.variant_id in there)
    return learn_stock(dataclasses.replace(product, status=observed.status, variants=left), quantities)


def forget_quantity(product: AcknowledgedProduct, row: StockWrite) -> AcknowledgedProduct:
    """Return the product with one quantity unknown: a write of it went unanswered, so it tells nothing of sales."""
    variants = tuple(
        dataclasses.replace(variant, stock={**variant.stock, row.location_id: None})
        if variant.inventory_item_id == row.inventory_item_id and row.location_id in variant.stock
        else variant
        for variant in product.variants
    )
    return dataclasses.replace(product, variants=variants)
