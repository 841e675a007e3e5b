"""Places in the log's ring: they stay while lines come and go, and nothing looks at every line at once."""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime

import pytest

from rms_console.tui.logbook import SLOW_LINE_S, LogBook, LogIndex, TooSlow, next_place, previous_place
from rms_console.tui.logfind import parse
from rms_console.tui.logsift import LogSift
from rms_console.tui.view import LogRow

AT = datetime(2026, 11, 24, tzinfo=UTC)


def rows(first: int, last: int, level: str = "INFO") -> list[LogRow]:
    return [LogRow(number, AT, level, "Till", f"line {number}") for number in range(first, last)]


def test_places_stay_when_the_ring_forgets() -> None:
    ring = deque(rows(0, 8), maxlen=10)
    book = LogBook(ring)
    book.catch_up()
    assert (book.base, book.total) == (0, 8)
    ring.extend(rows(8, 15))
    book.catch_up()
    assert (book.base, book.total) == (5, 15)
    assert book.row(4) is None
    held = book.row(9)
    assert held is not None
    assert held.message == "line 9"
    assert book.row(15) is None


def test_a_ring_that_was_filled_anew_unseen_has_new_places() -> None:
    ring = deque(rows(0, 10), maxlen=10)
    book = LogBook(ring)
    book.catch_up()
    ring.extend(rows(100, 125))
    book.catch_up()
    assert book.total - book.base == 10
    assert book.base >= 10
    first = book.row(book.base)
    assert first is not None
    assert first.number == 115


def test_numbers_that_begin_anew_do_not_confuse_places() -> None:
    ring = deque(rows(0, 5), maxlen=10)
    book = LogBook(ring)
    book.catch_up()
    ring.extend(rows(0, 3))
    book.catch_up()
    assert book.total == 8
    held = book.row(5)
    assert held is not None
    assert held.number == 0


def test_an_index_finds_the_newest_first_and_goes_on_within_its_budget() -> None:
    ring = deque(rows(0, 1000), maxlen=1000)
    book = LogBook(ring)
    book.catch_up()
    index = LogIndex(book, lambda row: row.number % 2 == 0)
    turns = 0
    while not index.is_whole:
        index.advance(0.0)
        turns += 1
        assert list(index.places) == sorted(index.places)
    assert turns > 100
    assert list(index.places) == list(range(0, 1000, 2))


def test_an_index_takes_in_what_comes_and_forgets_what_goes() -> None:
    ring = deque(rows(0, 10), maxlen=10)
    book = LogBook(ring)
    book.catch_up()
    index = LogIndex(book, lambda row: row.number % 2 == 0)
    index.advance(1.0)
    ring.extend(rows(10, 14))
    book.catch_up()
    index.advance(1.0)
    assert list(index.places) == [4, 6, 8, 10, 12]
    assert index.is_whole


def test_a_line_that_takes_too_long_ends_the_search() -> None:
    ring = deque([LogRow(1, AT, "INFO", "Till", "a" * 100)])
    book = LogBook(ring)
    book.catch_up()

    def slow(row: LogRow) -> bool:
        end = time.thread_time() + 2 * SLOW_LINE_S
        while time.thread_time() < end:
            pass
        return True

    with pytest.raises(TooSlow):
        LogIndex(book, slow).advance(60.0)


def test_the_next_place_goes_round() -> None:
    assert [next_place([3, 7], at) for at in (0, 3, 7)] == [3, 7, 3]
    assert [previous_place([3, 7], at) for at in (9, 7, 3)] == [7, 3, 7]
    assert next_place([], 1) is None
    assert previous_place([], 1) is None


def test_level_and_search_narrow_together_and_marking_hides_nothing() -> None:
    ring = deque([*rows(0, 5), *rows(5, 10, "ERROR")], maxlen=100)
    sift = LogSift(ring)
    sift.level, sift.finder = 2, parse("!line 7")
    sift.look_anew()
    sift.advance(1.0)
    assert list(sift.shown) == list(sift.hits) == [5, 6, 8, 9]
    sift.hides = False
    sift.look_anew()
    sift.advance(1.0)
    assert list(sift.shown) == [5, 6, 7, 8, 9]
    assert list(sift.hits) == [5, 6, 8, 9]
    sift.around = 9
    assert list(sift.shown) == list(range(10))
