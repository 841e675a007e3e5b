"""Texts of the engine in the console's language; data never serves as a template."""

from __future__ import annotations

from rms_console.locale import sentence
from rms_console.tui.glyphs import UNICODE
from rms_console.tui.view import Words

ES = Words("es", UNICODE)


def test_a_sentence_is_told_in_the_consoles_language() -> None:
    assert ES.told(sentence("already paused by {by}", by="ana")) == "ya está en pausa por ana"


def test_a_fixed_message_is_found_by_its_text() -> None:
    assert ES.told("Nothing is held.") == "No hay nada retenido."
    assert ES.told(None) == ""


def test_data_is_never_filled_in() -> None:
    for text in ("{x.__class__}", "{", "{{x}}", "100 %", "{0}"):
        assert ES.told(text) == text
        assert ES.word({"known": "by hand"}, text) == text
    assert ES.word({"known": "by hand"}, "known") == "a mano"
