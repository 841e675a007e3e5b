"""English sentences that came over a wire are told in Spanish where they are ours."""

from __future__ import annotations

import time

import pytest

from rms_console.errors import ConsoleError
from rms_console.locale import sentence
from rms_console.locale.retelling import retell


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("a run starts now", "una corrida empieza ya"),
        ("already paused by ana", "ya está en pausa por ana"),
        ("paused by ana: cambio {de} precios", "en pausa por ana: cambio {de} precios"),
        ("RMS has no item NOPE", "RMS no tiene el artículo NOPE"),
        ("something else", "something else"),
        ("", ""),
        ("paused by {by}", "en pausa por {by}"),
    ],
)
def test_what_is_ours_is_told_and_the_rest_stays(english: str, spanish: str) -> None:
    assert retell("es", english) == spanish
    assert retell("en", english) == english


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("1 item is tried again", "1 artículo se intenta de nuevo"),
        ("7 items are tried again", "7 artículos se intentan de nuevo"),
        ("1 hold approved: it goes with the next cycle", "1 retenido aprobado: sale con la próxima corrida"),
        ("3 holds rejected: they wait until they change", "3 retenidos rechazados: esperan hasta que cambien"),
    ],
)
def test_one_and_many_are_told_again(english: str, spanish: str) -> None:
    assert retell("es", english) == spanish


def test_facts_are_kept_to_the_letter() -> None:
    told = retell("es", sentence("paused by {by}: {reason}", by="a: b", reason="x: y\x1b"))
    assert told == "en pausa por a: b: x: y\x1b"


def test_an_error_is_told_with_its_hint() -> None:
    happened = sentence("{what}: {path} is locked by another program", what="reading changes", path="/srv/a (b).db")
    advice = sentence("it is tried again; a writer in WAL mode would not lock readers out")
    told = retell("es", str(ConsoleError(happened, hint=advice)))
    assert told == (
        "leyendo cambios: otro programa tiene bloqueado /srv/a (b).db"
        " (se reintenta; un programa que escriba en modo WAL no bloquearía la lectura)"
    )


def test_parentheses_without_end_cost_little() -> None:
    begun = time.monotonic()
    text = "x" + " (x" * 600 + ")" * 3
    assert retell("es", text) == text
    assert time.monotonic() - begun < 5


def test_a_long_text_costs_little() -> None:
    begun = time.monotonic()
    retell("es", "paused by : " * 160)
    retell("es", "x" * 1_000_000)
    assert time.monotonic() - begun < 5
