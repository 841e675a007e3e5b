"""Each route over a small honest engine: what it answers, what it asks the engine for, in whose name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from rms_console.contract import wire
from rms_console.contract.commands import (
    Accepted,
    Actor,
    Command,
    FullSync,
    Pause,
    ProbeConnections,
    Refused,
    Resume,
    SetInterval,
    Stop,
    Trigger,
)
from rms_console.contract.events import Event
from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.snapshot import CycleView, EngineSnapshot, FaultView, PauseView, RatesView, TodayView
from rms_console.contract.state import Health
from tests.api.examples import differences
from tests.api.served import BOOT, MONITOR, CountingPort, Served
from tests.tui.fakeport import NOW, FakePort, a_snapshot
from tests.unit.contract.test_api_bodies import PERFORMANCE, STATS, STATUS

CYCLE = CycleView(
    number=41,
    sync_id="sync_20261124_214700_41",
    trigger="manual",
    by="ana",
    reason="feria",
    result="OK",
    started_at=NOW,
    duration_s=2.34,
    items_found=12,
    products_synced=4,
    products_created=1,
    variants_created=3,
    variants_updated=8,
    stock_rows=12,
    mutations=9,
    queries=3,
    points=120.0,
    throttled=0,
    errors=0,
    quarantined=0,
    held=0,
    batches=1,
    queue_left=0,
)


def log_row(number: int, level: str = "INFO") -> dict[str, Any]:
    at = (NOW + timedelta(seconds=number)).isoformat()
    return {
        "number": number,
        "at": at,
        "level": level,
        "service": "ChangeDetector",
        "tag": "",
        "message": f"line {number}",
    }


def busy_now() -> EngineSnapshot:
    now = a_snapshot()
    links = tuple(replace(link, name=link.name.lower()) for link in now.connections)
    return replace(
        now,
        connections=links,
        last_cycle=CYCLE,
        last_check_at=NOW,
        errors_by_type={"a": 1, "b": 3},
        consecutive_errors=2,
    )


@pytest.fixture
def engine(api: Served) -> FakePort:
    """The engine behind the server of this module, as if nobody had asked it for anything."""
    engine = api.engine
    engine.now, engine.reply = busy_now(), None
    for kept in (engine.pages, engine.answers, engine.sent, engine.asked):
        kept.clear()
    return engine


@pytest.fixture
def client(friend: httpx.Client, engine: FakePort) -> httpx.Client:
    return friend


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server of its own, for tests that tell events."""
    with Served(tmp_path, CountingPort(busy_now())) as served:
        yield served


def get(client: httpx.Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-rms-contract"] == "1"
    return answer.json()


@pytest.mark.parametrize(
    ("route", "example"), [("status", STATUS), ("stats", STATS), ("performance-metrics", PERFORMANCE)]
)
def test_answers_have_the_keys_and_formats_of_the_examples(
    client: httpx.Client, route: str, example: dict[str, Any]
) -> None:
    assert list(differences(example, get(client, f"{MONITOR}/{route}"))) == []


def test_figures_are_those_of_the_engine(client: httpx.Client) -> None:
    status = get(client, f"{MONITOR}/status")
    assert (status["last_check"], status["last_sync_duration"], status["last_sync_duration_s"]) == (
        "2026-11-24T21:47:12Z",
        "2.3s",
        2.34,
    )
    stats = get(client, f"{MONITOR}/stats")
    assert (stats["summary"]["total_runs_today"], stats["summary"]["success_rate"]) == (288, 99.3)
    assert (stats["performance"]["items_per_hour"], stats["health"]["memory_usage"]) == (85, "28%")
    assert stats["errors"] == {"total": 4, "consecutive": 2, "by_type": {"b": 3, "a": 1}}
    assert list(get(client, "/api/v1/metrics/error-summary")["by_type"]) == ["b", "a"]


def test_a_figure_without_data_is_null(client: httpx.Client, engine: FakePort) -> None:
    engine.now = replace(engine.now, today=TodayView(), rates=RatesView(), last_cycle=None, last_check_at=None)
    status, stats = get(client, f"{MONITOR}/status"), get(client, f"{MONITOR}/stats")
    assert (status["last_check"], status["last_sync_duration"]) == (None, None)
    assert stats["summary"]["total_runs_today"] == 0
    assert stats["summary"]["success_rate"] is None
    assert set(stats["performance"].values()) == {None}
    efficiency = get(client, f"{MONITOR}/performance-metrics")["efficiency_metrics"]
    assert set(efficiency.values()) == {None}


def test_recent_activity_goes_on_until_it_has_what_was_asked_for(client: httpx.Client, engine: FakePort) -> None:
    engine.pages[Subject.ACTIVITY] = [wire.to_json(replace(CYCLE, number=number)) for number in range(30, 0, -1)]
    body = get(client, f"{MONITOR}/recent-activity?limit=25")
    assert [row["check_number"] for row in body["activities"]] == list(range(30, 5, -1))
    assert (body["total"], body["limit"]) == (25, 25)
    first = body["activities"][0]
    assert (first["duration"], first["by"], first["started_at"]) == ("2.3s", "ana", "2026-11-24T21:47:12Z")
    assert len(get(client, f"{MONITOR}/recent-activity")["activities"]) == 20
    assert get(client, f"{MONITOR}/recent-activity?limit=1000")["total"] == 30


class Lines(CountingPort):
    """Keeps 4500 log lines, one of each 1000 an error, as the engine does: never more than 2000 an answer."""

    async def ask(self, query: Query) -> Page:
        rows = [log_row(number, "ERROR" if number % 1000 == 1 else "INFO") for number in range(501, 5001)]
        after = query.filters.get("after")
        found = [row for row in rows if row["number"] > int(after)][: query.limit] if after else rows[-query.limit :]
        return Page(query.subject, tuple(found), total=len(found), facts={"last": 5000, "oldest": 501, "dropped": 0})


def test_logs_are_of_a_level_or_above_as_far_as_they_are_kept(tmp_path: Path) -> None:
    with Served(tmp_path, Lines()) as served, served.client() as client:
        errors = get(client, f"{MONITOR}/logs?level=error&limit=50")
        assert [row["number"] for row in errors["logs"]] == [4001, 3001, 2001, 1001]
        assert (errors["total"], errors["limit"], errors["level"]) == (4, 50, "error")
        assert get(client, f"{MONITOR}/logs?level=ERROR&limit=50") == errors
        newest = get(client, f"{MONITOR}/logs")["logs"]
        assert [row["number"] for row in newest] == list(range(5000, 4900, -1))
        assert set(newest[0]) >= {"timestamp", "level", "service", "message", "tag"}


def test_settings_come_with_their_sources(client: httpx.Client, engine: FakePort) -> None:
    engine.pages[Subject.CONFIG] = [{"key": "sync.batch_size", "value": 10, "source": "default"}]
    engine.now = replace(engine.now, warnings=("one",))
    assert get(client, f"{MONITOR}/config") == {
        "settings": {"sync.batch_size": 10},
        "sources": {"sync.batch_size": "default"},
        "warnings": ["one"],
    }


def test_health_says_what_is_in_the_way(client: httpx.Client, engine: FakePort) -> None:
    assert get(client, f"{MONITOR}/health")["status"] == "HEALTHY"
    rms = replace(engine.now.connections[0], health=Health.DOWN, detail="no answer")
    fault = FaultView("rms-unavailable", "RMS gives no answer", "", NOW)
    engine.now = replace(engine.now, is_healthy=False, fault=fault, connections=(rms, *engine.now.connections[1:]))
    body = get(client, f"{MONITOR}/health")
    assert (body["status"], body["is_healthy"]) == ("UNHEALTHY", False)
    assert body["problems"] == ["rms-unavailable: RMS gives no answer", "rms: no answer"]
    assert [link["status"] for link in body["dependencies"]] == ["down", "good"]


def test_lock_system_and_versions(client: httpx.Client) -> None:
    lock = get(client, f"{MONITOR}/lock-info")
    assert (lock["lock_status"], lock["age_s"], lock["since"]) == ("held", 7200.0, "2026-11-24T19:47:12Z")
    system = get(client, "/api/v1/metrics/system")
    assert (system["memory_usage_mb"], system["memory_usage_percent"], system["cpu_usage_percent"]) == (138, 28.3, 3.0)
    info = get(client, "/api/v1/admin/system-info")
    assert (info["shop"], info["api_version"], info["demo"]) == ("tienda.myshopify.com", "2026-10", False)


def test_diagnostics_come_from_the_engine_in_the_language_asked_for(client: httpx.Client, engine: FakePort) -> None:
    engine.pages[Subject.DIAGNOSTICS] = [{"code": "x", "level": "warn", "message": "m", "what_to_do": "w"}]
    body = client.get(f"{MONITOR}/diagnostics", headers={"Accept-Language": "es-CR,es;q=0.9"}).json()
    assert body == {
        "status": "IDLE",
        "findings": [{"code": "x", "level": "warn", "message": "m", "what_to_do": "w"}],
    }
    assert engine.asked[-1].filters == {"language": "es"}


@pytest.mark.parametrize(("problem", "status"), [("not-supported", 501), ("not-connected", 503), ("busy", 409)])
def test_an_engine_without_an_answer_says_so(client: httpx.Client, engine: FakePort, problem: str, status: int) -> None:
    engine.answers[Subject.DIAGNOSTICS] = Page(Subject.DIAGNOSTICS, (), problem=problem)
    answer = client.get(f"{MONITOR}/diagnostics")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, problem)


ACTIONS = [
    ("POST", f"{MONITOR}/trigger", None, Trigger()),
    (
        "POST",
        f"{MONITOR}/trigger",
        {"force": True, "batch_size": 10, "include_zero_stock": False},
        Trigger(force=True, batch_size=10, include_zero_stock=False),
    ),
    ("PUT", f"{MONITOR}/interval", {"interval_minutes": 10}, SetInterval(10)),
    ("POST", f"{MONITOR}/pause", None, Pause()),
    ("POST", f"{MONITOR}/pause", {"reason": "feria"}, Pause("feria")),
    ("POST", f"{MONITOR}/resume", None, Resume()),
    (
        "POST",
        f"{MONITOR}/force-full-sync",
        {"reason": "Manual full sync requested", "include_zero_stock": False},
        FullSync("Manual full sync requested", False),
    ),
    ("POST", f"{MONITOR}/force-full-sync", None, FullSync("asked through the API")),
    ("POST", "/api/v1/sync/items", {"ccods": ["24YM05051"], "skus": ["A-1"]}, Trigger(False, ("24YM05051",), ("A-1",))),
]


@pytest.mark.parametrize(("method", "path", "body", "request_"), ACTIONS)
def test_actions_become_commands(
    client: httpx.Client, engine: FakePort, method: str, path: str, body: Any, request_: Any
) -> None:
    answer = client.request(method, path, **({} if body is None else {"json": body}))
    assert answer.status_code == 200, answer.text
    (sent,) = engine.sent
    assert sent.request == request_
    assert sent.actor == Actor("api", "127.0.0.1", "api")
    assert answer.json() == {
        "success": True,
        "command_id": sent.command_id,
        "message": "accepted",
        "code": "",
        "hint": "",
    }


def test_what_is_refused_answers_409_with_the_reason(client: httpx.Client, engine: FakePort) -> None:
    engine.reply = Refused("", "paused", "paused by ana: feria", "resume first, or force it")
    answer = client.post(f"{MONITOR}/trigger")
    assert answer.status_code == 409
    assert answer.json() | {"command_id": ""} == {
        "success": False,
        "command_id": "",
        "message": "paused by ana: feria",
        "code": "paused",
        "hint": "resume first, or force it",
    }
    engine.reply = Refused("", "invalid", "not like that")
    answer = client.put(f"{MONITOR}/interval", json={"interval_minutes": 1})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("pause", {"until": "2026-11-24T12:00:00"}),
        ("pause", {"until": "2001-01-01T12:00:00Z"}),
        ("pause", {"until": "9999-12-31T23:59:59Z"}),
        ("pause", {"reason": "x" * 501}),
        ("pause", {"why": "feria"}),
        ("trigger", {"batch_size": 0}),
        ("trigger", {"batch_size": "10"}),
        ("trigger", {"force": 1}),
        ("trigger", []),
        ("force-full-sync", "all"),
    ],
)
def test_bodies_that_mean_nothing_are_refused(client: httpx.Client, engine: FakePort, path: str, body: Any) -> None:
    answer = client.post(f"{MONITOR}/{path}", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    assert engine.sent == []


def test_nothing_named_is_nothing_to_sync(client: httpx.Client, engine: FakePort) -> None:
    assert client.post("/api/v1/sync/items", json={}).status_code == 422
    assert engine.sent == []


def test_connections_are_tested_and_told(client: httpx.Client, engine: FakePort) -> None:
    body = client.post(f"{MONITOR}/test-connectivity").json()
    assert body["success"] is True
    assert [(row["name"], row["status"], row["latency"]) for row in body["results"]] == [
        ("rms", "good", "12ms"),
        ("shopify", "good", "210ms"),
    ]
    asked = {"test_rms": False, "test_shopify": True, "test_redis": False}
    body = client.post(f"{MONITOR}/test-connectivity", json=asked).json()
    assert [row["name"] for row in body["results"]] == ["shopify"]
    assert engine.sent[-1].request == ProbeConnections(False, True, False)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("ana", "ana"),
        ("Señora Núñez", "Señora Núñez"),
        ("a\tb  c", "ab c"),
        ("\u202eevil\u200b", "evil"),
        ("x" * 200, "x" * 64),
        ("\u200b", "api"),
    ],
)
def test_who_holds_the_token_may_say_a_name(
    client: httpx.Client, stranger: httpx.Client, engine: FakePort, header: str, name: str
) -> None:
    for who in (client, stranger):
        who.post(f"{MONITOR}/trigger", headers={b"X-RMS-Actor": header.encode()})
    assert [command.actor.name for command in engine.sent] == [name, "api"]


def test_the_port_over_http_gives_the_very_values(client: httpx.Client, engine: FakePort) -> None:
    paused = PauseView("ana", "feria", NOW)
    engine.now = replace(engine.now, pause=paused)
    assert wire.from_json(EngineSnapshot, get(client, "/api/v1/port/snapshot")) == engine.now
    engine.pages[Subject.QUEUE] = [{"item_id": 7}]
    page = get(client, f"/api/v1/port/page?subject=queue&limit=9&key=A&filters={json.dumps({'state': 'held'})}")
    assert wire.from_json(Page, page) == Page(Subject.QUEUE, ({"item_id": 7},), total=1)
    assert engine.asked[-1] == Query(Subject.QUEUE, 9, None, "A", {"state": "held"})


@pytest.mark.parametrize(
    "query",
    [
        "page?subject=nothing",
        "page?subject=queue&limit=0",
        "page?subject=queue&filters=[]",
        "page?subject=queue&filters={",
        'page?subject=queue&filters={"a": 1}',
        f"page?subject=queue&before={2**70}",
        "events?after=-1",
        "events?wait_s=31",
        "events?wait_s=nan",
    ],
)
def test_questions_that_mean_nothing_are_refused(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/api/v1/port/{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


def test_a_command_over_the_port_keeps_its_id_and_its_author(client: httpx.Client, engine: FakePort) -> None:
    command = Command("c-1", Actor("ana", "caja01", "console"), Stop())
    answer = client.post("/api/v1/port/command", json=wire.command_to_json(command))
    assert wire.reply_from_json(answer.json()) == Accepted("c-1", "accepted")
    assert engine.sent == [command]
    engine.reply = Refused("c-1", "busy", "not now")
    answer = client.post("/api/v1/port/command", json=wire.command_to_json(command))
    assert answer.status_code == 200
    assert wire.reply_from_json(answer.json()) == engine.reply


@pytest.mark.parametrize(
    "change",
    [
        {"actor": {"name": "ana", "host": "h", "via": "engine"}},
        {"actor": {"name": "ana", "host": "h", "via": "signal"}},
        {"actor": {"name": "\u202e", "host": "h", "via": "cli"}},
        {"actor": None},
        {"command_id": ""},
        {"command_id": "a\nb"},
        {"request": {"kind": "Explode"}},
        {"request": {"kind": "Pause", "until_at": "2026-11-24T12:00:00"}},
    ],
)
def test_a_command_that_is_none_is_refused(client: httpx.Client, engine: FakePort, change: dict[str, Any]) -> None:
    plain = wire.command_to_json(Command("c-1", Actor("ana", "caja01", "cli"), Resume())) | change
    assert client.post("/api/v1/port/command", json=plain).status_code == 422
    assert engine.sent == []


def test_events_over_http_are_told_with_the_life_they_are_of(served: Served) -> None:
    with served.client() as client:
        served.on_loop(lambda: served.engine.tell("cycle.started", number=3))
        body = get(client, "/api/v1/port/events?after=0&wait_s=5")
        assert body["boot_id"] == BOOT
        assert [event["name"] for event in body["events"]] == ["cycle.started"]
        assert get(client, "/api/v1/port/events?after=1")["events"] == []


def test_many_events_come_in_parts_without_a_gap(served: Served) -> None:
    with served.client() as client:
        for _ in range(600):
            served.engine.tell("batch.started")
        first = get(client, "/api/v1/port/events?after=0")["events"]
        rest = get(client, f"/api/v1/port/events?after={first[-1]['number']}")["events"]
    assert [event["number"] for event in first + rest] == list(range(1, 601))
    assert len(first) == 500


def frames(served: Served, path: str, count: int, **headers: str) -> list[dict[str, str]]:
    """Return the first `count` events of the stream; one is told as soon as it is open."""
    found: list[dict[str, str]] = []
    with served.client() as client, client.stream("GET", path, headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        frame: dict[str, str] = {}
        for line in stream.iter_lines():
            if line.startswith("retry:"):
                served.on_loop(lambda: served.engine.tell("cycle.started", number=3))
                served.on_loop(lambda: served.engine.tell("cycle.finished", number=3))
            name, _, value = line.partition(": ")
            if name in ("id", "event", "data"):
                frame[name] = value
            elif not line and frame:
                found.append(frame)
                frame = {}
                if len(found) == count:
                    break
    return found


def test_events_are_streamed_as_they_happen(served: Served) -> None:
    first, second = frames(served, f"{MONITOR}/events", 2)
    assert (first["id"], first["event"]) == (f"{BOOT}.1", "cycle.started")
    assert (second["id"], second["event"]) == (f"{BOOT}.2", "cycle.finished")
    assert json.loads(first["data"])["facts"] == {"number": 3}


def test_a_stream_goes_on_where_it_was_cut(served: Served) -> None:
    served.on_loop(lambda: served.engine.tell("alert.raised"))
    (known,) = frames(served, f"{MONITOR}/events", 1, **{"Last-Event-ID": f"{BOOT}.0"})
    assert known["event"] == "alert.raised"
    (other,) = frames(served, f"{MONITOR}/events", 1, **{"Last-Event-ID": "boot-0.7000"})
    assert other["event"] == "alert.raised"


def test_a_stream_tells_only_what_is_asked_for(served: Served) -> None:
    (only,) = frames(served, f"{MONITOR}/events?names=cycle.finished", 1)
    assert only["event"] == "cycle.finished"
    with served.client() as client:
        assert client.get(f"{MONITOR}/events?names=cycle.exploded").status_code == 422


def test_a_silent_stream_is_kept_alive(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rms_console.control.stream.KEEP_ALIVE_S", 0.2)
    with served.client() as client, client.stream("GET", f"{MONITOR}/events") as stream:
        lines = (line for line in stream.iter_lines() if line)
        assert [next(lines) for _ in range(3)] == ["retry: 3000", ": keep-alive", ": keep-alive"]


class Forgetful(CountingPort):
    """Keeps no event before the fourth."""

    async def events(self, after: int, wait_s: float) -> Sequence[Event]:
        return [event for event in await super().events(after, wait_s) if event.number > 3]


def test_a_reader_who_was_too_slow_is_told_what_is_missing(tmp_path: Path) -> None:
    with Served(tmp_path, Forgetful()) as served:
        for _ in range(5):
            served.on_loop(lambda: served.engine.tell("batch.started"))
        gap, after = frames(served, f"{MONITOR}/events", 2, **{"Last-Event-ID": f"{BOOT}.0"})
    assert (gap["event"], json.loads(gap["data"])) == ("gap", {"missed": 3})
    assert after["id"] == f"{BOOT}.4"


def test_the_description_needs_no_network(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "//" not in page.text.replace("<!--", "")
    document = get(client, "/openapi.json")
    for path in document["paths"]:
        assert path in page.text
