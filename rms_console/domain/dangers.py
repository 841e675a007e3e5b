"""What in one product's plan could do harm, cut into the smallest parts that can be held by themselves.

Creation is not looked at here: it has a brake of its own. Nor is a value sent again unchanged, or one that the shop
never confirmed: there is nothing to compare it with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rms_console.domain.adoption import is_stand_in
from rms_console.domain.assemble import StyleWork
from rms_console.domain.changes import FieldChange, describe
from rms_console.domain.eligibility import DELETED, HIDDEN
from rms_console.domain.holds import Aspect, Danger, Reason
from rms_console.domain.money import plain
from rms_console.domain.operations import (
    ActivateStock,
    CreateVariants,
    ProductPlan,
    Unset,
    UpdateVariants,
    VariantChange,
)
from rms_console.domain.policy import GuardPolicy, Policy
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant, Status
from rms_console.domain.rehearsal import steps
from rms_console.locale import mark

MOST_PLACES = 9
POINT_TOLERANCE = Decimal("0.01")
"""Tax and rounding move a price a little besides the lost decimal point."""
MISSING = frozenset({HIDDEN, DELETED})
"""Why an item leaves when RMS's reply does not contain it."""
_ON_SALE = frozenset({Status.ACTIVE, Status.UNLISTED})
_WITHDRAWN = frozenset({Status.DRAFT, Status.ARCHIVED})
_PRICES = frozenset({"price", "compare_at"})

_JUMP = mark("{sku}: price {before} -> {after} moves by {percent} %, more than guard.price_jump_percent = {limit}")
_POINT = mark("{sku}: price {before} -> {after}: a lost decimal comma?")
_VARIANTS = mark("{count} of {variants} variants leave at once, more than guard.max_removed_variants = {limit}")
_SHORT = mark("RMS answered for {shown} of {asked} items: a short reply is no proof that the others are gone")
_UNKNOWN = mark("RMS has no item for {count} variants found in the shop after the ledger was lost: deleted, or yours?")


@dataclass(frozen=True, slots=True)
class Reply:
    """How complete RMS's reply was: of the items that the shop has and that were asked for, how many it showed."""

    asked: int
    missing: int
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a plan that can be held while the rest goes on. `location_id` narrows a stock part to one place."""

    aspect: Aspect
    item_ids: frozenset[int]
    changes: tuple[FieldChange, ...]
    location_id: str = ""
    counts_as: Danger | None = None
    """Dangerous when many products do it."""
    alone: Reason | None = None
    """Dangerous whatever the others do."""


@dataclass(frozen=True, slots=True)
class Look:
    """One product as the guard sees it: what is to be done, the plan for it, all that follows from that plan."""

    work: StyleWork
    made: ProductPlan
    have: AcknowledgedProduct
    foreseen: tuple[FieldChange, ...]
    """Every change that the plan and those after it make."""


def look_at(work: StyleWork, made: ProductPlan, have: AcknowledgedProduct, policy: Policy, now: datetime) -> Look:
    """Return a product to look at. Where items leave, the status that follows the stock belongs to what is seen."""
    if not work.leaving:
        return Look(work, made, have, describe(made, have))
    foreseen = (change for step in steps(work, have, policy, now) for change in describe(step.plan, step.before))
    return Look(work, made, have, tuple(foreseen))


def find(look: Look, guard: GuardPolicy, reply: Reply) -> tuple[Part, ...]:
    """Return the parts of a plan that may have to be held; mostly none."""
    if look.made.is_empty:
        return ()
    parts = [*_prices(look, guard), *_leaving(look, guard, reply)]
    if look.work.desired is not None:
        parts += [*_zeroed(look), *_withdrawn(look)]
    return tuple(parts)


# Prices


def _prices(look: Look, guard: GuardPolicy) -> Iterator[Part]:
    by_id = {variant.variant_id: variant for variant in look.have.variants}
    for operation in look.made.operations:
        if isinstance(operation, UpdateVariants):
            for change in operation.changes:
                have = by_id.get(change.variant_id)
                part = None if have is None else _price(look, change, have, guard)
                if part is not None:
                    yield part


def _price(look: Look, change: VariantChange, have: AcknowledgedVariant, guard: GuardPolicy) -> Part | None:
    if have.price is None:
        return None
    before = _Shown(have.price, have.compare_at)
    after = _Shown(
        have.price if isinstance(change.price, Unset) else change.price,
        have.compare_at if isinstance(change.compare_at, Unset) else change.compare_at,
    )
    if before == after:
        return None
    # A sale window that opens or closes leaves the regular price as it is: planned, however many do it at once.
    step = moved_percent(before.regular, after.regular)
    counts = Danger.MANY_PRICES if step > Decimal(str(guard.price_mass_percent)) else None
    sku = have.sku if isinstance(change.sku, Unset) else change.sku
    alone = _jump(sku or str(change.item_id), before, after, guard)
    changes = _of_item(look, change.item_id, _PRICES)
    return Part(Aspect.PRICE, frozenset({change.item_id}), changes, counts_as=counts, alone=alone)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a buyer sees: the price asked and, in a sale, the regular one struck out."""

    price: Decimal
    compare_at: Decimal | None

    @property
    def regular(self) -> Decimal:
        return self.price if self.compare_at is None else self.compare_at


def _jump(sku: str, before: _Shown, after: _Shown, guard: GuardPolicy) -> Reason | None:
    """Say why a price is too far from what the shop showed. Both its prices count, so the end of a sale is no jump."""
    if guard.price_jump_percent <= 0:
        return None
    known = [price for price in (before.price, before.regular) if price > 0]
    if not known:
        return None
    for price in (after.price, after.regular):
        base = min(known, key=lambda one: abs(price - one))
        facts: dict[str, str | int | float] = {"sku": sku, "before": plain(base), "after": plain(price)}
        if is_point_lost(base, price):
            return Reason(Danger.PRICE_JUMP, _POINT, facts)
        percent = moved_percent(base, price)
        if percent > Decimal(str(guard.price_jump_percent)):
            facts |= {"percent": f"{percent:.0f}", "limit": f"{guard.price_jump_percent:g}"}
            return Reason(Danger.PRICE_JUMP, _JUMP, facts)
    return None


def moved_percent(before: Decimal, after: Decimal) -> Decimal:
    """Return by how much a price moves, in percent of the higher of both: up and down weigh the same."""
    higher = max(before, after)
    return 100 * abs(after - before) / higher if higher > 0 else Decimal(0)


def is_point_lost(before: Decimal, after: Decimal) -> bool:
    """Return whether one price is the other with its decimal point moved: 10, 100, 1,000 ... times as much or less."""
    low, high = sorted((before, after))
    if low <= 0:
        return False
    return any(abs(high / low / 10**places - 1) <= POINT_TOLERANCE for places in range(1, MOST_PLACES + 1))


# Stock


def _zeroed(look: Look) -> Iterator[Part]:
    """Stock that goes to 0 where it is the last the product has at a location: one size sold out is everyday."""
    emptied = {place for place, total in _totals_after(look).items() if total <= 0}
    for row in look.made.stock:
        known = row.expected or 0
        if row.quantity == 0 and known > 0 and row.location_id in emptied and row.item_id not in look.work.leaving:
            changes = tuple(
                one
                for one in look.foreseen
                if one.item_id == row.item_id and one.after == "0" and _is_stock_at(one.field, row.location_id)
            )
            item = frozenset({row.item_id})
            yield Part(Aspect.STOCK, item, changes, row.location_id, counts_as=Danger.MANY_ZEROED)


def _totals_after(look: Look) -> Mapping[str, int]:
    """Return the product's units per location as they would be after the plan."""
    totals: dict[str, int] = {}
    for variant in look.have.variants:
        for place, known in variant.stock.items():
            totals[place] = totals.get(place, 0) + (known or 0)
    for row in look.made.stock:
        totals[row.location_id] = totals.get(row.location_id, 0) + row.quantity - (row.expected or 0)
    for operation in look.made.operations:
        if isinstance(operation, ActivateStock):
            totals[operation.location_id] = totals.get(operation.location_id, 0) + operation.quantity
        elif isinstance(operation, CreateVariants):
            for made in operation.variants:
                for place, quantity in made.stock.items():
                    totals[place] = totals.get(place, 0) + quantity
    return totals


# Leaving


def _leaving(look: Look, guard: GuardPolicy, reply: Reply) -> Iterator[Part]:
    """Items that leave now. Those whose variant a new item inherits are not lost, and are passed over."""
    work, inherited = look.work, _inherited(look)
    leaving = {
        variant.item_id
        for variant in look.have.variants
        if variant.item_id in work.leaving and variant.left_reason is None and variant.variant_id not in inherited
    }
    stays = work.desired is not None or bool(work.kept)
    unknown = {item for item in leaving if is_stand_in(item)}
    if unknown:
        why = Reason(Danger.UNKNOWN_ITEM, _UNKNOWN, {"count": len(unknown)})
        yield from _left(look, unknown, not stays and unknown == leaving, alone=why)
        stays, leaving = True, leaving - unknown
    lost = {item for item in leaving if work.leaving[item] in MISSING} if reply.is_short else set()
    if lost:
        shown: dict[str, str | int | float] = {"shown": reply.asked - reply.missing, "asked": reply.asked}
        alone = Reason(Danger.SHORT_REPLY, _SHORT, shown)
        yield from _left(look, lost, not stays and lost == leaving, alone=alone)
        stays = True
    rest = leaving - lost
    if rest:
        counts_as = Danger.MANY_REMOVED if stays else Danger.MANY_LEAVING
        yield from _left(look, rest, not stays, counts_as, _too_many(look, rest, guard) if stays else None)


def _too_many(look: Look, leaving: set[int], guard: GuardPolicy) -> Reason | None:
    limit = guard.max_removed_variants
    if not 0 < limit < len(leaving):
        return None
    facts = {"count": len(leaving), "variants": len(look.have.variants), "limit": limit}
    return Reason(Danger.REMOVED_VARIANTS, _VARIANTS, facts)


def _left(
    look: Look, items: set[int], is_whole: bool, counts_as: Danger | None = None, alone: Reason | None = None
) -> Iterator[Part]:
    """Yield the leaving of these items; nothing where the shop already sells none of them."""
    changes = tuple(
        one
        for one in look.foreseen
        if (one.item_id in items and one.field.startswith("stock")) or (is_whole and _withdraws(one))
    )
    if changes:
        yield Part(Aspect.LEAVING, frozenset(items), changes, counts_as=counts_as, alone=alone)


def _withdrawn(look: Look) -> Iterator[Part]:
    """A product that stays in RMS and that the settings (`mapping.ownership.status`) would take from sale."""
    changes = tuple(one for one in look.foreseen if _withdraws(one))
    if changes:
        yield Part(Aspect.LEAVING, frozenset(), changes, counts_as=Danger.MANY_LEAVING)


def _withdraws(change: FieldChange) -> bool:
    return change.field == "status" and change.before in _ON_SALE and change.after in _WITHDRAWN


def _inherited(look: Look) -> frozenset[str]:
    owner = {variant.variant_id: variant.item_id for variant in look.have.variants}
    return frozenset(
        change.variant_id
        for operation in look.made.operations
        if isinstance(operation, UpdateVariants)
        for change in operation.changes
        if owner.get(change.variant_id) != change.item_id
    )


def _of_item(look: Look, item_id: int, fields: frozenset[str]) -> tuple[FieldChange, ...]:
    return tuple(one for one in look.foreseen if one.item_id == item_id and one.field in fields)


def _is_stock_at(name: str, location_id: str) -> bool:
    return name in ("stock", f"stock@{location_id.rpartition('/')[2]}")
