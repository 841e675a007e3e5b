"""Reading whole items by ItemID: `Item` and the store's view, some hundred ids a statement, all as of one instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rms_console.adapters.rms.database import Session
from rms_console.adapters.rms.rows import Cells, Selection, build_row
from rms_console.domain.rows import ItemRow, RowsRead, UnreadableRow

T = TypeVar("T")

_STRAY = "is in View_Items and not in Item: its flags and its version are nowhere"


def read_items(session: Session, selection: Selection, item_ids: Sequence[int], per_statement: int) -> RowsRead:
    """Return the items of a session that sees one state; each id lands in exactly one of the four groups."""
    found = _Found()
    for ids in chunks(tuple(dict.fromkeys(item_ids)), per_statement):
        items = {int(cells["ID"]): cells for cells in session.records("items", selection.item, ids=ids)}
        views: defaultdict[int, list[Cells]] = defaultdict(list)
        for cells in session.records("view_rows", selection.view, ids=ids):
            views[int(cells["ItemID"])].append(cells)
        for item_id in ids:
            found.sort(item_id, items.get(item_id), views.get(item_id, []), selection)
    return RowsRead(tuple(found.rows), tuple(found.unreadable), frozenset(found.hidden), frozenset(found.deleted))


@dataclass(slots=True)
class _Found:
    rows: list[ItemRow] = field(default_factory=list)
    unreadable: list[UnreadableRow] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)

    def sort(self, item_id: int, item: Cells | None, views: Sequence[Cells], selection: Selection) -> None:
        if item is None and not views:
            self.deleted.add(item_id)
        elif item is None:
            self.unreadable.append(UnreadableRow(item_id, "Item.ID", str(item_id), _STRAY))
        elif not views:
            self.hidden.add(item_id)
        else:
            self._add(build_row(item, views, selection))

    def _add(self, row: ItemRow | UnreadableRow) -> None:
        if isinstance(row, ItemRow):
            self.rows.append(row)
        else:
            self.unreadable.append(row)


def chunks(values: tuple[T, ...], size: int) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
