"""Taking a product of the shop for ours: which variant is which item, and what the shop holds of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rms_console.domain.grouping import sku_key, style_key
from rms_console.domain.options import in_order, option_key
from rms_console.domain.product import (
    AcknowledgedProduct,
    AcknowledgedVariant,
    DesiredProduct,
    DesiredVariant,
    ObservedProduct,
    ObservedVariant,
    Status,
)
from rms_console.domain.withdrawal import signed

_Matches = dict[int, ObservedVariant]
_STAND_INS = 2**31 - 1
"""How many there are: ItemIDs are signed integers of 32 bits, and so are these."""


def adopt(
    observed: ObservedProduct, desired: DesiredProduct, style: str, known: AcknowledgedProduct | None = None
) -> AcknowledgedProduct:
    """Return the product as acknowledged with every value as observed, so that a plan mends the differences only.

    Variants are matched by the ids of `known` (what we remembered of the product), then by SKU, then by option
    values. The shop's other variants are left alone: they are not in the result. Of `known` what the shop does not
    tell is carried over (holds, reasons, marks, publications).

    A product that carries our custom id counts as created by us: it is the trace of a creation whose answer was
    lost, or of a lost ledger. Its publications are then sent once more, which changes nothing where it is published.
    """
    same = known if known is not None and known.product_id == observed.product_id else None
    ours = same.created_by_us if same is not None else style_key(observed.style) == style
    return _as_observed(observed, _match(observed, desired, same), style, same, ours)


def link(
    observed: ObservedProduct, links: Mapping[str, int], style: str, known: AcknowledgedProduct | None = None
) -> AcknowledgedProduct:
    """Return a product of the shop that is taken for `style`, with every value as observed.

    `links`: variant id -> ItemID, as matching found them. It does not count as created by us unless `known` does, so
    its channels stay the merchant's business; it gets our custom id with the next plan that is sent.
    """
    matches = {links[variant.variant_id]: variant for variant in observed.variants if variant.variant_id in links}
    return _as_observed(observed, matches, style, known, known is not None and known.created_by_us)


def left_out(observed: ObservedProduct, known: AcknowledgedProduct | None) -> tuple[ObservedVariant, ...]:
    """Return the variants with an SKU that `known` does not have: of the others nobody could say whose they are."""
    linked = {variant.variant_id for variant in known.variants} if known is not None else set()
    return tuple(one for one in observed.variants if one.variant_id not in linked and sku_key(one.sku or ""))


def stand_in(variant_id: str) -> int:
    """Return a number in the place of an ItemID for a variant whose item RMS no longer has: RMS's own are above 0.

    It is made of the number at the end of the variant's id, so that the same variant always gets the same one.
    """
    digits = "".join(char for char in variant_id.rpartition("/")[2] if char.isascii() and char.isdigit())
    return -1 - int(digits or 0) % _STAND_INS


def is_stand_in(item_id: int) -> bool:
    """Return whether this is no ItemID, but stands for an item that only the shop still remembers."""
    return item_id < 0


def _as_observed(
    observed: ObservedProduct, matches: _Matches, style: str, known: AcknowledgedProduct | None, ours: bool
) -> AcknowledgedProduct:
    remembered = {variant.item_id: variant for variant in known.variants} if known is not None else {}
    return AcknowledgedProduct(
        style=style,
        product_id=observed.product_id,
        variants=tuple(_variant(item_id, seen, remembered.get(item_id)) for item_id, seen in matches.items()),
        title=observed.title,
        description_html=observed.description_html,
        vendor=observed.vendor,
        product_type=observed.product_type,
        tags=tuple(sorted(observed.tags)),
        status=observed.status,
        metafields=tuple(sorted(observed.metafields)),
        option_names=observed.option_names,
        published=known.published if known is not None else (),
        status_before_leaving=_status_before(observed, known),
        created_by_us=ours,
    )


def _status_before(observed: ObservedProduct, known: AcknowledgedProduct | None) -> Status | None:
    """A product that somebody made visible again by hand is not to be restored by us.

    Of one that we do not remember to have withdrawn the sign in the shop tells: another engine did, or we did and the
    answer or the ledger was lost. A sign that was there when we last looked is no news: what came since is not ours.
    """
    if observed.status not in (Status.DRAFT, Status.ARCHIVED):
        return None
    if known is not None and known.status_before_leaving is not None:
        return known.status_before_leaving
    told = signed(observed.metafields)
    return told if known is None or told is not signed(known.metafields) else None


def _match(observed: ObservedProduct, desired: DesiredProduct, known: AcknowledgedProduct | None) -> _Matches:
    free = {variant.variant_id: variant for variant in observed.variants}
    matches: _Matches = {}
    for variant in known.variants if known is not None else ():
        if variant.variant_id in free:
            matches[variant.item_id] = free.pop(variant.variant_id)

    def claim(by: Callable[[DesiredVariant, ObservedVariant], bool]) -> None:
        for want in desired.variants:
            if want.item_id not in matches:
                found = next((seen for seen in free.values() if by(want, seen)), None)
                if found is not None:
                    matches[want.item_id] = free.pop(found.variant_id)

    def same_sku(want: DesiredVariant, seen: ObservedVariant) -> bool:
        return bool(seen.sku) and sku_key(seen.sku or "") == sku_key(want.sku)

    def same_options(want: DesiredVariant, seen: ObservedVariant) -> bool:
        options = in_order(seen.options, observed.option_names, desired.option_names)
        return options is not None and option_key(options) == option_key(want.options)

    claim(lambda want, seen: same_sku(want, seen) and same_options(want, seen))
    claim(same_sku)
    claim(same_options)
    return matches


def _variant(item_id: int, seen: ObservedVariant, known: AcknowledgedVariant | None) -> AcknowledgedVariant:
    return AcknowledgedVariant(
        item_id=item_id,
        variant_id=seen.variant_id,
        inventory_item_id=seen.inventory_item_id,
        sku=seen.sku,
        options=seen.options,
        price=seen.price,
        compare_at=seen.compare_at,
        barcode=seen.barcode or None,
        weight_kg=seen.weight_kg or None,
        stock=dict(seen.stock),
        held_stock=known.held_stock if known is not None else {},
        held_since=known.held_since if known is not None else None,
        left_reason=known.left_reason if known is not None else None,
        was_web_item=known.was_web_item if known is not None else False,
    )
