"""Stock: from RMS's floating quantities to whole units a location, and who wins when the shop sold meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from rms_console.domain.policy import Conflict, Policy, StockPolicy
from rms_console.domain.rows import ItemRow

MOST_UNITS = Decimal(1_000_000_000)
"""No real stock; Shopify refuses quantities beyond it. Source: InventoryQuantityInput in the Admin schema, 2026-10."""
_QUANTITY = "quantity"
_NOTHING = Decimal(0)


def stock_of(row: ItemRow, policy: Policy) -> dict[str, int]:
    """Return the units to offer per location id: floored, less what is committed and the safety stock, never negative.

    Columns that share a location are added up before flooring. A column that the row lacks counts as 0: what RMS
    does not say is there is not sold. Committed units are taken off the `Quantity` column, or off the only mapped
    one; where several warehouses are mapped RMS does not say which of them is committed, so none is lowered.
    """
    columns = policy.mapping.locations
    totals: dict[str, Decimal] = {}
    for column, location in columns.items():
        quantity = _cell(row.stock, column)
        if row.committed and (len(columns) == 1 or column.lower() == _QUANTITY):
            quantity -= row.committed
        totals[location] = totals.get(location, _NOTHING) + quantity
    return {location: _units(total, policy.stock.safety) for location, total in totals.items()}


def units_for_sale(row: ItemRow, policy: Policy) -> int:
    """Return the units to offer over all locations; without mapped ones what the row itself says is there."""
    if policy.mapping.locations:
        return sum(stock_of(row, policy).values())
    whole = [quantity for column, quantity in row.stock.items() if column.lower() == _QUANTITY]
    total = sum(whole or row.stock.values(), _NOTHING)
    return _units(total - row.committed, policy.stock.safety)


def unusable_column(row: ItemRow) -> str | None:
    """Return the name of a stock column whose value cannot be a quantity, if there is one."""
    for column, quantity in row.stock.items():
        if not _is_plausible(quantity):
            return column
    return None if _is_plausible(row.committed) else "QuantityCommitted"


def _is_plausible(quantity: Decimal) -> bool:
    return quantity.is_finite() and abs(quantity) <= MOST_UNITS


def _cell(stock: Mapping[str, Decimal], column: str) -> Decimal:
    """Return a column's quantity; SQL does not care how a column name is capitalised, so neither do settings."""
    found = stock.get(column)
    if found is None:
        name = column.lower()
        found = next((quantity for other, quantity in stock.items() if other.lower() == name), _NOTHING)
    return found


def _units(quantity: Decimal, safety: int) -> int:
    return max(0, int(quantity.to_integral_value(ROUND_FLOOR)) - safety)


@dataclass(frozen=True, slots=True)
class StockDecision:
    """What to do about a stock row whose compare-and-set failed.

    `write`: the quantity to send, None for nothing. `expected`: what the shop holds, to acknowledge and to compare
    with. `hold`: the desired quantity is held back until RMS moves or the grace is over.
    """

    write: int | None
    expected: int
    hold: bool = False


def resolve_stale(desired: int, acknowledged: int | None, observed: int, policy: StockPolicy) -> StockDecision:
    """Return what to do when the shop holds `observed` where we last wrote `acknowledged` and want `desired`.

    Conflict.LOWER: when the shop sold since our last write RMS may not know of it yet, so what RMS added meanwhile
    is added to what the shop holds, and no more. Lowering is always safe. Where we never wrote, or where the shop
    went up (a return, a count), there is no sale to protect and RMS wins.
    """
    if observed == desired:
        return StockDecision(None, observed)
    lowered = acknowledged is not None and observed < acknowledged
    if policy.conflict is Conflict.RMS or desired < observed or acknowledged is None or not lowered:
        return StockDecision(desired, observed)
    raised = max(0, desired - (acknowledged - observed))
    if desired > acknowledged and raised > observed:
        return StockDecision(raised, observed, hold=True)
    return StockDecision(None, observed, hold=True)
