"""The store's columns as our own rows: the one place where CCOD becomes `style` and Exis00 a stock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import RowMapping

from rms_console.adapters.rms.database import Slots
from rms_console.adapters.rms.dialect import Dialect
from rms_console.adapters.rms.names import (
    COMMITTED,
    FROM_EITHER,
    ITEM_OPTIONAL,
    SALE,
    VERSION,
    VIEW_OPTIONAL,
    VIEW_REQUIRED,
    Columns,
)
from rms_console.adapters.rms.schema import Schema, expression
from rms_console.adapters.rms.values import UnreadableValue, as_decimal, as_flag, as_moment, as_text, as_whole
from rms_console.domain.position import Detection, Position
from rms_console.domain.rows import CellDoubt, ItemRow, UnreadableRow
from rms_console.locale import sentence

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
    item_table: str = "Item"
    view_name: str = "View_Items"
    described: bool = True
    """False: the store has no descriptions, and the style stands in their place."""


def select_columns(schema: Schema, detection: Detection, dialect: Dialect, slots: Slots) -> Selection:
    """Return the columns of a whole item. The row version is read only where it says where an item stands."""
    version = (VERSION,) if detection is Detection.ROWVERSION else ()
    item = [
        f"{dict(slots)['stamp']} AS {_PLACE}",
        *_named(schema.item, ("ID", *version, *ITEM_OPTIONAL, *FROM_EITHER), dialect),
    ]
    view = _named(schema.view, (*VIEW_REQUIRED, *VIEW_OPTIONAL, COMMITTED, *schema.stock_columns[1:]), dialect)
    return Selection(
        (*slots, ("columns", ", ".join(item))),
        (*slots, ("columns", ", ".join(view))),
        schema.stock_columns,
        detection,
        schema.names.item_table,
        schema.names.view,
        not schema.names.is_none("Description"),
    )


def build_row(item: Cells, view: Sequence[Cells], selection: Selection) -> ItemRow | UnreadableRow:
    """Return one item from its row in `Item` and what the store's view gives for it, read cell by cell.

    A cell that cannot be read becomes a doubt of the row, and stock goes on flowing; only where the SKU, the style, a
    quantity or a text that says what the item is cannot be told is the whole row set aside.

    A view may give several rows for one item (a join on barcodes, say). Equal ones are one; a cell in which they
    differ cannot be read, for nobody can say which is meant.
    """
    item_id = int(item["ID"])
    doubts: list[CellDoubt] = []
    try:
        torn = _torn(view, selection.view_name)
        readers = _Reader(item, selection.item_table, doubts), _Reader(view[0], selection.view_name, doubts, torn)
        row = _row(item_id, *readers, selection)
    except _UnreadableCell as exc:
        return UnreadableRow(item_id, exc.column, exc.value, exc.reason)
    return replace(row, doubts=tuple(doubts)) if doubts else row


def _torn(view: Sequence[Cells], name: str) -> Mapping[str, UnreadableValue]:
    """Return the columns in which the rows of one item differ."""
    if len(view) == 1:
        return {}
    reason = sentence("{view} gives {count} rows for this item, which differ here", view=name, count=len(view))
    return {
        column: UnreadableValue(" / ".join(str(row[column]) for row in view), reason)
        for column in view[0]
        if any(other[column] != view[0][column] for other in view[1:])
    }


class _UnreadableCell(Exception):
    def __init__(self, column: str, cause: UnreadableValue) -> None:
        super().__init__(column)
        self.column = column
        self.value = cause.value
        self.reason = cause.reason


class _Reader:
    """Reads cells of one row by column name, so that an unreadable one is told with its column.

    `text` and `amount` give what a row cannot do without; of anything else (`get`) an unreadable cell is noted and
    reads as empty.
    """

    def __init__(
        self, cells: Cells, table: str, doubts: list[CellDoubt], torn: Mapping[str, UnreadableValue] | None = None
    ) -> None:
        self._cells = cells
        self._table = table
        self._doubts = doubts
        self._torn = torn or {}

    def has(self, name: str) -> bool:
        return self._cells.get(name) is not None or name in self._torn

    def text(self, name: str) -> str | None:
        return self._read(as_text, name)

    def amount(self, name: str) -> Decimal:
        """Return a quantity; no row at a location (an outer join's NULL) is no stock there."""
        return self._read(as_decimal, name) or Decimal(0)

    def version(self) -> int:
        """Return the row version, 0 where it is none: an item is what it is without one."""
        try:
            return self._read(as_whole, VERSION) or 0
        except _UnreadableCell:
            return 0

    def get(self, field: str, convert: Callable[[object], T | None], name: str) -> T | None:
        """Return a cell for a field of the row, or None and a doubt."""
        try:
            return self._read(convert, name)
        except _UnreadableCell as exc:
            self._doubts.append(CellDoubt(field, exc.column, exc.value, exc.reason))
            return None

    def _read(self, convert: Callable[[object], T], name: str) -> T:
        try:
            if name in self._torn:
                raise self._torn[name]
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
        description=view.text("Description" if selection.described else "CCOD"),
        price=view.get("price", as_decimal, "Price"),
        sale_price=_either(view, item, price).get("sale_price", as_decimal, price),
        sale_start=_either(view, item, start).get("sale_start", as_moment, start),
        sale_end=_either(view, item, end).get("sale_end", as_moment, end),
        stock={name: view.amount(name) for name in selection.stock},
        committed=_either(view, item, COMMITTED).amount(COMMITTED),
        family=view.text("Familia"),
        category=view.text("Categoria"),
        extended_category=view.text("ExtendedCategory"),
        color=view.text("color"),
        size=view.text("talla"),
        gender=view.text("Genero"),
        barcode=view.get("barcode", as_text, "UPC"),
        manufacturer=view.text("Manufacturer"),
        weight=view.get("weight", as_decimal, "Weight"),
        tax_percent=view.get("tax_percent", as_decimal, "Tax"),
        inactive=bool(item.get("inactive", as_flag, "Inactive")),
        web_item=item.get("web_item", as_flag, "WebItem"),
        cannot_be_sold=bool(item.get("cannot_be_sold", as_flag, "ItemCannotBeSold")),
        sale_type=item.get("sale_type", as_whole, "SaleType"),
    )


def _either(view: _Reader, item: _Reader, name: str) -> _Reader:
    return view if view.has(name) else item


def _position(item_id: int, item: _Reader, detection: Detection) -> Position:
    """Return where the item stood when it was read."""
    if detection is Detection.ROWVERSION:
        return Position.of_version(item.version())
    return Position(item.text(_PLACE) or _NO_STAMP, item_id)


def _named(columns: Columns, names: Sequence[str], dialect: Dialect) -> list[str]:
    return [f"{expression(columns, name, dialect.read)} AS {dialect.quote(name)}" for name in dict.fromkeys(names)]
