"""The activity: every run, newest first; one opens into its products, and a product into its history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rms_console.contract.field_names import TRIGGERS
from rms_console.contract.queries import Subject
from rms_console.locale import mark
from rms_console.tui.format import clock, count, duration
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.changes import word_of
from rms_console.tui.screens.cycle import CyclePage
from rms_console.tui.screens.facts import told_at, zone_name
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.overview import RESULT_ROLES
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped

SHOWN: Final = (("all", mark("all")), ("changes", mark("with changes")), ("problems", mark("with problems")))
LOOK_BACK: Final = 2_000
FIGURES: Final = 75
"""Columns of a run's figures; what is right of them tells why, where there is room."""


class ActivityPage(ListPage):
    """Runs."""

    NAME = "activity"
    SUBJECT = Subject.ACTIVITY
    KEY = "number"
    DETAIL_ROWS = 5
    ACTS = (
        Act("activity.filter", "f", "filter", mark("Filter"), mark("Show all runs, with changes, or with problems")),
    )
    BINDINGS = bindings(ACTS)

    def __init__(self) -> None:
        super().__init__()
        self._shown = 0

    def heading(self, view: View) -> Line:
        words = view.words
        shown = words.phrase("shown: {what} (f)", what=words.phrase(SHOWN[self._shown][1]))
        return line(Part(words.phrase("RUNS, NEWEST FIRST"), "title"), Part(f"  {shown}", "dim"))

    def columns(self) -> Sequence[tuple[str, int]]:
        return (
            (mark("time"), 12), (mark("result"), 6), (mark("run"), 7), (mark("trigger"), 16), (mark("items"), -5),
            (mark("prod."), -5), (mark("stock"), -5), (mark("err."), -3), (mark("took"), -8),
        )  # fmt: skip

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return activity_line(row, view, width)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        return activity_detail(row, view.words, width)

    def empty(self, view: View) -> Sequence[Line]:
        return empty_lines(view)

    def listed_rows(self, view: View) -> Sequence[Row]:
        return [row for row in self._rows if is_shown(row, SHOWN[self._shown][0])]

    def action_filter(self) -> None:
        self._shown = (self._shown + 1) % len(SHOWN)
        self.console_app.draw()
        self.begin(self._fill, "older")

    async def _fill(self) -> None:
        """Look further back while the runs that are shown do not fill the screen, but not without end."""
        begun, has_more = self._shown, True
        while has_more and self._shown == begun and self._is_short() and len(self._rows) < LOOK_BACK:
            had = len(self._rows)
            await self._read_more()
            has_more = len(self._rows) > had and self._next is not None

    def _is_short(self) -> bool:
        return sum(is_shown(row, SHOWN[self._shown][0]) for row in self._rows) <= self.size.height

    def choose(self, row: Row) -> None:
        self.app.push_screen(CyclePage(row))


def is_shown(row: Row, what: str) -> bool:
    """Return whether a run belongs to a choice: all, changes, problems."""
    if what == "changes":
        return bool(row.get("items_found") or row.get("products_synced"))
    if what == "problems":
        return row.get("result") in ("FAIL", "PART", "SKIP") or bool(row.get("errors") or row.get("quarantined"))
    return True


def activity_line(row: Row, view: View, width: int) -> Line:
    """Return one run: when, how it ended, who or what began it, what it did, how long it took."""
    words = view.words
    result = clean(row.get("result", ""), 6)
    trigger = clean(word_of(TRIGGERS, str(row.get("trigger", "")), words), 16)
    if row.get("by") and row.get("trigger") in ("manual", "full sync"):
        # Both must be told in 16 columns: the word in full, and as much of the name as fits.
        name, room = clean(row["by"], 40), max(4, 14 - len(trigger))
        trigger = f"{name if len(name) <= room else name[:room]}: {trigger}"
    note = clean(words.told(row.get("note")) or row.get("reason") or "", 200)
    errors = int(row.get("errors") or 0) + int(row.get("quarantined") or 0)
    return line(
        f"{told_at(row.get('started_at'), view):<13}",
        Part(f"{words.glyphs.result(result)} {result:<5}", RESULT_ROLES.get(result, "")),
        Part(f"#{row.get('number', '')!s:<7}", "dim"),
        f"{trigger:<16.16} ",
        f"{count(row.get('items_found'), words.language):>5} {count(row.get('products_synced'), words.language):>5} ",
        f"{count(row.get('stock_rows'), words.language):>5} ",
        Part(f"{errors:>3} ", "bad" if errors else "dim"),
        f"{duration(row.get('duration_s')):>8}",
        Part(f"  {note}" if note and width > FIGURES + 8 else "", "dim"),
    )


def activity_detail(row: Row, words: Words, width: int) -> list[Line]:
    """Return the rest of a run's figures."""
    made = words.phrase(
        "{created} {created:product|products} and {variants} {variants:variant|variants} new, {updated} "
        "{updated:variant|variants} changed, {left} {left:item|items} left in the queue",
        created=row.get("products_created", 0),
        variants=row.get("variants_created", 0),
        updated=row.get("variants_updated", 0),
        left=row.get("queue_left", 0),
    )
    cost = words.phrase(
        "{mutations} {mutations:write|writes}, {queries} {queries:read|reads}, {points} {points:point|points}, "
        "{throttled} throttled",
        mutations=row.get("mutations", 0),
        queries=row.get("queries", 0),
        points=f"{float(row.get('points') or 0):.0f}",
        throttled=row.get("throttled", 0),
    )
    parts = (row.get("reason"), words.told(row.get("note")), row.get("error_code"))
    why = clean(" ".join(str(part) for part in parts if part), 600)
    return [*wrapped(made, width), *wrapped(cost, width, "dim"), *wrapped(why, width, "warn")]


def empty_lines(view: View) -> list[Line]:
    """Return what it means that there is no run."""
    words, seen = view.words, view.snapshot
    if seen is not None and seen.next_check_at is not None:
        at = clock(seen.next_check_at, zone_name(view))
        return [line(Part(words.phrase("No runs yet. The first begins at {at}.", at=at), "dim"))]
    return [line(Part(words.phrase("No runs yet."), "dim"))]
