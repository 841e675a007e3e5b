"""A dry run: what would be sent now, found by the engine's own parts on a copy of the ledger. Nothing is written.

RMS is read and the shop is asked, as a cycle does. What each plan leads to is entered in the copy as if the shop had
confirmed it, so that what comes after is planned from there.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from math import inf
from typing import Any

from rms_console.contract.ports import Ledger, LogLine
from rms_console.contract.records import Hold, QueueKey, QueueReason, QueueState, Settled, Settlement
from rms_console.contract.settings import EngineSettings
from rms_console.domain import cost
from rms_console.domain.changes import FieldChange, describe
from rms_console.domain.holds import Aspect
from rms_console.domain.operations import CreateProduct
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.rehearsal import steps
from rms_console.engine import reconcile
from rms_console.engine.closing import WAITS_FOR_LIVE
from rms_console.engine.compare import Comparison
from rms_console.engine.deps import Deps
from rms_console.engine.detector import Detector
from rms_console.engine.intake import Intake, Load
from rms_console.engine.journal import Journal
from rms_console.engine.world import World, complete_policy

SLICE = 10
"""Products planned before the loop gets a turn: a few milliseconds."""
AHEAD = timedelta(days=3650)
"""Held items are looked at now, whenever their time would come."""


@dataclass(slots=True)
class PlannedProduct:
    """One product of a dry run. `action`: create, update, leave, or none where all of it is held or set aside."""

    style: str
    title: str
    action: str = "none"
    changes: list[FieldChange] = field(default_factory=list)
    points: float = 0.0
    stock_rows: int = 0
    holds: list[Hold] = field(default_factory=list)
    skus: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Sums:
    """Planned products counted together. `price_changes`, `price_held`: products whose price would change, or waits."""

    products: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    held: int = 0
    price_held: int = 0
    price_changes: int = 0
    stock_rows: int = 0
    points: float = 0.0

    def add(self, one: PlannedProduct) -> None:
        self.products += 1
        self.actions[one.action] += 1
        self.held += bool(one.holds)
        self.price_held += any(hold.aspect is Aspect.PRICE for hold in one.holds)
        self.price_changes += any(change.field == "price" and change.before is not None for change in one.changes)
        self.stock_rows += one.stock_rows
        self.points += one.points


@dataclass(frozen=True, slots=True)
class Aside:
    """An item that cannot be planned, and why."""

    item_id: int
    style: str | None
    code: str
    message: str


@dataclass(slots=True)
class Rehearsed:
    """All that a dry run found. `queue_left`: items that it did not come to."""

    restore_points_per_s: float
    products: dict[str, PlannedProduct] = field(default_factory=dict)
    aside: list[Aside] = field(default_factory=list)
    queue_left: int = 0
    comparing: bool = False
    """Whether a full comparison was still under way when the limit was reached."""
    warnings: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    """The shop's locations by the number that stands in `stock@NUMBER`."""
    folded: Sums = field(default_factory=Sums)
    """Products that were only counted: their fields are not kept."""

    def fold(self, keep: int) -> None:
        """Keep the first `keep` products whole and of the others the sums: a whole store's fields fill the memory."""
        for style in list(self.products)[keep:]:
            self.folded.add(self.products.pop(style))

    def sums(self) -> Sums:
        """Return all that is planned, counted."""
        sums = replace(self.folded, actions=Counter(self.folded.actions))
        for one in self.products.values():
            sums.add(one)
        return sums

    @property
    def points(self) -> float:
        """What all of it costs: each product's own calls, and the stock rows of all pooled."""
        sums = self.sums()
        return sums.points + cost.MUTATION * -(-sums.stock_rows // cost.STOCK_ROWS_PER_CALL)

    @property
    def seconds(self) -> float:
        return self.points / self.restore_points_per_s if self.restore_points_per_s > 0 else 0.0


async def look(deps: Deps, settings: EngineSettings) -> World:
    """Look at both ends without making anything there.

    Raises:
        SourceError, ShopError, ConfigError: which end, why, and what to do.
    """
    source = await deps.sql(deps.source.probe)
    return complete_policy(settings.policy, source, await deps.shop.describe())


def on_trial(deps: Deps, trial: Ledger) -> Deps:
    """Return the engine's parts around a copy of its ledger, silent."""
    return dataclasses.replace(deps, ledger=trial, log=_Nowhere(), mark=None, renew_ledger=None, load_settings=None)


class Rehearsal:
    """One dry run. `deps` carry a ledger that may be written to: a trial (`on_trial`)."""

    def __init__(self, deps: Deps, settings: EngineSettings, world: World) -> None:
        self._deps = deps
        self._settings = settings
        self._world = world
        journal = Journal(deps.clock, deps.log)
        self._detector = Detector(deps, journal)
        self._reconciler = reconcile.Reconciler(deps, journal, Comparison(deps, journal, self._poll))
        self._intake = Intake(deps)
        places = {place.location_id.rpartition("/")[2]: place.name for place in world.shop.locations}
        self._found = Rehearsed(deps.pacer.view().restore, warnings=world.warnings, places=places)
        self._epoch = 0

    async def run(
        self, only: Sequence[int] = (), limit: int = 0, full: bool = False, keep: int | None = None, most_s: float = inf
    ) -> Rehearsed:
        """Plan what is due (or the items `only`) until nothing is left or `limit` products are planned (0: all).

        `full`: compare everything first, as the nightly comparison would. `keep`: so many products are kept with
        their fields, the others are counted. After `most_s` seconds what was found so far is returned.

        Raises:
            SourceError, ShopError, StoreError: an end could not be reached.
        """
        deps, found = self._deps, self._found
        self._epoch = await deps.disk(deps.ledger.claim_epoch)
        if only:
            keys = [QueueKey(item, QueueReason.MANUAL) for item in only]
            await deps.disk(deps.ledger.enqueue, keys, None, deps.clock.now())
            await self._plan_next(only)
            return found
        await self._queue(full)
        until = deps.clock.monotonic() + most_s
        while (not limit or len(found.products) < limit) and deps.clock.monotonic() < until:
            if await self._plan_next():
                if keep is not None:
                    found.fold(keep)
                continue
            if not await self._compare():
                return found
        counts = await deps.disk(deps.ledger.queue_counts, deps.clock.now())
        found.queue_left, found.comparing = counts.due, await self._reconciler.due() is not None
        return found

    async def _poll(self) -> object:
        return await self._detector.poll(self._world.source.detection, self._settings.incremental_hours)

    async def _queue(self, full: bool) -> None:
        """Queue what the next cycle would: changes, sale windows, what waits for going live or for a yes."""
        deps, now = self._deps, self._deps.clock.now()
        await self._poll()
        if full:
            await self._reconciler.ask("plan")
        due = await deps.disk(deps.ledger.boundaries_due, now)
        keys = [QueueKey(item, QueueReason.SALE) for item in sorted({boundary.item_id for boundary in due})]
        await deps.disk(deps.ledger.enqueue, keys, None, now)
        await deps.disk(deps.ledger.release_code, WAITS_FOR_LIVE, now)
        await deps.disk(deps.ledger.release_due, now + AHEAD)

    async def _compare(self) -> bool:
        """Compare a stretch further, where a full comparison is asked for; return whether there is more to do."""
        if await self._reconciler.due() is None:
            return False
        await self._reconciler.advance(self._world.policy, self._settings)
        return True

    async def _plan_next(self, only: Sequence[int] = ()) -> bool:
        """Plan the next load; return whether there was one."""
        load = await self._intake.take(self._settings, self._world.policy, only)
        if not load.taken:
            return False
        confirmed, created = [], 0
        for number, style in enumerate(load.plans, start=1):
            product, is_new = self._product(load, style)
            confirmed += [product] if product is not None else []
            created += is_new
            if number % SLICE == 0:
                await asyncio.sleep(0)
        self._note_held(load)
        await self._enter(load, confirmed, created)
        return True

    def _product(self, load: Load, style: str) -> tuple[AcknowledgedProduct | None, bool]:
        """Note what would be sent for one product; return it as it would be then, and whether it is new."""
        work, have = load.works[style], load.products.get(style)
        is_new, after = False, have
        now = self._deps.clock.now()
        for step in steps(work, have, self._world.policy, now):
            planned = self._entry(load, style)
            planned.changes += describe(step.plan, step.before)
            planned.stock_rows += len(step.plan.stock)
            planned.points += sum(map(cost.predicted_points, step.plan.operations))
            if any(isinstance(operation, CreateProduct) for operation in step.plan.operations):
                is_new = True
                planned.points += cost.FIND_PRODUCT
            after = step.after
        if after is not have:
            action = "create" if is_new else "leave" if work.desired is None else "update"
            planned = self._entry(load, style)
            planned.action = action if planned.action == "none" else planned.action
        return (after, is_new) if after is not have else (None, False)

    def _note_held(self, load: Load) -> None:
        for style, kept in load.guarded.kept.items():
            self._entry(load, style).holds += kept.holds
        for item in load.postponed:
            if item.state is QueueState.QUARANTINED:
                self._found.aside.append(Aside(item.item_id, item.style, item.code, item.message))

    async def _enter(self, load: Load, confirmed: Sequence[AcknowledgedProduct], created: int) -> None:
        deps = self._deps
        entries = tuple(Settled(entry.item_id, entry.version) for entry in load.entries.values())
        settlement = Settlement(
            self._epoch, 0, deps.clock.now(), products=tuple(confirmed), settled=entries, created_products=created
        )
        await deps.disk(deps.ledger.settle, settlement)

    def _entry(self, load: Load, style: str) -> PlannedProduct:
        planned = self._found.products.get(style)
        work, have = load.works.get(style), load.products.get(style)
        if planned is None:
            kept = load.guarded.kept.get(style)
            held_title = kept.holds[0].title if kept is not None and kept.holds else None
            wanted = work.desired.title if work is not None and work.desired is not None else None
            title = wanted or (have.title if have is not None else None) or held_title or style
            planned = self._found.products[style] = PlannedProduct(style, title)
        known = {variant.item_id: variant.sku for variant in have.variants} if have is not None else {}
        wanted_skus = work.desired.variants if work is not None and work.desired is not None else ()
        known |= {variant.item_id: variant.sku for variant in wanted_skus}
        planned.skus |= {item: sku for item, sku in known.items() if sku}
        return planned


class _Nowhere:
    def write(self, line: LogLine) -> None:
        return None


def product_row(planned: PlannedProduct, language: str = "en") -> dict[str, Any]:
    """Return one planned product as a plain JSON object, the same for every face."""
    return {
        "style": planned.style,
        "title": planned.title,
        "action": planned.action,
        "points": round(planned.points + cost.MUTATION * planned.stock_rows / cost.STOCK_ROWS_PER_CALL, 2),
        "changes": [_change_row(change, planned.skus) for change in planned.changes],
        "held": [
            {
                "hold_id": hold.hold_id or None,
                "kind": hold.kind.value,
                "state": hold.state.value,
                "reason": hold.reason.told(language),
                "changes": [_change_row(change, planned.skus) for change in hold.changes],
            }
            for hold in planned.holds
        ],
    }


def _change_row(change: FieldChange, skus: dict[int, str]) -> dict[str, Any]:
    sku = skus.get(change.item_id) if change.item_id is not None else None
    return {"item_id": change.item_id, "sku": sku, **{k: v for k, v in asdict(change).items() if k != "item_id"}}


def totals(found: Rehearsed) -> dict[str, Any]:
    """Return the sums of a dry run as plain JSON values."""
    sums = found.sums()
    return {
        "products": sums.products,
        "create": sums.actions["create"],
        "update": sums.actions["update"],
        "leave": sums.actions["leave"],
        "held": sums.held,
        "price_changes": sums.price_changes,
        "price_held": sums.price_held,
        "set_aside": len(found.aside),
        "stock_rows": sums.stock_rows,
        "points": round(found.points, 1),
        "restore_points_per_s": found.restore_points_per_s,
        "estimated_s": round(found.seconds, 1),
        "queue_left": found.queue_left,
        "complete": not found.queue_left and not found.comparing,
    }
