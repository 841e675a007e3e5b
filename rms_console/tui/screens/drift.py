"""The drift report: where store and shop differ, with RMS, ledger and shop side by side, and its mending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rms_console.contract.commands import HealDrift, Verify
from rms_console.contract.drift_words import CAUSES, KINDS, MISSES, WAITS
from rms_console.contract.events import EventName
from rms_console.contract.queries import Query, Subject
from rms_console.contract.state import Mode
from rms_console.locale import mark
from rms_console.tui.format import count
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.changes import field_name, places_of, value_text, word_of
from rms_console.tui.screens.dialogs import Confirm
from rms_console.tui.screens.facts import told_at
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.product import ProductPage
from rms_console.tui.screens.reading import AT_ONCE
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped

STAGES: Final = {
    "shop": mark("reading the shop"),
    "store": mark("comparing"),
    "strangers": mark("looking for what is missing"),
    "shop_only": mark("looking for what only the shop has"),
    "confirm": mark("looking again"),
    "heal": mark("mending"),
}
ONE: Final = mark("{fields} values of it are written over with RMS's, through the guard.")
ALL: Final = mark("{fields} of {compared} items differ: RMS's values are written over the shop's, through the guard.")
ONE_OBSERVED: Final = mark(
    "{fields} values of it would be written over with RMS's. "
    "The engine observes: it is planned, and nothing is written."
)
ALL_OBSERVED: Final = mark(
    "{fields} of {compared} items differ: RMS's values would be written over the shop's. "
    "The engine observes: it is planned, and nothing is written."
)
GRAVE: Final = frozenset({"missed_change", "lost_write", "both"})
VALUE_WIDTH: Final = 18


class DriftPage(ListPage):
    """What differs, news first."""

    NAME = "drift"
    SUBJECT = Subject.DRIFT
    KEY = "number"
    IS_HISTORY = False
    DETAIL_ROWS = 9
    NEWS = frozenset({EventName.DRIFT_REPORTED, EventName.COMMAND_DONE})
    ACTS = (
        Act("drift.compare", "V", "compare", mark("Compare now"), mark("Compare store, ledger and shop now"), True),
        Act("drift.mend", "M", "mend", mark("Mend"), mark("Mend this product, through the guard"), True),
        Act("drift.mend_all", "A", "mend_all", mark("Mend all"), mark("Mend all of it, through the guard"), True),
        Act("drift.known", "w", "known", mark("News only"), mark("Show what is news alone, or what waits too")),
    )
    BINDINGS = bindings(ACTS)
    COUNTS = False

    def __init__(self) -> None:
        super().__init__()
        self._news_only = False

    def question(self) -> Query:
        return Query(Subject.DRIFT, AT_ONCE, filters={"waiting": "0"} if self._news_only else {})

    def heading(self, view: View) -> Line:
        return (Part(view.words.phrase("STORE AND SHOP"), "title"), *summary_parts(self._facts, view))

    def columns(self) -> Sequence[tuple[str, int]]:
        return (
            (mark("SKU or product"), 18),
            (mark("what"), 14),
            ("RMS", -10),
            (mark("shop"), -10),
            (mark("by whom"), 20),
        )

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return drift_line(row, view.words)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        return drift_detail(row, view, width)

    def empty(self, view: View) -> Sequence[Line]:
        return empty_lines(self._facts, view)

    def choose(self, row: Row) -> None:
        self.app.push_screen(ProductPage(str(row.get("style", ""))))

    # What the keys do

    def action_known(self) -> None:
        self._news_only = not self._news_only
        self.forget()

    def action_compare(self) -> None:
        self.console_app.actions.send(Verify(reason="console"), self.words.phrase("Compare now"))

    def action_mend(self) -> None:
        row, words = self.listed.chosen, self.words
        if row is None:
            return
        if not row.get("mendable"):
            self.console_app.notice(words.phrase("No run can mend this: its detail says what to do"))
            return
        style = clean(row.get("style", ""), 30)
        fields = sum(one.get("style") == row.get("style") and bool(one.get("mendable")) for one in self._rows)
        text = [line(words.phrase(ONE_OBSERVED if self._observes() else ONE, fields=fields))]
        run_id = str(self._facts.get("run_id") or "")
        dialog = Confirm(words.phrase("Mend {name}?", name=style), text)
        self.app.push_screen(dialog, lambda yes: self._mend((int(row["number"]),), run_id) if yes else None)

    def action_mend_all(self) -> None:
        words = self.words
        if not any(row.get("mendable") for row in self._rows):
            self.console_app.notice(words.phrase("There is nothing that a run could mend"))
            return
        found, compared = self._facts.get("found") or 0, self._facts.get("compared") or 0
        told = words.phrase(ALL_OBSERVED if self._observes() else ALL, fields=found, compared=compared)
        run_id = str(self._facts.get("run_id") or "")
        self.app.push_screen(
            Confirm(words.phrase("Mend all?"), [line(told)]), lambda yes: self._mend((), run_id) if yes else None
        )

    def _observes(self) -> bool:
        return observes(self.console_app.view())

    def _mend(self, numbers: tuple[int, ...], run_id: str) -> None:
        self.console_app.actions.send(HealDrift(numbers, "console", run_id), self.words.phrase("Mend"))


def summary_parts(facts: Mapping[str, Any], view: View) -> Line:
    """Return how many values differ, of how many items, when that was seen, and what goes on now."""
    words, stage = view.words, str(facts.get("stage") or "")
    parts: list[Part] = []
    if facts.get("ended_at"):
        found, waiting = int(facts.get("found") or 0), int(facts.get("waiting") or 0)
        told = words.phrase("{found} news, {waiting} known", found=found, waiting=waiting)
        parts.append(Part(f"  {told}", "warn" if found else "good"))
        compared = count(int(facts.get("compared") or 0), words.language)
        at = told_at(str(facts["ended_at"]), view)
        parts.append(Part("  " + words.phrase("of {compared} items, {at}", compared=compared, at=at), "dim"))
    if stage:
        parts.append(Part(f"  {word_of(STAGES, stage, words)}…", "accent"))
    return tuple(parts)


def drift_line(row: Mapping[str, Any], words: Words) -> Line:
    """Return one difference: of what, what it is, both values, by whom."""
    cause, waiting = clean(row.get("cause") or "", 20), clean(row.get("waiting") or "", 20)
    role = "dim" if waiting else "bad" if cause in GRAVE else "warn"
    told = word_of(WAITS, waiting, words) if waiting else word_of(CAUSES, cause, words)
    return line(
        f"{clean(row.get('sku') or row.get('style') or '', 18):<18.18} ",
        Part(f"{word_of(KINDS, clean(row.get('kind') or '', 20), words):<14.14} ", role),
        f"{value_text(row.get('rms'), words):>10.10} ",
        Part(f"{value_text(row.get('shop'), words):>10.10} ", "strong"),
        Part(told, "dim"),
    )


def drift_detail(row: Mapping[str, Any], view: View, width: int) -> list[Line]:
    """Return the three values side by side, who made the difference, why it was missed, what it waits for."""
    words = view.words
    title = clean(row.get("title") or "", 60)
    lines = [line(Part(f"{clean(row.get('style') or '', 30)}  {title}", "strong"))]
    if row.get("field") and (row.get("rms") is not None or row.get("shop") is not None):
        name = field_name(row["field"], words, places_of(view))
        heads = ("RMS", words.phrase("ledger"), words.phrase("shop"))
        lines.append(line(Part("  " + " ".join(f"{head:<{VALUE_WIDTH}.{VALUE_WIDTH}}" for head in heads), "dim")))
        values = [value_text(row.get(key), words) for key in ("rms", "ledger", "shop")]
        lines.append(line("  " + " ".join(f"{one:<{VALUE_WIDTH}.{VALUE_WIDTH}}" for one in values) + f" {name}"))
    elif row.get("shop"):
        lines += wrapped(clean(row["shop"], 300), width, "")
    told = [word_of(CAUSES, str(row.get("cause") or ""), words)]
    told += [word_of(MISSES, str(row["miss"]), words)] if row.get("miss") else []
    told += [clean(row["evidence"], 80)] if row.get("evidence") else []
    told += [word_of(WAITS, str(row["waiting"]), words)] if row.get("waiting") else []
    lines += wrapped("; ".join(clean(one, 80) for one in told), width, "warn")
    advice = PLANNED if row.get("mendable") and observes(view) else ADVICE.get(str(row.get("cause") or ""))
    if advice and not row.get("waiting"):
        lines += wrapped(words.phrase(advice), width, "dim")
    return lines


def observes(view: View) -> bool:
    """Return whether the engine that is looked at writes nothing."""
    return view.snapshot is not None and view.snapshot.mode is Mode.OBSERVE


PLANNED: Final = mark("The engine observes: mending it is planned, and nothing is written.")
ADVICE: Final = {
    "shared": mark("Give one of them another SKU in Shopify, or archive it; then compare again."),
    "left_rms": mark("RMS has no such product: archive it in Shopify if it is not to be sold."),
    "unlinked": mark("Run `rms-console adopt`: it links what belongs together."),
    "lost_write": mark("Mending writes it again at once; look at the log for what happened to the write."),
    "missed_change": mark("Mending queues it; `rms-console probe` shows which programs stamp their rows."),
    "shop_moved": mark("It is left to RMS for the grace of stock.conflict_grace_hours, then RMS's figure goes."),
}


def empty_lines(facts: Mapping[str, Any], view: View) -> list[Line]:
    """Return what an empty list means: equal, or never compared."""
    words = view.words
    if facts.get("problem"):
        why = clean(words.told(facts["problem"]), 200)
        return [line(Part(words.phrase("The latest comparison came to no end: {why}", why=why), "warn"))]
    if not facts.get("ended_at"):
        return [line(Part(words.phrase("Store and shop were not compared yet: V compares them now."), "dim"))]
    return [line(Part(words.phrase("The shop is equal to the store."), "good"))]
