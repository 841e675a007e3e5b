"""What a creation that was never answered may have left in the shop, of items that are no longer wanted there.

An item whose creation is in doubt is unknown to the ledger and may be for sale all the same. As long as it is wanted
the next push finds it. When RMS gives it up first, nobody would: so the shop is asked before the item is let go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from decimal import Decimal

from rms_console.contract.ports import PRIORITY_CHANGE
from rms_console.contract.records import Postponed, QueueEntry, QueueKey, QueueReason
from rms_console.domain.acknowledge import adopt
from rms_console.domain.assemble import Assembly
from rms_console.domain.grouping import style_key
from rms_console.domain.product import AcknowledgedProduct, DesiredProduct, DesiredVariant, ObservedProduct
from rms_console.domain.rows import ItemRow
from rms_console.engine.deps import Deps
from rms_console.engine.inflight import Claims
from rms_console.engine.job import Job
from rms_console.engine.retry import RetryDecision
from rms_console.engine.widen import Gathered


async def find(
    deps: Deps, entries: Mapping[int, QueueEntry], claims: Claims, gathered: Gathered, assembly: Assembly
) -> dict[str, AcknowledgedProduct]:
    """Return the products in which such items were found, each with them as variants; mostly there are none.

    Raises:
        ShopError: the shop could not be asked, so nothing may be concluded.
    """
    found = {}
    for style, skus in _candidates(entries, claims, gathered, assembly).items():
        known = gathered.products.get(style)
        observed = await _look(deps, style, known)
        product = _linked(style, skus, known, observed) if observed is not None else None
        if product is not None:
            found[style] = product
    return found


def _candidates(
    entries: Mapping[int, QueueEntry], claims: Claims, gathered: Gathered, assembly: Assembly
) -> dict[str, dict[int, str]]:
    """Return by style the SKUs, by item, that were perhaps created there and are not wanted there now."""
    wanted = {
        (work.style, variant.item_id)
        for work in assembly.works
        if work.desired is not None
        for variant in work.desired.variants
    }
    rows = {row.item_id: row for row in gathered.read.rows}
    candidates: dict[str, dict[int, str]] = {}
    for item_id, entry in entries.items():
        for style, sku in _doubts(entry, rows.get(item_id), claims):
            known = gathered.products.get(style)
            is_known = known is not None and any(variant.item_id == item_id for variant in known.variants)
            if not is_known and (style, item_id) not in wanted:
                candidates.setdefault(style, {})[item_id] = sku
    return candidates


def _doubts(entry: QueueEntry, row: ItemRow | None, claims: Claims) -> Iterator[tuple[str, str]]:
    """Return where the item may have been created, and with which SKU."""
    if entry.item_id in claims:
        yield claims[entry.item_id]
    if entry.doubt and entry.sku:
        now = style_key(row.style) if row is not None else None
        for style in {entry.style, now} - {None}:
            yield str(style), entry.sku


async def witnesses(deps: Deps, job: Job, decision: RetryDecision, is_noted: bool) -> list[Postponed]:
    """Return marks of a doubt for items that have no entry in this run, such as one that moved and waits for its retry.

    Without them nobody would remember that such an item may have been created; or, where none of the product's items
    has an entry here (not `is_noted`), that its product is in doubt. An item that has no entry at all gets one.

    Raises:
        StoreError.
    """
    known = {variant.item_id for variant in job.product.variants} if job.product is not None else set()
    missed = job.work.item_ids - known - {entry.item_id for entry in job.entries}
    if not (missed or is_noted):
        missed = frozenset(sorted(job.work.item_ids)[:1])
    if not (missed and decision.doubt):
        return []
    entries = await deps.disk(deps.ledger.entries, sorted(missed))
    new = missed - {entry.item_id for entry in entries}
    if new:
        keys = [QueueKey(item_id, QueueReason.RECONCILE) for item_id in sorted(new)]
        await deps.disk(deps.ledger.enqueue, keys, None, deps.clock.now())
        entries = (*entries, *await deps.disk(deps.ledger.entries, sorted(new)))
    return [_mark(entry, job.style) for entry in entries]


def _mark(entry: QueueEntry, style: str) -> Postponed:
    """Return an entry as it is, but in doubt."""
    return Postponed(
        entry.item_id,
        entry.version,
        entry.state,
        entry.code,
        entry.message,
        entry.attempts,
        entry.next_try_at,
        entry.style if entry.doubt and entry.style else style,
        doubt=True,
    )


async def _look(deps: Deps, style: str, known: AcknowledgedProduct | None) -> ObservedProduct | None:
    if known is not None:
        return await deps.shop.read_product(known.product_id, priority=PRIORITY_CHANGE)
    return await deps.shop.find_product(style, priority=PRIORITY_CHANGE)


def _linked(
    style: str, skus: Mapping[int, str], known: AcknowledgedProduct | None, observed: ObservedProduct
) -> AcknowledgedProduct | None:
    """Return the product with the variants that carry these SKUs; None when it has none of them."""
    ours = {variant.variant_id for variant in known.variants} if known is not None else set()
    free = dataclasses.replace(observed, variants=tuple(one for one in observed.variants if one.variant_id not in ours))
    made = adopt(free, _wish(style, skus, observed), style)
    if not made.variants:
        return None
    return made if known is None else dataclasses.replace(known, variants=known.variants + made.variants)


def _wish(style: str, skus: Mapping[int, str], observed: ObservedProduct) -> DesiredProduct:
    """Return a product by which variants are matched on their SKU and on nothing else."""
    nothing = Decimal(0)
    return DesiredProduct(
        style=style,
        title=observed.title,
        description_html=observed.description_html,
        vendor=observed.vendor,
        product_type=observed.product_type,
        tags=observed.tags,
        status=observed.status,
        option_names=observed.option_names,
        metafields=(),
        variants=tuple(DesiredVariant(item, sku, (), nothing, None, None, None, {}) for item, sku in skus.items()),
    )
