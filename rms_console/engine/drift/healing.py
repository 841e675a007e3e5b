"""Mending what a comparison found: the ledger learns what the shop holds, and the product is queued for a cycle.

So the cycle plans from what is there and the guard sees what would be written over what, as with any other change.
Nothing is sent from here. To be called between two cycles: a run that is on has the product in its hands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rms_console.contract.records import QueueEntry, QueueKey, QueueReason, Settlement
from rms_console.domain.acknowledge import adopt, hold_stock, learn_stock
from rms_console.domain.adoption import link
from rms_console.domain.drift import DriftCause, DriftKind
from rms_console.domain.operations import ProductPlan
from rms_console.domain.policy import Conflict, Policy
from rms_console.domain.product import AcknowledgedProduct, ObservedProduct
from rms_console.engine.deleted import respect_product, respect_variants, set_aside
from rms_console.engine.deps import Deps
from rms_console.engine.drift.audit import Past
from rms_console.engine.drift.examining import Examiner, Seen
from rms_console.engine.job import Job


@dataclass(frozen=True, slots=True)
class Healer:
    """`epoch`: the right to write to the ledger."""

    deps: Deps
    examiner: Examiner
    policy: Policy
    zone: str
    epoch: int

    async def heal(self, styles: Iterable[str]) -> int:
        """Queue the products of these styles that still differ; return how many.

        Raises:
            SourceError, ShopError, StoreError, LeaseLost: those before it are queued.
        """
        healed = 0
        for style in styles:
            healed += await self._heal(style)
        return healed

    async def _heal(self, style: str) -> bool:
        deps = self.deps
        if not await deps.disk(deps.ledger.products, [style]):
            return await self._queue_strangers(style)
        seen = await self.examiner.examine(style, self.policy, self.zone, Past())
        if seen is None or all(one.is_known for one in seen.differences):
            return False
        now = deps.clock.now()
        entries = await deps.disk(deps.ledger.entries, sorted(seen.work.item_ids))
        job = self._judged(seen, entries, now)
        aside = await set_aside(deps, job)
        settlement = Settlement(
            self.epoch,
            0,
            now,
            products=(job.product,) if job.product is not None else (),
            forgotten_styles=(style,) if job.product is None else (),
            postponed=tuple(aside),
            tombstones=tuple(job.tombstones),
        )
        await deps.disk(deps.ledger.settle, settlement)
        await self._queue(seen, job, now)
        return True

    def _judged(self, seen: Seen, entries: Sequence[QueueEntry], now: datetime) -> Job:
        """Return the product as the ledger is to have it: as the shop holds it, without what somebody deleted there.

        What is gone follows its own rule, `filter.when_deleted_in_shop`, as if a cycle had found it.
        """
        job = Job(seen.work, list(entries), ProductPlan(seen.work.style), seen.known, 0.0)
        if seen.observed is None:
            respect_product(job, seen.known, self.policy.filters, now)
            return job
        job.product = learned(seen, seen.observed, self.policy, now)
        if seen.work.desired is not None:
            respect_variants(job, seen.known, seen.observed, self.policy.filters, now)
        return job

    async def _queue(self, seen: Seen, job: Job, now: datetime) -> None:
        """Queue the items that differ. What is to be made again counts as changed: no scope keeps it out."""
        deps = self.deps
        items = {one.item_id for one in seen.differences if one.item_id is not None}
        if any(one.item_id is None for one in seen.differences):
            items |= seen.work.item_ids if job.product is None else set(sorted(seen.work.item_ids)[:1])
        gone = {variant.item_id for variant in seen.known.variants}
        gone -= {variant.item_id for variant in job.product.variants} if job.product is not None else set()
        keys = [
            QueueKey(item_id, QueueReason.CHANGE if item_id in gone else QueueReason.RECONCILE)
            for item_id in sorted(items - job.barred.keys())
        ]
        await deps.disk(deps.ledger.enqueue, keys, None, now)

    async def _queue_strangers(self, style: str) -> bool:
        """Queue the items of a style that the shop does not have: the scope says whether they come in."""
        deps = self.deps
        items = await deps.sql(deps.source.find_items, (style,), ())
        known = await deps.disk(deps.ledger.styles_of, items)
        keys = [QueueKey(item_id, QueueReason.RECONCILE) for item_id in items if item_id not in known]
        if keys:
            await deps.disk(deps.ledger.enqueue, keys, None, deps.clock.now())
        return bool(keys)


def learned(seen: Seen, observed: ObservedProduct, policy: Policy, now: datetime) -> AcknowledgedProduct:
    """Return the product as the shop holds it, with what the shop sold since our last write held back.

    A quantity that is low because a write of ours was lost is no sale: it is written again at once.
    """
    known, desired = seen.known, seen.work.desired
    if desired is None:
        links = {variant.variant_id: variant.item_id for variant in known.variants}
        return link(observed, links, known.style, known)
    product = adopt(observed, desired, known.style, known)
    if policy.stock.conflict is Conflict.RMS:
        return product
    moved = {
        one.item_id
        for one in seen.differences
        if one.kind is DriftKind.QUANTITY and one.cause in (DriftCause.SHOP_MOVED, DriftCause.BOTH)
    }
    before = {variant.item_id: variant.stock for variant in known.variants}
    present = {variant.item_id: variant.stock for variant in product.variants}
    inventory = {variant.item_id: variant.inventory_item_id for variant in product.variants}
    for want in desired.variants:
        for place, quantity in want.stock.items() if want.item_id in moved else ():
            was, there = before.get(want.item_id, {}).get(place), present.get(want.item_id, {}).get(place)
            if was is None or there is None or not there < min(was, quantity):
                continue
            if quantity > was:  # written beside the sale: what RMS added is added to what the shop still has
                product = learn_stock(product, {(inventory[want.item_id], place): was})
            else:
                product = hold_stock(product, want.item_id, place, quantity, now)
    return product
