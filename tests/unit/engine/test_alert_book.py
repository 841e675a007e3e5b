"""The book of alerts: one a kind, told once, seen by name, kept when over."""

from __future__ import annotations

import pytest

from rms_console.contract.events import Event, EventName
from rms_console.contract.ports import LogLine
from rms_console.engine.alerts.book import CRITICAL, INFO, KEPT, WARN, AlertBook
from rms_console.engine.journal import Journal
from rms_console.locale import sentence
from tests.unit.engine_pace.virtual import VirtualClock


class Nowhere:
    def write(self, line: LogLine) -> None:
        return None


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def journal(clock: VirtualClock) -> Journal:
    return Journal(clock, Nowhere())


@pytest.fixture
def book(clock: VirtualClock, journal: Journal) -> AlertBook:
    return AlertBook(clock, journal)


async def told(journal: Journal) -> list[tuple[str, object]]:
    events: list[Event] = list(await journal.after(0, 0))
    return [(event.name, event.facts["kind"]) for event in events]


def put(book: AlertBook, kind: str, severity: str = WARN, again: bool = False) -> str:
    title = sentence("Still paused")
    return book.raise_(kind, severity, title, "detail", "do this", again=again).alert_id


async def test_an_alert_is_told_when_it_is_raised_and_when_it_is_over(book: AlertBook, journal: Journal) -> None:
    put(book, "paused")
    put(book, "paused")
    assert book.clear("paused")
    assert not book.clear("paused")
    assert await told(journal) == [(EventName.ALERT_RAISED, "paused"), (EventName.ALERT_CLEARED, "paused")]
    assert book.present == ()


def test_the_most_urgent_come_first_then_the_oldest(book: AlertBook, clock: VirtualClock) -> None:
    for kind, severity in (("a", INFO), ("b", WARN), ("c", CRITICAL), ("d", WARN)):
        put(book, kind, severity)
        clock.advance(1)
    assert [view.kind for view in book.present] == ["c", "b", "d", "a"]


def test_seeing_marks_the_named_ones_or_all(book: AlertBook) -> None:
    first, second = put(book, "a"), put(book, "b")
    assert book.ack([second, "nonsense"], "ana") == (second,)
    assert book.ack([second], "luis") == ()
    assert book.ack([], "luis") == (first,)
    assert {view.kind: view.acked_by for view in book.present} == {"a": "luis", "b": "ana"}


async def test_a_reminder_counts_as_unseen_and_is_told_again(book: AlertBook, journal: Journal) -> None:
    first = put(book, "paused")
    book.ack([], "ana")
    assert put(book, "paused") == first
    assert [view.acked_by for view in book.present] == ["ana"]
    assert put(book, "paused", again=True) == first
    assert [view.acked_by for view in book.present] == [None]
    assert len(await told(journal)) == 2


def test_what_is_over_stays_in_the_list_for_a_while_the_newest_first(book: AlertBook, clock: VirtualClock) -> None:
    for number in range(KEPT + 5):
        put(book, f"kind {number}")
        clock.advance(60)
        book.clear(f"kind {number}")
    put(book, "present")
    rows = book.rows()
    assert len(rows) == KEPT + 1
    assert [(row["kind"], row["state"], bool(row["cleared_at"])) for row in rows[:2]] == [
        ("present", "present", False),
        (f"kind {KEPT + 4}", "past", True),
    ]


def test_texts_are_told_in_the_language_asked_for(book: AlertBook) -> None:
    put(book, "paused")
    assert book.rows()[0]["title"] == "Still paused"
    assert book.rows("es")[0]["title"] == "Sigue en pausa"
