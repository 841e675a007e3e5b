"""What reading a product back means for what we remember of it. The shop's own sales must not be read away."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
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
from rms_console.engine.doubts import LateStock, Quantities, Unanswered


@dataclass(frozen=True, slots=True)
class PerhapsOurs:
    """What we may have written of a product's stock without its being confirmed.

    `intended`: what the engine was about to write when it went down over this product. `unanswered`: what stock calls
    set that went unanswered. `late`: what an unanswered creation writes when it comes late.
    """

    intended: Quantities
    unanswered: Unanswered
    late: LateStock

    def compared(self, variant: AcknowledgedVariant, location: str) -> frozenset[int]:
        """Return the quantities of stock calls: each was taken only if the shop held what was confirmed before."""
        sent = self.unanswered.get((variant.item_id, location), ())
        return frozenset((*sent, *self.intended.get((variant.inventory_item_id, location), ())))

    def any(self, variant: AcknowledgedVariant, location: str) -> frozenset[int]:
        late = self.late.get((variant.item_id, location))
        return self.compared(variant, location) | (frozenset() if late is None else {late})


def take_over(
    observed: ObservedProduct,
    desired: DesiredProduct,
    style: str,
    known: AcknowledgedProduct | None,
    policy: StockPolicy,
    ours: PerhapsOurs,
    now: datetime,
) -> AcknowledgedProduct:
    """Return the product as the shop holds it, but for stock that the shop lowered since we wrote it.

    Taking the lowered quantity for confirmed would make the next plan raise it to RMS's figure: any answer lost on
    the way would sell a second time what the shop has just sold. So there what was confirmed stays so: the next row
    is stale, and the conflict policy decides.

    A quantity found to be one of `ours` was written by us; nobody sold anything.
    """
    product = adopt(observed, desired, style, known)
    if policy.conflict is Conflict.RMS:
        return product
    is_same = known is not None and known.product_id == product.product_id
    before = {variant.variant_id: variant for variant in known.variants} if known is not None and is_same else {}
    wanted = {variant.item_id: variant for variant in desired.variants}
    for seen in product.variants:
        want = wanted.get(seen.item_id)
        if want is not None:
            product = _keep_sales(product, before.get(seen.variant_id), seen, want, ours, now)
    return product


def _keep_sales(
    product: AcknowledgedProduct,
    was: AcknowledgedVariant | None,
    seen: AcknowledgedVariant,
    want: DesiredVariant,
    ours: PerhapsOurs,
    now: datetime,
) -> AcknowledgedProduct:
    for location, quantity in want.stock.items():
        confirmed, present = was.stock.get(location) if was is not None else None, seen.stock.get(location)
        sent = ours.compared(seen, location) if confirmed is not None else ours.any(seen, location)
        held = was is not None and was.held_stock.get(location) == quantity
        if held and present is not None and confirmed is not None and present < confirmed:
            # Sold while an earlier sale is being waited for: RMS has as long to hear of this one.
            product = hold_stock(product, seen.item_id, location, quantity, now)
        if present is None or held or (confirmed is None and not sent):
            continue
        # What went unanswered may have raised it, and what is missing since then be sold.
        most = max(sent if confirmed is None else sent | {confirmed})
        if present == confirmed or present in ours.any(seen, location) or not present < min(most, quantity):
            continue
        if most == confirmed or quantity > most:
            product = learn_stock(product, {(seen.inventory_item_id, location): most})
        else:
            product = hold_stock(product, seen.item_id, location, quantity, now)
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
