"""One item as it stands: its stamps, and every cell that is read of it, as text, under the store's own names."""

from __future__ import annotations

from datetime import datetime

from rms_console.adapters.rms.database import Session
from rms_console.adapters.rms.dialect import Dialect
from rms_console.adapters.rms.layout import Layout
from rms_console.adapters.rms.names import (
    COMMITTED,
    FROM_EITHER,
    ITEM_OPTIONAL,
    STAMP,
    VERSION,
    VIEW_OPTIONAL,
    VIEW_REQUIRED,
    Columns,
)
from rms_console.adapters.rms.schema import expression
from rms_console.adapters.rms.values import UnreadableValue, as_text, as_whole
from rms_console.domain.probing import Look

_ITEM_CELLS = (*ITEM_OPTIONAL, *FROM_EITHER, "Price", "Quantity")
_STAMP, _VERSION = "_stamp", "_version"


def look_at_item(session: Session, layout: Layout, dialect: Dialect, item_id: int, here: datetime) -> Look:
    """Return the item as of now; one that is gone has neither stamps nor values.

    Where the view gives several rows, their cells stand side by side.
    """
    schema = layout.schema
    item, view = look_columns(layout, dialect)
    row = next(iter(session.records("items", (*layout.slots, ("columns", item)), ids=[item_id])), None)
    rows = list(session.records("view_rows", (*layout.slots, ("columns", view)), ids=[item_id]))
    values: dict[str, str] = {}
    if row is not None:
        values |= {_told(schema.names.item_table, schema.item, name): _text(row[name]) for name in _item_cells(layout)}
    for name in _view_cells(layout) if rows else ():
        told = " / ".join(dict.fromkeys(_text(each[name]) for each in rows))
        values[_told(schema.names.view, schema.view, name)] = told
    return Look(
        item_id=item_id,
        sku=_text(rows[0]["C_ARTICULO"]).strip() if rows else "",
        stamp=None if row is None else as_text(row[_STAMP]),
        version=None if row is None else _whole(row[_VERSION]),
        values=values,
        server_time=session.server_time(),
        here=here,
        has_stamp=STAMP.casefold() in schema.item,
        has_version=VERSION.casefold() in schema.item,
    )


def look_columns(layout: Layout, dialect: Dialect) -> tuple[str, str]:
    """Return the column lists of the two statements that look at an item: in `Item`, and in the view."""
    schema = layout.schema
    stamps = [f"{dict(layout.slots)['stamp']} AS {_STAMP}", _named(schema.item, VERSION, dialect, _VERSION)]
    item = (_named(schema.item, name, dialect) for name in _item_cells(layout))
    view = (_named(schema.view, name, dialect) for name in _view_cells(layout))
    return ", ".join([*stamps, *item]), ", ".join(view)


def _item_cells(layout: Layout) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(_ITEM_CELLS) if name.casefold() in layout.schema.item)


def _view_cells(layout: Layout) -> tuple[str, ...]:
    names = dict.fromkeys((*VIEW_REQUIRED, *VIEW_OPTIONAL, COMMITTED, *layout.schema.stock_columns))
    return tuple(name for name in names if name.casefold() in layout.schema.view)


def _named(columns: Columns, name: str, dialect: Dialect, alias: str = "") -> str:
    return f"{expression(columns, name, dialect.read)} AS {dialect.quote(alias or name)}"


def _told(table: str, columns: Columns, name: str) -> str:
    return f"{table}.{columns[name.casefold()].name}"


def _text(cell: object) -> str:
    return as_text(cell) or ""


def _whole(cell: object) -> int | None:
    try:
        return as_whole(cell)
    except UnreadableValue:
        return None
