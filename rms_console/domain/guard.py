"""Brakes against harm: which parts of which products' plans wait for a person, and why. Decided over a whole load.

A part is held when it is dangerous by itself (a price that jumps, a reply of RMS that is short) or when too many
products do the same at once. What a person has not decided yet stays held, however few do it by now; what a person
refused stays out until it is something else; what a person approved goes, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from rms_console.domain.assemble import StyleWork
from rms_console.domain.changes import FieldChange
from rms_console.domain.dangers import Part, Reply
from rms_console.domain.eligibility import MOVED
from rms_console.domain.holds import Aspect, Danger, Hold, HoldState, Reason, targets_of
from rms_console.domain.policy import GuardPolicy
from rms_console.locale import mark

FEWEST_MISSING = 20
"""So many items must be missing before a share of them says anything; all of them say it always."""

COUNTED = (Danger.MANY_PRICES, Danger.MANY_ZEROED, Danger.MANY_LEAVING, Danger.MANY_REMOVED)

_MANY = mark("{count} products at once, more than guard.max_changed_products = {limit}")
_SHARE = mark("{count} of {catalogue} products at once, more than guard.max_changed_percent = {limit}")
_CREATED = mark("more than guard.max_created = {limit} new products today")


def judge_reply(asked: int, missing: int, guard: GuardPolicy) -> Reply:
    """Return how complete a reply is. One without a single item is short, unless nothing was asked.

    A share above `max_missing_percent` is short too, but not of a handful: one product that left is no accident.
    """
    limit = guard.max_missing_percent
    too_many = missing >= FEWEST_MISSING and 100 * missing > limit * asked
    return Reply(asked, missing, limit > 0 and missing > 0 and (missing == asked or too_many))


def limit_creations(
    styles: Sequence[str], created_today: int, guard: GuardPolicy
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which of the styles that would become new products may, and which wait for a person or for tomorrow.

    In the order given: the oldest change first is the caller's business. `max_created` 0 lets all through.
    """
    if guard.max_created <= 0:
        return tuple(styles), ()
    room = max(0, guard.max_created - created_today)
    return tuple(styles[:room]), tuple(styles[room:])


@dataclass(frozen=True, slots=True)
class Case:
    """One product with the parts of its plan that may have to be held, and the holds on it that are alive."""

    style: str
    title: str
    parts: tuple[Part, ...]
    standing: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`recent`: other products that did the same within the window, by danger. `catalogue`: products in the shop."""

    catalogue: int
    recent: Mapping[Danger, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is held of one product, and what becomes of its holds."""

    withheld: tuple[Part, ...] = ()
    opened: tuple[Hold, ...] = ()
    standing: tuple[Hold, ...] = ()
    """Holds from before that still hold: open ones, and refused ones."""
    overtaken: tuple[int, ...] = ()
    used: tuple[int, ...] = ()
    """Approvals that let something pass."""

    @property
    def holds(self) -> tuple[Hold, ...]:
        return self.opened + self.standing


def counted(cases: Iterable[Case]) -> dict[Danger, frozenset[str]]:
    """Return which products count towards which brake: not what a person has decided, nor what waits for one."""
    styles: dict[Danger, set[str]] = {}
    for case in cases:
        for part in case.parts:
            if part.counts_as is not None and _standing(part, case.standing) is None:
                styles.setdefault(part.counts_as, set()).add(case.style)
    return {danger: frozenset(found) for danger, found in styles.items()}


def decide(cases: Sequence[Case], around: Surroundings, guard: GuardPolicy) -> dict[str, Verdict]:
    """Return a verdict for every product of which something is held, or whose holds change."""
    many = {
        danger: reason
        for danger, styles in counted(cases).items()
        if (reason := too_many(danger, len(styles) + around.recent.get(danger, 0), around.catalogue, guard))
    }
    verdicts = {case.style: _verdict(case, many) for case in cases}
    return {style: verdict for style, verdict in verdicts.items() if verdict != _NOTHING}


_NOTHING = Verdict()


def too_many(danger: Danger, count: int, catalogue: int, guard: GuardPolicy) -> Reason | None:
    """Return why so many products at once are too many, if they are."""
    if 0 < guard.max_changed_products < count:
        return Reason(danger, _MANY, {"count": count, "limit": guard.max_changed_products})
    limit = guard.max_changed_percent
    if limit > 0 and count >= guard.percent_from_products and 100 * count > limit * catalogue:
        return Reason(danger, _SHARE, {"count": count, "catalogue": catalogue, "limit": f"{limit:g} %"})
    return None


def _verdict(case: Case, many: Mapping[Danger, Reason]) -> Verdict:
    held: list[tuple[Part, Reason | None]] = []
    used: set[int] = set()
    for part in case.parts:
        said = _standing(part, case.standing)
        if said is not None and said.state is HoldState.APPROVED:
            used.add(said.hold_id)
        elif said is not None:
            held.append((part, said.reason if said.state is HoldState.OPEN else None))
        elif (reason := part.alone or (many.get(part.counts_as) if part.counts_as else None)) is not None:
            held.append((part, reason))
    opened, standing = _holds(case, held)
    alive = used | {hold.hold_id for hold in standing}
    overtaken = tuple(hold.hold_id for hold in case.standing if hold.hold_id not in alive)
    return Verdict(tuple(part for part, _ in held), opened, standing, overtaken, tuple(sorted(used)))


def _standing(part: Part, holds: Sequence[Hold]) -> Hold | None:
    """Return the live hold that speaks for this part: a decided one when it covers all of it, an open one any of it."""
    targets = targets_of(part.changes)
    for hold in holds:
        if hold.aspect is part.aspect and hold.state is not HoldState.OPEN and targets <= hold.targets:
            return hold
    return next(
        (h for h in holds if h.aspect is part.aspect and h.state is HoldState.OPEN and targets & h.targets), None
    )


def _holds(case: Case, held: Sequence[tuple[Part, Reason | None]]) -> tuple[tuple[Hold, ...], tuple[Hold, ...]]:
    """Return the holds to open and those that stand. What a person refused needs no new one."""
    opened: list[Hold] = []
    refused = [part for part, reason in held if reason is None]
    standing = [hold for hold in case.standing if any(_standing(part, (hold,)) for part in refused)]
    for aspect in Aspect:
        asked = [(part, reason) for part, reason in held if part.aspect is aspect and reason is not None]
        if asked:
            hold = make_hold(case, aspect, [part for part, _ in asked], _foremost(reason for _, reason in asked))
            same = _same(case.standing, hold)
            standing += same
            opened += [] if same else [hold]
    return tuple(opened), tuple(standing)


def _same(holds: Sequence[Hold], hold: Hold) -> list[Hold]:
    """Return the open hold that says the very same already, if there is one."""
    return [
        one for one in holds if one.state is HoldState.OPEN and one.aspect is hold.aspect and one.digest == hold.digest
    ][:1]


def _foremost(reasons: Iterable[Reason]) -> Reason:
    """Return one reason for several parts: the one that says most, which is what is dangerous by itself."""
    return min(reasons, key=lambda reason: reason.kind in COUNTED)


def make_hold(case: Case, aspect: Aspect, parts: Sequence[Part], reason: Reason) -> Hold:
    """Return a hold on these parts of a product's plan."""
    changes: dict[FieldChange, None] = dict.fromkeys(change for part in parts for change in part.changes)
    items = sorted({item for part in parts for item in part.item_ids})
    return Hold(case.style, case.title, aspect, reason, tuple(changes), tuple(items))


def creation_verdict(case: Case, is_over: bool, guard: GuardPolicy) -> Verdict:
    """Return what becomes of a new product. An approval is for the product, whatever its values are by now."""
    (part,) = case.parts
    approved = [hold.hold_id for hold in case.standing if hold.state is HoldState.APPROVED]
    refused = [
        hold for hold in case.standing if hold.state is HoldState.REJECTED and targets_of(part.changes) <= hold.targets
    ]
    if approved:
        rest = tuple(hold.hold_id for hold in case.standing if hold.hold_id not in approved)
        return Verdict(overtaken=rest, used=tuple(approved))
    if refused:
        rest = tuple(hold.hold_id for hold in case.standing if hold not in refused)
        return Verdict((part,), standing=tuple(refused), overtaken=rest)
    if not is_over:
        return Verdict(overtaken=tuple(hold.hold_id for hold in case.standing))
    made = make_hold(case, Aspect.CREATION, [part], Reason(Danger.MANY_CREATED, _CREATED, {"limit": guard.max_created}))
    same = _same(case.standing, made)
    rest = tuple(hold.hold_id for hold in case.standing if hold not in same)
    return Verdict((part,), () if same else (made,), tuple(same), rest)


def may_be_created(case: Case) -> bool:
    """Whether a person has said yes to this new product, so that no limit counts for it."""
    return any(hold.state is HoldState.APPROVED for hold in case.standing)


def barred_by_moves(works: Mapping[str, StyleWork], verdicts: Mapping[str, Verdict]) -> dict[str, frozenset[int]]:
    """Return per style the items that may not come in, because they are held where they leave.

    An item moves from one product to another; sold by both it would be sold twice.
    """
    held = {
        item
        for style, verdict in verdicts.items()
        for part in verdict.withheld
        if part.aspect is Aspect.LEAVING
        for item in part.item_ids
        if works[style].leaving.get(item) == MOVED
    }
    barred = {}
    for style, work in works.items():
        if held and work.desired is not None:
            items = held & {variant.item_id for variant in work.desired.variants}
            if items:
                barred[style] = frozenset(items)
    return barred


def waiting_to_move(works: Mapping[str, StyleWork], waiting: Set[int]) -> dict[str, frozenset[int]]:
    """Return per style the items that move from it to a product that is not made yet.

    Taken from sale where they are, they would be sold nowhere.
    """
    moving = {
        style: frozenset(item for item in waiting & work.leaving.keys() if work.leaving[item] == MOVED)
        for style, work in works.items()
    }
    return {style: items for style, items in moving.items() if items}
