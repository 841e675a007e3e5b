"""Whether an RMS item belongs in the shop. One verdict an item, each with the rule that gave it.

The rules in order: what takes an item out of the shop (gone, excluded), what keeps it from being created (scope,
sold out), and what makes its values unusable. A filter never hides an item that the shop has: it is told to leave.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from rms_console.domain.money import plain
from rms_console.domain.policy import FilterPolicy, Policy, Scope, TaxMode
from rms_console.domain.product import AcknowledgedVariant
from rms_console.domain.rows import CellDoubt, ItemRow
from rms_console.domain.sale import shop_price, tax_to_add
from rms_console.domain.stock import units_for_sale, unusable_column
from rms_console.domain.text import clean, fold
from rms_console.locale import mark, sentence


@dataclass(frozen=True, slots=True)
class Wanted:
    """The item belongs in the shop as it is."""


@dataclass(frozen=True, slots=True)
class PriceUnusable:
    """No price to ask. A variant in the shop keeps its price while everything else flows; a new one is not made."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A cell that the price does not hang on could not be read. A variant in the shop goes on without it and is
    named; a new one is not made."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The shop has it, RMS no longer offers it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """The shop has it, the settings no longer want it."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class NotCreated:
    """The shop does not have it, and this rule keeps it from being created."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A value cannot be what it claims to be: the item is set aside and nothing about it changes in the shop."""

    code: str
    message: str


Verdict = Wanted | PriceUnusable | Doubtful | Gone | Excluded | NotCreated | Rejected

EXCLUSIONS = frozenset({"excluded-family", "excluded-category"})
"""The rules under which an item leaves because of the settings, not because of RMS."""

MOVED = "moved"
HIDDEN = "hidden"
DELETED = "deleted"
GONE = {
    "inactive": sentence("it is inactive in RMS"),
    "cannot-be-sold": sentence("RMS says it cannot be sold"),
    "no-sku": sentence("it has no SKU (C_ARTICULO)"),
    "no-description": sentence("it has no description"),
    "no-style": sentence("it has no style (CCOD)"),
    "not-web-item": sentence("it is not marked as a web item"),
    MOVED: sentence("it belongs to another style now"),
    HIDDEN: sentence("the store's view does not show it"),
    DELETED: sentence("it is no longer in RMS"),
}
"""Why an item left, or is not there, in words."""

TOO_HIGH = {
    "price": mark("its price {price} is above filter.max_price = {limit} (a lost decimal comma?)"),
    "price in the shop": mark(
        "its price in the shop {price} is above filter.max_price = {limit} (a lost decimal comma?)"
    ),
    "sale price": mark("its sale price {price} is above filter.max_price = {limit} (a lost decimal comma?)"),
}
TOO_LOW = {
    "price": mark("its price {price} is below filter.min_price = {limit}"),
    "price in the shop": mark("its price in the shop {price} is below filter.min_price = {limit}"),
    "sale price": mark("its sale price {price} is below filter.min_price = {limit}"),
}

_SALE = ("sale_price", "sale_start", "sale_end", "sale_type")
_FLAGS = ("inactive", "cannot_be_sold", "web_item")

_WANTED = Wanted()
_NOT_GONE = ""


def judge(
    row: ItemRow,
    policy: Policy,
    known: AcknowledgedVariant | None,
    may_create: bool,
    now_local: datetime | None = None,
) -> Verdict:
    """Return what becomes of an item. `known`: its variant in the shop, under whatever style.

    With `now_local` (naive, store time) the price in force at that instant is checked too; without it the regular
    price alone.
    """
    reason = _gone_because(row, policy, known)
    if reason:
        return Gone(reason) if known is not None else NotCreated(reason, GONE[reason])
    excluded = _excluded(row, policy.filters)
    if excluded is not None:
        return excluded if known is not None else NotCreated(excluded.rule, excluded.message)
    if known is None and not may_create:
        return NotCreated("scope", sentence("new products come from: {scope}", scope=policy.filters.scope.value))
    column = unusable_column(row)
    if column is not None:
        return Rejected(
            "stock-unreadable",
            sentence(
                "{column} of {sku} is no quantity: {value}",
                column=column,
                sku=clean(row.sku),
                value=_stock_text(row, column),
            ),
        )
    if known is None and not policy.filters.include_zero_stock and units_for_sale(row, policy) == 0:
        return NotCreated("sold-out", sentence("it has no stock; sync.include_zero_stock would create it"))
    if not row.doubts:
        return _price_problem(row, policy, now_local) or _WANTED
    return _lost_flag(row, known) or _price_problem(row, policy, now_local) or _doubtful(row)


def _lost_flag(row: ItemRow, known: AcknowledgedVariant | None) -> Rejected | None:
    """Set an item aside that nobody can say is to be offered, unless it is on offer now.

    What the shop sells goes on being sold either way; its stock must flow, or it is sold when there is none. What
    left, or never came, stays out until the flag can be read.
    """
    doubt = _doubt(row, *_FLAGS)
    if doubt is None or (known is not None and known.left_reason is None):
        return None
    return Rejected("flag-unreadable", doubt.told())


def _doubtful(row: ItemRow) -> Doubtful:
    flag = _doubt(row, *_FLAGS)
    return Doubtful("flag-unreadable", flag.told()) if flag else Doubtful("cell-unreadable", row.doubts[0].told())


def _doubt(row: ItemRow, *fields: str) -> CellDoubt | None:
    return next((doubt for doubt in row.doubts if doubt.field in fields), None)


def _gone_because(row: ItemRow, policy: Policy, known: AcknowledgedVariant | None) -> str:
    if row.inactive:
        return "inactive"
    if row.cannot_be_sold:
        return "cannot-be-sold"
    if not clean(row.sku):
        return "no-sku"
    if not clean(row.description):
        return "no-description"
    if row.style is None or not row.style.strip():
        return "no-style"
    return _NOT_GONE if _web_allows(row, policy.filters.scope, known) else "not-web-item"


def _web_allows(row: ItemRow, scope: Scope, known: AcknowledgedVariant | None) -> bool:
    """Whether the WebItem mark lets the item be in the shop.

    Under scope `web_item` the mark decides; where RMS does not say (no such column) nothing new comes in and nothing
    leaves. Under the other scopes only unticking it says something: an item that never had the mark stays. A mark
    that cannot be read decides nothing here.
    """
    if row.web_item or _doubt(row, "web_item") is not None:
        return True
    if scope is Scope.WEB_ITEM:
        return row.web_item is None and known is not None
    return row.web_item is None or known is None or not known.was_web_item


def _excluded(row: ItemRow, filters: FilterPolicy) -> Excluded | None:
    if filters.excluded_families and row.family and fold(clean(row.family)) in _folded(filters.excluded_families):
        return Excluded(
            "excluded-family", sentence("family {name} is excluded by filter.excluded_families", name=clean(row.family))
        )
    if (
        filters.excluded_categories
        and row.category
        and fold(clean(row.category)) in _folded(filters.excluded_categories)
    ):
        return Excluded(
            "excluded-category",
            sentence("category {name} is excluded by filter.excluded_categories", name=clean(row.category)),
        )
    return None


@lru_cache(maxsize=16)
def _folded(names: frozenset[str]) -> frozenset[str]:
    return frozenset(_folds(names))


def _folds(names: Iterable[str]) -> Iterable[str]:
    return (folded for name in names if (folded := fold(clean(name))))


def _stock_text(row: ItemRow, column: str) -> str:
    return str(row.stock.get(column, row.committed))


def _price_problem(row: ItemRow, policy: Policy, now_local: datetime | None) -> PriceUnusable | None:
    """Check the price of RMS, then what the shop would show of it: after sale, tax and rounding."""
    price, filters = row.price, policy.filters
    unread = _unread_price(row, policy)
    if unread is not None:
        return unread
    if price is None or not price.is_finite():
        return PriceUnusable("price-missing", sentence("it has no price"))
    if price <= 0:
        return PriceUnusable("price-not-positive", sentence("its price is {price}", price=plain(price)))
    problem = _outside(price, filters, "price")
    if problem is not None:
        return problem
    percent = tax_to_add(row, policy.mapping)
    if percent is None:
        return PriceUnusable(
            "tax-unknown", sentence("tax is to be added and neither the row nor mapping.tax_percent says how much")
        )
    if not (percent.is_finite() and 0 <= percent <= 100):
        return PriceUnusable("tax-unusable", sentence("{percent} is no tax percentage", percent=percent))
    if now_local is None:
        return None
    shown = shop_price(row, now_local, policy)
    regular = shown.compare_at if shown.compare_at is not None else shown.price
    return _outside(regular, filters, "price in the shop") or _outside(shown.price, filters, "sale price")


def _unread_price(row: ItemRow, policy: Policy) -> PriceUnusable | None:
    """Tell a cell that the price hangs on and that could not be read. The price in force is then unknown.

    Any cell of the sale counts, also where the others say that there is none: what one till garbled is not to be
    pieced together into a price. The tax counts where it is added.
    """
    if not row.doubts:
        return None
    price, sale = _doubt(row, "price"), _doubt(row, *_SALE)
    if price is not None:
        return PriceUnusable("price-unreadable", price.told())
    if sale is not None:
        return PriceUnusable("sale-unreadable", sale.told())
    tax = _doubt(row, "tax_percent") if policy.mapping.tax is TaxMode.ADD else None
    return PriceUnusable("tax-unreadable", tax.told()) if tax is not None else None


def _outside(price: Decimal, filters: FilterPolicy, what: str) -> PriceUnusable | None:
    if price > filters.max_price:
        told = sentence(TOO_HIGH[what], price=plain(price), limit=plain(filters.max_price))
        return PriceUnusable("price-above-maximum", told)
    if price < filters.min_price or price <= 0:
        told = sentence(TOO_LOW[what], price=plain(price), limit=plain(filters.min_price))
        return PriceUnusable("price-below-minimum", told)
    return None
