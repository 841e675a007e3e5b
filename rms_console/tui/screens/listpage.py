"""A page that is a list read from the engine, with all about the row under the cursor below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from textual.widget import Widget

from rms_console.tui.format import count
from rms_console.tui.keys import BACK, ON_ROWS, bindings
from rms_console.tui.lines import Line, Part, fit, line, text_of
from rms_console.tui.logfind import NOTHING, BadSearch, Finder, parse
from rms_console.tui.plain import clean
from rms_console.tui.screens.dialogs import ROOMY, Ask
from rms_console.tui.screens.logs import marked
from rms_console.tui.screens.reading import Reading
from rms_console.tui.view import View
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.widgets.rows import Row, RowList
from rms_console.tui.widgets.sheet import Sheet

FRAME_ROWS: Final = 8
"""Head, title and foot."""
COPIED: Final = 400
"""Columns of a row that is copied."""
AGES_S: Final = 30
"""How often rows are drawn anew for the ages in them alone."""


class ListPage(Reading):
    """A subclass says what is asked, how a row and its detail look, and what an empty list means.

    The detail is as long as it is: Tab goes into it and makes it larger, and the list's keys scroll it.
    """

    BINDINGS = bindings((*ON_ROWS, BACK))
    DETAIL_ROWS: ClassVar[int] = 6
    COUNTS: ClassVar[bool] = True
    """Whether the number of rows stands behind the heading."""

    def __init__(self) -> None:
        super().__init__()
        self._finder: Finder = NOTHING
        self._in_detail = False
        self._told_of: object = None
        self._shared: object = None
        self._drawn: object = None

    # What a subclass says

    def heading(self, view: View) -> Line:
        """Return the title of the list."""
        raise NotImplementedError

    def columns(self) -> Sequence[tuple[str, int]]:
        """Return the name of each column and its width; a width below zero is a column of figures, to the right."""
        return ()

    def row_line(self, row: Row, view: View, width: int) -> Line:
        raise NotImplementedError

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        """Return all about one row."""
        return ()

    def empty(self, view: View) -> Sequence[Line]:
        """Return what an empty list means."""
        return ()

    def choose(self, row: Row) -> None:
        """Open a row: its detail, where a page has nothing better."""
        self.action_turn_detail()

    def listed_rows(self, view: View) -> Sequence[Row]:
        """Return the rows as they are listed: those that were read, in another order, or some of them alone."""
        return self._rows

    def told_find(self, view: View) -> Part:
        """Return what the title says of the search."""
        return Part(f"  {clean(self._finder.text, 24)}", "match")

    def searched(self, row: Row) -> str:
        """Return the text in which a row is looked for."""
        return self._text_of(row)

    # Drawing

    @property
    def listed(self) -> RowList:
        return self.query_one(RowList)

    def body(self) -> Iterable[Widget]:
        yield Panel(id="title")
        yield RowList(self._draw_row, self.key_of, id="body")
        yield Sheet(id="detail")

    def on_screen_resume(self) -> None:
        self._shared = None
        super().on_screen_resume()

    def header(self, view: View) -> Line:
        """Return the names of the columns, above them."""
        names = [column_name(view.words.phrase(name), width) for name, width in self.columns()]
        return (Part("  " + " ".join(names), "dim"),) if names else ()

    def show(self, view: View) -> None:
        self.listed.show(self.listed_rows(view), list(self._in_place(view)))
        drawn = (view.words, int(view.now.timestamp()) // AGES_S, self.size.width)
        if drawn != self._drawn:
            self._drawn = drawn
            self.listed.redraw()
        self._show_detail(view)
        self._show_title(view)

    def _show_title(self, view: View) -> None:
        width = self.size.width
        title = [self._title(view), self.header(view)]
        if (row := self.listed.chosen) is not None and self._in_detail:
            title = [self._detail_title(view), self._draw_row(row, width) if self.size.height >= ROOMY else ()]
        self.query_one("#title", Panel).show([fit(one, width) for one in title if one])

    def _title(self, view: View) -> Line:
        parts = list(self.heading(view))
        if self.COUNTS:
            parts.append(Part(f"  {count(len(self._rows), view.words.language)}", "dim"))
        if not self._finder.is_empty:
            parts.append(self.told_find(view))
        if self._is_reading:
            parts.append(Part("  " + view.words.phrase("reading…"), "dim"))
        return tuple(parts)

    def _in_place(self, view: View) -> Sequence[Line]:
        """Return what stands in place of rows."""
        words = view.words
        if self._has_read:
            return self.empty(view)
        if self._problem:
            text = words.phrase("This list cannot be read: {why}", why=clean(words.told(self._problem), 200))
            return [line(Part(text, "warn"))]
        return [line(Part(words.phrase("reading…"), "dim"))]

    def _draw_row(self, row: Row, width: int) -> Line:
        made = self.row_line(row, self.console_app.view(), width)
        if not self._finder.is_empty:
            made = tuple(part for one in made for part in marked(one.text, self._finder, one.role))
        return fit(made, width)

    def _show_detail(self, view: View) -> None:
        row, sheet, width = self.listed.chosen, self.query_one(Sheet), self.size.width - 2
        self._in_detail = self._in_detail and row is not None
        lines = list(self.detail(row, view, width)) if row is not None else []
        sheet.hint = "" if self._in_detail else view.words.phrase("Tab goes there")
        sheet.show(lines if self._in_detail else [(), *lines])
        told_of = self.key_of(row) if row is not None else None
        if told_of != self._told_of:
            self._told_of = told_of
            sheet.to_top()
        self._share_out(sheet)

    def _share_out(self, sheet: Sheet) -> None:
        """Give list and detail their rows: a detail that a person has gone into takes the place of the list."""
        height = self._detail_height()
        wanted: int | str = "1fr" if self._in_detail else height
        if wanted != self._shared:
            self._shared = wanted
            sheet.styles.height = wanted
            sheet.display, self.listed.display = self._in_detail or height > 0, not self._in_detail
            (sheet if self._in_detail else self.listed).focus()

    def _detail_title(self, view: View) -> Line:
        words = view.words
        back = Part("  " + words.phrase("Tab goes back") + "  ", "dim")
        return (Part(words.phrase("DETAIL"), "title"), back, *(Part(one.text, "dim") for one in self._title(view)))

    def _detail_height(self) -> int:
        """Return the rows of the detail below the list: on a small screen there are none."""
        spare = self.size.height - FRAME_ROWS
        return min(self.DETAIL_ROWS, spare // 2) if spare >= 8 else 0

    def _show_chosen(self) -> None:
        """Show another row in detail, or in another place; a frozen view stays what it is."""
        view = self.console_app.view()
        self._show_detail(view)
        self._show_title(view)

    def on_row_list_moved(self) -> None:
        self._show_detail(self.console_app.view())

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        self.choose(event.row)

    def on_row_list_near_end(self) -> None:
        self.read_older()

    # What the keys do

    def action_turn_detail(self) -> None:
        """Go into the detail, or back to the list."""
        self._in_detail = not self._in_detail and self.DETAIL_ROWS > 0
        self.query_one(Sheet).to_top()
        self._show_chosen()

    async def action_back(self) -> None:
        """Leave the detail, else the page."""
        if self._in_detail:
            self.action_turn_detail()
        else:
            await self.console_app.action_back()

    def action_find(self) -> None:
        self._ask_what(self._finder.text, "")

    def _ask_what(self, value: str, problem: str) -> None:
        phrase = self.words.phrase
        text = [line(Part(clean(problem, 200), "warn"))] if problem else []
        text += [
            line(phrase("text      rows with this text, whatever its case")),
            line(phrase("re:a.*b   rows that a regular expression matches")),
            line(phrase("n and N go on to the next and the previous one; empty ends it")),
        ]
        self.app.push_screen(Ask(phrase("Find in this list"), text, value=value), self._find)

    def _find(self, text: str | None) -> None:
        if text is None:
            return
        try:
            self._finder = parse(text) if text else NOTHING
        except BadSearch as error:
            self._ask_what(text, self.words.phrase(error.template, why=clean(error.why, 120)))
            return
        self.listed.redraw()
        self.console_app.draw()
        if not self._finder.is_empty and not self._is_found(self.listed.chosen):
            self.action_match(1)

    def action_match(self, step: int) -> None:
        """Put the cursor on the next (1) or previous (-1) row found; past the end it begins anew."""
        rows, listed = self.listed.rows, self.listed
        places = [(listed.place + step * far) % len(rows) for far in range(1, len(rows) + 1)]
        for place in places if not self._finder.is_empty else ():
            if self._is_found(rows[place]):
                listed.action_go(place)
                self._show_chosen()
                return
        self.console_app.notice(self.words.phrase("No row is found; / looks for something else"))

    def _is_found(self, row: Row | None) -> bool:
        return row is not None and self._finder.finds(self.searched(row))

    def _text_of(self, row: Row) -> str:
        return text_of(self.row_line(row, self.console_app.view(), COPIED)).rstrip()

    def action_copy_row(self) -> None:
        """Copy the row under the cursor."""
        row = self.listed.chosen
        if row is not None:
            self.console_app.copy(self._text_of(row))

    def action_copy_detail(self) -> None:
        """Copy all about the row under the cursor."""
        row = self.listed.chosen
        if row is not None:
            detail = self.detail(row, self.console_app.view(), COPIED)
            self.console_app.copy("\n".join([self._text_of(row), *(text_of(one).rstrip() for one in detail)]))


def column_name(name: str, width: int) -> str:
    """Return a name as wide as its column."""
    return f"{name:>{-width}.{-width}}" if width < 0 else f"{name:<{width}.{width}}"
