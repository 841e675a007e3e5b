"""The lock: who may write to the shop, since when, and what to do about one whose owner is gone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from textual.widget import Widget

from rms_console.contract.commands import ReleaseLock
from rms_console.contract.rights import RIGHT_STATES, RightState, RightView
from rms_console.contract.snapshot import EngineSnapshot
from rms_console.contract.state import LockStatus
from rms_console.locale import mark
from rms_console.tui.format import age, moment
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.dialogs import Ask
from rms_console.tui.screens.facts import Fact, fact_lines
from rms_console.tui.screens.frame import zone_of
from rms_console.tui.screens.overview import LOCK_NAMES, LOCK_ROLES
from rms_console.tui.screens.page import Page
from rms_console.tui.view import View
from rms_console.tui.widgets.sheet import Sheet
from rms_console.tui.wrapping import wrapped

WORD = "release"
RIGHT_ROLES: Final = {
    RightState.OURS: "good",
    RightState.OTHER: "bad",
    RightState.FREE: "",
    RightState.UNKNOWN: "dim",
}


class LockPage(Page):
    """Owner, age, epoch, time left; the claim in the shop and the lease in Redis."""

    NAME = "lock"
    ACTS = (Act("lock.release", "K", "release", mark("Release"), mark("Release a lock whose owner is gone")),)
    BINDINGS = bindings(ACTS)

    def body(self) -> Iterable[Widget]:
        yield Sheet(id="body")

    def show(self, view: View) -> None:
        self.query_one(Sheet).show(lock_lines(view, self.size.width - 2))

    def action_release(self) -> None:
        view = self.console_app.view()
        text = [*lock_facts(view), line(self.words.phrase("It is refused while the owner lives."))]
        dialog = Ask(self.words.phrase("Release the lock?"), text, must_be=WORD)
        self.app.push_screen(dialog, self._typed)

    def _typed(self, word: str | None) -> None:
        if word == WORD:
            self.console_app.actions.send(ReleaseLock(WORD), self.words.phrase("Release of the lock"))


def lock_lines(view: View, width: int) -> list[Line]:
    """Return what is known of the lock, and what to do about it."""
    seen = view.snapshot
    return [] if seen is None else [*lock_facts(view), *_advice(view, seen, width)]


def lock_facts(view: View) -> list[Line]:
    """Return what is known of the lock."""
    words, seen = view.words, view.snapshot
    if seen is None:
        return []
    lock = seen.lock
    since = lock.since_at
    unknown = words.glyphs.unknown
    state = words.phrase(LOCK_NAMES[lock.status]) if lock.enabled else words.phrase("off by setting")
    facts = [
        (words.phrase("state"), state, LOCK_ROLES.get(lock.status, "")),
        (words.phrase("host"), lock.host or unknown, ""),
        (words.phrase("process"), lock.pid or unknown, ""),
        (
            words.phrase("since"),
            moment(since, zone_of(seen, words), view.now, words.language) if since else unknown,
            "",
        ),
        (words.phrase("age"), age((view.now - since).total_seconds()) if since else unknown, ""),
        (words.phrase("epoch"), lock.epoch, ""),
        (words.phrase("time left"), _left(view, lock.ends_at), ""),
        (words.phrase("claim in the shop"), *_right(view, lock.claim)),
        *_holder(view, lock.claim),
        (words.phrase("lease in Redis"), *_right(view, lock.lease)),
        *_holder(view, lock.lease),
    ]
    return fact_lines(words.phrase("WHO MAY WRITE TO THE SHOP"), facts)


def _left(view: View, ends_at: datetime | None) -> str:
    words = view.words
    if ends_at is None:
        return words.phrase("it does not end by itself")
    left = age(max(0.0, (ends_at - view.now).total_seconds()))
    return words.phrase("{left} unless it is renewed", left=left)


def _right(view: View, right: RightView | None) -> tuple[str, str]:
    """Return whose a claim or a lease is, and the role of that text."""
    words = view.words
    if right is None:
        return words.phrase("not used"), "dim"
    told = words.phrase(RIGHT_STATES[right.state])
    if right.seen_at is not None:
        told += " · " + words.phrase("{age} ago", age=age((view.now - right.seen_at).total_seconds()))
    return told, RIGHT_ROLES.get(right.state, "warn")


def _holder(view: View, right: RightView | None) -> list[Fact]:
    """Return the line about who holds a claim or a lease; none where nobody does."""
    words = view.words
    if right is None or right.host is None:
        return []
    told = [clean(right.host, 22), words.phrase("process {pid}", pid=right.pid)]
    if right.number is not None:
        told.append(words.phrase("number {number}", number=right.number))
    return [("", ", ".join(told), "dim")]


def _advice(view: View, seen: EngineSnapshot, width: int) -> list[Line]:
    words = view.words
    if seen.lock.status is LockStatus.HELD:
        text = words.phrase("One engine at a time writes. The system frees the lock by itself when this process ends.")
    elif seen.lock.status is LockStatus.HELD_BY_OTHER:
        text = words.phrase("Another engine writes to this shop; this one does not. Stop one of the two.")
    elif seen.lock.status is LockStatus.ORPHAN:
        text = words.phrase("Its owner is gone without a word: K releases it.")
    else:
        text = words.phrase("Nobody writes now.")
    lines = wrapped(clean(text), width, "dim")
    if not seen.lock.enabled:
        told = words.phrase("lock.enabled = false: only the file's own lock keeps two engines apart.")
        lines += wrapped(told, width, "warn")
    return lines
