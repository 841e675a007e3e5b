"""Every key of the console, told from the tables that bind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rms_console.commands.handbook.tables import code, table
from rms_console.locale import mark, translate
from rms_console.tui.keys import GENERAL, IN_LISTS, PAGES, STEER, Act, shown_keys
from rms_console.tui.screens.pages import acts_by_page

COLUMNS: Final = (mark("keys"), mark("what it does"), mark("name for console.keymap"))
HEAD: Final = mark(
    'Keys are bound anew by their names: `[console] keymap = {{ pause = "P" }}`. `?` in the console shows them as they'
    " are bound, and why one cannot be had now."
)
GROUPS: Final[tuple[tuple[str, Sequence[Act]], ...]] = (
    (mark("The engine"), STEER),
    (mark("Pages"), PAGES),
    (mark("In lists"), IN_LISTS),
    (mark("The console"), GENERAL),
)


def page(language: str) -> str:
    """Return the reference of every key: those that work everywhere, then those of single pages."""
    return translate(language, HEAD, {}) + "\n" + "".join(_groups(language))


def _groups(language: str) -> Iterator[str]:
    for title, acts in GROUPS:
        yield _group(translate(language, title, {}), acts, language)
    for name, acts in acts_by_page().items():
        if acts:
            yield _group(translate(language, mark("On the page {name}"), {"name": name}), acts, language)


def _group(title: str, acts: Iterable[Act], language: str) -> str:
    rows = [
        (" ".join(code(key) for key in shown_keys(act, {})), translate(language, act.long, {}), code(act.id))
        for act in acts
    ]
    return f"\n## {title}\n\n" + table(language, COLUMNS, rows)
