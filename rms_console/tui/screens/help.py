"""Help for the page it was called from, with the keys as they are bound now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.containers import VerticalScroll
from textual.widget import Widget

from rms_console.locale import mark
from rms_console.tui.keys import GENERAL, IN_LISTS, PAGES, STEER, Act, obstacle, shown_key
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.screens.page import Page
from rms_console.tui.view import View
from rms_console.tui.widgets.panel import Panel

GROUPS = (
    (STEER, mark("THE ENGINE")),
    (PAGES, mark("PAGES")),
    (IN_LISTS, mark("IN LISTS")),
    (GENERAL, mark("THE CONSOLE")),
)


class HelpPage(Page):
    """Every key, what it does, and why it cannot be had now."""

    NAME = "help"
    is_detail = True

    def __init__(self, of_page: str, acts: Sequence[Act]) -> None:
        super().__init__()
        self._of_page = of_page
        self._own = tuple(acts)

    def body(self) -> Iterable[Widget]:
        with VerticalScroll(id="body"):
            yield Panel(id="keys-help")

    def show(self, view: View) -> None:
        self.query_one("#keys-help", Panel).show(help_lines(view, self._own))


def help_lines(view: View, own: Sequence[Act]) -> list[Line]:
    """Return the keys by group; the page's own ones first."""
    words = view.words
    lines: list[Line] = []
    for acts, title in ((own, mark("THIS PAGE")), *GROUPS):
        if not acts:
            continue
        lines.append(line(Part(words.phrase(title), "title")))
        for act in acts:
            why = obstacle(act.action, view)
            note = f"  ({words.phrase('not now: {why}', why=words.phrase(why))})" if why else ""
            key = shown_key(act, view.keys)
            lines.append(
                line(Part(f"  {key:<9.9} ", "dim" if why else "key"), words.phrase(act.long), Part(note, "dim"))
            )
        lines.append(())
    lines.append(
        line(Part(words.phrase('Keys are bound anew in console.toml: [console] keymap = { pause = "P" }'), "dim"))
    )
    return lines
