"""What is proven, what is left to do and how long things took, as lines: at each size and in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rms_console.contract.insight import BacklogView, InsightView, ProofView, ProvenView
from rms_console.contract.snapshot import QueueView
from rms_console.locale import sentence
from rms_console.tui.glyphs import UNICODE
from rms_console.tui.lines import Line, text_of, width_of
from rms_console.tui.screens.frame import head_lines
from rms_console.tui.screens.overview import backlog_lines, overview_lines
from rms_console.tui.screens.performance import performance_lines, timing_lines
from rms_console.tui.view import View, Words
from tests.tui.fakeport import NOW, a_snapshot

SIZES = [(80, 24), (120, 40), (40, 10)]
LANGUAGES = ["en", "es"]
PROOF = ProofView("SKU-11", "24YM0001", "2026-11-24 15:41:00", NOW, NOW - timedelta(minutes=4), 8.25, 12.0)
BACKLOG = BacklogView(320, 80, 5, 4150.0, 95.0, 60.0, 240.0, NOW + timedelta(seconds=95), "points", 300.0, is_late=True)
BUSY = QueueView(12, 1, 2, 3, 3700.0)
DAYS = [{"day": "2026-11-23", "count": 0, "p95_s": None}, {"day": "2026-11-24", "count": 4, "p95_s": 9.0}]
TIMINGS = {
    "latency": {"count": 1234, "p50_s": 4.0, "p95_s": 9.0, "p99_s": 75.0, "days": DAYS},
    "queue": {"count": 0, "p50_s": None, "p95_s": None, "p99_s": None, "days": []},
    "a kind of a newer engine": {"count": 3, "p50_s": 1.0, "p95_s": 1.0, "p99_s": 1.0, "days": []},
}


def a_view(language: str, proven: ProvenView | None = None, backlog: BacklogView | None = None, **more: Any) -> View:
    snapshot = a_snapshot(insight=InsightView((), proven or ProvenView(), backlog), **more)
    return View(Words(language, UNICODE), NOW, snapshot)


def head(language: str, proven: ProvenView, width: int = 120, **more: Any) -> list[str]:
    return [text_of(one) for one in head_lines(a_view(language, proven, **more), "overview", width)]


@pytest.mark.parametrize(
    ("proven", "english", "spanish"),
    [
        (ProvenView("waiting"), "not proven yet", "aún sin comprobar"),
        (
            ProvenView("none", sentence("nothing of RMS is in the shop yet")),
            "not proven yet: nothing of RMS is in the shop yet",
            "aún sin comprobar: aún no hay nada de RMS en la tienda web",
        ),
        (ProvenView("off", sentence("paused")), "no proof: paused", "no se comprueba: en pausa"),
        (
            ProvenView("off", sentence("the automatic sync is off"), PROOF),
            "no proof: the automatic sync is off",
            "no se comprueba: la sincronización automática está apagada",
        ),
        (
            ProvenView("off", sentence("observing: nothing is sent, so there is nothing to prove")),
            "no proof: observing: nothing is sent, so there is nothing to prove",
            "no se comprueba: observando: no se envía nada, así que no hay qué comprobar",
        ),
        (ProvenView("proven", "", PROOF), "proven 15:43:12 (SKU-11, 8.2s)", "comprobado 15:43:12 (SKU-11, 8.2s)"),
        (
            ProvenView("proven", "", replace(PROOF, latency_s=None)),
            "proven 15:43:12 (SKU-11, read again)",
            "comprobado 15:43:12 (SKU-11, releído)",
        ),
        (
            ProvenView("late", sentence("no health check came through"), PROOF),
            "NOT PROVEN since 15:43:12: no health check came through",
            "SIN COMPROBAR desde 15:43:12: ",
        ),
        (ProvenView("differs", "SKU-9: price"), "NOT PROVEN: SKU-9: price", "SIN COMPROBAR: SKU-9: price"),
    ],
)
def test_the_head_says_at_any_time_what_is_proven_or_why_nothing_is(
    proven: ProvenView, english: str, spanish: str
) -> None:
    assert english in head("en", proven)[2]
    assert spanish in head("es", proven)[2]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("state", "is_alarm"), [("late", True), ("differs", True), ("off", False), ("waiting", False)])
def test_only_a_proof_that_there_should_be_is_an_alarm(language: str, state: str, is_alarm: bool) -> None:
    line = head_lines(a_view(language, ProvenView(state, "why")), "overview", 120)[2]
    assert line[-1].role == ("bad" if is_alarm else "dim")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [80, 40])
def test_beside_a_full_queue_a_lack_of_proof_gets_a_line_of_its_own(language: str, width: int) -> None:
    told = {"en": "NOT PROVEN: SKU-9", "es": "SIN COMPROBAR: SKU-9"}[language]
    lines = head(language, ProvenView("late", "SKU-9"), width, queue=BUSY)
    assert lines[3] == told
    assert told not in lines[2]
    calm = head(language, ProvenView("proven", "", PROOF), width, queue=BUSY)
    assert len(calm) == 3
    assert not {"prov", "comp"} & {word[:4] for word in calm[2].split()}


@pytest.mark.parametrize(
    ("language", "all_sent", "told"),
    [
        ("en", "Everything is in the shop", "the shop has 1"),
        ("es", "Todo está en la tienda", "la tienda web tiene 1"),
    ],
)
def test_while_a_product_differs_not_everything_is_in_the_shop_and_the_difference_is_told_whole(
    language: str, all_sent: str, told: str
) -> None:
    facts = {"item": "SKU-11", "field": "price", "sent": "24990", "found": "1"}
    reason = sentence("{item}: {field} was sent as {sent}, the shop has {found}", **facts)
    lines = head(language, ProvenView("differs", reason, PROOF), 80)
    assert not any(all_sent in one for one in lines)
    assert told in " ".join(lines)
    assert len(lines) <= 6
    assert any(all_sent in one for one in head(language, ProvenView("proven", "", PROOF), 80))


def test_what_an_engine_says_of_an_item_cannot_steer_the_terminal() -> None:
    hostile = replace(PROOF, item="\x1b[2J\x1b]0;x\x07A\nB")
    line = head("en", ProvenView("proven", "", hostile))[2]
    assert not {"\x1b", "\x07", "\n"} & set(line)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            "CATCH-UP 320 items  until about 15:48 (1m to 4m)  4,150 points  limit: points  LONGER THAN THE INTERVAL",
        ),
        (
            "es",
            "PENDIENTE 320 artículos  hacia las 15:48 (1m a 4m)  4\xa0150 puntos  límite: puntos  MÁS QUE EL INTERVALO",
        ),
    ],
)
def test_the_backlog_says_how_much_until_when_and_what_limits(language: str, told: str) -> None:
    lines = backlog_lines(a_snapshot(insight=InsightView(backlog=BACKLOG)), Words(language, UNICODE))
    assert [text_of(one) for one in lines] == [told]


def test_a_range_of_nothing_is_no_range() -> None:
    soon = replace(BACKLOG, low_s=3.0, high_s=7.0)
    (line,) = backlog_lines(a_snapshot(insight=InsightView(backlog=soon)), Words("en", UNICODE))
    assert "until about 15:48 (<10s)  " in text_of(line)


def test_of_a_backlog_only_what_is_known_is_told() -> None:
    unknown = replace(
        BACKLOG, points=None, low_s=None, high_s=None, through_at=None, limited_by="nothing", is_late=False
    )
    words = Words("en", UNICODE)
    [line] = backlog_lines(a_snapshot(insight=InsightView(backlog=unknown)), words)
    assert text_of(line) == "CATCH-UP 320 items"
    for nothing in (None, replace(BACKLOG, items=0)):
        assert backlog_lines(a_snapshot(insight=InsightView(backlog=nothing)), words) == []


def _page(view: View, width: int, height: int) -> list[Line]:
    top = head_lines(view, "overview", width)
    return [*top, *overview_lines(view, width, max(1, height - len(top) - 2))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_overview_with_all_of_it_fits_every_size(language: str, width: int, height: int) -> None:
    view = a_view(language, ProvenView("late", "the shop did not answer " * 9, PROOF), BACKLOG, queue=BUSY)
    lines = _page(view, width, height)
    assert max(width_of(one) for one in lines) <= width
    assert len(lines) <= height - 2
    text = "\n".join(text_of(one) for one in lines)
    assert {"en": "NOT PROVEN since 15:43:12", "es": "SIN COMPROBAR desde 15:43:12"}[language] in text
    if height > 10:
        assert {"en": "CATCH-UP 320 items", "es": "PENDIENTE 320"}[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [width for width, _ in SIZES])
def test_durations_show_percentiles_and_their_days_of_what_was_timed_alone(language: str, width: int) -> None:
    words = Words(language, UNICODE)
    _, title, *rows = [text_of(one) for one in timing_lines(TIMINGS, width, words)]
    assert "30" in title
    assert len(rows) == 1
    assert {"en": "RMS to shop", "es": "de RMS a la"}[language] in rows[0]
    assert "p50 4.0s  p95 9.0s  p99 1m 15s" in rows[0]
    assert {"en": "of 1,234", "es": "de 1\xa0234"}[language] in rows[0]
    assert max(len(row) for row in rows) <= max(80, width)
    shown = [text_of(one) for one in performance_lines(a_view(language), width, TIMINGS)]
    assert rows[0] in shown
    assert not any("p50" in row for row in map(text_of, performance_lines(a_view(language), width, {})))


def test_without_durations_there_is_no_heading_either() -> None:
    assert timing_lines({"latency": {"count": 0}}, 80, Words("en", UNICODE)) == []
