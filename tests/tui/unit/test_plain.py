"""Whatever a name holds, the screen gets one harmless line of it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rms_console.tui.plain import clean

HOSTILE = [
    "Zapato [/] azul",
    "[/rojo]",
    "[red]Zapato",
    "[@click=app.quit]x[/]",
    "[$error]x",
    "\x1b]2;PWNED\x1b\\",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1b[2J\x1b[31mROJO",
    "\x9b2J",
    "abc\u202edef",
    "a\u200bb\ufeffc",
    "uno\ndos\r\ntres\u2028cuatro",
    "\ud800lone",
    "\x00\x7f",
    "Z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "a\tb",
]
ANY = st.text(alphabet=st.characters(), max_size=300) | st.sampled_from(HOSTILE)


def is_harmless(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(ANY)
def test_nothing_a_terminal_obeys_is_left(text: str) -> None:
    assert all(map(is_harmless, clean(text)))


@given(ANY)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=200))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@given(ANY, st.integers(-3, 50))
def test_the_length_is_bounded(text: str, limit: int) -> None:
    assert len(clean(text, limit)) <= max(0, limit)


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.startswith("[")])
def test_markup_stays_in_the_text(text: str) -> None:
    assert clean(text) == text


def test_spanish_and_signs_stay() -> None:
    assert clean("Niña 23½ — 12 € «ñandú» 日本") == "Niña 23½ — 12 € «ñandú» 日本"


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert clean("nin\u0303o") == "niño"


def test_marks_that_pile_up_are_bounded() -> None:
    assert sum(unicodedata.combining(one) > 0 for one in clean("x" + "\u0336" * 50)) <= 3


class Unspeakable:
    def __str__(self) -> str:
        raise RuntimeError("no")


class Sly(str):
    def __len__(self) -> int:
        raise RuntimeError("no")

    def __getitem__(self, place: object) -> str:
        return "\x1b[2J"


class SaysSly:
    def __str__(self) -> str:
        return Sly("a\x1bb")


def test_a_text_of_a_class_of_its_own_is_cleaned_by_what_it_holds() -> None:
    assert clean(Sly("a\x1bb")) == "a·b"
    assert clean(SaysSly()) == "a·b"


def test_what_draws_nothing_is_seen_or_left_out() -> None:
    assert clean("\u3164\u115f\u2800") == "···"
    assert clean("❤\ufe0f a\u034fb x\U000e0100") == "❤ ab x"


def test_an_object_without_a_text_is_told_by_its_error() -> None:
    assert clean(Unspeakable()) == "(RuntimeError)"
    assert clean(None) == "None"
    assert clean(12.5) == "12.5"
