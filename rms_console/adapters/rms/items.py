"""Reading whole items by ItemID: `Item` and the store's view, some hundred ids a statement, all as of one instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rms_console.adapters.rms.database import Session
from rms_console.adapters.rms.errors import BAD_ROW
from rms_console.adapters.rms.rows import Cells, Selection, build_row
from rms_console.domain.rows import ItemRow, RowsRead, UnreadableRow
from rms_console.errors import SourceSchemaChanged
from rms_console.locale import mark, sentence

T = TypeVar("T")

MOST_BAD_ROWS = 8
"""With more of them in one read it is the view that is broken, not a row."""

_STRAY = mark("in {view} and not in {item}: its flags and its version are nowhere")


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


def isolate_bad_rows(
    read: Callable[[Sequence[int]], RowsRead], item_ids: Sequence[int], view: str = "View_Items"
) -> RowsRead:
    """Return what `read` gives, by halves where a row makes the view fail: it is set aside, the others are read.

    Raises:
        SourceSchemaChanged: too many rows do.
    """
    waiting, reads, bad = [tuple(dict.fromkeys(item_ids))], list[RowsRead](), 0
    while waiting:
        ids = waiting.pop()
        try:
            reads.append(read(ids))
        except SourceSchemaChanged as exc:
            bad += len(ids) == 1
            if exc.code != BAD_ROW or not ids or bad > MOST_BAD_ROWS:
                raise
            if len(ids) == 1:
                reads.append(RowsRead(unreadable=(UnreadableRow(ids[0], view, "", exc.message),)))
            else:
                waiting += [ids[len(ids) // 2 :], ids[: len(ids) // 2]]
    return reads[0] if len(reads) == 1 else _joined(reads)


def _joined(reads: Sequence[RowsRead]) -> RowsRead:
    return RowsRead(
        tuple(row for read in reads for row in read.rows),
        tuple(row for read in reads for row in read.unreadable),
        frozenset().union(*(read.hidden for read in reads)),
        frozenset().union(*(read.deleted for read in reads)),
    )


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
            item_table, view = selection.item_table, selection.view_name
            reason = sentence(_STRAY, view=view, item=item_table)
            self.unreadable.append(UnreadableRow(item_id, f"{item_table}.ID", str(item_id), reason))
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
