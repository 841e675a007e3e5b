"""What is proven, what is left to do, how long things took and when prices change, as commands tell it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from rms_console.commands.backlog import backlog_text
from rms_console.commands.proof import proof_text
from rms_console.commands.reaching import Words
from rms_console.commands.sales import moment_text
from rms_console.commands.timing import timing_rows
from rms_console.contract.insight import BacklogView, InsightView, ProofView, ProvenView
from rms_console.contract.insight_api import Backlog, Proven
from rms_console.contract.queries import Page, Subject
from rms_console.control import bodies
from rms_console.locale import sentence
from tests.acceptance.site import Site
from tests.commands.live import run_away
from tests.commands.served import Served
from tests.tui.fakeport import NOW, ZONE, a_snapshot

PROOF = ProofView("SKU-11", "24YM0001", "2026-11-24 15:41:00", NOW, NOW - timedelta(minutes=4), 8.25, 12.0)
BACKLOG = BacklogView(320, 80, 5, 4150.0, 95.0, 60.0, 240.0, NOW + timedelta(seconds=95), "points", 300.0, is_late=True)
PEAK: dict[str, Any] = {
    "at": "2026-11-27T06:00:00Z", "products": 1240, "items": 1300, "begin": 1290, "end": 10,
    "points": 12648.4, "seconds": 124.0, "is_peak": True,
}  # fmt: skip
CALM = PEAK | {"at": "2026-11-30T06:00:00+00:00", "products": 1, "begin": 0, "end": 1, "points": 11.0, "is_peak": False}
TIMINGS: dict[str, dict[str, Any]] = {
    "latency": {"count": 12, "p50_s": 4.0, "p95_s": 9.0, "p99_s": 75.0, "days": []},
    "queue": {"count": 0, "p50_s": None, "p95_s": None, "p99_s": None, "days": []},
}


def words(language: str) -> Words:
    return Words(language, ZONE)


def proven(state: str, reason: str = "", last: ProofView | None = None) -> Proven:
    return bodies.proof(a_snapshot(insight=InsightView(proven=ProvenView(state, reason, last))), "en")


def backlog(view: BacklogView) -> Backlog:
    body = bodies.backlog(a_snapshot(insight=InsightView(backlog=view)))
    assert body is not None
    return body


@pytest.mark.parametrize(
    ("body", "english", "spanish"),
    [
        (proven("waiting"), "nothing was read back yet", "aún no se releyó nada"),
        (proven("off", sentence("paused")), "paused", "en pausa"),
        (
            proven("none", sentence("nothing of RMS is in the shop yet")),
            "nothing of RMS is in the shop yet",
            "aún no hay nada de RMS en la tienda",
        ),
        (
            proven("proven", "", ProofView("SKU-11", "A", "", None, PROOF.read_at, None, 1.0)),
            "proven 15:43:12 (SKU-11, read again)",
            "comprobado 15:43:12 (SKU-11, releído)",
        ),
        (
            proven("late", sentence("no health check came through"), PROOF),
            "NOT PROVEN since 15:43:12: no health check came through",
            "SIN COMPROBAR desde 15:43:12: ",
        ),
        (proven("differs", "SKU-9"), "NOT PROVEN: SKU-9", "SIN COMPROBAR: SKU-9"),
    ],
)
def test_the_proof_in_words(body: Proven, english: str, spanish: str) -> None:
    assert proof_text(body, words("en"), NOW) == english
    assert proof_text(body, words("es"), NOW).startswith(spanish)


def test_a_proof_of_a_change_tells_how_long_the_change_took() -> None:
    body = proven("proven", "", PROOF)
    assert body.last_proven is not None
    assert proof_text(body, words("en"), NOW) == f"proven 15:43:12 (SKU-11, {body.last_proven.latency})"
    assert "8" in str(body.last_proven.latency)


def test_the_backlog_in_words() -> None:
    body = backlog(BACKLOG)
    assert backlog_text(body, words("en"), NOW) == (
        "320 items, about 4150 points; through about 15:48:47 (1m 35s; 1m 00s to 4m 00s); "
        "limit: points; LONGER THAN THE INTERVAL"
    )
    spanish = backlog_text(body, words("es"), NOW)
    assert "320 artículos" in spanish
    assert spanish.endswith("MÁS QUE EL INTERVALO")
    assert backlog_text(body.model_copy(update={"items": 0}), words("en"), NOW) == ""
    unknown = {"points": None, "range_s": None, "through_at": None, "limited_by": "nothing", "exceeds_interval": False}
    assert backlog_text(body.model_copy(update=unknown), words("en"), NOW) == "320 items"


def test_durations_only_of_what_was_timed() -> None:
    body = bodies.performance(a_snapshot()).model_copy(update={"percentiles": bodies.timings(TIMINGS), "days": 30})
    rows = dict(timing_rows(body, words("en")))
    assert rows["Last 30 days"] == "p50  p95  p99"
    assert rows["RMS to shop"].endswith("of 12")
    assert len(rows) == 2
    assert timing_rows(body.model_copy(update={"percentiles": {}}), words("en")) == []


def test_a_moment_is_told_in_the_stores_own_day_and_time() -> None:
    assert moment_text(PEAK, words("en")) == (
        "Friday 2026-11-27 00:00: 1240 products (1290 items begin, 10 end), 12648 points, 2m 04s"
    )
    assert moment_text(PEAK, words("es")).lower().startswith("viernes 2026-11-27 00:00: 1240 productos")


def _of_sales(served: Served, *moments: dict[str, Any]) -> None:
    served.engine.answers[Subject.SALES] = Page(Subject.SALES, (), facts={"moments": list(moments)})


def _asked(served: Served, *arguments: str, lang: str = "en") -> str:
    ran = run_away(served.url, *arguments, lang=lang, token_file=served.token_file)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def test_sales_lists_the_moments_and_marks_the_peak(served: Served) -> None:
    _of_sales(served, PEAK, CALM)
    lines = _asked(served, "sales", "--days", "30").splitlines()
    starts = [line for line in lines if "2026-11-" in line]
    assert [line[:10] for line in starts] == ["! Friday 2", "  Monday 2"]
    assert max(len(line) for line in lines) <= 80
    [query] = [query for query in served.engine.asked if query.subject is Subject.SALES]
    assert query.filters == {"days": "30"}
    assert json.loads(_asked(served, "sales", "--json")) == [PEAK, CALM]
    assert "viernes" in _asked(served, "sales", lang="es").lower()


def test_sales_says_so_where_nothing_is_to_come(served: Served) -> None:
    _of_sales(served)
    assert "No sale begins or ends in the next 14 days." in _asked(served, "sales")
    assert json.loads(_asked(served, "sales", "--json")) == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_sales_without_an_engine_ends_with_code_3(site: Site, language: str) -> None:
    for more in ((), ("--json",)):
        ran = site.inside("sales", *more, lang=language)
        assert ran.code == 3
        assert ran.err.strip()
        assert "Traceback" not in ran.err


def test_status_health_and_performance_tell_proof_and_backlog(served: Served) -> None:
    served.show(a_snapshot(insight=InsightView((), ProvenView("late", "SKU-9 fails", PROOF), BACKLOG)))
    status = json.loads(_asked(served, "status", "--json"))
    assert (status["backlog"]["items"], status["backlog"]["exceeds_interval"]) == (320, True)
    told = " ".join(_asked(served, "status").split())
    assert "320 items, about 4150 points" in told
    assert "NOT PROVEN since" in told
    ran = run_away(served.url, "health", token_file=served.token_file)
    assert "NOT PROVEN since" in " ".join(ran.out.split())
    health = json.loads(run_away(served.url, "health", "--json", token_file=served.token_file).out)
    assert (health["proof"]["state"], health["proof"]["last_proven"]["item"]) == ("late", "SKU-11")
    served.engine.answers[Subject.PERFORMANCE] = Page(Subject.PERFORMANCE, (), facts={"timings": TIMINGS})
    assert "RMS to shop" in _asked(served, "performance")
    assert json.loads(_asked(served, "performance", "--json"))["percentiles"]["latency"]["p95_s"] == 9.0


def test_of_an_engine_that_never_worked_nothing_is_proven(site: Site) -> None:
    ran = site.inside("status", "--json")
    assert ran.code == 3
    body = json.loads(ran.out)
    assert body.get("backlog") is None
    assert body["proof"] == {"state": "off", "reason": "no engine runs", "last_proven": None}
