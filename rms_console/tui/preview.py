"""What a sync would do, in numbers: the text of the dialogs that ask for a yes."""

from __future__ import annotations

from typing import Any

from rms_console.contract.queries import Page
from rms_console.tui.format import count, duration
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.changes import change_lines, places_of
from rms_console.tui.view import View, Words


def full_sync_lines(answer: Page, words: Words) -> list[Line]:
    """Return what a full comparison would send: products, price changes, cost in points and time."""
    if answer.problem:
        return [
            line(Part(words.phrase("What would change cannot be told now: {why}", why=clean(answer.problem)), "warn")),
            line(words.phrase("A full sync compares every product and sends what differs.")),
        ]
    facts = answer.facts
    rows = [
        (words.phrase("products that would change"), _number(facts.get("products"), words)),
        (words.phrase("of them new in the shop"), _number(facts.get("create"), words)),
        (words.phrase("stock rows"), _number(facts.get("stock_rows"), words)),
        (words.phrase("prices that would change"), _number(facts.get("price_changes"), words)),
        (words.phrase("held for a person's yes"), _number(facts.get("held"), words)),
        (words.phrase("cost in points"), _number(facts.get("points"), words)),
        (words.phrase("time at the shop's pace"), duration(facts.get("estimated_s"))),
    ]
    return [line(Part(f"{value:>12}  ", "strong"), name) for name, value in rows]


def _number(value: Any, words: Words) -> str:
    return count(value, words.language) if isinstance(value, int | float) else words.glyphs.unknown


def one_product_lines(answer: Page, view: View) -> list[Line]:
    """Return the fields that would change for one product."""
    words = view.words
    if answer.problem:
        return [
            line(Part(words.phrase("What would change cannot be told now: {why}", why=clean(answer.problem)), "warn"))
        ]
    changes = [change for row in answer.rows for change in row.get("changes", ())]
    if not changes:
        return [line(words.phrase("Nothing differs: it is read again and compared with the shop's last state."))]
    return change_lines(changes, words, places_of(view))
