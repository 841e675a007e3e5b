"""Store, ledger and shop side by side: what differs of one product, and who is the cause. Pure.

What the store wants of the shop is what `plan` would send if the ledger held what the shop holds. So only fields that
are RMS's by the settings count, and a difference reads as the value that would be written over it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from rms_console.domain.adoption import link
from rms_console.domain.assemble import StyleWork
from rms_console.domain.changes import FieldChange, describe
from rms_console.domain.creation import fields_of
from rms_console.domain.eligibility import DELETED, HIDDEN
from rms_console.domain.plan import plan
from rms_console.domain.policy import Conflict, MappingPolicy, Ownership, Policy
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant, ObservedProduct
from rms_console.domain.rehearsal import steps


class DriftKind(StrEnum):
    """What differs."""

    QUANTITY = "quantity"
    PRICE = "price"
    COMPARE_AT = "compare_at"
    STATUS = "status"
    SKU = "sku"
    BARCODE = "barcode"
    OPTIONS = "options"
    CONTENT = "content"
    MISSING = "missing"
    """RMS sells it, the shop does not have it."""
    ORPHAN = "orphan"
    """The shop has something of ours that RMS no longer has."""
    DUPLICATE = "duplicate"
    """Two variants of the shop share an SKU, or two products our custom id."""


class DriftCause(StrEnum):
    """Who made the difference, as far as the three values tell."""

    HAND_EDIT = "hand_edit"
    """RMS is as the ledger has it; the shop is neither."""
    SHOP_MOVED = "shop_moved"
    """The shop has fewer than we wrote: it sold some, or somebody took them away."""
    LOST_WRITE = "lost_write"
    """We wrote it, and the shop shows what was there before."""
    MISSED_CHANGE = "missed_change"
    """The shop is as we wrote it; RMS has moved on."""
    PENDING = "pending"
    """The shop is as we wrote it, RMS has moved on, and the queue knows."""
    BOTH = "both"
    """RMS has moved on, and the shop is not as we wrote it either."""
    DELETED_IN_SHOP = "deleted_in_shop"
    NEVER_CREATED = "never_created"
    LEFT_RMS = "left_rms"
    UNLINKED = "unlinked"
    """It carries our custom id, and the ledger does not know it."""
    SHARED = "shared"


class Missed(StrEnum):
    """Why the fast path, which follows stamps and versions, did not see a change."""

    JOINED_TABLE = "joined_table"
    """The view shows it from another table: no row of `Item` moved."""
    NO_STAMP = "no_stamp"
    """The row was written without its stamp."""
    LATE_COMMIT = "late_commit"
    """It was stamped, and came to light under a stamp that had been passed already."""
    DELETED = "deleted"
    RESTORED = "restored"
    """The database was put back from a copy."""
    UNKNOWN = "unknown"


BY_A_PERSON = frozenset({DriftCause.SHARED, DriftCause.LEFT_RMS, DriftCause.UNLINKED})
"""Causes that no cycle can mend: two of one SKU, and products that nobody can be told to be whose."""
STOCK_CONFLICT = "stock-conflict"
"""Why a difference waits: the shop sold since our last write, and RMS gets its time to learn of it."""
KINDS: Mapping[str, DriftKind] = {
    "price": DriftKind.PRICE,
    "compare_at": DriftKind.COMPARE_AT,
    "sku": DriftKind.SKU,
    "barcode": DriftKind.BARCODE,
    "options": DriftKind.OPTIONS,
    "status": DriftKind.STATUS,
}
_UNSEEN = frozenset({"publications"})
"""What the shop is not asked for."""
_CONTENT = ("title", "description_html", "vendor", "product_type", "tags")


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not alike in store and shop. `item_id`: None for what concerns the whole product."""

    kind: DriftKind
    cause: DriftCause
    style: str
    item_id: int | None = None
    sku: str = ""
    field: str = ""
    """As in the ownership settings; `stock@LOCATION` where the item has several."""
    rms: str | None = None
    ledger: str | None = None
    shop: str | None = None
    product_id: str = ""
    title: str = ""
    miss: str = ""
    """Of a missed change, why it was missed."""
    evidence: str = ""
    """The latest movement that RMS logs of a missed item: table, time, quantity. Empty: none, or nobody knows."""
    waiting: str = ""
    """Why nothing is to be done: it is queued, held, set aside, or waits for the shop's own sale. Empty: it is news."""

    @property
    def is_known(self) -> bool:
        return bool(self.waiting)

    @property
    def is_mendable(self) -> bool:
        """Whether a cycle can mend it; the rest is for a person to decide."""
        return not self.is_known and self.cause not in BY_A_PERSON


def is_as_written(known: AcknowledgedProduct, observed: ObservedProduct, mapping: MappingPolicy) -> bool:
    """Return whether the shop holds what the ledger says, in all that may be RMS's. Cheap: most products end here."""
    ours = fields_of(mapping, Ownership.ALWAYS)
    if known.status is not observed.status or known.option_names != observed.option_names:
        return False
    if "metafields" in ours and not set(known.metafields) <= set(observed.metafields):
        return False  # the shop tells our custom id among them; the ledger keeps it only of adopted products
    if not ours.isdisjoint(("title", "description", "vendor", "product_type", "tags")) and any(
        getattr(known, name) != getattr(observed, name) for name in _CONTENT
    ):
        return False
    seen = {variant.variant_id: variant for variant in observed.variants}
    for have in known.variants:
        there = seen.get(have.variant_id)
        if there is None or have.held_stock:
            return False
        if (have.price, have.compare_at, have.sku, have.options) != (
            there.price,
            there.compare_at,
            there.sku,
            there.options,
        ):
            return False
        if (have.barcode or None) != (there.barcode or None):
            return False
        if any(there.stock.get(place) != quantity for place, quantity in have.stock.items()):
            return False
    return True


def find(
    work: StyleWork,
    known: AcknowledgedProduct,
    observed: ObservedProduct | None,
    policy: Policy,
    now: datetime,
) -> tuple[Difference, ...]:
    """Return what differs between store and shop of a product that the ledger knows; nothing where they are alike.

    `observed`: None when the shop no longer has it.
    """
    reporting = dataclasses.replace(
        policy, force_update=False, stock=dataclasses.replace(policy.stock, conflict=Conflict.RMS)
    )
    if observed is None:
        return tuple(_gone(work, known))
    if is_as_written(known, observed, policy.mapping) and plan(work, known, reporting, now).is_empty:
        return ()
    return tuple(_Teller(work, known, observed, reporting, policy, now).differences())


def last_change(difference: Difference, history: Iterable[Mapping[str, object]]) -> tuple[object, object] | None:
    """Return (before, after) of the latest write of this very value, from a product's history, newest first."""
    for record in history:
        changes = record.get("changes")
        for change in reversed(changes) if isinstance(changes, Sequence) else ():
            if (change.get("item_id"), change.get("field")) == (difference.item_id, difference.field):
                return change.get("before"), change.get("after")
    return None


def with_history(difference: Difference, history: Iterable[Mapping[str, object]]) -> Difference:
    """Return a difference as a lost write where the shop shows what it had before our last one."""
    if difference.cause not in (DriftCause.HAND_EDIT, DriftCause.SHOP_MOVED):
        return difference
    written = last_change(difference, history)
    if written is None or not (_same(written[0], difference.shop) and _same(written[1], difference.ledger)):
        return difference
    return dataclasses.replace(difference, cause=DriftCause.LOST_WRITE)


def _gone(work: StyleWork, known: AcknowledgedProduct) -> Iterator[Difference]:
    if work.desired is not None and work.desired.variants:
        yield Difference(
            DriftKind.MISSING,
            DriftCause.DELETED_IN_SHOP,
            work.style,
            product_id=known.product_id,
            title=known.title or work.desired.title,
        )


class _Teller:
    def __init__(
        self,
        work: StyleWork,
        known: AcknowledgedProduct,
        observed: ObservedProduct,
        reporting: Policy,
        policy: Policy,
        now: datetime,
    ) -> None:
        self._work = work
        self._known = known
        links = {variant.variant_id: variant.item_id for variant in known.variants}
        self._seen = link(observed, links, work.style, known)
        self._reporting = reporting
        self._policy = policy
        self._now = now
        self._held = {variant.item_id: variant for variant in known.variants}
        self._skus = {variant.item_id: variant.sku or "" for variant in known.variants}
        if work.desired is not None:
            self._skus |= {variant.item_id: variant.sku for variant in work.desired.variants}

    def differences(self) -> Iterator[Difference]:
        missing = self._missing()
        for item_id in sorted(missing):
            cause = DriftCause.DELETED_IN_SHOP if item_id in self._held else DriftCause.NEVER_CREATED
            yield self._difference(DriftKind.MISSING, cause, item_id)
        for change, ledger in self._changes():
            if change.field not in _UNSEEN and change.item_id not in missing:
                yield self._of_change(change, ledger)

    def _missing(self) -> frozenset[int]:
        """Return the wanted items of which the shop has no variant."""
        wanted = {one.item_id for one in self._work.desired.variants} if self._work.desired is not None else set()
        return frozenset(wanted - {variant.item_id for variant in self._seen.variants})

    def _changes(self) -> Iterator[tuple[FieldChange, str | None]]:
        """Yield what would be written over the shop's values, each with the ledger's value beside it."""
        found: dict[tuple[int | None, str], tuple[FieldChange, str | None]] = {}
        for step in steps(self._work, self._seen, self._reporting, self._now):
            remembered = {(one.item_id, one.field): one.before for one in describe(step.plan, self._known)}
            for change in describe(step.plan, step.before):
                place = (change.item_id, change.field)
                if place in found:
                    first, ledger = found[place]
                    found[place] = (dataclasses.replace(first, after=change.after), ledger)
                else:
                    found[place] = (change, _remembered(change, remembered))
        yield from found.values()

    def _of_change(self, change: FieldChange, ledger: str | None) -> Difference:
        kind = KINDS.get(change.field, DriftKind.CONTENT)
        if change.field.partition("@")[0] == "stock":
            kind = DriftKind.QUANTITY
        cause = _cause(kind, change.after, ledger, change.before)
        if change.item_id is not None and self._work.leaving.get(change.item_id) in (DELETED, HIDDEN):
            kind = DriftKind.ORPHAN
        found = self._difference(kind, cause, change.item_id, change.field)
        waiting = STOCK_CONFLICT if self._is_held(change) else ""
        if waiting:
            found = dataclasses.replace(found, cause=DriftCause.SHOP_MOVED)
        return dataclasses.replace(found, rms=change.after, ledger=ledger, shop=change.before, waiting=waiting)

    def _is_held(self, change: FieldChange) -> bool:
        """Whether the conflict policy holds this quantity back for the time being."""
        have: AcknowledgedVariant | None = self._held.get(change.item_id) if change.item_id is not None else None
        rules = self._policy.stock
        if have is None or have.held_since is None or rules.conflict is Conflict.RMS:
            return False
        name, _, place = change.field.partition("@")
        held = {
            str(quantity)
            for location, quantity in have.held_stock.items()
            if not place or location.rpartition("/")[2] == place
        }
        fresh = self._now - have.held_since < timedelta(hours=rules.conflict_grace_hours)
        return name == "stock" and fresh and change.after in held

    def _difference(self, kind: DriftKind, cause: DriftCause, item_id: int | None, field: str = "") -> Difference:
        sku = self._skus.get(item_id, "") if item_id is not None else ""
        title = self._known.title or self._work.style
        return Difference(
            kind, cause, self._work.style, item_id, sku, field, product_id=self._known.product_id, title=title
        )


def _remembered(change: FieldChange, remembered: Mapping[tuple[int | None, str], str | None]) -> str | None:
    """Return the ledger's value. What it has already is no change to it: then it says what RMS says.

    Where one of both pictures has a location more, a quantity is named with its location in the one only.
    """
    place = (change.item_id, change.field)
    if place not in remembered and change.field.partition("@")[0] == "stock":
        item_id = change.item_id
        others = [key for key in remembered if key[0] == item_id and key[1].partition("@")[0] == "stock"]
        if len(others) == 1 and (change.field == "stock" or others[0][1] == "stock"):
            place = others[0]
    return remembered.get(place, change.after)


def _cause(kind: DriftKind, rms: str | None, ledger: str | None, shop: str | None) -> DriftCause:
    if kind is DriftKind.QUANTITY and ledger is None:
        return DriftCause.LOST_WRITE
    if _same(rms, ledger):
        is_less = kind is DriftKind.QUANTITY and _number(shop) < _number(ledger)
        return DriftCause.SHOP_MOVED if is_less else DriftCause.HAND_EDIT
    return DriftCause.MISSED_CHANGE if _same(ledger, shop) else DriftCause.BOTH


def _same(one: object, other: object) -> bool:
    """Return whether two told values are the same: the shop tells 15000.00 where RMS has 15000."""
    if one == other:
        return True
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return False


def _number(text: str | None) -> int:
    return int(text) if text is not None else 0
