"""From the queue to plans: take, widen to whole products, read, judge, group, plan, guard."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rms_console.contract.records import Postponed, QueueEntry, QueueKey, QueueReason, QueueState, Settled
from rms_console.contract.settings import EngineSettings
from rms_console.domain.assemble import Assembly, StyleWork
from rms_console.domain.grouping import style_key
from rms_console.domain.operations import ProductPlan
from rms_console.domain.plan import plan
from rms_console.domain.policy import Policy, Scope
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.rows import ItemRow
from rms_console.domain.zone import to_local
from rms_console.engine import strays
from rms_console.engine.barring import find_bars
from rms_console.engine.deps import Deps
from rms_console.engine.guarding import Guarded, Guarding
from rms_console.engine.inflight import Claims
from rms_console.engine.parts import assemble_in_parts
from rms_console.engine.retry import VERIFYING, verify_later
from rms_console.engine.widen import Gathered, gather
from rms_console.locale import sentence

SLICE = 25
"""Products planned before the loop gets a turn: a few milliseconds."""
LOOK_AGAIN = timedelta(minutes=15)
NOT_SHOWN = "not-in-view"
"""The code of entries of new items that the store's view did not show: they are looked at once more."""


@dataclass(slots=True)
class Load:
    """One cycle's work. `entries` are the queue entries to account for, by item, taken and widened alike."""

    entries: dict[int, QueueEntry] = field(default_factory=dict)
    taken: tuple[QueueEntry, ...] = ()
    at: datetime | None = None
    """The time its plans go by."""
    works: dict[str, StyleWork] = field(default_factory=dict)
    plans: dict[str, ProductPlan] = field(default_factory=dict)
    products: dict[str, AcknowledgedProduct] = field(default_factory=dict)
    rows: dict[int, ItemRow] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
    settled: list[Settled] = field(default_factory=list)
    postponed: list[Postponed] = field(default_factory=list)
    quarantined: int = 0
    guarded: Guarded = field(default_factory=Guarded)

    def entries_of(self, style: str) -> list[QueueEntry]:
        items = self.works[style].item_ids
        return [self.entries[item] for item in items if item in self.entries]

    def styles_by_item(self) -> dict[int, set[str]]:
        """Return under which styles each entry's item is worked on: two while it moves from one to the other."""
        styles: dict[int, set[str]] = {item: set() for item in self.entries}
        for style, work in self.works.items():
            for item in work.item_ids & self.entries.keys():
                styles[item].add(style)
        return styles

    def in_doubt(self, style: str) -> bool:
        """Whether an earlier write of this product ended without a clear answer: the shop is read before the next.

        A try that certainly changed nothing (refused, never sent) is simply made again: reading costs points.
        """
        return any(entry.doubt for entry in self.entries_of(style))


class Intake:
    """`claims` tells which items may have been created without the ledger's knowing."""

    def __init__(self, deps: Deps, claims: Callable[[], Claims] = dict) -> None:
        self._deps = deps
        self._claims = claims
        self._guarding = Guarding(deps)

    async def take(self, settings: EngineSettings, policy: Policy, only: Sequence[int] = ()) -> Load:
        """Return the guarded plans for the next due entries (or for the items `only`), at most `max_items_per_run`.

        Raises:
            SourceError, ShopError, StoreError: nothing was changed.
        """
        entries = await self.entries(settings.max_items_per_run, only)
        load = await self.plan(entries, settings, policy)
        if load.taken:
            await self.review(load, settings, policy)
        return load

    async def entries(self, limit: int, only: Sequence[int]) -> tuple[QueueEntry, ...]:
        """Return the entries to take, the most urgent first."""
        ledger, now = self._deps.ledger, self._deps.clock.now()
        if only:
            return await self._deps.disk(ledger.entries, only)
        return await self._deps.disk(ledger.take, limit, now)

    async def plan(self, entries: tuple[QueueEntry, ...], settings: EngineSettings, policy: Policy) -> Load:
        """Return the plans for these entries as they are: nothing is held back yet.

        Raises:
            SourceError, ShopError, StoreError: nothing was changed.
        """
        now = self._deps.clock.now()
        load = Load(taken=entries, at=now)
        if not entries:
            return load
        load.entries = {entry.item_id: entry for entry in entries}
        assembly = await self._assemble(load, policy, to_local(now, settings.zone))
        await self._account(load, assembly, now)
        await self._plan(load, assembly, policy, now)
        return load

    async def review(self, load: Load, settings: EngineSettings, policy: Policy) -> None:
        """Hold back what could do harm; of a load whole, because harm is counted over all of it.

        Raises:
            SourceError, ShopError, StoreError: nothing was decided.
        """
        await self._guarding.review(load, policy, settings.zone, self._deps.clock.now())

    async def _assemble(self, load: Load, policy: Policy, now_local: datetime) -> Assembly:
        gathered = await gather(self._deps, tuple(load.entries))
        load.rows = {row.item_id: row for row in gathered.read.rows}
        load.hidden = gathered.read.hidden
        assembly = await self._judge(load, gathered, policy, now_local)
        found = await strays.find(self._deps, load.entries, self._claims(), gathered, assembly)
        if found:
            gathered = dataclasses.replace(gathered, products=gathered.products | found)
            assembly = await self._judge(load, gathered, policy, now_local)
        load.products = gathered.products
        return assembly

    async def _judge(self, load: Load, gathered: Gathered, policy: Policy, now_local: datetime) -> Assembly:
        may_create = Creator(policy.filters.scope, load.entries, siblings(gathered))
        barred = await find_bars(self._deps, gathered, policy, load.entries, may_create)
        return await assemble_in_parts(gathered, policy, now_local, may_create, barred)

    async def _account(self, load: Load, assembly: Assembly, now: datetime) -> None:
        """Settle what rightly is not in the shop; set aside what cannot be judged."""
        strangers = [bad.item_id for bad in assembly.quarantined if bad.item_id not in load.entries]
        await self._adopt_entries(load, strangers, now)
        aside = {bad.item_id for bad in assembly.quarantined}
        load.works = {work.style: work for work in assembly.works}
        pushed = {item for work in assembly.works for item in work.item_ids}
        for bad in assembly.quarantined:
            entry = load.entries.get(bad.item_id)
            if entry is not None:
                load.quarantined += 1
                load.postponed.append(
                    Postponed(
                        entry.item_id,
                        entry.version,
                        QueueState.QUARANTINED,
                        bad.code,
                        bad.message,
                        entry.attempts + 1,
                        style=bad.style,
                    )
                )
        claims = self._claims()
        for item_id, entry in load.entries.items():
            if item_id in aside or item_id in pushed:
                continue
            if (entry.doubt or item_id in claims) and entry.code != VERIFYING:
                # It is not in the shop, and its creation may still come late: look once more before letting it go.
                load.postponed.append(_later(entry, now, claims.get(item_id, ("", ""))[0] or entry.style))
            elif item_id in load.hidden and not entry.attempts:
                load.postponed.append(_once_more(entry, now))
            else:
                load.settled.append(Settled(item_id, entry.version))

    async def _adopt_entries(self, load: Load, item_ids: Sequence[int], now: datetime) -> None:
        """Give siblings that turn out unreadable an entry of their own, so that the list names them."""
        if not item_ids:
            return
        deps = self._deps
        known = await deps.disk(deps.ledger.entries, item_ids)
        missing = set(item_ids) - {entry.item_id for entry in known}
        keys = [QueueKey(item_id, QueueReason.RECONCILE) for item_id in sorted(missing)]
        if keys:
            await deps.disk(deps.ledger.enqueue, keys, None, now)
            known += await deps.disk(deps.ledger.entries, sorted(missing))
        load.entries |= {entry.item_id: entry for entry in known}

    async def _plan(self, load: Load, assembly: Assembly, policy: Policy, now: datetime) -> None:
        for number, work in enumerate(assembly.works, start=1):
            load.plans[work.style] = plan(work, load.products.get(work.style), policy, now)
            if number % SLICE == 0:
                await asyncio.sleep(0)


def _later(entry: QueueEntry, now: datetime, style: str | None) -> Postponed:
    decision = verify_later(now)
    return Postponed(
        entry.item_id,
        entry.version,
        decision.state,
        decision.code,
        decision.message,
        decision.attempts,
        decision.next_try_at,
        style,
        doubt=True,
    )


def _once_more(entry: QueueEntry, now: datetime) -> Postponed:
    """A view that is empty for a moment would let a new item be forgotten: no comparison need ever ask for it again."""
    message = sentence("the store's view does not show it; looked at once more before it is let go")
    again = now + LOOK_AGAIN
    return Postponed(entry.item_id, entry.version, QueueState.HELD, NOT_SHOWN, message, 1, again, entry.style)


def siblings(gathered: Gathered) -> frozenset[int]:
    """Return the items whose style has a product in the shop."""
    return frozenset(row.item_id for row in gathered.read.rows if style_key(row.style) in gathered.products)


class Creator:
    """Says which items may become new in the shop: by scope, what changed or was asked for, everything, or nothing.

    Under scope `adopted` no product is new, but what changes in the style of a linked one (`siblings`) joins it.
    """

    def __init__(self, scope: Scope, entries: Mapping[int, QueueEntry], siblings: frozenset[int] = frozenset()) -> None:
        self._scope = scope
        self._entries = entries
        self._siblings = siblings

    def __call__(self, item_id: int) -> bool:
        if self._scope in (Scope.ALL, Scope.WEB_ITEM):
            return True
        entry = self._entries.get(item_id)
        if entry is None or (self._scope is Scope.ADOPTED and item_id not in self._siblings):
            return False
        return entry.reason in (QueueReason.CHANGE, QueueReason.MANUAL)
