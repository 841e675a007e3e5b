"""What a rebuilt ledger would forget: variants of ours whose item left its style, or RMS, before the shop was read.

Where an item of RMS has the variant's SKU, the variant is put down as that item's: it stands under another style now,
or the view does not show it, and the rule for items that leave takes the variant from sale. Where none has, a number
stands in for the item, RMS answers that it has none such, and the same rule follows. Only the shop could tell whether
a person made that variant by hand, and it does not; so the guard asks before such a one is taken from sale.

A variant without an SKU is never ours, and is left alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from rms_console.contract.adoption import Survey
from rms_console.contract.records import QueueKey, QueueReason, Settlement
from rms_console.domain.adoption import left_out, link, stand_in
from rms_console.domain.grouping import sku_key, style_key
from rms_console.domain.product import AcknowledgedProduct, ObservedProduct, ObservedVariant
from rms_console.engine.deps import Deps

PRODUCTS_A_BATCH = 50
LISTED_A_READ = 5000

Owners = Mapping[str, Sequence[int]]
"""SKU key -> the ItemIDs of RMS that have it, shown by the view or not."""


class Leftovers:
    """Takes what is left of products that the ledger knows in part, or not at all. `epoch`: who settles."""

    def __init__(self, deps: Deps, survey: Survey, epoch: int) -> None:
        self._deps = deps
        self._survey = survey
        self._epoch = epoch

    async def take(self, unsure: Mapping[str, str]) -> int:
        """Remember the unlinked variants of these products (style -> product id); return how many there were.

        Raises:
            SourceError, StoreError, LeaseLost.
        """
        keys: set[str] = set()
        for some in _batches(unsure):
            for _style, observed, known in await self._seen(some, unsure):
                keys |= {sku_key(one.sku or "") for one in left_out(observed, known)}
        owners = await self._owners(keys) if keys else {}
        taken = 0
        for some in _batches(unsure):
            links = {
                style: (observed, known, _links(left_out(observed, known), known, owners))
                for style, observed, known in await self._seen(some, unsure)
            }
            taken += await self._settle({style: one for style, one in links.items() if one[2]})
        return taken

    async def _seen(
        self, styles: Sequence[str], unsure: Mapping[str, str]
    ) -> list[tuple[str, ObservedProduct, AcknowledgedProduct | None]]:
        by_id = {unsure[style]: style for style in styles}
        observed = await self._deps.disk(self._survey.observed, list(by_id))
        known = await self._deps.disk(self._deps.ledger.products, list(styles))
        return [(by_id[one.product_id], one, known.get(by_id[one.product_id])) for one in observed]

    async def _owners(self, keys: set[str]) -> Owners:
        """Look through RMS's own list, which has what the view hides or could not show."""
        deps, after = self._deps, -1
        owners: dict[str, list[int]] = {}
        while items := await deps.sql(deps.source.list_items, after, LISTED_A_READ):
            after = items[-1].item_id
            for item in items:
                if item.key in keys:
                    owners.setdefault(item.key, []).append(item.item_id)
        return owners

    async def _settle(
        self, products: Mapping[str, tuple[ObservedProduct, AcknowledgedProduct | None, Mapping[str, int]]]
    ) -> int:
        if not products:
            return 0
        deps = self._deps
        now = deps.clock.now()
        made = tuple(_with(style, *one) for style, one in products.items())
        await deps.disk(deps.ledger.settle, Settlement(self._epoch, 0, now, products=made))
        new = [item for _, _, links in products.values() for item in links.values()]
        keys = [QueueKey(item, QueueReason.RECONCILE) for item in sorted(set(new))]
        await deps.disk(deps.ledger.enqueue, keys, None, now)
        return len(new)


def _links(left: Sequence[ObservedVariant], known: AcknowledgedProduct | None, owners: Owners) -> dict[str, int]:
    """Return for each variant the item it is put down to: one that has no variant here yet, or a stand-in."""
    taken = {variant.item_id for variant in known.variants} if known is not None else set()
    links: dict[str, int] = {}
    for variant in left:
        free = (item for item in owners.get(sku_key(variant.sku or ""), ()) if item not in taken)
        links[variant.variant_id] = next(free, stand_in(variant.variant_id))
        taken.add(links[variant.variant_id])
    return links


def _with(
    style: str, observed: ObservedProduct, known: AcknowledgedProduct | None, links: Mapping[str, int]
) -> AcknowledgedProduct:
    """Return the product with these variants too. One that carries our custom id counts as made by us, as ever."""
    stored = {variant.variant_id: variant.item_id for variant in known.variants} if known is not None else {}
    made = link(observed, {**stored, **links}, style, known)
    ours = known.created_by_us if known is not None else style_key(observed.style) == style
    return dataclasses.replace(made, created_by_us=ours)


def _batches(styles: Mapping[str, str]) -> Iterator[list[str]]:
    ordered = sorted(styles)
    for start in range(0, len(ordered), PRODUCTS_A_BATCH):
        yield ordered[start : start + PRODUCTS_A_BATCH]
