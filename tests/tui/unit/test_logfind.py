"""Finding in the log: what a search finds, and that no search can hold the console up."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rms_console.tui.logfind import NOTHING, SEARCHED, BadSearch, parse
from rms_console.tui.view import LogRow


def a_row(message: str, service: str = "ToShopify") -> LogRow:
    return LogRow(1, datetime(2026, 11, 24, tzinfo=UTC), "INFO", service, message)


@pytest.mark.parametrize(
    ("search", "message", "is_found"),
    [
        ("zapato", "Producto: ZAPATO rojo", True),
        ("zapato", "Producto: bota", False),
        ("a.b", "aXb", False),
        ("toshopify", "anything", True),
        ("!zapato", "Producto: Zapato", False),
        ("!zapato", "Producto: bota", True),
        ("re:prod.*rojo", "Producto: Zapato rojo", True),
        ("re:^toshopify$", "", False),
        ("re:\\d{3} ms", "took 412 ms", True),
        ("!re:\\d{3} ms", "took 412 ms", False),
        ("[/]", "Zapato [/] azul", True),
        ("(", "f(x)", True),
        ("re:(error|fatal|warning) \\d+", "warning 12", True),
        ("re:\\d+ de \\d+ productos en \\d+ s", "3 de 12 productos en 4 s", True),
    ],
)
def test_a_search_finds_what_it_says(search: str, message: str, is_found: bool) -> None:
    assert parse(search).matches(a_row(message)) is is_found


@pytest.mark.parametrize("search", ["", "   ", "!", "re:", "!re:"])
def test_an_empty_search_finds_every_line(search: str) -> None:
    finder = parse(search)
    assert finder == NOTHING
    assert finder.matches(a_row("whatever"))


def test_the_places_of_a_text_are_told_for_marking() -> None:
    assert parse("ab").spans("xabyAB") == [(1, 3), (4, 6)]
    assert parse("re:b*").spans("abb") == [(1, 3)]
    assert parse("!ab").spans("xabyAB") == []


def test_an_expression_that_is_wrong_is_told_with_the_reason() -> None:
    with pytest.raises(BadSearch) as caught:
        parse("re:(abc")
    assert caught.value.template == "no expression: {why}"
    assert "unterminated" in caught.value.why


@pytest.mark.parametrize(
    "search",
    [
        "re:(a+)+b",
        "re:(a|ab)*c",
        "re:(a*)*",
        "re:(?:a?){30}a{30}",
        "re:.*.*.*x",
        "re:\\w+\\w+\\w+=",
        "re:" + "(a?)" * 25 + "a" * 25,
        "re:" + "(xy|ab|ab|ab)" * 6 + "b",
        "re:(a)\\1+",
        "re:(?=a+)b",
        "re:" + "a" * 300,
    ],
)
def test_an_expression_that_could_take_for_ever_is_refused_before_it_runs(search: str) -> None:
    with pytest.raises(BadSearch):
        parse(search)


def test_only_the_beginning_of_a_long_line_is_searched() -> None:
    assert not parse("end").matches(a_row("x" * SEARCHED + "end"))
    assert parse("end").spans("x" * SEARCHED + "end") == []


PIECES = ["a", "b", ".", "\\w", "\\d", "[ab]", "[^a]", "a|b", "(a|b)", "(ab)", "x", " "]
MARKS = ["", "*", "+", "?", "*?", "{2,}", "{1,3}"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(MARKS)), min_size=1, max_size=12))
def test_whatever_is_taken_ends_soon_over_lines_made_to_delay(pieces: list[tuple[str, str]]) -> None:
    try:
        finder = parse("re:" + "".join(piece + mark for piece, mark in pieces) + "#")
    except BadSearch:
        return
    for line in ("a" * 600, "ab" * 300, "1 " * 300, "aab b" * 120):
        began = time.thread_time()
        finder.matches(a_row(line))
        # Some of those refused take longer than the age of the shop; seconds are the bound of a slow machine.
        assert time.thread_time() - began < 5.0
