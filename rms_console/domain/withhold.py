"""Takes the held parts out of a product's work, so that the plan made from what is left can go out.

The work is changed, not the plan: whoever plans again from it (after a read-back, after a confirmation) cannot bring
the held parts back by accident.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from rms_console.domain.assemble import StyleWork
from rms_console.domain.dangers import Part
from rms_console.domain.holds import Aspect
from rms_console.domain.operations import ProductPlan, UpdateVariants
from rms_console.domain.options import in_order, option_key
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant, DesiredProduct, DesiredVariant


def withhold(work: StyleWork, have: AcknowledgedProduct, parts: Iterable[Part]) -> StyleWork:
    """Return the work without the held parts: the price the shop has, no stock row, nothing that leaves."""
    for part in parts:
        match part.aspect:
            case Aspect.PRICE:
                work = _keep_prices(work, have, part.item_ids)
            case Aspect.STOCK:
                work = _keep_stock(work, part.item_ids, part.location_id)
            case Aspect.LEAVING:
                work = _keep_items(work, part.item_ids) if part.item_ids else _keep_status(work, have)
            case Aspect.CREATION:
                work = without_new(work, part.item_ids)
    return work


def without_new(work: StyleWork, item_ids: frozenset[int]) -> StyleWork:
    """Return the work in which these items do not come in."""
    if work.desired is None or not item_ids:
        return work
    variants = tuple(variant for variant in work.desired.variants if variant.item_id not in item_ids)
    desired = dataclasses.replace(work.desired, variants=variants) if variants else None
    return dataclasses.replace(work, desired=desired)


def sold_items(have: AcknowledgedProduct) -> frozenset[int]:
    """Return the items that the shop sells under this product, as far as we took none of them from sale."""
    return frozenset(variant.item_id for variant in have.variants if variant.left_reason is None)


def inherited_items(made: ProductPlan, have: AcknowledgedProduct) -> frozenset[int]:
    """Return the items whose variant goes to another item by this plan."""
    owner = {variant.variant_id: variant.item_id for variant in have.variants}
    changes = [one for made_one in made.operations if isinstance(made_one, UpdateVariants) for one in made_one.changes]
    return frozenset(owner[one.variant_id] for one in changes if owner.get(one.variant_id, one.item_id) != one.item_id)


def _keep_prices(work: StyleWork, have: AcknowledgedProduct, items: frozenset[int]) -> StyleWork:
    """The item's price stays out of the plan; an item that inherits a variant takes the variant's price over."""
    if work.desired is None:
        return work
    known = {variant.item_id: variant for variant in have.variants}
    heirs = _heirs(work, work.desired, have)

    def kept(variant: DesiredVariant) -> DesiredVariant:
        owner = known.get(variant.item_id) or heirs.get(option_key(variant.options))
        if variant.item_id not in items or owner is None or owner.price is None:
            return variant
        return dataclasses.replace(variant, price=owner.price, compare_at=owner.compare_at)

    desired = dataclasses.replace(work.desired, variants=tuple(map(kept, work.desired.variants)))
    return dataclasses.replace(work, desired=desired, price_kept=work.price_kept | (items & known.keys()))


def _heirs(
    work: StyleWork, desired: DesiredProduct, have: AcknowledgedProduct
) -> dict[tuple[str, ...], AcknowledgedVariant]:
    """Return the leaving variants by their options, as a new item with the same ones finds them."""
    found = {}
    for variant in have.variants:
        if variant.item_id in work.leaving and variant.options is not None:
            options = in_order(variant.options, have.option_names, desired.option_names)
            if options is not None:
                found[option_key(options)] = variant
    return found


def _keep_stock(work: StyleWork, items: frozenset[int], location_id: str) -> StyleWork:
    if work.desired is None:
        return work

    def kept(variant: DesiredVariant) -> DesiredVariant:
        if variant.item_id not in items:
            return variant
        stock = {place: quantity for place, quantity in variant.stock.items() if place != location_id}
        return dataclasses.replace(variant, stock=stock)

    desired = dataclasses.replace(work.desired, variants=tuple(map(kept, work.desired.variants)))
    return dataclasses.replace(work, desired=desired)


def _keep_items(work: StyleWork, items: frozenset[int]) -> StyleWork:
    leaving = {item: reason for item, reason in work.leaving.items() if item not in items}
    return dataclasses.replace(work, leaving=leaving, kept=work.kept | items)


def _keep_status(work: StyleWork, have: AcknowledgedProduct) -> StyleWork:
    if work.desired is None or have.status is None:
        return work
    return dataclasses.replace(work, desired=dataclasses.replace(work.desired, status=have.status))
