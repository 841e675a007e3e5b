"""One product: everything that was done to it, field by field, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.contract.commands import Trigger
from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.tui.format import moment
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.changes import change_lines, field_names, result_part
from rms_console.tui.screens.dialogs import Confirm
from rms_console.tui.screens.frame import zone_of
from rms_console.tui.screens.listpage import AT_ONCE, ListPage
from rms_console.tui.view import View
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped


class ProductPage(ListPage):
    """The history of one style."""

    NAME = "product"
    SUBJECT = Subject.PRODUCT
    KEY = "place"
    DETAIL_ROWS = 10
    is_detail = True
    ACTS = (
        Act("product.sync", "s", "sync", mark("Sync now"), mark("Sync this product now")),
        Act("product.copy", "y", "copy_row", mark("Copy"), mark("Copy the row")),
        Act("product.copy_all", "Y", "copy_detail", mark("Copy all"), mark("Copy all about it")),
    )
    BINDINGS = bindings(ACTS)

    def __init__(self, style: str) -> None:
        super().__init__()
        self._style = style

    def question(self) -> Query:
        return Query(Subject.PRODUCT, AT_ONCE, key=self._style)

    def heading(self, view: View) -> Line:
        return line(Part(view.words.phrase("PRODUCT {style}", style=clean(self._style, 40)), "title"))

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return history_line(row, view)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        lines = change_lines(row.get("changes") or (), view.words)
        return [*wrapped(clean(row.get("message") or "", 600), width, "warn", 3), *lines]

    def empty(self, view: View) -> Sequence[Line]:
        return [line(Part(view.words.phrase("Nothing was done to this product that is still remembered."), "dim"))]

    def action_sync(self) -> None:
        words = self.words
        text = [line(words.phrase("It is read again and goes to the shop ahead of everything else."))]
        dialog = Confirm(words.phrase("Sync {name} now?", name=clean(self._style, 40)), text)
        self.app.push_screen(dialog, lambda yes: self._sync() if yes else None)

    def _sync(self) -> None:
        self.console_app.actions.send(Trigger(styles=(self._style,)), self.words.phrase("Sync one"))


def history_line(row: Row, view: View) -> Line:
    """Return one thing that was done to a product."""
    words = view.words
    zone = zone_of(view.snapshot, words) if view.snapshot else "UTC"
    fields = field_names(row.get("changes") or (), words)
    return line(
        f"{moment(row.get('at'), zone, view.now, words.language):<14} ",
        Part(f"#{row.get('cycle', '')!s:<7} ", "dim"),
        result_part(row.get("result", ""), words),
        Part(clean(row.get("message") or fields, 200), "dim"),
    )
