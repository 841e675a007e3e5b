"""Reads the shop into a ledger that was lost or is out of date, so that what is written next builds on what is there.

Our products are known by their custom id, and by their stored ids where the ledger still has them. Nothing is
changed in the shop. Afterwards their items are queued: the plans mend differences only, and what cannot be judged goes
back on the quarantine list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rms_console.contract.records import QueueKey, QueueReason, Settlement
from rms_console.domain.acknowledge import adopt, hold_stock
from rms_console.domain.adoption import link
from rms_console.domain.grouping import style_key
from rms_console.domain.mapping import map_product
from rms_console.domain.policy import Conflict, Policy
from rms_console.domain.product import AcknowledgedProduct, DesiredProduct, ObservedProduct
from rms_console.domain.rows import ItemRow
from rms_console.domain.text import clean
from rms_console.domain.zone import to_local
from rms_console.engine.deps import Deps
from rms_console.engine.journal import MONITOR, Journal
from rms_console.engine.ledger_watch import FACT_RESCUE, Mishap, Why, tell

PRODUCTS_A_BATCH = 50


@dataclass(slots=True)
class Rescued:
    """What was found: products of ours, and those of them whose items RMS no longer has."""

    products: int = 0
    orphans: int = 0


class Rescue:
    def __init__(self, deps: Deps, journal: Journal) -> None:
        self._deps = deps
        self._journal = journal

    async def due(self) -> bool:
        """Return whether the shop is to be read first.

        A ledger that knows nothing of a shop which has products of ours was lost, with everything beside it.

        Raises:
            ShopError, StoreError.
        """
        deps = self._deps
        if await deps.disk(deps.ledger.get_fact, FACT_RESCUE) is not None:
            return True
        if await deps.disk(deps.ledger.watermark) is not None:
            return False
        if await deps.disk(deps.ledger.known_item_ids, -1, 1) or not await deps.shop.count_ours():
            return False
        await tell(deps, self._journal, Mishap(Why.LOST))
        return True

    async def run(self, policy: Policy, zone: str, epoch: int) -> Rescued:
        """Read every product of ours into the ledger and queue its items.

        Raises:
            SourceError, ShopError, StoreError, LeaseLost: it is done again from the start by the next cycle.
        """
        deps, found = self._deps, Rescued()
        batch: list[ObservedProduct] = []
        async for product in deps.shop.read_catalogue():
            batch.append(product)
            if len(batch) == PRODUCTS_A_BATCH:
                await self._take_over(batch, found, policy, zone, epoch)
                batch = []
        await self._take_over(batch, found, policy, zone, epoch)
        await deps.disk(deps.ledger.set_fact, FACT_RESCUE, None)
        self._journal.log(
            "WARN" if found.orphans else "INFO",
            MONITOR,
            "The shop is read into the ledger: {products} products of ours, {orphans} of them without an item in RMS",
            products=found.products,
            orphans=found.orphans,
        )
        return found

    async def _take_over(
        self, batch: Sequence[ObservedProduct], found: Rescued, policy: Policy, zone: str, epoch: int
    ) -> None:
        deps = self._deps
        stored = await deps.disk(deps.ledger.styles_of_products, [one.product_id for one in batch])
        ours = {style: one for one in batch if (style := stored.get(one.product_id) or style_key(one.style))}
        if not ours:
            return
        known = await deps.disk(deps.ledger.products, sorted(ours))
        rows = await self._rows(sorted(ours), known)
        now = deps.clock.now()
        products = []
        for style, observed in ours.items():
            before = known.get(style)
            same = before if before is not None and before.product_id == observed.product_id else None
            wanted = _desired(style, rows.get(style, ()), policy, zone, now)
            product = _read_up(observed, style, wanted, same)
            if product.variants:
                products.append(_hold_sales(product, same, wanted, policy, now))
        found.products += len(ours)
        found.orphans += len(ours) - len(products)
        await deps.disk(deps.ledger.settle, Settlement(epoch, 0, now, products=tuple(products)))
        items = {variant.item_id for one in products for variant in one.variants}
        items |= {row.item_id for several in rows.values() for row in several}
        keys = [QueueKey(item_id, QueueReason.RECONCILE) for item_id in sorted(items)]
        await deps.disk(deps.ledger.enqueue, keys, None, now)

    async def _rows(self, styles: Sequence[str], known: Mapping[str, AcknowledgedProduct]) -> dict[str, list[ItemRow]]:
        """Return the readable rows of these styles that have an SKU."""
        deps = self._deps
        items = set(await deps.sql(deps.source.find_items, styles, ()))
        items |= {variant.item_id for product in known.values() for variant in product.variants}
        read = await deps.sql(deps.source.read_items, sorted(items))
        rows: dict[str, list[ItemRow]] = {}
        for row in read.rows:
            style = style_key(row.style)
            if style is not None and clean(row.sku):
                rows.setdefault(style, []).append(row)
        return rows


def _desired(style: str, rows: Sequence[ItemRow], policy: Policy, zone: str, now: datetime) -> DesiredProduct | None:
    return map_product(style, rows, policy, to_local(now, zone)) if rows else None


def _read_up(
    observed: ObservedProduct, style: str, wanted: DesiredProduct | None, known: AcknowledgedProduct | None
) -> AcknowledgedProduct:
    """Return the product with every value as the shop has it; items that RMS lost keep the variants they had."""
    if wanted is None:
        stored = {variant.variant_id: variant.item_id for variant in known.variants} if known is not None else {}
        return link(observed, stored, style, known)
    return adopt(observed, wanted, style, known)


def _hold_sales(
    product: AcknowledgedProduct,
    known: AcknowledgedProduct | None,
    wanted: DesiredProduct | None,
    policy: Policy,
    now: datetime,
) -> AcknowledgedProduct:
    """Hold back what would raise stock that is lower than the ledger remembers: the shop may have sold it.

    An older ledger cannot tell a sale of the shop from a quantity that was written later. So RMS's figure waits until
    RMS moves or the grace is over, as after any other conflict.
    """
    if known is None or wanted is None or policy.stock.conflict is Conflict.RMS:
        return product
    before = {variant.item_id: variant.stock for variant in known.variants}
    seen = {variant.item_id: variant.stock for variant in product.variants}
    for want in wanted.variants:
        for location, quantity in want.stock.items():
            was = before.get(want.item_id, {}).get(location)
            present = seen.get(want.item_id, {}).get(location)
            if was is not None and present is not None and present < min(was, quantity):
                product = hold_stock(product, want.item_id, location, quantity, now)
    return product
