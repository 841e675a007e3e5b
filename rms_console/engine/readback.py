"""What reading a product back means for what we remember of it. The shop's own sales must not be read away."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from rms_console.domain.acknowledge import adopt, hold_stock, learn_stock
from rms_console.domain.policy import Conflict, StockPolicy
from rms_console.domain.product import (
    AcknowledgedProduct,
    AcknowledgedVariant,
    DesiredProduct,
    DesiredVariant,
    ObservedProduct,
)


def take_over(
    observed: ObservedProduct,
    desired: DesiredProduct,
    style: str,
    known: AcknowledgedProduct | None,
    policy: StockPolicy,
    now: datetime,
) -> AcknowledgedProduct:
    """Return the product as the shop holds it, with the conflict policy applied to what the shop sold meanwhile.

    Taking the shop's lowered stock for confirmed would make the next plan raise it to RMS's figure: any answer lost
    on the way would sell a second time what the shop has just sold.
    """
    product = adopt(observed, desired, style, known)
    if known is None or known.product_id != product.product_id or policy.conflict is Conflict.RMS:
        return product
    before = {variant.variant_id: variant for variant in known.variants}
    wanted = {variant.item_id: variant for variant in desired.variants}
    for seen in product.variants:
        was, want = before.get(seen.variant_id), wanted.get(seen.item_id)
        if was is not None and want is not None:
            product = _keep_sales(product, was, seen, want, now)
    return product


def _keep_sales(
    product: AcknowledgedProduct,
    was: AcknowledgedVariant,
    seen: AcknowledgedVariant,
    want: DesiredVariant,
    now: datetime,
) -> AcknowledgedProduct:
    for location, quantity in want.stock.items():
        confirmed, present = was.stock.get(location), seen.stock.get(location)
        if confirmed is None or present is None or not present < min(confirmed, quantity):
            continue
        if was.held_stock.get(location) == quantity:
            continue
        if quantity == confirmed:
            product = hold_stock(product, want.item_id, location, quantity, now)
        else:
            # RMS moved too: the row goes out against what was confirmed, is stale, and the stock push decides.
            product = learn_stock(product, {(seen.inventory_item_id, location): confirmed})
    return product


def learn_leaving(product: AcknowledgedProduct, observed: ObservedProduct) -> AcknowledgedProduct:
    """Return a product that is on its way out with the shop's present status and stock."""
    quantities: Mapping[tuple[str, str], int | None] = {
        (variant.inventory_item_id, location): quantity
        for variant in observed.variants
        for location, quantity in variant.stock.items()
    }
    return learn_stock(dataclasses.replace(product, status=observed.status), quantities)
