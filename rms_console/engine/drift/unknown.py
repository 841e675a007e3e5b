"""Variants for sale in a product of ours that the ledger does not know, though RMS has their items.

So ends a creation that came to the shop late, sent by an engine that had stood still or was cut off, of an item that
was sold out or given up meanwhile: no cycle asks for it, and the shop would go on selling it. Where RMS has an item
with its SKU that has no variant elsewhere, it is taken for that item's. A variant that RMS knows nothing of is the
merchant's own and left alone; and so is one whose item is of another style, which would be taken for one that moved
from here, and be made there whatever the scope says.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from rms_console.domain.adoption import left_out, link
from rms_console.domain.assemble import StyleWork
from rms_console.domain.grouping import sku_key
from rms_console.domain.product import AcknowledgedProduct, ObservedProduct, ObservedVariant
from rms_console.engine.deps import Deps
from rms_console.engine.widen import Gathered


def for_sale(observed: ObservedProduct, known: AcknowledgedProduct) -> tuple[ObservedVariant, ...]:
    """Return the variants that have stock and an SKU and that the ledger does not know."""
    return tuple(one for one in left_out(observed, known) if any(units > 0 for units in one.stock.values()))


async def owners(deps: Deps, observed: ObservedProduct | None, known: AcknowledgedProduct) -> dict[int, str]:
    """Return the items of RMS, each with its variant, that have the SKU of a variant that nobody knows.

    An SKU that stands on two items or two such variants tells nothing. Mostly nothing is asked, and nothing found:
    RMS is asked for all of a product at once first, as somebody may have many variants of his own.

    Raises:
        SourceError, StoreError.
    """
    variants = for_sale(observed, known) if observed is not None else ()
    by_key: dict[str, list[ObservedVariant]] = {}
    for variant in variants:
        by_key.setdefault(sku_key(variant.sku or ""), []).append(variant)
    skus = tuple(held[0].sku or "" for held in by_key.values())
    if not skus or not await deps.sql(deps.source.find_items, (), skus):
        return {}
    found: dict[int, str] = {}
    for held in by_key.values():
        items = await deps.sql(deps.source.find_items, (), (held[0].sku or "",))
        if len(items) == len(held) == 1 and not await deps.disk(deps.ledger.styles_of, items):
            found[items[0]] = held[0].variant_id
    return found


def not_elsewhere(found: Mapping[int, str], style: str, works: Sequence[StyleWork]) -> dict[str, int]:
    """Return variant id -> ItemID of those that RMS, asked as if they were known, wants in no other style."""
    others = [work.desired for work in works if work.style != style and work.desired is not None]
    wanted = {one.item_id for desired in others for one in desired.variants}
    return {variant: item for item, variant in found.items() if item not in wanted}


def taken_in(gathered: Gathered, style: str, observed: ObservedProduct, links: Mapping[str, int]) -> Gathered:
    """Return what was gathered as if the ledger knew these variants of a product, as the shop holds them."""
    known = gathered.products[style]
    seen = link(observed, links, style, known)
    more = dataclasses.replace(known, variants=known.variants + seen.variants)
    return dataclasses.replace(gathered, products={**gathered.products, style: more})
