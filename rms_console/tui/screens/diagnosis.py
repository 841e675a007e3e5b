"""The diagnostics: what every rule found, the worst first, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rms_console.contract.diagnosis import Group
from rms_console.contract.events import EventName
from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.tui.keys import GENERAL, shown_key
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped

MOST_FOUND: Final = 200
BUNDLE: Final = next(act for act in GENERAL if act.id == "bundle")
LEVEL_NAMES: Final = {"ok": mark("well"), "warn": mark("warning"), "fail": mark("FAILED")}
LEVEL_ROLES: Final = {"ok": "good", "warn": "warn", "fail": "bad"}
GROUP_NAMES: Final[Mapping[str, str]] = {
    Group.START: mark("start"),
    Group.STOPS: mark("stability"),
    Group.SLOW: mark("speed"),
    Group.ERRORS: mark("errors"),
    Group.PRACTICE: mark("practice"),
    Group.DATA: mark("data"),
}


class DiagnosisPage(ListPage):
    """A list of findings; Enter goes into the detail of one."""

    NAME = "diagnosis"
    SUBJECT = Subject.DIAGNOSTICS
    KEY = "code"
    IS_HISTORY = False
    COUNTS = False
    DETAIL_ROWS = 7
    NEWS = frozenset(
        {
            *(EventName.CYCLE_FINISHED, EventName.COMMAND_DONE, EventName.STATE_CHANGED, EventName.SETTING_CHANGED),
            *(EventName.CONNECTION_CHANGED, EventName.ALERT_RAISED, EventName.ALERT_CLEARED),
        }
    )

    def question(self) -> Query:
        return Query(Subject.DIAGNOSTICS, MOST_FOUND, filters={"language": self.words.language})

    def heading(self, view: View) -> Line:
        key = shown_key(BUNDLE, view.keys)
        hint = Part(f"  {view.words.phrase('{key}: bundle for support', key=key)}", "dim")
        return (*heading_line(self._facts if self._has_read else {}, view.words), hint)

    def columns(self) -> Sequence[tuple[str, int]]:
        return ((mark("level"), 11), (mark("chapter"), 12), (mark("found"), 40))

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return finding_line(row, view.words)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        return detail_lines(row, view.words, width)

    def empty(self, view: View) -> Sequence[Line]:
        return [line(Part(view.words.phrase("No rule found anything to look at."), "dim"))]


def heading_line(facts: Mapping[str, Any], words: Words) -> Line:
    """Return the title with how many findings there are of each level; of none before the first answer."""
    parts = [Part(words.phrase("DIAGNOSTICS"), "title")]
    told = {
        "fail": words.phrase("failed: {count}", count=facts.get("fail", 0)),
        "warn": words.phrase("warnings: {count}", count=facts.get("warn", 0)),
        "ok": words.phrase("well: {count}", count=facts.get("ok", 0)),
    }
    for level, text in told.items():
        if level in facts:
            parts.append(Part(f"  {text}", LEVEL_ROLES[level] if facts[level] else "dim"))
    return tuple(parts)


def finding_line(row: Mapping[str, Any], words: Words) -> Line:
    """Return one finding: level as sign and word, chapter, what was found."""
    level = clean(row.get("level") or "", 8)
    signs = {"ok": words.glyphs.health("good"), "warn": words.glyphs.warn, "fail": words.glyphs.health("down")}
    role = LEVEL_ROLES.get(level, "")
    return line(
        Part(f"{signs.get(level, words.glyphs.unknown)} {words.word(LEVEL_NAMES, level):<9.9} ", role),
        Part(f"{words.word(GROUP_NAMES, clean(row.get('group') or '', 12)):<12.12} ", "dim"),
        Part(clean(row.get("message") or "", 400), "dim" if level == "ok" else ""),
    )


def detail_lines(row: Mapping[str, Any], words: Words, width: int) -> list[Line]:
    """Return all about a finding: what was found, what to do, and by which facts it was judged."""
    room = max(10, width)
    lines = wrapped(clean(row.get("message") or ""), room, "strong")
    todo = clean(row.get("what_to_do") or "")
    if todo:
        lines += wrapped(f"{words.glyphs.arrow} {todo}", room, "accent")
    facts = row.get("facts")
    given = facts if isinstance(facts, Mapping) else {}
    told = ", ".join(f"{clean(name, 40)} = {clean(value, 200)}" for name, value in given.items())
    code = clean(row.get("code") or "", 80)
    return [*lines, *wrapped(f"{code}: {told}" if told else code, room, "dim")]
