"""The holds: changes that look like an accident, with what they would do, until a person says yes or no."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.contract.commands import DecideHolds
from rms_console.contract.events import EventName
from rms_console.contract.holding import Danger
from rms_console.contract.queries import Query, Subject
from rms_console.domain.holds import LABELS
from rms_console.locale import mark
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.changes import change_lines, places_of, word_of
from rms_console.tui.screens.dialogs import Reasoned
from rms_console.tui.screens.facts import told_at
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.product import ProductPage
from rms_console.tui.screens.reading import AT_ONCE
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.rows import Row
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
    IS_HISTORY = False
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
        Act("holds.copy", "y", "copy_detail", mark("Copy all"), mark("Copy all about it")),
    )
    BINDINGS = bindings(ACTS)

    def __init__(self) -> None:
        super().__init__()
        self._all = False

    def question(self) -> Query:
        state = {"state": "all"} if self._all else {}
        return Query(Subject.HOLDS, AT_ONCE, filters={"language": self.words.language, **state})

    def heading(self, view: View) -> Line:
        return line(Part(view.words.phrase("HELD FOR A PERSON'S YES"), "title"))

    def columns(self) -> Sequence[tuple[str, int]]:
        return (
            (mark("since"), 14),
            (mark("state"), 10),
            (mark("product"), 14),
            (mark("title"), 20),
            (mark("danger"), 12),
        )

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return hold_line(row, view)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        reason = wrapped(clean(row.get("reason") or "", 600), width, "warn")
        return [
            *reason,
            *decision_lines(row, view),
            *change_lines(row.get("changes") or (), view.words, places_of(view)),
        ]

    def empty(self, view: View) -> Sequence[Line]:
        return [line(Part(view.words.phrase("Nothing is held."), "good"))]

    def action_decided(self) -> None:
        self._all = not self._all
        self.forget()

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
        text = [
            line(
                words.phrase(
                    "{fields} {fields:field|fields} of {items} {items:item|items}:", fields=len(changes), items=items
                )
            )
        ]
        text += change_lines(changes, words, places_of(self.console_app.view()))
        if approve:
            title = words.phrase("Send this change of {name} to the shop?", name=clean(row.get("style", ""), 30))
        else:
            title = words.phrase("Keep what the shop has of {name}?", name=clean(row.get("style", ""), 30))
        self.app.push_screen(Reasoned(title, text), lambda reason: self._decide(row, approve, reason))

    def _decide(self, row: Row, approve: bool, reason: str | None) -> None:
        if reason is not None:
            name = self.words.phrase("Approve") if approve else self.words.phrase("Reject")
            self.console_app.actions.send(DecideHolds((int(row["hold_id"]),), approve, reason), name)

    def choose(self, row: Row) -> None:
        self.app.push_screen(ProductPage(str(row.get("style", ""))))


def hold_line(row: Row, view: View) -> Line:
    """Return one hold: since when, of what, what the danger is."""
    words = view.words
    state = clean(row.get("state", ""), 12)
    return line(
        f"{told_at(row.get('created_at'), view):<14} ",
        Part(f"{word_of(STATE_NAMES, state, words):<10.10} ", STATE_ROLES.get(state, "")),
        f"{clean(row.get('style', ''), 14):<14.14} ",
        f"{clean(row.get('title', ''), 20):<20.20} ",
        Part(kind_text(row, words), "dim"),
    )


def kind_text(row: Row, words: Words) -> str:
    """Return the danger in a few words; one of a newer engine is told by its own name."""
    kind = clean(row.get("kind") or "", 30)
    return words.phrase(LABELS[Danger(kind)]) if kind in set(Danger) else kind


def decision_lines(row: Row, view: View) -> list[Line]:
    """Return who decided a hold, when and why; nothing while it is open."""
    words = view.words
    if not row.get("decided_by"):
        return []
    at = told_at(row.get("decided_at"), view)
    told = words.phrase("decided by {by} at {at}", by=clean(row["decided_by"], 30), at=at)
    return [line(Part(f"  {told}  {clean(row.get('decision_reason') or '', 120)}", "dim"))]
