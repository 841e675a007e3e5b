"""The price of an item at one instant. A sale opens and closes by date, without its row changing.

A sale window holds from its start up to, not including, its end: at the very instant of a boundary the new price
is in force, so a timer set to a boundary never wakes too early.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from rms_console.domain.money import round_money, with_tax
from rms_console.domain.policy import MappingPolicy, Policy, TaxMode
from rms_console.domain.rows import ItemRow

SALE_BY_DATE = 1
"""Item.SaleType of an item on sale by date. Other types follow schedules that are not in the row: no sale."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Priced:
    """`compare_at` is the regular price while the item is on sale, else None."""

    price: Decimal
    compare_at: Decimal | None
    on_sale: bool


def priced(row: ItemRow, now_local: datetime, mapping: MappingPolicy) -> Priced:
    """Return the price in force at a naive store-local instant, unrounded and before tax.

    A missing price is 0, which no rule lets into the shop (see `eligibility`).
    """
    regular = row.price if row.price is not None else Decimal(0)
    if not _offers_sale(row):
        return Priced(regular, None, False)
    end = _end(row, mapping)
    started = row.sale_start is None or row.sale_start <= now_local
    if not started or (end is not None and end <= now_local) or row.sale_price is None:
        return Priced(regular, None, False)
    return Priced(row.sale_price, regular, True)


def boundaries(row: ItemRow, now_local: datetime, mapping: MappingPolicy) -> tuple[datetime, ...]:
    """Return the naive local instants after `now_local` at which the item's price changes, in order."""
    if not _offers_sale(row):
        return ()
    start, end = row.sale_start, _end(row, mapping)
    if start is not None and end is not None and start >= end:
        return ()
    return tuple(at for at in (start, end) if at is not None and at > now_local)


def shop_price(row: ItemRow, now_local: datetime, policy: Policy) -> Priced:
    """Return what the shop shall show now: with tax where the store adds it, rounded in the shop's currency.

    A sale that rounds to the regular price is no sale: the struck-out price would equal the asked one.
    """
    raw = priced(row, now_local, policy.mapping)
    price = _to_shop(raw.price, row, policy)
    if raw.compare_at is None:
        return Priced(price, None, False)
    compare_at = _to_shop(raw.compare_at, row, policy)
    return Priced(price, compare_at, True) if compare_at > price else Priced(price, None, False)


def tax_to_add(row: ItemRow, mapping: MappingPolicy) -> Decimal | None:
    """Return the percent to add to RMS's prices: 0 when they include tax, None when it is to be added but unknown.

    AUTO counts as included: the engine resolves it from the database before it comes here.
    """
    if mapping.tax is not TaxMode.ADD:
        return Decimal(0)
    return row.tax_percent if row.tax_percent is not None else mapping.tax_percent


def _to_shop(value: Decimal, row: ItemRow, policy: Policy) -> Decimal:
    percent = tax_to_add(row, policy.mapping)
    return round_money(with_tax(value, percent) if percent else value, policy.currency)


def _offers_sale(row: ItemRow) -> bool:
    """Whether the row has a sale price that can ever hold. Not finite amounts offer nothing."""
    if row.sale_type is not None and row.sale_type != SALE_BY_DATE:
        return False
    if row.sale_price is None or row.price is None:
        return False
    if not (row.sale_price.is_finite() and row.price.is_finite()):
        return False
    return 0 < row.sale_price < row.price


def _end(row: ItemRow, mapping: MappingPolicy) -> datetime | None:
    """Return the instant at which the sale is over, None for an open-ended one."""
    end = row.sale_end
    if end is None or end.time() != time.min or not mapping.sale_end_midnight_is_whole_day:
        return end
    try:
        return end + _DAY
    except OverflowError:
        return None
