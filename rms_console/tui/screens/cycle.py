"""One run: what it did to each product, and the log lines of that run alone."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.tui.format import duration
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.logsift import LEVELS, RANKS
from rms_console.tui.plain import clean
from rms_console.tui.screens.changes import change_lines, field_names, places_of, result_part
from rms_console.tui.screens.facts import told_at
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.overview import LEVEL_ROLES
from rms_console.tui.screens.product import ProductPage
from rms_console.tui.screens.reading import AT_ONCE
from rms_console.tui.view import View
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped

LINES = 500
"""So many lines of one run are shown, the newest."""


class CyclePage(ListPage):
    """The products of one run, with the fields that changed."""

    NAME = "cycle"
    SUBJECT = Subject.CYCLE
    KEY = "number"
    DETAIL_ROWS = 8
    is_detail = True
    ACTS = (Act("cycle.log", "L", "log", mark("Its log"), mark("Show the log lines of this run alone")),)
    BINDINGS = bindings(ACTS)

    def __init__(self, run: Row) -> None:
        super().__init__()
        self._run = run

    def question(self) -> Query:
        return Query(Subject.CYCLE, AT_ONCE, key=str(self._run.get("number", 0)))

    def heading(self, view: View) -> Line:
        words, run = view.words, self._run
        at = told_at(run.get("started_at"), view, seconds=True)
        text = words.phrase(
            "RUN {number}, {at}, {took}", number=run.get("number"), at=at, took=duration(run.get("duration_s"))
        )
        return line(Part(text, "title"), Part(f"  {clean(run.get('result', ''), 8)}"))

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return product_line(row, view)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        return product_detail(row, view, width)

    def empty(self, view: View) -> Sequence[Line]:
        return [line(Part(view.words.phrase("This run touched no product."), "dim"))]

    def action_log(self) -> None:
        self.app.push_screen(RunLogPage(self._run))

    def choose(self, row: Row) -> None:
        self.app.push_screen(ProductPage(str(row.get("style", ""))))


class RunLogPage(ListPage):
    """The log lines of one run, oldest first, as far as the engine still keeps them."""

    NAME = "run_log"
    SUBJECT = Subject.LOGS
    KEY = "number"
    DETAIL_ROWS = 6
    IS_HISTORY = False
    is_detail = True
    ACTS = (Act("run_log.level", "v", "level", mark("Level"), mark("Show all lines, or only more serious ones"), True),)
    BINDINGS = bindings(ACTS)

    def __init__(self, run: Row) -> None:
        super().__init__()
        self._run = run
        self._level = 0

    def question(self) -> Query:
        return Query(Subject.LOGS, LINES, filters={"sync_id": str(self._run.get("sync_id", ""))})

    def heading(self, view: View) -> Line:
        words, level = view.words, LEVELS[self._level]
        told = words.phrase("{level} and worse", level=level) if self._level else words.phrase("all levels")
        title = words.phrase("LOG OF RUN {number}", number=self._run.get("number"))
        return line(Part(title, "title"), Part(f"  {told}", "accent" if self._level else ""))

    def listed_rows(self, view: View) -> Sequence[Row]:
        return [row for row in self._rows if RANKS.get(str(row.get("level")), 1) >= self._level]

    def action_level(self) -> None:
        self._level = (self._level + 1) % len(LEVELS)
        self.console_app.draw()

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return run_log_line(row, view)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        return wrapped(clean(row.get("message", "")), width, LEVEL_ROLES.get(str(row.get("level")), ""))

    def empty(self, view: View) -> Sequence[Line]:
        if self._rows:
            return [line(view.words.phrase("No line is of this kind; v and / change that."))]
        return [line(Part(view.words.phrase("The log lines of this run are no longer kept."), "dim"))]


def run_log_line(row: Row, view: View) -> Line:
    """Return one log line: time, first letter of the level, who, what."""
    level = clean(row.get("level", ""), 10)
    role = LEVEL_ROLES.get(level, "")
    return line(
        Part(f"{told_at(row.get('at'), view, seconds=True)} ", "dim"),
        Part(f"{level[:1]} ", role),
        Part(f"{clean(row.get('service', ''), 14):<14.14} ", "dim"),
        Part(clean(row.get("message", ""), 400), role),
    )


def product_line(row: Row, view: View) -> Line:
    """Return what became of one product in one run."""
    fields = field_names(row.get("changes") or (), view.words)
    return line(
        f"{clean(row.get('style', ''), 16):<16.16} ",
        result_part(row.get("result", ""), view.words),
        f"{clean(row.get('title', ''), 28):<28.28} ",
        Part(f"{duration(row.get('duration_s')):>7}  ", "dim"),
        Part(clean(view.words.told(row.get("message")) or fields, 200), "dim"),
    )


def product_detail(row: Row, view: View, width: int) -> list[Line]:
    """Return the fields that changed, and why it failed where it did."""
    lines = change_lines(row.get("changes") or (), view.words, places_of(view))
    if row.get("message"):
        lines = [*wrapped(clean(view.words.told(row["message"]), 600), width, "warn"), *lines]
    return lines or [line(Part("  " + view.words.phrase("No field of the product changed."), "dim"))]
