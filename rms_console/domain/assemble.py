"""From rows to work: each item judged, put under its style, and each style told what it wants, keeps and lets go.

The rule behind it all: what the shop has and RMS no longer wants is named with its reason (`leaving`), and what
could not be read or mapped just now is left alone (`kept`). Nothing leaves because something failed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from rms_console.domain import sale
from rms_console.domain.eligibility import (
    DELETED,
    GONE,
    HIDDEN,
    MOVED,
    Doubtful,
    Excluded,
    Gone,
    NotCreated,
    PriceUnusable,
    Rejected,
    judge,
)
from rms_console.domain.grouping import MAX_VARIANTS, Claim, Clash, Occupied, find_clashes, option_values, style_key
from rms_console.domain.mapping import map_product
from rms_console.domain.options import option_key
from rms_console.domain.policy import Policy
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant, DesiredProduct
from rms_console.domain.rows import ItemRow, RowsRead, UnreadableRow, cell_told
from rms_console.domain.sale import Priced
from rms_console.domain.text import clean
from rms_console.locale import sentence

TOO_MANY_VARIANTS = "too-many-variants"
UNREADABLE = "row-unreadable"
NO_PRICE = Decimal(0)
_KEPT_FIELDS = frozenset({"weight", "barcode"})
"""What an item has by itself and the shop can go on showing while RMS's value cannot be read."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An item to set aside, with what is wrong. What the shop has of it is in some work's `kept`, `price_kept` or
    `doubted`."""

    item_id: int
    style: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Why an item that the shop does not have may not be made there, though RMS and the settings want it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """An item that rightly is not in the shop, and the rule that keeps it out."""

    item_id: int
    style: str | None
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class StyleWork:
    """All that is to be done for one product. Of an item in the shop exactly one holds: wanted, leaving, kept."""

    style: str
    desired: DesiredProduct | None
    """With the wanted variants only; None when none is wanted."""
    leaving: Mapping[int, str] = field(default_factory=dict)
    """ItemID -> why it is no longer wanted here."""
    kept: frozenset[int] = frozenset()
    """In the shop, but not to be judged now: left untouched."""
    price_kept: frozenset[int] = frozenset()
    """Wanted, without a usable price: everything but the price flows. In `desired` they carry the acknowledged
    price, or 0 where none was ever confirmed (`plan` sends neither)."""
    item_ids: frozenset[int] = frozenset()
    """Wanted, leaving and kept together. An item that moves is in the work of both its styles."""
    doubted: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """Wanted, with a cell that could not be read: the item is set aside, and all but these fields flows."""
    boundaries: Mapping[int, tuple[datetime, ...]] = field(default_factory=dict)
    """Per wanted item, and per one that leaves for good, the future naive local instants at which its price changes,
    perhaps none."""


@dataclass(frozen=True, slots=True)
class Assembly:
    works: tuple[StyleWork, ...]
    quarantined: tuple[Quarantined, ...]
    skipped: tuple[Skipped, ...]


def assemble(
    read: RowsRead,
    acknowledged: Mapping[str, AcknowledgedProduct],
    policy: Policy,
    now_local: datetime,
    may_create: Callable[[int], bool],
    barred: Mapping[int, Bar] | None = None,
) -> Assembly:
    """Return the work of every style that these items touch, ordered by style.

    `acknowledged` holds the products, by style key, of every style under which an item of the read is known or to
    which a row now belongs; an item known there that the read does not mention is kept. An item whose row names
    another style than it is known under leaves the one (`moved`) and is wanted in the other, where it counts as
    known: no scope or stock rule keeps it out. `barred` items are set aside instead of becoming new in the shop.
    """
    sorter = _Sorter(acknowledged, policy, now_local, barred or {})
    for row in read.rows:
        sorter.take(row, may_create)
    for broken in read.unreadable:
        sorter.set_aside(broken, may_create)
    for items, reason in ((read.hidden, HIDDEN), (read.deleted, DELETED)):
        for item_id in items:
            sorter.let_go(item_id, None, reason, GONE[reason])
    sorter.settle()
    return sorter.assembly()


@dataclass(slots=True)
class _Draft:
    """One style while it is being sorted."""

    style: str
    product: AcknowledgedProduct | None
    rows: dict[int, ItemRow] = field(default_factory=dict)
    kept_prices: dict[int, Priced] = field(default_factory=dict)
    leaving: dict[int, str] = field(default_factory=dict)

    @property
    def variants(self) -> tuple[AcknowledgedVariant, ...]:
        return self.product.variants if self.product is not None else ()

    def kept(self) -> list[AcknowledgedVariant]:
        return [one for one in self.variants if one.item_id not in self.rows and one.item_id not in self.leaving]

    def clashes(self, policy: Policy) -> list[Clash]:
        if not self.rows:
            return []
        names = self.product.option_names if self.product is not None else ()
        leaving = [one for one in self.variants if one.item_id in self.leaving]
        occupied = Occupied(names, policy.mapping.option_names, self.kept(), leaving)
        held = {one.item_id: one for one in self.variants}
        options = option_values(self.rows.values(), policy.mapping)
        claims = [
            Claim(item_id, clean(row.sku), options[item_id], held.get(item_id)) for item_id, row in self.rows.items()
        ]
        return find_clashes(claims, occupied) or self._overflow(claims, occupied)

    def _overflow(self, claims: list[Claim], occupied: Occupied) -> list[Clash]:
        """Return the new items that do not fit. A product that would begin too big is not begun at all."""
        heirs = occupied.holder(occupied.leaving)
        new = sorted(one.item_id for one in claims if one.held is None and option_key(one.options) not in heirs)
        count = len(self.variants) + len(new)
        if count <= MAX_VARIANTS:
            return []
        message = sentence(
            "style {style} would have {count} variants; a product holds {most}",
            style=self.style,
            count=count,
            most=MAX_VARIANTS,
        )
        over = new[MAX_VARIANTS - len(self.variants) :] if self.variants else new
        return [Clash(item_id, TOO_MANY_VARIANTS, message) for item_id in over]


class _Sorter:
    """Sorts items into drafts, then settles who may have what."""

    def __init__(
        self,
        acknowledged: Mapping[str, AcknowledgedProduct],
        policy: Policy,
        now_local: datetime,
        barred: Mapping[int, Bar],
    ) -> None:
        self._barred = barred
        self._policy = policy
        self._now_local = now_local
        self._drafts = {style: _Draft(style, product) for style, product in acknowledged.items()}
        self._homes: dict[int, list[tuple[str, AcknowledgedVariant]]] = {}
        for style, product in acknowledged.items():
            for variant in product.variants:
                self._homes.setdefault(variant.item_id, []).append((style, variant))
        self._quarantined: dict[int, Quarantined] = {}
        self._skipped: list[Skipped] = []

    def take(self, row: ItemRow, may_create: Callable[[int], bool]) -> None:
        style = style_key(row.style)
        known = self._known(row.item_id, style)
        verdict = judge(row, self._policy, known, known is not None or may_create(row.item_id), self._now_local)
        match verdict:
            case NotCreated(rule, message):
                self._skipped.append(Skipped(row.item_id, style, rule, message))
            case Gone(reason):
                self.let_go(row.item_id, style, reason, GONE[reason])
            case Excluded(rule, message):
                self.let_go(row.item_id, style, rule, message)
            case Rejected(code, message):
                self._quarantine(row.item_id, style, code, message)
            case PriceUnusable(code, message):
                self._quarantine(row.item_id, style, code, message)
                self._want_without_price(row, style, known)
            case Doubtful(code, message):
                self._quarantine(row.item_id, style, code, message)
                if known is not None:
                    self._want(row, style, known)
            case _:
                bar = self._barred.get(row.item_id) if known is None else None
                if bar is None:
                    self._want(row, style)
                else:
                    self._quarantine(row.item_id, style, bar.code, bar.message)

    def set_aside(self, broken: UnreadableRow, may_create: Callable[[int], bool]) -> None:
        """An unreadable row: what the shop has of it stays; an item that could not come in anyway is just skipped."""
        style = self._style_of(broken.item_id)
        message = cell_told(broken.column, broken.value, broken.reason)
        if style is None and not may_create(broken.item_id):
            self._skipped.append(Skipped(broken.item_id, None, "scope", message))
        else:
            self._quarantine(broken.item_id, style, UNREADABLE, message)

    def let_go(self, item_id: int, style: str | None, reason: str, message: str) -> None:
        homes = self._homes.get(item_id, ())
        for home, _ in homes:
            self._drafts[home].leaving[item_id] = reason
        if not homes:
            self._skipped.append(Skipped(item_id, style, reason, message))

    def settle(self) -> None:
        """Set aside items that clash, until none does: who is set aside keeps what it has, which may bar another."""
        clashed = True
        while clashed:
            clashed = False
            for draft in self._drafts.values():
                for clash in draft.clashes(self._policy):
                    clashed = True
                    self._refuse(draft, clash)

    def assembly(self) -> Assembly:
        drafts = [self._drafts[style] for style in sorted(self._drafts)]
        works = tuple(self._work(draft) for draft in drafts if draft.rows or draft.product is not None)
        return Assembly(works, tuple(self._quarantined.values()), tuple(self._skipped))

    def _known(self, item_id: int, style: str | None) -> AcknowledgedVariant | None:
        """Return the item's variant, the one under its present style first."""
        homes = self._homes.get(item_id, ())
        here = next((variant for home, variant in homes if home == style), None)
        return here or next((variant for _, variant in homes), None)

    def _style_of(self, item_id: int) -> str | None:
        """Return the style under which the item is sold, else any under which it is known."""
        homes = self._homes.get(item_id, ())
        sold = next((home for home, variant in homes if variant.left_reason is None), None)
        return sold or next((home for home, _ in homes), None)

    def _quarantine(self, item_id: int, style: str | None, code: str, message: str) -> None:
        """One entry an item: the first thing found wrong with it."""
        self._quarantined.setdefault(item_id, Quarantined(item_id, style, code, message))

    def _want(self, row: ItemRow, style: str | None, known: AcknowledgedVariant | None = None) -> None:
        if style is None:
            return
        if row.doubts and known is not None:
            row = _completed(row, known)
        draft = self._drafts.setdefault(style, _Draft(style, None))
        draft.rows[row.item_id] = row
        for home, _ in self._homes.get(row.item_id, ()):
            if home != style:
                self._drafts[home].leaving[row.item_id] = MOVED

    def _want_without_price(self, row: ItemRow, style: str | None, known: AcknowledgedVariant | None) -> None:
        """Keep the price the shop has. An item that moves takes it along; where there is none it stays where it is."""
        if style is None or known is None:
            return
        here = any(home == style for home, _ in self._homes[row.item_id])
        if known.price is None and not here:
            return
        self._want(row, style, known)
        price = known.price if known.price is not None else NO_PRICE
        self._drafts[style].kept_prices[row.item_id] = Priced(price, known.compare_at, known.compare_at is not None)

    def _refuse(self, draft: _Draft, clash: Clash) -> None:
        item_id = clash.item_id
        self._quarantine(item_id, draft.style, clash.code, clash.message)
        del draft.rows[item_id]
        draft.kept_prices.pop(item_id, None)
        for home, _ in self._homes.get(item_id, ()):
            self._drafts[home].leaving.pop(item_id, None)

    def _work(self, draft: _Draft) -> StyleWork:
        policy, now_local = self._policy, self._now_local
        rows = list(draft.rows.values())
        kept = frozenset(variant.item_id for variant in draft.kept())
        # Of an item that moves the style tells that has it now: recorded after that, this one would take them away.
        gone = (item for item, reason in draft.leaving.items() if reason != MOVED)
        boundaries: dict[int, tuple[datetime, ...]] = dict.fromkeys(gone, ())
        boundaries |= {row.item_id: sale.boundaries(row, now_local, policy.mapping) for row in rows}
        return StyleWork(
            style=draft.style,
            desired=map_product(draft.style, rows, policy, now_local, draft.kept_prices) if rows else None,
            leaving=draft.leaving,
            kept=kept,
            price_kept=frozenset(draft.kept_prices),
            item_ids=kept | draft.leaving.keys() | draft.rows.keys(),
            boundaries=boundaries,
            doubted={row.item_id: _left_alone(row) for row in rows if row.doubts},
        )


def _left_alone(row: ItemRow) -> frozenset[str]:
    return frozenset(doubt.field for doubt in row.doubts) & _KEPT_FIELDS


def _completed(row: ItemRow, known: AcknowledgedVariant) -> ItemRow:
    """Return the row with what the shop has in place of what could not be read."""
    fields = _left_alone(row)
    weight = known.weight_kg if "weight" in fields else row.weight
    barcode = known.barcode if "barcode" in fields else row.barcode
    return dataclasses.replace(row, weight=weight, barcode=barcode)
