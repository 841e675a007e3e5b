"""Help for the page it was called from, with the keys as they are bound now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from rms_console.locale import mark
from rms_console.tui.keys import GENERAL, IN_LISTS, PAGES, STEER, Act, obstacle, shown_key, shown_keys
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.screens.page import Page
from rms_console.tui.view import View
from rms_console.tui.widgets.sheet import Sheet


class HelpPage(Page):
    """Every key, what it does, and why it cannot be had now."""

    NAME = "help"
    is_detail = True

    def __init__(self, acts: Sequence[Act]) -> None:
        super().__init__()
        self._own = tuple(acts)

    def body(self) -> Iterable[Widget]:
        yield Sheet(id="body")

    def show(self, view: View) -> None:
        self.query_one(Sheet).show(help_lines(view, self._own))


def help_lines(view: View, own: Sequence[Act]) -> list[Line]:
    """Return the keys by group; the page's own ones first."""
    words = view.words
    lines: list[Line] = []
    taken = {shown_key(act, view.keys) for act in own}
    in_lists = [act for act in IN_LISTS if shown_key(act, view.keys) not in taken]
    groups = ((own, mark("THIS PAGE")), (STEER, mark("THE ENGINE")), (PAGES, mark("PAGES")))
    for acts, title in (*groups, (in_lists, mark("IN LISTS")), (GENERAL, mark("THE CONSOLE"))):
        if acts:
            lines += [line(Part(words.phrase(title), "title")), *(act_line(act, view) for act in acts), ()]
    lines.append(
        line(Part(words.phrase('Keys are bound anew in console.toml: [console] keymap = { pause = "P" }'), "dim"))
    )
    return lines


def act_line(act: Act, view: View) -> Line:
    """Return the keys of an action, what it does, and why it cannot be had now."""
    words, why = view.words, obstacle(act.action, view)
    keys = " ".join(shown_keys(act, view.keys))
    note = f"  ({words.phrase('not now: {why}', why=words.phrase(why))})" if why else ""
    return line(Part(f"  {keys:<10} ", "dim" if why else "key"), words.phrase(act.long), Part(note, "dim"))
