"""What somebody deleted in the shop: noticed when a product is read back, then respected or made again.

Respected: the ledger forgets it under a tombstone, its items go on the quarantine list, and `barring` keeps them from
being created unasked. Whoever asks for one by hand gets it back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import datetime

from rms_console.contract.adoption import WHOLE_PRODUCT, Tombstone
from rms_console.contract.records import Postponed, QueueEntry, QueueKey, QueueReason, QueueState
from rms_console.domain.assemble import Bar, StyleWork
from rms_console.domain.matching import ProductName
from rms_console.domain.policy import Deleted, FilterPolicy
from rms_console.domain.product import AcknowledgedProduct, ObservedProduct
from rms_console.engine.barring import DELETED_IN_SHOP, deleted_in_shop, is_asked_for
from rms_console.engine.deps import Deps
from rms_console.engine.job import Job


def respect_product(job: Job, before: AcknowledgedProduct | None, filters: FilterPolicy, now: datetime) -> None:
    """The product is gone: forget it, and let nothing of its style be made again."""
    job.product = None
    if before is None or not _is_respected(job, filters):
        return
    wanted = [variant.item_id for variant in job.work.desired.variants] if job.work.desired is not None else []
    _bury(job, Tombstone(job.style, WHOLE_PRODUCT, _name(before), now), wanted)
    job.work = dataclasses.replace(
        job.work, desired=None, leaving={}, kept=frozenset(), price_kept=frozenset(), doubted={}
    )


def respect_variants(
    job: Job, before: AcknowledgedProduct | None, observed: ObservedProduct, filters: FilterPolicy, now: datetime
) -> None:
    """Some variants of a product are gone: their items are no longer wanted there.

    `job.product` is the product as it was found; an item that it links under another variant is not gone.
    """
    if before is None or before.product_id != observed.product_id or not _is_respected(job, filters):
        return
    linked = {variant.item_id for variant in job.product.variants} if job.product is not None else set()
    wanted = {variant.item_id for variant in job.work.desired.variants} if job.work.desired is not None else set()
    gone = sorted({variant.item_id for variant in before.variants} & wanted - linked)
    for item_id in gone:
        _bury(job, Tombstone(job.style, item_id, _name(before), now), [item_id])
    if gone:
        job.work = _without(job.work, gone)


async def set_aside(deps: Deps, job: Job) -> list[Postponed]:
    """Return the entries of what was found deleted; items that had none get one, so that the list names them.

    Raises:
        StoreError.
    """
    if not job.barred:
        return []
    entries: list[QueueEntry] = [entry for entry in job.entries if entry.item_id in job.barred]
    unlisted = sorted(job.barred.keys() - {entry.item_id for entry in entries})
    if unlisted:
        keys = [QueueKey(item_id, QueueReason.RECONCILE) for item_id in unlisted]
        await deps.disk(deps.ledger.enqueue, keys, None, deps.clock.now())
        entries += await deps.disk(deps.ledger.entries, unlisted)
    return [_quarantined(entry, job.barred[entry.item_id], job.style) for entry in entries]


def _is_respected(job: Job, filters: FilterPolicy) -> bool:
    """Whether what is gone was taken away by a person, and nobody asked for it.

    While a write of ours is in doubt it may have been that one: a late creation takes away what was added after it.
    """
    ours = job.in_doubt or job.may_come_late
    asked = any(is_asked_for(entry) for entry in job.entries)
    return filters.when_deleted is Deleted.RESPECT and not ours and not asked


def _bury(job: Job, stone: Tombstone, item_ids: Collection[int]) -> None:
    job.tombstones.append(stone)
    job.barred |= dict.fromkeys(item_ids, Bar(DELETED_IN_SHOP, deleted_in_shop(stone)))


def _without(work: StyleWork, item_ids: Collection[int]) -> StyleWork:
    desired = work.desired
    if desired is None:
        return work
    rest = tuple(variant for variant in desired.variants if variant.item_id not in item_ids)
    left = dataclasses.replace(desired, variants=rest) if rest else None
    doubted = {item_id: fields for item_id, fields in work.doubted.items() if item_id not in item_ids}
    return dataclasses.replace(work, desired=left, price_kept=work.price_kept - frozenset(item_ids), doubted=doubted)


def _name(product: AcknowledgedProduct) -> ProductName:
    return ProductName(product.product_id, product.title or product.style)


def _quarantined(entry: QueueEntry, bar: Bar, style: str) -> Postponed:
    return Postponed(
        entry.item_id,
        entry.version,
        QueueState.QUARANTINED,
        bar.code,
        bar.message,
        entry.attempts + 1,
        style=style,
    )
