"""The list of all items with their SKUs, cheap enough for 600,000 of them: from `Item` alone where that serves."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.adapters.rms.database import Session, Slots
from rms_console.adapters.rms.items import chunks
from rms_console.adapters.rms.schema import Reading, Schema, expression
from rms_console.adapters.rms.values import UnreadableValue, as_flag, as_text
from rms_console.domain.grouping import sku_key
from rms_console.domain.matching import ListedItem

SAMPLE = 50
_COLUMNS = ("ItemLookupCode", "WebItem", "Inactive", "ItemCannotBeSold")


class ItemList:
    """Lists items of one database.

    Each store writes its own view, so whether its C_ARTICULO is RMS's ItemLookupCode is looked at, on a sample, not
    believed. Where it is not, every SKU comes from the view, which takes its time.
    """

    def __init__(self, schema: Schema, slots: Slots, read: Reading, per_statement: int) -> None:
        columns = ", ".join(expression(schema.item, name, read) for name in _COLUMNS)
        self.slots = (*slots, ("columns", columns))
        self._per_statement = per_statement
        self._from_view: bool | None = None if "itemlookupcode" in schema.item else True

    def page(self, session: Session, after_id: int, limit: int) -> tuple[ListedItem, ...]:
        """Return items above `after_id` in order; one without an SKU has an empty one."""
        rows = session.rows("listed_items", self.slots, after_id=after_id, row_limit=limit)
        if self._from_view is None:
            self._from_view = self._differs(session, rows)
        if not self._from_view:
            return tuple(_item(row, as_text(row[1])) for row in rows)
        skus = self._view_skus(session, [int(row[0]) for row in rows])
        return tuple(_item(row, skus.get(int(row[0]))) for row in rows)

    def _differs(self, session: Session, rows: Sequence[Sequence[object]]) -> bool | None:
        """Return whether the view calls some item otherwise than `Item` does; None when nothing could be compared."""
        codes = {int(str(row[0])): as_text(row[1]) or "" for row in rows[:SAMPLE]}
        shown = self._view_skus(session, list(codes))
        pairs = [(sku_key(codes[item_id]), sku_key(sku)) for item_id, sku in shown.items()]
        return any(code != sku for code, sku in pairs) if pairs else None

    def _view_skus(self, session: Session, item_ids: Sequence[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for ids in chunks(tuple(item_ids), self._per_statement):
            for item_id, sku in session.rows("listed_view_skus", self.slots, ids=ids):
                found[int(item_id)] = as_text(sku) or ""
        return found


def _item(row: Sequence[object], sku: str | None) -> ListedItem:
    web, inactive, barred = (_flag(cell) for cell in row[2:5])
    return ListedItem(int(str(row[0])), sku or "", web, not (inactive or barred))


def _flag(cell: object) -> bool | None:
    try:
        return as_flag(cell)
    except UnreadableValue:
        return None
