"""A page that is a list read from the engine, with all about the row under the cursor below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual.widget import Widget

from rms_console.contract.events import Event, EventName
from rms_console.contract.queries import Page as Answer
from rms_console.contract.queries import Query, Subject
from rms_console.tui.format import count
from rms_console.tui.lines import Line, Part, fit, text_of
from rms_console.tui.plain import clean
from rms_console.tui.screens.page import Page
from rms_console.tui.view import View
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.widgets.picking import PickList
from rms_console.tui.widgets.rows import Row, RowList

AT_ONCE: Final = 100
MOST: Final = 10_000
MOST_AT_ONCE: Final = 500
"""More rows than that no answer has."""
SLOW_S: Final = 0.3
FRAME_ROWS: Final = 8
"""Head, title and foot."""


class ListPage(Page):
    """Reads its rows when it is opened, after what may have changed them, and older ones when the end comes near.

    A subclass says what is asked, how a row and its detail look, and what an empty list means.
    """

    SUBJECT: ClassVar[Subject]
    NEWS: ClassVar[frozenset[str]] = frozenset({EventName.CYCLE_FINISHED, EventName.COMMAND_DONE})
    DETAIL_ROWS: ClassVar[int] = 6
    IS_HISTORY: ClassVar[bool] = True
    """Whether rows stay once they are there; else what is gone from the answer is gone from the list."""
    KEY: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._next: int | None = None
        self._problem = ""
        self._is_reading = False
        self._has_read = False

    # What a subclass says

    def question(self) -> Query:
        """Return the question for the newest rows."""
        return Query(self.SUBJECT, AT_ONCE)

    def heading(self, view: View) -> Line:
        """Return the title of the list."""
        raise NotImplementedError

    def header(self, view: View) -> Line:
        """Return the names of the columns, above them."""
        names = [column_name(view.words.phrase(name), width) for name, width in self.columns()]
        return (Part("  " + " ".join(names), "dim"),) if names else ()

    def row_line(self, row: Row, view: View, width: int) -> Line:
        raise NotImplementedError

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        """Return all about one row."""
        return ()

    def empty(self, view: View) -> Sequence[Line]:
        """Return what an empty list means."""
        return ()

    def columns(self) -> Sequence[tuple[str, int]]:
        """Return the name of each column and its width; a width below zero is a column of figures, to the right."""
        return ()

    # The page

    @property
    def listed(self) -> PickList:
        return self.query_one(PickList)

    def body(self) -> Iterable[Widget]:
        yield Panel(id="title")
        yield PickList(self._draw_row, lambda row: row.get(self.KEY), id="body")
        yield Panel(id="detail")

    def on_screen_resume(self) -> None:
        self.listed.focus()
        self.read()

    def hear(self, event: Event) -> None:
        if event.name in self.NEWS:
            self.read()

    def show(self, view: View) -> None:
        width = self.size.width
        title = (
            *self.heading(view),
            Part(f"  {count(len(self._rows), view.words.language)}", "dim"),
            *self._notes(view),
        )
        header = self.header(view)
        self.query_one("#title", Panel).show([fit(one, width) for one in ((title, header) if header else (title,))])
        waiting = [(Part(view.words.phrase("reading…"), "dim"),)]
        self.listed.show(self._rows, list(self.empty(view)) if self._has_read else waiting)
        self._show_detail(view)

    def _notes(self, view: View) -> Line:
        if self._problem:
            text = view.words.phrase("not fresh: {why}", why=clean(self._problem, 120))
            return (Part(f"  {text}", "warn"),)
        return (Part("  " + view.words.phrase("reading…"), "dim"),) if self._is_reading else ()

    def _show_detail(self, view: View) -> None:
        row, width = self.listed.chosen, self.size.width
        lines = list(self.detail(row, view, width)) if row is not None else []
        panel, height = self.query_one("#detail", Panel), self._detail_height()
        panel.styles.height, panel.display = height, height > 0
        if len(lines) >= height > 1:
            more = view.words.phrase("… and {count} more", count=len(lines) - height + 2)
            lines = [*lines[: height - 2], (Part(f"  {more}", "dim"),)]
        panel.show([(), *(fit(one, width) for one in lines)])

    def _detail_height(self) -> int:
        """Return the rows of the detail: on a small screen the list comes first."""
        spare = self.size.height - FRAME_ROWS
        return min(self.DETAIL_ROWS, spare // 2) if spare >= 8 else 0

    def _draw_row(self, row: Row, width: int) -> Line:
        return fit(self.row_line(row, self.console_app.view(), width), width)

    def on_pick_list_moved(self) -> None:
        self._show_detail(self.console_app.view())

    def on_row_list_near_end(self, event: RowList.NearEnd) -> None:
        if self._next is not None and len(self._rows) < MOST:
            self.begin(self._read_more, "older")

    # Reading

    def read(self) -> None:
        """Ask for the newest rows; those that are there stay until the answer comes."""
        self.begin(self._fetch, "read")

    async def _fetch(self) -> None:
        slow = self.set_timer(SLOW_S, self._tell_slow)
        try:
            asked = self._question_again()
            answer = await self.ask(asked)
        finally:
            slow.stop()
            self._is_reading = False
        self._problem = answer.problem
        if not answer.problem:
            self._take(answer, asked.limit)
        self.console_app.draw()

    def _question_again(self) -> Query:
        """Return the question for the newest rows, or for as many as there are where rows may leave the list."""
        asked = self.question()
        rows = len(self._rows)
        return asked if self.IS_HISTORY or rows <= asked.limit else replace(asked, limit=min(rows, MOST_AT_ONCE))

    def _take(self, answer: Answer, asked: int) -> None:
        self._has_read = True
        new = list(answer.rows)
        last = new[-1].get(self.KEY) if new else None
        keys = [row.get(self.KEY) for row in self._rows]
        if self.IS_HISTORY and last in keys and len(self._rows) > len(new) >= asked:
            # Older rows were read before: they stay below the newest.
            self._rows = new + self._rows[keys.index(last) + 1 :]
        else:
            self._rows, self._next = new, answer.next_before if len(new) >= asked else None

    async def _read_more(self) -> None:
        asked = self.question()
        answer = await self.ask(replace(asked, before=self._next))
        if not answer.problem:
            known = {row.get(self.KEY) for row in self._rows}
            self._rows += [row for row in answer.rows if row.get(self.KEY) not in known]
            self._next = answer.next_before if len(answer.rows) >= asked.limit else None
            self.console_app.draw()

    def _tell_slow(self) -> None:
        self._is_reading = True
        self.console_app.draw()

    # Copying

    def action_copy_row(self) -> None:
        """Copy the row under the cursor."""
        row = self.listed.chosen
        if row is not None:
            self.console_app.copy(text_of(self.row_line(row, self.console_app.view(), 400)).rstrip())

    def action_copy_detail(self) -> None:
        """Copy all about the row under the cursor."""
        row, view = self.listed.chosen, self.console_app.view()
        if row is not None:
            lines = [self.row_line(row, view, 400), *self.detail(row, view, 400)]
            self.console_app.copy("\n".join(text_of(one).rstrip() for one in lines))


def column_name(name: str, width: int) -> str:
    """Return a name as wide as its column."""
    return f"{name:>{-width}.{-width}}" if width < 0 else f"{name:<{width}.{width}}"
