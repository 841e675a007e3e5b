"""What a yes to an adoption does: matched products are remembered as the shop holds them, doubtful ones set aside.

Nothing of the shop is changed here. The custom id of an adopted product is not written here either: the product's
next plan carries it, so that it goes out with the first live write and an engine that observes leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar

from rms_console.contract.adoption import AdoptionCounts, Survey
from rms_console.contract.commands import Actor
from rms_console.contract.records import Postponed, ProductRecord, QueueKey, QueueReason, QueueState, Settlement
from rms_console.domain.adoption import link
from rms_console.domain.matching import Kind, ProductName, StoreItem, Verdict
from rms_console.domain.product import AcknowledgedProduct, ObservedProduct
from rms_console.engine import modes, reconcile
from rms_console.engine.barring import SKU_ELSEWHERE, sku_elsewhere
from rms_console.engine.closing import WAITS_FOR_LIVE
from rms_console.engine.deps import Deps

PRODUCTS_A_TRANSACTION = 100
ITEMS_A_TRANSACTION = 1000
ACTION = "Adopt"
"""The name of an adoption in the audit trail."""

T = TypeVar("T")


class Linking:
    """Writes one adoption into the ledger, under a tenure: its epoch is the right to."""

    def __init__(self, deps: Deps, survey: Survey, epoch: int) -> None:
        self._deps = deps
        self._survey = survey
        self._epoch = epoch

    async def accept(self, counts: AdoptionCounts, actor: Actor) -> int:
        """Remember the matches, keep the list of the rest, and have everything compared; return how many were linked.

        Interrupted, it is done again from the start by the next adoption; what was linked stays linked.

        Raises:
            StoreError, LeaseLost.
        """
        deps = self._deps
        linked = await self._link_all()
        await deps.disk(deps.ledger.replace_foreign, self._survey.unlinked())
        await self._set_aside()
        await reconcile.ask(deps, "adoption")
        now = deps.clock.now()
        await deps.disk(deps.ledger.release_code, WAITS_FOR_LIVE, now)
        record = modes.AdoptionRecord(now, actor.name, counts.products, linked)
        await deps.disk(modes.record_adoption, deps.ledger, record)
        detail = {
            "products": str(counts.products),
            "linked": str(linked),
            "ambiguous": str(counts.ambiguous),
            "unknown": str(counts.unknown),
            "result": "accepted",
        }
        await deps.disk(deps.ledger.append_audit, now, actor.name, actor.host, actor.via, ACTION, detail)
        return linked

    async def _link_all(self) -> int:
        deps, after, linked = self._deps, 0, 0
        while page := await deps.disk(self._survey.verdicts, Kind.MATCHED, after, PRODUCTS_A_TRANSACTION):
            after = page[-1][0]
            verdicts = {verdict.name.product_id: verdict for _, verdict in page}
            seen = await deps.disk(self._survey.observed, list(verdicts))
            known = await deps.disk(deps.ledger.products, [one.style or "" for one in verdicts.values()])
            products = [_linked(one, verdicts[one.product_id], known) for one in seen]
            await deps.disk(deps.ledger.settle, self._settlement(products))
            linked += len(products)
        return linked

    def _settlement(self, products: list[AcknowledgedProduct]) -> Settlement:
        records = tuple(
            ProductRecord(product.style, product.title or "", "linked", len(product.variants), 0.0)
            for product in products
        )
        return Settlement(self._epoch, 0, self._deps.clock.now(), products=tuple(products), records=records)

    async def _set_aside(self) -> None:
        """Put the items of ambiguous products on the list of what waits for a person, each with the names."""
        for batch in _batches(self._survey.doubtful_items(), ITEMS_A_TRANSACTION):
            await self._deps.disk(self._set_aside_some, batch)

    def _set_aside_some(self, batch: list[tuple[StoreItem, tuple[ProductName, ...]]]) -> None:
        ledger, now = self._deps.ledger, self._deps.clock.now()
        named = {item.item_id: (item, names) for item, names in batch}
        busy = {entry.item_id for entry in ledger.entries(list(named))} | ledger.styles_of(list(named)).keys()
        fresh = [item for item, _ in batch if item.item_id not in busy]
        ledger.enqueue([QueueKey(one.item_id, QueueReason.RECONCILE, sku=one.sku) for one in fresh], None, now)
        postponed = tuple(
            Postponed(
                entry.item_id,
                entry.version,
                QueueState.QUARANTINED,
                SKU_ELSEWHERE,
                sku_elsewhere(named[entry.item_id][0].sku, named[entry.item_id][1]),
                0,
                style=named[entry.item_id][0].style,
            )
            for entry in ledger.entries([one.item_id for one in fresh])
        )
        ledger.settle(Settlement(self._epoch, 0, now, postponed=postponed))


def _linked(seen: ObservedProduct, verdict: Verdict, known: Mapping[str, AcknowledgedProduct]) -> AcknowledgedProduct:
    style = verdict.style or ""
    before = known.get(style)
    same = before if before is not None and before.product_id == seen.product_id else None
    return link(seen, verdict.links, style, same)


def _batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(things)
    while batch := list(islice(remaining, size)):
        yield batch
