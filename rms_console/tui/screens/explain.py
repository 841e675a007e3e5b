"""Why an item is in the shop or not: the rules one after another, three sides beside each other, and the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from textual.widget import Widget

from rms_console.contract.explain_words import RULES
from rms_console.contract.queries import Query, Subject
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.changes import change_lines, field_name, places_of, result_part, value_text
from rms_console.tui.screens.facts import told_at
from rms_console.tui.screens.page import Age, Page
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.sheet import Sheet
from rms_console.tui.wrapping import wrapped

ROLES: Final = {"yes": "good", "no": "bad", "note": "warn"}
NAME: Final = 14
LEAST: Final = 10


class ExplainPage(Page):
    """The answer to one question; asked again when the page is opened."""

    NAME = "explain"
    is_detail = True

    def __init__(self, asked: str) -> None:
        super().__init__()
        self._asked = asked
        self._rows: Sequence[Mapping[str, Any]] = ()
        self._problem = ""
        self._has_read = False

    def body(self) -> Iterable[Widget]:
        yield Sheet(id="body")

    def on_mount(self) -> None:
        self.query_one(Sheet).focus()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.begin(self._read, "read")

    @property
    def content(self) -> object:
        return self._asked, self._has_read, self._problem, self.words.language, self.size.width

    def age_of(self, view: View) -> Age | None:
        return None

    async def _read(self) -> None:
        answer = await self.ask(Query(Subject.EXPLAIN, key=self._asked, filters={"language": self.words.language}))
        self._rows, self._problem, self._has_read = answer.rows, answer.problem, True
        self.console_app.draw()

    def show(self, view: View) -> None:
        words, width = view.words, max(20, self.size.width - 2)
        if not self._has_read:
            told = [line(Part(words.phrase("reading…"), "dim"))]
        elif self._problem:
            told = problem_lines(self._asked, self._problem, words, width)
        else:
            told = [made for row in self._rows for made in (*item_lines(row, view, width), ())]
        self.query_one(Sheet).show(told)


def problem_lines(asked: str, problem: str, words: Words, width: int) -> list[Line]:
    """Return why there is no answer."""
    if problem == "not-found":
        text = words.phrase("RMS has no item {asked}, and the ledger knows none", asked=clean(asked, 60))
        hint = words.phrase("check the spelling; a CCOD, an SKU or an ItemID will do")
        return [*wrapped(text, width, "warn"), *wrapped(hint, width, "dim")]
    why = words.phrase("the engine cannot tell now: {problem}", problem=clean(words.told(problem), 300))
    return wrapped(why, width, "warn")


def item_lines(row: Mapping[str, Any], view: View, width: int) -> list[Line]:
    """Return all about one item: the last word, each rule, the values on three sides, what was done."""
    words = view.words
    head = "  ".join(clean(row.get(name) or "", 80) for name in ("sku", "style", "title"))
    answer = clean(row.get("answer") or "", 400)
    lines = [*wrapped(head, width, "title"), *wrapped(answer, width, "strong"), ()]
    for step in row.get("steps") or ():
        lines += step_lines(step, words, width)
    if row.get("values"):
        lines += [(), *value_lines(row["values"], view, width)]
    if row.get("history"):
        lines += [(), line(Part(words.phrase("HISTORY"), "title"))]
    for entry in row.get("history") or ():
        lines += history_lines(entry, view, width)
    return lines


def step_lines(step: Mapping[str, Any], words: Words, width: int) -> list[Line]:
    """Return one rule: its sign, its name, what it says, and its code where it objects."""
    says = clean(step.get("says") or "", 8)
    glyphs = words.glyphs
    signs = {"yes": glyphs.health("good"), "no": glyphs.health("down"), "note": glyphs.warn}
    code = f" [{clean(step['code'], 40)}]" if step.get("code") and says != "yes" else ""
    name = words.word(RULES, clean(step.get("rule") or "", 20))
    text = wrapped(clean(step.get("message") or "", 400) + code, max(LEAST, width - NAME - 2))
    lead = (Part(f"{signs.get(says, glyphs.unknown)} ", ROLES.get(says, "")), Part(f"{name:<{NAME}.{NAME}}", "dim"))
    blank = (Part(" " * (NAME + 2)),)
    return [(*(lead if number == 0 else blank), *made) for number, made in enumerate(text)]


def value_lines(values: Sequence[Mapping[str, Any]], view: View, width: int) -> list[Line]:
    """Return the values on three sides in columns; those that are not alike stand out."""
    words, places = view.words, places_of(view)
    room = max(LEAST, (width - NAME - 2) // 3 - 1)
    heads = ("RMS", words.phrase("ledger"), words.phrase("shop"))
    lines = [line(Part(" " * (NAME + 2) + " ".join(f"{head:<{room}.{room}}" for head in heads), "dim"))]
    for value in values:
        sides = [value.get(side) for side in ("rms", "ledger", "shop")]
        differs = len({str(side) for side in sides if side is not None}) > 1
        cells = " ".join(f"{value_text(side, words):<{room}.{room}}" for side in sides)
        name = field_name(value.get("field", ""), words, places)
        sign = words.glyphs.warn if differs else " "
        lines.append(
            line(Part(f"{sign} {name:<{NAME}.{NAME}}", "dim"), Part(cells.rstrip(), "warn" if differs else ""))
        )
    return lines


def history_lines(entry: Mapping[str, Any], view: View, width: int) -> list[Line]:
    """Return one thing that was done: when, in which run, what came of it, by whom; then its fields."""
    words = view.words
    by = " ".join(clean(entry[name], 60) for name in ("by", "reason") if entry.get(name))
    head = line(
        f"{told_at(entry.get('at'), view):<14} ",
        Part(f"#{clean(entry.get('cycle') or '', 8):<6} ", "dim"),
        result_part(entry.get("result", ""), words),
        Part(by, "dim"),
    )
    message = wrapped(clean(words.told(entry.get("message") or ""), 400), width, "warn")
    return [head, *message, *change_lines(entry.get("changes") or (), words, places_of(view))]
