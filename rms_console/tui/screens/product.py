"""One product: everything that was done to it, field by field, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.contract.commands import Trigger
from rms_console.contract.field_names import TRIGGERS
from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.changes import change_lines, field_names, places_of, result_part
from rms_console.tui.screens.dialogs import Confirm
from rms_console.tui.screens.facts import told_at
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.reading import AT_ONCE
from rms_console.tui.view import View
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped


class ProductPage(ListPage):
    """The history of one style, as far back as the ledger keeps it."""

    NAME = "product"
    SUBJECT = Subject.PRODUCT
    KEY = "number"
    DETAIL_ROWS = 10
    is_detail = True
    ACTS = (Act("product.sync", "s", "sync", mark("Sync now"), mark("Sync this product now")),)
    BINDINGS = bindings(ACTS)

    def __init__(self, style: str) -> None:
        super().__init__()
        self.style = style

    def question(self) -> Query:
        return Query(Subject.PRODUCT, AT_ONCE, key=self.style)

    def heading(self, view: View) -> Line:
        title = clean(self._rows[0].get("title") or "", 80) if self._rows else ""
        name = view.words.phrase("PRODUCT {style}", style=clean(self.style, 40))
        return line(Part(name, "title"), Part(f"  {title}" if title else "", "strong"))

    def columns(self) -> Sequence[tuple[str, int]]:
        return ((mark("time"), 14), (mark("run"), 7), (mark("result"), 16), (mark("changes"), 20))

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return history_line(row, view)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        return history_detail(row, view, width)

    def empty(self, view: View) -> Sequence[Line]:
        return [line(Part(view.words.phrase("Nothing was done to this product that is still remembered."), "dim"))]

    def action_sync(self) -> None:
        words = self.words
        text = [line(words.phrase("It is read again and goes to the shop ahead of everything else."))]
        dialog = Confirm(words.phrase("Sync {name} now?", name=clean(self.style, 40)), text)
        self.app.push_screen(dialog, lambda yes: self._sync() if yes else None)

    def _sync(self) -> None:
        self.console_app.actions.send(Trigger(styles=(self.style,)), self.words.phrase("Sync one"))


def history_line(row: Row, view: View) -> Line:
    """Return one thing that was done to a product: when, in which run, how it ended, why or which fields."""
    words = view.words
    fields = field_names(row.get("changes") or (), words)
    return line(
        f"{told_at(row.get('at'), view):<14} ",
        Part(f"#{row.get('cycle', '')!s:<6} ", "dim"),
        result_part(row.get("result", ""), words),
        Part(clean(words.told(row.get("message") or fields), 200), "dim"),
    )


def history_detail(row: Row, view: View, width: int) -> list[Line]:
    """Return which run it was, who or what began that and why; then what went wrong; then every field."""
    words = view.words
    lines = wrapped(clean(words.told(row.get("message") or ""), 600), width, "warn")
    return [
        *wrapped(_origin(row, view), width, "dim"),
        *lines,
        *change_lines(row.get("changes") or (), words, places_of(view)),
    ]


def _origin(row: Row, view: View) -> str:
    words = view.words
    at = told_at(row.get("at"), view, seconds=True)
    if not row.get("trigger"):
        return words.phrase("run {number}, {at}; what began it is not known", number=row.get("cycle"), at=at)
    began = clean(words.word(TRIGGERS, row["trigger"]), 30)
    by = " ".join(clean(row[name], 100) for name in ("by", "reason") if row.get(name))
    return words.phrase(
        "run {number}, {at}, {trigger} {by}", number=row.get("cycle"), at=at, trigger=began, by=by
    ).rstrip()
