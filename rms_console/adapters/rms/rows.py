"""The store's columns as our own rows: the one place where CCOD becomes `style` and Exis00 a stock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import RowMapping

from rms_console.adapters.rms.database import Slots
from rms_console.adapters.rms.dialect import Dialect
from rms_console.adapters.rms.schema import (
    COMMITTED,
    FROM_EITHER,
    ITEM_OPTIONAL,
    SALE,
    STAMP,
    VERSION,
    VIEW_OPTIONAL,
    VIEW_REQUIRED,
    Columns,
    Schema,
    expression,
)
from rms_console.adapters.rms.values import UnreadableValue, as_decimal, as_flag, as_moment, as_text
from rms_console.domain.position import Detection, Position
from rms_console.domain.rows import ItemRow, UnreadableRow

T = TypeVar("T")
Cells = RowMapping

_NO_STAMP = "1900-01-01 00:00:00.000"
_PLACE = "_place"


@dataclass(frozen=True, slots=True)
class Selection:
    """The column lists of the two queries that read whole items. Columns that are absent read as NULL."""

    item: Slots
    view: Slots
    stock: tuple[str, ...]
    detection: Detection


def select_columns(schema: Schema, detection: Detection, dialect: Dialect, slots: Slots) -> Selection:
    """Return the columns of a whole item. The row version is read only where it says where an item stands."""
    version = (VERSION,) if detection is Detection.ROWVERSION else ()
    item = [
        f"{dict(slots)['stamp']} AS {_PLACE}",
        *_named(schema.item, ("ID", *version, STAMP, *ITEM_OPTIONAL, *FROM_EITHER), dialect),
    ]
    view = _named(schema.view, (*VIEW_REQUIRED, *VIEW_OPTIONAL, COMMITTED, *schema.stock_columns[1:]), dialect)
    return Selection(
        (*slots, ("columns", ", ".join(item))),
        (*slots, ("columns", ", ".join(view))),
        schema.stock_columns,
        detection,
    )


def build_row(item: Cells, view: Sequence[Cells], selection: Selection) -> ItemRow | UnreadableRow:
    """Return one item from its row in `Item` and what the store's view gives for it.

    A view may give several rows for one item (a join on barcodes, say). Equal ones are one; where they differ nobody
    can say which is meant.
    """
    item_id = int(item["ID"])
    for name in view[0]:
        if any(other[name] != view[0][name] for other in view[1:]):
            values = " / ".join(str(row[name]) for row in view)
            return UnreadableRow(item_id, name, values, f"View_Items gives {len(view)} rows for one item that differ")
    try:
        return _row(item_id, _Reader(item, "Item"), _Reader(view[0], "View_Items"), selection)
    except _UnreadableCell as exc:
        return UnreadableRow(item_id, exc.column, exc.value, exc.reason)


class _UnreadableCell(Exception):
    def __init__(self, column: str, cause: UnreadableValue) -> None:
        super().__init__(column)
        self.column = column
        self.value = cause.value
        self.reason = f"{column} {cause.reason}"


class _Reader:
    """Reads cells of one row by column name, so that an unreadable one is told with its column."""

    def __init__(self, cells: Cells, table: str) -> None:
        self._cells = cells
        self._table = table

    def has(self, name: str) -> bool:
        return self._cells.get(name) is not None

    def text(self, name: str) -> str | None:
        return as_text(self._cells[name])

    def decimal(self, name: str) -> Decimal | None:
        return self._read(as_decimal, name)

    def amount(self, name: str) -> Decimal:
        """Return a quantity; no row at a location (an outer join's NULL) is no stock there."""
        return self.decimal(name) or Decimal(0)

    def whole(self, name: str) -> int | None:
        number = self.decimal(name)
        return None if number is None else int(number)

    def moment(self, name: str) -> datetime | None:
        return self._read(as_moment, name)

    def flag(self, name: str) -> bool | None:
        return self._read(as_flag, name)

    def _read(self, convert: Callable[[object], T], name: str) -> T:
        try:
            return convert(self._cells[name])
        except UnreadableValue as exc:
            raise _UnreadableCell(f"{self._table}.{name}", exc) from exc


def _row(item_id: int, item: _Reader, view: _Reader, selection: Selection) -> ItemRow:
    price, start, end = SALE
    return ItemRow(
        item_id=item_id,
        position=_position(item_id, item, selection.detection),
        sku=view.text("C_ARTICULO"),
        style=view.text("CCOD"),
        description=view.text("Description"),
        price=view.decimal("Price"),
        sale_price=_either(view, item, price).decimal(price),
        sale_start=_either(view, item, start).moment(start),
        sale_end=_either(view, item, end).moment(end),
        stock={name: view.amount(name) for name in selection.stock},
        committed=_either(view, item, COMMITTED).amount(COMMITTED),
        family=view.text("Familia"),
        category=view.text("Categoria"),
        extended_category=view.text("ExtendedCategory"),
        color=view.text("color"),
        size=view.text("talla"),
        gender=view.text("Genero"),
        barcode=view.text("UPC"),
        manufacturer=view.text("Manufacturer"),
        weight=view.decimal("Weight"),
        tax_percent=view.decimal("Tax"),
        inactive=bool(item.flag("Inactive")),
        web_item=item.flag("WebItem"),
        cannot_be_sold=bool(item.flag("ItemCannotBeSold")),
        last_updated=item.moment(STAMP),
        sale_type=item.whole("SaleType"),
    )


def _either(view: _Reader, item: _Reader, name: str) -> _Reader:
    return view if view.has(name) else item


def _position(item_id: int, item: _Reader, detection: Detection) -> Position:
    if detection is Detection.ROWVERSION:
        return Position.of_version(int(item.decimal(VERSION) or 0))
    return Position(item.text(_PLACE) or _NO_STAMP, item_id)


def _named(columns: Columns, names: Sequence[str], dialect: Dialect) -> list[str]:
    return [f"{expression(columns, name, dialect.read)} AS {dialect.quote(name)}" for name in dict.fromkeys(names)]
