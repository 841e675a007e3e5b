"""Comparing items with what the ledger acknowledged of them, by value: what differs is queued, the rest costs nothing.

The fast path follows stamps and versions. What moves neither (a joined table, a raw UPDATE, a deleted row) is found
here, and each find is counted by its cause: outside joined tables the count should stay at nought.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

from rms_console.contract.records import QueueKey, QueueReason
from rms_console.domain.assemble import StyleWork
from rms_console.domain.changes import describe
from rms_console.domain.eligibility import DELETED, HIDDEN
from rms_console.domain.operations import ProductPlan
from rms_console.domain.plan import plan
from rms_console.domain.policy import Policy
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.zone import to_local, to_utc
from rms_console.engine.deps import Deps
from rms_console.engine.heldstock import STOCK_HELD
from rms_console.engine.journal import DETECTOR, Journal
from rms_console.engine.parts import assemble_in_parts
from rms_console.engine.widen import gather
from rms_console.errors import ConsoleError

PLANS_A_TURN = 100
"""Products planned before the loop gets a turn: a few milliseconds."""
OWN_FIELDS = frozenset({"sku", "price", "compare_at", "options", "title", "description"})
"""Fields that come from `Item` itself in RMS; the store's view joins the others to it."""


class Miss(StrEnum):
    """Why the fast path did not see a difference."""

    JOINED_TABLE = "joined_table"
    NO_STAMP = "no_stamp"
    DELETED = "deleted"


@dataclass(slots=True)
class Compared:
    """What one comparison, or several, looked at and found."""

    checked: int = 0
    queued: int = 0
    missed: Counter[Miss] = field(default_factory=Counter)

    def add(self, other: Compared) -> None:
        self.checked += other.checked
        self.queued += other.queued
        self.missed += other.missed


class Comparison:
    """`freshen` reads changes into the queue: what the fast path is about to see is no miss.

    A row that breaks the judging in a way nobody foresaw must not end a comparison: then the items are queued as they
    are, and the cycle, which takes them one at a time, finds out which it is.
    """

    def __init__(self, deps: Deps, journal: Journal, freshen: Callable[[], Awaitable[object]]) -> None:
        self._deps = deps
        self._journal = journal
        self._freshen = freshen
        self.noted: Callable[[Mapping[Miss, int]], object] = lambda missed: None
        """Told of what the fast path had missed and is queued now, by cause."""

    async def known(self, item_ids: Sequence[int], policy: Policy, zone: str) -> Compared:
        """Compare acknowledged items, with their siblings, and queue those whose plan is not empty.

        Raises:
            SourceError, StoreError: nothing was changed.
        """
        try:
            found, doubtful = await self._differing(item_ids, policy, zone)
        except ConsoleError:
            raise
        except Exception as error:
            self._journal.bug(DETECTOR, error)
            found, doubtful = {}, set(item_ids)
        news = await self._queue(doubtful | found.keys())
        missed = Counter(found[item] for item in news if item in found)
        self.noted(missed)
        return Compared(len(item_ids), len(news), missed)

    async def unknown(
        self, item_ids: Sequence[int], policy: Policy, zone: str, may_create: Callable[[int], bool]
    ) -> Compared:
        """Judge items that the ledger does not know and queue those that belong in the shop, or cannot be judged.

        Raises:
            SourceError, StoreError: nothing was changed.
        """
        try:
            wanted = await self._wanted(item_ids, policy, zone, may_create)
        except ConsoleError:
            raise
        except Exception as error:
            self._journal.bug(DETECTOR, error)
            wanted = frozenset(item_ids)
        return Compared(len(item_ids), len(await self._queue(wanted)))

    async def _differing(
        self, item_ids: Sequence[int], policy: Policy, zone: str
    ) -> tuple[dict[int, Miss], AbstractSet[int]]:
        """Return the items that differ, each with its cause, and those that a run must look at whatever they are."""
        now = self._deps.clock.now()
        gathered = await gather(self._deps, item_ids)
        assembly = await assemble_in_parts(gathered, policy, to_local(now, zone), _nobody)
        found: dict[int, Miss] = {}
        for number, work in enumerate(assembly.works, start=1):
            product = gathered.products.get(work.style)
            if product is not None:
                found |= differences(work, product, plan(work, product, policy, now))
            elif work.desired is not None:
                # Known under another style. Where it is closed there already, nothing tells that it is wanted here.
                wanted = {variant.item_id for variant in work.desired.variants} - work.price_kept
                found |= dict.fromkeys(wanted, Miss.NO_STAMP)
            if number % PLANS_A_TURN == 0:
                await asyncio.sleep(0)
        doubtful = {bad.item_id for bad in assembly.quarantined}
        return found, doubtful | await self._untimed(assembly.works, gathered.products, zone)

    async def _untimed(
        self, works: Sequence[StyleWork], products: Mapping[str, AcknowledgedProduct], zone: str
    ) -> AbstractSet[int]:
        """Return the items with a sale to come, or to end, of which no timer would ring: their price is right today."""
        wanted = {
            item_id: {to_utc(local, zone) for local in times}
            for work in works
            if work.style in products
            for item_id, times in work.boundaries.items()
            if times
        }
        if not wanted:
            return frozenset()
        kept = await self._deps.disk(self._deps.ledger.sale_times, sorted(wanted))
        return {item_id for item_id, times in wanted.items() if not times <= kept.get(item_id, frozenset())}

    async def _wanted(
        self, item_ids: Sequence[int], policy: Policy, zone: str, may_create: Callable[[int], bool]
    ) -> frozenset[int]:
        now_local = to_local(self._deps.clock.now(), zone)
        assembly = await assemble_in_parts(await gather(self._deps, item_ids), policy, now_local, may_create)
        wanted = {one.item_id for work in assembly.works if work.desired for one in work.desired.variants}
        return frozenset(item_ids) & wanted.union(bad.item_id for bad in assembly.quarantined)

    async def _queue(self, found: AbstractSet[int]) -> tuple[int, ...]:
        """Queue what is not queued already, and not about to be; return which items that were."""
        if not found:
            return ()
        await self._freshen()
        deps = self._deps
        now = deps.clock.now()
        waiting = await deps.disk(deps.ledger.entries, sorted(found))
        queued = {entry.item_id for entry in waiting if entry.code != STOCK_HELD}  # of those only a quantity waits
        queued |= {boundary.item_id for boundary in await deps.disk(deps.ledger.boundaries_due, now)}
        news = tuple(sorted(found - queued))
        keys = [QueueKey(item, QueueReason.RECONCILE) for item in news]
        if keys:
            await deps.disk(deps.ledger.enqueue, keys, None, now)
        return news


def differences(work: StyleWork, product: AcknowledgedProduct, made: ProductPlan) -> dict[int, Miss]:
    """Return the items of a product whose plan would send something, each with why nobody had noticed.

    What differs in the product as a whole is put down to its first item.
    """
    if made.is_empty:
        return {}
    fields: dict[int, set[str]] = {}
    first = min(variant.item_id for variant in product.variants) if product.variants else min(work.item_ids)
    for change in describe(made, product):
        fields.setdefault(first if change.item_id is None else change.item_id, set()).add(change.field)
    fields = fields or {first: set()}
    return {item_id: _cause(work.leaving.get(item_id), names) for item_id, names in fields.items()}


def _cause(leaving: str | None, fields: Iterable[str]) -> Miss:
    if leaving in (DELETED, HIDDEN):
        return Miss.DELETED
    own = any(name in OWN_FIELDS or name.partition("@")[0] == "stock" for name in fields)
    return Miss.NO_STAMP if own or leaving is not None else Miss.JOINED_TABLE


def _nobody(item_id: int) -> bool:
    return False
