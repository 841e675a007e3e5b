"""The guard at work: looks at the plans of one load, keeps back what could do harm, and lets the rest of each plan go.

What is kept back becomes a hold that a person decides. The items stay in the queue, held, and are looked at again by
themselves after a while, so that a hold whose cause is gone (RMS shows its rows again) goes away without a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rms_console.contract.ports import PRIORITY_BACKLOG
from rms_console.contract.records import Hold, HoldState, Postponed, QueueEntry, QueueState
from rms_console.domain import guard
from rms_console.domain.changes import FieldChange
from rms_console.domain.dangers import MISSING, Part, Reply, find, look_at
from rms_console.domain.guard import Case, Surroundings, Verdict
from rms_console.domain.holds import Aspect, Danger
from rms_console.domain.operations import CreateProduct, ProductPlan
from rms_console.domain.plan import plan
from rms_console.domain.policy import GuardPolicy, Policy
from rms_console.domain.withhold import inherited_items, sold_items, withhold, without_new
from rms_console.domain.zone import day_start
from rms_console.engine.deps import Deps
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.intake import Load

SLICE = 25
CONTROL_ITEMS = 60
"""Other items read to see whether RMS shows anything at all."""
LOOK_AGAIN = timedelta(days=1)
LOOK_AGAIN_AT_REPLY = timedelta(minutes=15)
"""A view that is empty for a moment comes back without any row being stamped."""
REJECTED = "guard-rejected"
LOOK_UPS = 16
"""Look-ups in the shop side by side; how many are really in flight is the pacer's business."""


@dataclass(frozen=True, slots=True)
class KeptBack:
    """What is held of one product: its holds, and which of its items wait for them (none named: all)."""

    item_ids: frozenset[int]
    code: str
    message: str
    next_try_at: datetime | None
    holds: tuple[Hold, ...] = ()

    def entries(self, entries: Sequence[QueueEntry], passed_over: frozenset[int] | set[int]) -> list[Postponed]:
        """Return the entries that wait for the holds; all of them where none is of an item that is held."""
        named = [entry for entry in entries if entry.item_id in self.item_ids]
        return [
            Postponed(
                entry.item_id,
                entry.version,
                QueueState.HELD,
                self.code,
                self.message,
                entry.attempts,
                self.next_try_at,
                self.holds[0].style if self.holds else entry.style,
            )
            for entry in named or entries
            if entry.item_id not in passed_over
        ]


@dataclass(slots=True)
class Guarded:
    """What the guard decided about one load."""

    kept: dict[str, KeptBack] = field(default_factory=dict)
    opened: list[Hold] = field(default_factory=list)
    overtaken: list[int] = field(default_factory=list)
    reply: Reply = field(default_factory=lambda: Reply(0, 0))
    """How complete RMS's reply was."""
    used: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Approvals that let a product pass: done with once it is through."""


class Guarding:
    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def review(self, load: Load, policy: Policy, zone: str, now: datetime) -> None:
        """Take out of the load's plans what must wait, and note it in `load.guarded`.

        Raises:
            SourceError, ShopError, StoreError: nothing was decided; the entries stay due.
        """
        standing = await self._standing(load)
        cases = await self._cases(load, policy, now, standing)
        verdicts = guard.decide(cases, await self._around(cases, policy.guard, now), policy.guard)
        barred = guard.barred_by_moves(load.works, verdicts)
        await self._note(load, verdicts, policy, now)
        self._bar(load, barred, policy, now)
        await self._brake_creations(load, policy, zone, now, standing)

    # What there is

    async def _standing(self, load: Load) -> Mapping[str, tuple[Hold, ...]]:
        """Return the live holds by style; those of styles for which nothing is to be done any more are overtaken."""
        found: dict[str, tuple[Hold, ...]] = {}
        styles = {entry.style for entry in load.entries.values() if entry.style} | load.plans.keys()
        for hold in await self._deps.disk(self._deps.ledger.live_holds, sorted(styles)):
            is_new = load.products.get(hold.style) is None
            if hold.style in load.plans and is_new is (hold.aspect is Aspect.CREATION):
                found[hold.style] = (*found.get(hold.style, ()), hold)
            else:
                load.guarded.overtaken.append(hold.hold_id)
        return found

    async def _cases(
        self, load: Load, policy: Policy, now: datetime, standing: Mapping[str, tuple[Hold, ...]]
    ) -> list[Case]:
        reply = load.guarded.reply = await self._reply(load, policy.guard)
        cases = []
        for number, (style, made) in enumerate(list(load.plans.items()), start=1):
            if number % SLICE == 0:
                await asyncio.sleep(0)
            have, holds = load.products.get(style), standing.get(style, ())
            if have is None or (made.is_empty and not holds):
                continue
            try:
                parts = find(look_at(load.works[style], made, have, policy, now), policy.guard, reply)
            except Exception as error:  # noqa: BLE001 - one product that breaks the looking must not stop the others
                _set_aside(load, style, error)
                continue
            if parts or holds:
                cases.append(Case(style, _title(load, style), parts, holds))
        return cases

    async def _reply(self, load: Load, policy: GuardPolicy) -> Reply:
        """Return how complete RMS's reply was. Where it lacks items, others are asked for: does it lack them too?"""
        missing: set[int] = set()
        asked: set[int] = set()
        for style, have in load.products.items():
            leaving = load.works[style].leaving if style in load.works else {}
            live = {variant.item_id for variant in have.variants if variant.left_reason is None}
            asked |= live
            missing |= {item for item in live if leaving.get(item) in MISSING}
        if not missing or policy.max_missing_percent <= 0:
            return Reply(len(asked), 0)
        others = await self._others(asked)
        read = await self._deps.sql(self._deps.source.read_items, others) if others else None
        lost = len(read.hidden) + len(read.deleted) if read is not None else 0
        return guard.judge_reply(len(asked) + len(others), len(missing) + lost, policy)

    async def _others(self, asked: set[int]) -> tuple[int, ...]:
        """Return other items that the shop has; where it has no others, whatever RMS has."""
        deps = self._deps
        others = await deps.disk(deps.ledger.sample, CONTROL_ITEMS, sorted(asked))
        if others:
            return others
        found = await deps.sql(deps.source.item_ids, -1, CONTROL_ITEMS + len(asked), False)
        return tuple(item for item in found if item not in asked)[:CONTROL_ITEMS]

    async def _around(self, cases: Sequence[Case], policy: GuardPolicy, now: datetime) -> Surroundings:
        """Return how many other products did the same lately, and note that these do now."""
        counts = guard.counted(cases)
        if not counts:
            return Surroundings(0)
        deps, recent = self._deps, {}
        since = now - timedelta(minutes=policy.window_minutes)
        if policy.window_minutes > 0:
            for danger, styles in counts.items():
                recent[danger] = await deps.disk(deps.ledger.sighted, danger, since, sorted(styles))
        await deps.disk(deps.ledger.sight, counts, now)
        return Surroundings(await deps.disk(deps.ledger.product_count), recent)

    # What becomes of it

    async def _note(self, load: Load, verdicts: Mapping[str, Verdict], policy: Policy, now: datetime) -> None:
        for number, (style, verdict) in enumerate(verdicts.items(), start=1):
            _enter(load, style, verdict, now)
            have = load.products.get(style)
            if verdict.withheld and have is not None:
                load.works[style] = withhold(load.works[style], have, verdict.withheld)
                load.plans[style] = plan(load.works[style], have, policy, now)
            if number % SLICE == 0:
                await asyncio.sleep(0)

    @staticmethod
    def _bar(load: Load, barred: Mapping[str, frozenset[int]], policy: Policy, now: datetime) -> None:
        """An item that is held where it leaves does not come in where it goes."""
        for style, items in barred.items():
            have = load.products.get(style)
            new = items - {variant.item_id for variant in have.variants} if have is not None else items
            if not new:
                continue
            load.works[style] = without_new(load.works[style], new)
            load.plans[style] = plan(load.works[style], have, policy, now)
            own = load.guarded.kept.get(style)
            cause = next(one for one in load.guarded.kept.values() if one.item_ids & new)
            load.guarded.kept[style] = KeptBack(
                new | (own.item_ids if own else frozenset()),
                own.code if own else cause.code,
                own.message if own else cause.message,
                cause.next_try_at,
                own.holds if own else (),
            )

    async def _brake_creations(
        self, load: Load, policy: Policy, zone: str, now: datetime, standing: Mapping[str, tuple[Hold, ...]]
    ) -> None:
        """Hold new products beyond the day's number until tomorrow or a person's yes."""
        cases = [
            Case(style, _title(load, style), (_creation(load, style, made),), standing.get(style, ()))
            for style, made in load.plans.items()
            if any(isinstance(operation, CreateProduct) for operation in made.operations)
        ]
        cases.sort(key=lambda case: min((e.enqueued_at for e in load.entries_of(case.style)), default=now))
        tomorrow = day_start(now, zone) + timedelta(days=1, minutes=1)
        over = await self._over_the_limit(cases, policy.guard, day_start(now, zone))
        waiting: set[int] = set()
        for case in cases:
            verdict = guard.creation_verdict(case, case.style in over, policy.guard)
            _enter(load, case.style, verdict, now, tomorrow)
            if verdict.withheld:
                kept = load.guarded.kept[case.style]
                load.postponed += kept.entries(load.entries_of(case.style), set())
                if any(hold.state is HoldState.OPEN for hold in verdict.holds):
                    waiting |= load.works[case.style].item_ids
                del load.plans[case.style], load.works[case.style]
        self._stay(load, waiting, policy, now)

    @staticmethod
    def _stay(load: Load, waiting: Set[int], policy: Policy, now: datetime) -> None:
        """An item on its way to a product that has to wait is sold where it is until then.

        One whose variant another item takes over cannot stay. Nor does one whose new product a person refused.
        """
        for style, items in guard.waiting_to_move(load.works, waiting).items():
            have = load.products.get(style)
            if have is None:
                continue
            staying = items & sold_items(have) - inherited_items(load.plans[style], have)
            if staying:
                load.works[style] = withhold(load.works[style], have, [Part(Aspect.LEAVING, staying, ())])
                load.plans[style] = plan(load.works[style], have, policy, now)

    async def _over_the_limit(self, cases: Sequence[Case], policy: GuardPolicy, since: datetime) -> frozenset[str]:
        """Return the styles that are too many. What the shop has already (a lost ledger) is none of them."""
        asking = [case.style for case in cases if not guard.may_be_created(case)]
        if not asking or not policy.max_created:
            return frozenset()
        made = await self._deps.disk(self._deps.ledger.created_since, since)
        _, over = guard.limit_creations(asking, made, policy)
        return frozenset(over) - await self._found_in_shop(over)

    async def _found_in_shop(self, styles: Iterable[str]) -> frozenset[str]:
        places = asyncio.Semaphore(LOOK_UPS)

        async def found(style: str) -> str | None:
            async with places:
                product = await self._deps.shop.find_product(style, priority=PRIORITY_BACKLOG)
                return style if product is not None else None

        return frozenset(style for style in await asyncio.gather(*map(found, styles)) if style is not None)


def _enter(load: Load, style: str, verdict: Verdict, now: datetime, again_at: datetime | None = None) -> None:
    """Note a verdict in the load."""
    guarded = load.guarded
    guarded.opened += verdict.opened
    guarded.overtaken += verdict.overtaken
    if verdict.used:
        guarded.used[style] = (*guarded.used.get(style, ()), *verdict.used)
    if verdict.holds:
        guarded.kept[style] = _kept_back(verdict, now, again_at)


def _kept_back(verdict: Verdict, now: datetime, again_at: datetime | None) -> KeptBack:
    items = frozenset(item for part in verdict.withheld for item in part.item_ids)
    asked = [hold for hold in verdict.holds if hold.state is HoldState.OPEN]
    if not asked:
        refused = verdict.holds[0]
        words = sentence("rejected by {name}", name=refused.decided_by)
        return KeptBack(items, REJECTED, words, None, verdict.holds)
    is_short = any(hold.kind is Danger.SHORT_REPLY for hold in asked)
    later = now + (LOOK_AGAIN_AT_REPLY if is_short else LOOK_AGAIN)
    return KeptBack(items, asked[0].kind.code, asked[0].reason.told(), again_at or later, verdict.holds)


def _set_aside(load: Load, style: str, error: Exception) -> None:
    """What cannot be looked at is not sent: its items wait for a person, with what went wrong."""
    message = f"{type(error).__name__}: {error}"
    entries = load.entries_of(style)
    load.quarantined += len(entries)
    load.postponed += [
        Postponed(
            entry.item_id,
            entry.version,
            QueueState.QUARANTINED,
            "unexpected",
            message,
            entry.attempts + 1,
            style=style,
        )
        for entry in entries
    ]
    del load.plans[style], load.works[style]


def _title(load: Load, style: str) -> str:
    desired, have = load.works[style].desired, load.products.get(style)
    return desired.title if desired is not None else (have.title if have else None) or style


def _creation(load: Load, style: str, made: ProductPlan) -> Part:
    """Return a new product as one part, told in few words: hundreds of them may wait."""
    (product,) = (one.product for one in made.operations if isinstance(one, CreateProduct))
    prices = sorted({variant.price for variant in product.variants})
    told = f"{prices[0]}" if prices[0] == prices[-1] else f"{prices[0]} - {prices[-1]}"
    changes = (
        FieldChange(None, "title", None, product.title),
        FieldChange(None, "variants", None, str(len(product.variants))),
        FieldChange(None, "price", None, told),
    )
    return Part(Aspect.CREATION, load.works[style].item_ids, changes)
