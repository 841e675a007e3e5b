"""Whether the shop still holds what it confirmed to us, in what is RMS's: one product, field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant, ObservedProduct, ObservedVariant


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One value that is not as it was sent. `field` is a field's name, or `product` or `variant`: it is gone."""

    item_id: int | None
    sku: str | None
    field: str
    sent: str
    found: str


def mismatches(
    known: AcknowledgedProduct, observed: ObservedProduct | None, ours: Collection[str]
) -> tuple[Mismatch, ...]:
    """Return in what the shop differs from what it confirmed, of the fields in `ours`.

    Stock that is lower is as it should be: the shop sells.
    """
    if observed is None:
        return (Mismatch(None, None, "product", known.style, ""),)
    seen = {variant.variant_id: variant for variant in observed.variants}
    return tuple(one for have in known.variants for one in _of_variant(have, seen.get(have.variant_id), ours))


def _of_variant(have: AcknowledgedVariant, there: ObservedVariant | None, ours: Collection[str]) -> Iterator[Mismatch]:
    if there is None:
        yield Mismatch(have.item_id, have.sku, "variant", have.sku or str(have.item_id), "")
        return
    pairs = (
        ("price", have.price, there.price),
        ("compare_at", have.compare_at, there.compare_at),
        ("sku", have.sku, there.sku),
        ("barcode", have.barcode or None, there.barcode or None),
    )
    for name, sent, found in pairs:
        # Never confirmed: nobody knows what it was before. Only compare-at and barcode are confirmed as none.
        is_known = sent is not None or (name in ("compare_at", "barcode") and have.price is not None)
        if name in ours and is_known and sent != found:
            yield Mismatch(have.item_id, have.sku, name, _text(sent), _text(found))
    for place, sent_stock in have.stock.items() if "stock" in ours else ():
        found_stock = there.stock.get(place)
        if sent_stock is not None and (found_stock is None or found_stock > sent_stock):
            yield Mismatch(have.item_id, have.sku, "stock", str(sent_stock), _text(found_stock))


def _text(value: object) -> str:
    return "-" if value is None else str(value)
