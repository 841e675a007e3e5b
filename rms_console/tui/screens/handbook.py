"""The handbook inside the console: its pages by title, and one page to read."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from rms_console.contract.handbook import Handbook
from rms_console.locale import mark
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.markdown import markdown_lines
from rms_console.tui.plain import clean
from rms_console.tui.screens.page import Age, Page
from rms_console.tui.view import View
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.widgets.rows import Row, RowList
from rms_console.tui.widgets.sheet import Sheet


class HandbookPage(Page):
    """The titles; Enter reads one."""

    NAME = "handbook"
    is_detail = True

    def __init__(self, book: Handbook) -> None:
        super().__init__()
        self._book = book

    def body(self) -> Iterable[Widget]:
        yield Panel(id="title")
        yield RowList(self._row_line, lambda row: row["name"], id="list")

    def on_mount(self) -> None:
        self.query_one(RowList).focus()

    def age_of(self, view: View) -> Age | None:
        return None

    def show(self, view: View) -> None:
        words = view.words
        hint = Part(f"  {words.phrase('Enter reads a page')}", "dim")
        self.query_one("#title", Panel).show([line(Part(words.phrase("HANDBOOK"), "title"), hint), ()])
        titles = self._book.titles(words.language)
        self.query_one(RowList).show([{"name": name, "title": title} for name, title in titles.items()])

    def _row_line(self, row: Row, width: int) -> Line:
        return line(f"{clean(row['title'], 80)}  ", Part(f"rms-console docs {row['name']}", "dim"))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self.app.push_screen(ChapterPage(self._book, message.row["name"]))


class ChapterPage(Page):
    """One page of it, to scroll through."""

    NAME = "chapter"
    is_detail = True
    ACTS = (
        Act("chapter.next", "right", "turn(1)", mark("Next"), mark("The next page of the handbook"), True),
        Act("chapter.previous", "left", "turn(-1)", mark("Previous"), mark("The page before of the handbook"), True),
    )
    BINDINGS = bindings(ACTS)

    def __init__(self, book: Handbook, name: str) -> None:
        super().__init__()
        self._book = book
        self._chapter = name

    @property
    def content(self) -> object:
        return self._chapter, self.words.language, self.size.width

    def body(self) -> Iterable[Widget]:
        yield Sheet(id="body")

    def on_mount(self) -> None:
        self.query_one(Sheet).focus()

    def age_of(self, view: View) -> Age | None:
        return None

    def draw(self, view: View) -> None:
        # A page of the handbook does not change with the engine: only head and foot are drawn again.
        self.draw_frame(view)

    def show(self, view: View) -> None:
        text = self._book.text(self._chapter, view.words.language)
        self.query_one(Sheet).show(markdown_lines(text, self.size.width - 2))

    def action_turn(self, step: int) -> None:
        names = list(self._book.titles(self.words.language))
        self._chapter = names[(names.index(self._chapter) + step) % len(names)]
        self.query_one(Sheet).to_top()
        self.console_app.draw()
