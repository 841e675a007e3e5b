"""What the shop should hold, worked out from the rows of RMS by the plainest means, without the program's own code."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from sqlite3 import Row
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Wanted:
    """One item as the shop should have it. `price` None: RMS has no usable one."""

    item_id: int
    sku: str
    style: str
    options: tuple[str, str]
    price: Decimal | None
    compare_at: Decimal | None
    stock: tuple[int, ...]
    barcode: str | None


@dataclass(slots=True)
class Truth:
    """`wanted` by ItemID. `broken`: items whose row cannot be mapped, or not alone: they may be on the list."""

    wanted: dict[int, Wanted] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    leads: dict[str, Row] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)


def truth_of(rows: list[Row], now: datetime, zone: str, places: int) -> Truth:
    """Return what RMS says at an instant."""
    truth = Truth(rows={int(row["ItemID"]): row for row in rows})
    local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    for row in rows:
        item = int(row["ItemID"])
        if not isinstance(row["Quantity"], int | float):
            truth.broken[item] = "stock"  # nobody can read the row, whatever else it says
            continue
        if row["Inactive"] or row["ItemCannotBeSold"] or not _text(row["C_ARTICULO"]) or not _text(row["Description"]):
            continue
        if not _text(row["CCOD"]):
            continue
        truth.wanted[item] = _wanted(row, local, places)
        if truth.wanted[item].price is None:
            truth.broken[item] = "price"
        elif not _is_date(row["SaleStartDate"]) or not _is_date(row["SaleEndDate"]):
            truth.broken[item] = "cell"
    _find_clashes(truth)
    for item in sorted(truth.wanted):
        truth.leads.setdefault(truth.wanted[item].style, truth.rows[item])
    return truth


def _wanted(row: Row, local: datetime, places: int) -> Wanted:
    price, compare_at = _price(row, local)
    return Wanted(
        int(row["ItemID"]),
        _text(row["C_ARTICULO"]),
        _text(row["CCOD"]).upper(),
        (_text(row["color"]).capitalize() or "Único", _text(row["talla"]).replace("½", ".5") or "Única"),
        price,
        compare_at,
        tuple(max(0, math.floor(row[column] or 0)) for column in ("Exis00", "Exis57")[:places])
        if places > 1
        else (max(0, math.floor(row["Quantity"] - (row["QuantityCommitted"] or 0))),),
        _text(row["UPC"]) or None,
    )


def _price(row: Row, local: datetime) -> tuple[Decimal | None, Decimal | None]:
    regular = _money(row["Price"])
    if regular is None or regular <= 0 or regular > Decimal("999999.99"):
        return None, None
    offer = _money(row["SalePrice"])
    if offer is None or row["SaleType"] not in (None, 1) or not 0 < offer < Decimal(str(row["Price"])):
        return _whole(regular), None
    opens, closes = _date(row["SaleStartDate"]), _date(row["SaleEndDate"])
    if closes is not None and closes.time() == datetime.min.time():
        closes += timedelta(days=1)
    if (opens is not None and opens > local) or (closes is not None and closes <= local):
        return _whole(regular), None
    if _whole(offer) >= _whole(regular):
        return _whole(regular), None
    return _whole(offer), _whole(regular)


def _money(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float) else None


def _whole(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1), ROUND_HALF_UP)


def _date(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and _is_date(value) else None


def _is_date(value: object) -> bool:
    if value is None:
        return True
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _text(value: object) -> str:
    shown = "".join(char for char in str(value or "") if unicodedata.category(char) not in ("Cc", "Cf"))
    return " ".join(shown.split())


def _find_clashes(truth: Truth) -> None:
    """Two items that want one SKU, or one place in a product, cannot both have it."""
    skus = Counter(one.sku.upper() for one in truth.wanted.values())
    places = Counter((one.style, *(part.lower() for part in one.options)) for one in truth.wanted.values())
    for item, one in truth.wanted.items():
        if skus[one.sku.upper()] > 1 or places[(one.style, *(part.lower() for part in one.options))] > 1:
            truth.broken.setdefault(item, "clash")
