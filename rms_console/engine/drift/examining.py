"""Looks at one product closely: both sides are read again, so that what changed meanwhile is no difference."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rms_console.contract.ports import PRIORITY_BACKLOG
from rms_console.contract.records import QueueEntry, QueueState
from rms_console.domain.assemble import StyleWork
from rms_console.domain.drift import Difference, DriftCause, DriftKind, find, with_history
from rms_console.domain.policy import Policy
from rms_console.domain.product import AcknowledgedProduct, ObservedProduct
from rms_console.domain.zone import to_local
from rms_console.engine.deps import Deps
from rms_console.engine.drift import unknown
from rms_console.engine.drift.audit import Past, why_missed, with_evidence
from rms_console.engine.heldstock import STOCK_HELD
from rms_console.engine.parts import assemble_in_parts
from rms_console.engine.widen import Gathered, gather

TRIES = 4
"""Looks at a product that is being written to, before it is left to the next comparison."""
HISTORY = 50
WAITS: Mapping[QueueState, str] = {
    QueueState.WAITING: "queued",
    QueueState.RETRYING: "retrying",
    QueueState.QUARANTINED: "set-aside",
    QueueState.HELD: "held",
}
"""Why a difference of a queued item is known already."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One product from three sides at one instant. `observed`: None, the shop no longer has it."""

    known: AcknowledgedProduct
    observed: ObservedProduct | None
    work: StyleWork
    differences: tuple[Difference, ...]


class Freshness:
    """Reads changes into the queue for many who ask: one reading serves all who asked before it began."""

    def __init__(self, read: Callable[[], Awaitable[object]]) -> None:
        self._read = read
        self._turn = asyncio.Lock()
        self._asked = self._served = 0

    async def __call__(self) -> None:
        self._asked += 1
        mine = self._asked
        async with self._turn:
            if self._served < mine:
                newest = self._asked
                await self._read()
                self._served = newest


class Examiner:
    """`freshen` reads changes into the queue: what the fast path is about to see is no difference that was missed."""

    def __init__(self, deps: Deps, freshen: Callable[[], Awaitable[object]]) -> None:
        self._deps = deps
        self._freshen = Freshness(freshen)

    async def examine(self, style: str, policy: Policy, zone: str, past: Past) -> Seen | None:
        """Return how a product that the ledger knows differs now; None where it is equal after all.

        Ledger, shop, then RMS and the ledger again: where a cycle wrote the product meanwhile all are read once more.

        Raises:
            SourceError, ShopError, StoreError.
        """
        deps = self._deps
        for _ in range(TRIES):
            known = await self._known(style)
            if known is None:
                return None
            observed = await deps.shop.read_product(known.product_id, priority=PRIORITY_BACKLOG)
            found = await unknown.owners(deps, observed, known)
            gathered = await gather(deps, sorted({variant.item_id for variant in known.variants} | found.keys()))
            if gathered.products.get(style) == known == await self._known(style):
                if observed is not None and found:
                    every = {variant_id: item_id for item_id, variant_id in found.items()}
                    works = await self.works(unknown.taken_in(gathered, style, observed, every), policy, zone)
                    here = unknown.not_elsewhere(found, style, works)
                    gathered = unknown.taken_in(gathered, style, observed, here)
                return await self._judged(gathered.products[style], observed, gathered, policy, zone, past)
        return None

    async def works(self, gathered: Gathered, policy: Policy, zone: str) -> tuple[StyleWork, ...]:
        """Return what RMS wants of products that the shop has."""
        now_local = to_local(self._deps.clock.now(), zone)
        return (await assemble_in_parts(gathered, policy, now_local, _nobody)).works

    async def waiting(self, found: Sequence[Difference], item_ids: Iterable[int]) -> tuple[Difference, ...]:
        """Return the differences, those that the queue knows of marked with what they wait for."""
        entries = await self._deps.disk(self._deps.ledger.entries, sorted(item_ids))
        by_item = {entry.item_id: entry for entry in entries}
        return tuple(_marked(one, by_item) for one in found)

    async def _known(self, style: str) -> AcknowledgedProduct | None:
        return (await self._deps.disk(self._deps.ledger.products, [style])).get(style)

    async def _judged(
        self,
        known: AcknowledgedProduct,
        observed: ObservedProduct | None,
        gathered: Gathered,
        policy: Policy,
        zone: str,
        past: Past,
    ) -> Seen | None:
        deps = self._deps
        works = [one for one in await self.works(gathered, policy, zone) if one.style == known.style]
        if not works:
            return None
        work = works[0]
        found: Sequence[Difference] = find(work, known, observed, policy, deps.clock.now())
        if not found:
            return None
        await self._freshen()
        found = await self.waiting(found, work.item_ids)
        history = await deps.disk(deps.ledger.product_history, known.style, HISTORY)
        found = tuple(with_history(one, history) for one in found)
        positions = {row.item_id: row.position for row in gathered.read.rows}
        missed = why_missed(found, work.leaving, positions, past)
        told = tuple(dataclasses.replace(one, miss=_miss(one, missed)) for one in found)
        return Seen(known, observed, work, await with_evidence(deps, told, zone))


def _miss(one: Difference, missed: Mapping[int | None, str]) -> str:
    if one.is_known or one.cause not in (DriftCause.MISSED_CHANGE, DriftCause.BOTH):
        return ""
    return str(missed.get(one.item_id, ""))


def _marked(one: Difference, entries: Mapping[int, QueueEntry]) -> Difference:
    if one.waiting or one.kind is DriftKind.DUPLICATE:
        return one
    entry = entries.get(one.item_id) if one.item_id is not None else next(iter(entries.values()), None)
    if entry is None or entry.code == STOCK_HELD:
        return one  # of the latter only the quantity waits, which the plan says itself
    cause = DriftCause.PENDING if one.cause is DriftCause.MISSED_CHANGE else one.cause
    return dataclasses.replace(one, waiting=WAITS[entry.state], cause=cause)


def _nobody(item_id: int) -> bool:
    return False
