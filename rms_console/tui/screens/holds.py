"""The holds: changes that look like an accident, with what they would do, until a person says yes or no."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.contract.commands import DecideHolds
from rms_console.contract.events import EventName
from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.tui.format import moment
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.changes import change_lines
from rms_console.tui.screens.dialogs import Confirm
from rms_console.tui.screens.frame import zone_of
from rms_console.tui.screens.listpage import AT_ONCE, ListPage
from rms_console.tui.screens.product import ProductPage
from rms_console.tui.view import View
from rms_console.tui.widgets.rows import Row, RowList
from rms_console.tui.wrapping import wrapped

STATE_ROLES = {"open": "warn", "approved": "good", "rejected": "dim"}
STATE_NAMES = {
    "open": mark("open"),
    "approved": mark("approved"),
    "rejected": mark("rejected"),
    "applied": mark("sent"),
    "overtaken": mark("overtaken"),
}


class HoldsPage(ListPage):
    """What waits for a yes, with its differences."""

    NAME = "holds"
    SUBJECT = Subject.HOLDS
    KEY = "hold_id"
    DETAIL_ROWS = 10
    NEWS = frozenset({EventName.CYCLE_FINISHED, EventName.COMMAND_DONE, EventName.PRODUCT_HELD})
    ACTS = (
        Act("holds.approve", "Y", "approve", mark("Approve"), mark("Approve: the change goes to the shop")),
        Act("holds.reject", "N", "reject", mark("Reject"), mark("Reject: the shop keeps what it has")),
        Act(
            "holds.decided",
            "w",
            "decided",
            mark("Decided too"),
            mark("Show the decided ones too, or not"),
        ),
        Act("holds.copy", "y", "copy_detail", mark("Copy"), mark("Copy all about it")),
    )
    BINDINGS = bindings(ACTS)

    def __init__(self) -> None:
        super().__init__()
        self._all = False

    def question(self) -> Query:
        return Query(Subject.HOLDS, AT_ONCE, filters={"state": "all"} if self._all else {})

    def heading(self, view: View) -> Line:
        return line(Part(view.words.phrase("HELD FOR A PERSON'S YES"), "title"))

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return hold_line(row, view)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        reason = wrapped(clean(row.get("reason") or "", 600), width, "warn", 3)
        return [*reason, *change_lines(row.get("changes") or (), view.words)]

    def empty(self, view: View) -> Sequence[Line]:
        return [line(Part(view.words.phrase("Nothing is held."), "good"))]

    def action_decided(self) -> None:
        self._all = not self._all
        self._rows, self._has_read = [], False
        self.read()

    def action_approve(self) -> None:
        self._ask(approve=True)

    def action_reject(self) -> None:
        self._ask(approve=False)

    def _ask(self, approve: bool) -> None:
        row, words = self.listed.chosen, self.words
        if row is None:
            return
        changes = row.get("changes") or ()
        items = len(row.get("item_ids") or ())
        text = [line(words.phrase("{fields} fields of {items} items:", fields=len(changes), items=items))]
        text += change_lines(changes[:8], words)
        if approve:
            title = words.phrase("Send this change of {name} to the shop?", name=clean(row.get("style", ""), 30))
        else:
            title = words.phrase("Keep what the shop has of {name}?", name=clean(row.get("style", ""), 30))
        self.app.push_screen(Confirm(title, text), lambda yes: self._decide(row, approve) if yes else None)

    def _decide(self, row: Row, approve: bool) -> None:
        name = self.words.phrase("Approve") if approve else self.words.phrase("Reject")
        self.console_app.actions.send(DecideHolds((int(row["hold_id"]),), approve), name)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        self.app.push_screen(ProductPage(str(event.row.get("style", ""))))


def hold_line(row: Row, view: View) -> Line:
    """Return one hold: since when, of what, why."""
    words = view.words
    zone = zone_of(view.snapshot, words) if view.snapshot else "UTC"
    state = clean(row.get("state", ""), 12)
    return line(
        f"{moment(row.get('created_at'), zone, view.now, words.language):<14} ",
        Part(f"{words.phrase(STATE_NAMES.get(state, state)):<10.10} ", STATE_ROLES.get(state, "")),
        f"{clean(row.get('style', ''), 14):<14.14} ",
        f"{clean(row.get('title', ''), 20):<20.20} ",
        Part(clean(row.get("reason") or "", 200), "dim"),
    )
