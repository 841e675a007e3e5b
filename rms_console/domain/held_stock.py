"""Which quantities of RMS are held back for the shop's own sales, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rms_console.domain.policy import Conflict, StockPolicy
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant


@dataclass(frozen=True, slots=True)
class HeldStock:
    """One item whose quantity waits. `wanted`, `present`: RMS's and the shop's, over the places where it waits."""

    item_id: int
    wanted: int
    present: int
    until: datetime


def held_back(variant: AcknowledgedVariant, location: str, policy: StockPolicy, at: datetime) -> int | None:
    """Return the quantity that a plan made at `at` still holds back at a location; None: it holds back nothing."""
    if variant.held_since is None or policy.conflict is Conflict.RMS:
        return None
    fresh = at - variant.held_since < timedelta(hours=policy.conflict_grace_hours)
    return variant.held_stock.get(location) if fresh else None


def held_stock(product: AcknowledgedProduct, policy: StockPolicy, at: datetime) -> tuple[HeldStock, ...]:
    """Return what a plan made at `at` held back of a product (see `stock.resolve_stale`)."""
    if policy.conflict is Conflict.RMS:
        return ()
    grace = timedelta(hours=policy.conflict_grace_hours)
    return tuple(
        HeldStock(
            variant.item_id,
            sum(variant.held_stock.values()),
            sum(variant.stock.get(place) or 0 for place in variant.held_stock),
            variant.held_since + grace,
        )
        for variant in product.variants
        if variant.held_since is not None and variant.held_stock and variant.held_since + grace > at
    )
