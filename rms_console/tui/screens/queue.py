"""The queue: what waits, what is tried again and when, what was set aside and why, what is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rms_console.contract.commands import DismissItems, RetryItems
from rms_console.contract.queries import Query, Subject
from rms_console.contract.records import QUIET_CODES
from rms_console.locale import mark
from rms_console.tui.format import age, instant_of, short_age
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.changes import word_of
from rms_console.tui.screens.dialogs import Confirm, Reasoned
from rms_console.tui.screens.facts import told_at
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.product import ProductPage
from rms_console.tui.screens.reading import AT_ONCE
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped

STATES: Final = ("", "waiting", "retrying", "quarantined", "held")
STATE_NAMES: Final = {
    "": mark("all"),
    "waiting": mark("waiting"),
    "retrying": mark("to retry"),
    "quarantined": mark("set aside"),
    "held": mark("held"),
}
STATE_ROLES: Final = {"quarantined": "bad", "retrying": "warn", "held": "warn"}
REASONS: Final = {
    "change": mark("change"),
    "manual": mark("by hand"),
    "reconcile": mark("comparison"),
    "sale": mark("sale window"),
}


class QueuePage(ListPage):
    """Items by state."""

    NAME = "queue"
    SUBJECT = Subject.QUEUE
    KEY = "item_id"
    IS_HISTORY = False
    ACTS = (
        Act("queue.filter", "f", "filter", mark("Filter"), mark("Show all, or those of one state")),
        Act("queue.retry", "R", "retry", mark("Retry"), mark("Try this item again now")),
        Act("queue.retry_all", "E", "retry_all", mark("Retry all"), mark("Try everything set aside again")),
        Act("queue.dismiss", "D", "dismiss_item", mark("Dismiss"), mark("Take this item off the list, with a reason")),
    )
    BINDINGS = bindings(ACTS)

    def __init__(self) -> None:
        super().__init__()
        self._state = 0

    def question(self) -> Query:
        state = STATES[self._state]
        return Query(Subject.QUEUE, AT_ONCE, filters={"state": state} if state else {})

    def heading(self, view: View) -> Line:
        words = view.words
        shown = words.phrase("shown: {what} (f)", what=words.phrase(STATE_NAMES[STATES[self._state]]))
        return line(Part(words.phrase("QUEUE"), "title"), Part(f"  {shown}", "dim"))

    def columns(self) -> Sequence[tuple[str, int]]:
        return (
            (mark("SKU"), 20), (mark("product"), 14), (mark("state"), 11), (mark("since"), -7), (mark("try"), -3),
            (mark("reason"), 12),
        )  # fmt: skip

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return queue_line(row, view)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        return queue_detail(row, view, width)

    def empty(self, view: View) -> Sequence[Line]:
        text = mark("Nothing waits: everything is in the shop.") if not self._state else mark("Nothing of this kind.")
        return [line(Part(view.words.phrase(text), "good" if not self._state else "dim"))]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # While the engine lies dead or stopped, the key is the one that starts it again, as the banner says.
        engine = self.console_app.setup.engine
        is_restart = action == "retry" and bool(engine.crash or engine.ended)
        return False if is_restart else super().check_action(action, parameters)

    def action_filter(self) -> None:
        self._state = (self._state + 1) % len(STATES)
        self.forget()

    def action_retry(self) -> None:
        row, words = self.listed.chosen, self.words
        if row is not None:
            text = [line(words.phrase("It is read again and pushed with the run that starts now."))]
            dialog = Confirm(words.phrase("Try {name} again?", name=name_of(row)), text)
            self.app.push_screen(dialog, lambda yes: self._retry((int(row["item_id"]),)) if yes else None)

    def action_retry_all(self) -> None:
        words, seen = self.words, self.console_app.follower.snapshot
        aside = seen.queue.quarantined if seen is not None else 0
        text = [
            line(
                words.phrase(
                    "{count} {count:item that was set aside is|items that were set aside are} tried again now.",
                    count=aside,
                )
            )
        ]
        dialog = Confirm(words.phrase("Try all again?"), text)
        self.app.push_screen(dialog, lambda yes: self._retry(()) if yes else None)

    def _retry(self, item_ids: tuple[int, ...]) -> None:
        self.console_app.actions.send(RetryItems(item_ids), self.words.phrase("Retry"))

    def action_dismiss_item(self) -> None:
        row, words = self.listed.chosen, self.words
        if row is not None:
            text = [line(words.phrase("It leaves the list and is not pushed until its row changes."))]
            dialog = Reasoned(words.phrase("Dismiss {name}?", name=name_of(row)), text)
            self.app.push_screen(dialog, lambda reason: self._dismiss_one(row, reason))

    def _dismiss_one(self, row: Row, reason: str | None) -> None:
        if reason is not None:
            self.console_app.actions.send(DismissItems((int(row["item_id"]),), reason), self.words.phrase("Dismiss"))

    def choose(self, row: Row) -> None:
        if row.get("style"):
            self.app.push_screen(ProductPage(str(row["style"])))


def name_of(row: Row) -> str:
    """Return what people call an item: its SKU, else its number."""
    return clean(row.get("sku") or row.get("item_id") or "", 40)


def queue_line(row: Row, view: View) -> Line:
    """Return one queued item."""
    words = view.words
    state = clean(row.get("state", ""), 12)
    return line(
        f"{name_of(row):<20.20} ",
        f"{clean(row.get('style') or words.glyphs.unknown, 14):<14.14} ",
        Part(f"{word_of(STATE_NAMES, state, words):<11.11} ", _role(row)),
        Part(f"{_since(row, view):>7} ", "dim"),
        Part(f"{row.get('attempts') or 0!s:>3} ", "dim"),
        Part(clean(words.told(row.get("message")) or _reason(row, words), 200), "dim"),
    )


def _role(row: Row) -> str:
    return "" if row.get("code") in QUIET_CODES else STATE_ROLES.get(str(row.get("state")), "")


def _reason(row: Row, words: Words) -> str:
    reason = clean(row.get("reason", ""), 20)
    return word_of(REASONS, reason, words)


def _since(row: Row, view: View) -> str:
    at = instant_of(row.get("enqueued_at"))
    return short_age((view.now - at).total_seconds()) if at is not None else view.words.glyphs.unknown


def queue_detail(row: Row, view: View, width: int) -> list[Line]:
    """Return the reason in full, the attempts, and when it is tried again."""
    words = view.words
    at = instant_of(row.get("enqueued_at"))
    facts = words.phrase(
        "item {item}, {reason}, queued {at} ({age}), {attempts} {attempts:attempt|attempts}",
        item=row.get("item_id"),
        reason=_reason(row, words),
        at=told_at(at, view),
        age=age((view.now - at).total_seconds()) if at is not None else words.glyphs.unknown,
        attempts=row.get("attempts") or 0,
    )
    lines = [*wrapped(clean(words.told(row.get("message")), 800), width, _role(row))]
    if row.get("next_try_at"):
        lines.append(line(words.phrase("tried again at {at}", at=told_at(row["next_try_at"], view))))
    return [*lines, *wrapped(facts, width, "dim")]
