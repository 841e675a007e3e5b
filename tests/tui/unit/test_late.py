"""An answer of the terminal that comes late never becomes key presses, and keys are never taken for one."""

from __future__ import annotations

import pytest
from textual import events

from rms_console.tui.late import SievingParser

ANSWERS = ("\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "\x1b]11;rgb:1e1e/1e1e/2e2e\x07", "\x1b]11;rgba:ff/ff/ff/ff\x1b\\")


def pressed(*pieces: str) -> list[str]:
    """Return the keys that come of pieces read one after the other; after each the driver ticks, at the end twice."""
    parser, keys = SievingParser(), []
    for piece in pieces:
        for message in [*parser.feed(piece), *parser.tick()]:
            keys += [message.key] if isinstance(message, events.Key) else []
    for _ in range(2):
        keys += [message.key for message in parser.tick() if isinstance(message, events.Key)]
    return keys


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_among_keys_is_taken_out(answer: str) -> None:
    assert pressed(f"p{answer}y") == ["p", "y"]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_in_two_pieces_presses_nothing(answer: str) -> None:
    for cut in range(2, len(answer)):
        assert pressed(answer[:cut], answer[cut:]) == [], cut


def test_an_answer_cut_after_its_escape_presses_at_most_that() -> None:
    answer = ANSWERS[0]
    assert set(pressed(answer[:1], answer[1:])) <= {"escape"}


def test_an_answer_character_by_character_presses_at_most_escape() -> None:
    assert set(pressed(*ANSWERS[0])) <= {"escape"}


def test_what_only_looks_like_the_beginning_of_an_answer_is_typed() -> None:
    assert pressed("]") == ["right_square_bracket"]
    assert pressed("]", "1", "x") == ["right_square_bracket", "1", "x"]


def test_keys_go_on_at_once() -> None:
    assert pressed("p", "\r", "\x1b[A") == ["p", "enter", "up"]


def test_an_answer_whose_rest_takes_long_presses_nothing() -> None:
    parser, keys = SievingParser(), []
    for piece in (ANSWERS[0][:12], ANSWERS[0][12:], "y"):
        for message in [*parser.feed(piece), *parser.tick(), *parser.tick(), *parser.tick()]:
            keys += [message.key] if isinstance(message, events.Key) else []
    assert keys == ["y"]


def test_only_one_answer_is_owed() -> None:
    typed = pressed(ANSWERS[1], "\x1b[A", "1")
    assert typed == ["up", "1"]
