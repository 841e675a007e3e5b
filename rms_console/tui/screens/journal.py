"""The journal: who did what, when, from where, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rms_console.contract.audit_names import ACTIONS, DETAILS, NO, NOTHING, YES
from rms_console.contract.events import EventName
from rms_console.contract.queries import Subject
from rms_console.locale import mark
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.facts import told_at
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped

RESULTS: Final = {"accepted": mark("accepted"), "refused": mark("refused")}


class JournalPage(ListPage):
    """The audit trail."""

    NAME = "journal"
    SUBJECT = Subject.AUDIT
    KEY = "number"
    NEWS = frozenset({EventName.COMMAND_HANDLED, EventName.COMMAND_DONE})

    def heading(self, view: View) -> Line:
        return line(Part(view.words.phrase("WHO DID WHAT"), "title"))

    def columns(self) -> Sequence[tuple[str, int]]:
        return ((mark("time"), 14), (mark("who"), 14), (mark("action"), 18), (mark("result"), 12), (mark("reason"), 12))

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return journal_line(row, view)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        facts = ", ".join(f"{name}: {value}" for name, value in details_told(row, view.words))
        where = view.words.phrase(
            "from {host} by {via}", host=clean(row.get("host", ""), 40), via=clean(row.get("via", ""), 10)
        )
        return [*wrapped(facts, width), line(Part(where, "dim")), line(Part(clean(row.get("digest", ""), 80), "dim"))]

    def empty(self, view: View) -> Sequence[Line]:
        return [line(Part(view.words.phrase("Nobody has done anything yet."), "dim"))]


def detail_of(row: Row) -> Mapping[str, Any]:
    """Return the details of an entry, whatever form they came in."""
    detail = row.get("detail")
    return detail if isinstance(detail, Mapping) else {}


def details_told(row: Row, words: Words) -> list[tuple[str, str]]:
    """Return what was said with an action, in words; what was left as it is says nothing."""
    told = []
    for key, value in detail_of(row).items():
        text = clean(value, 200)
        if text in NOTHING or (text == NO and key != "approve"):
            continue
        plain = {YES: mark("yes"), NO: mark("no")}.get(text)
        told.append((words.word(DETAILS, clean(key, 30)), words.phrase(plain) if plain else result_of(text, words)))
    return told


def result_of(text: str, words: Words) -> str:
    """Return how an action ended, or any other text, as people say it: `refused: paused` begins with a word of ours."""
    first, colon, rest = text.partition(": ")
    return words.word(RESULTS, first) + colon + words.told(rest) if first in RESULTS else words.told(text)


def journal_line(row: Row, view: View) -> Line:
    """Return one entry: when, who, what, how it ended, why."""
    words = view.words
    detail = detail_of(row)
    result = clean(detail.get("result", ""), 60)
    why = clean(detail.get("reason") or detail.get("message") or "", 200)
    return line(
        f"{told_at(row.get('at'), view):<14} ",
        f"{clean(row.get('actor', ''), 14):<14.14} ",
        f"{clean(words.word(ACTIONS, row.get('action', '')), 18):<18.18} ",
        Part(f"{result_of(result, words):<12.12} ", "good" if result == "accepted" else "warn"),
        Part(why, "dim"),
    )
