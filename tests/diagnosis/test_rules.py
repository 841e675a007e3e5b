"""Each rule: content with a shop where all is well, and finding what is not, with the remedy."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from string import Formatter
from typing import Any

import pytest

from rms_console.contract.diagnosis import WORST_FIRST, Group, Surroundings
from rms_console.contract.drift import DriftView
from rms_console.contract.endpoint import Endpoint
from rms_console.contract.snapshot import AlertView, ConnectionView, FaultView, PauseView, ProgressView
from rms_console.contract.state import EngineState, Health, LockStatus, Mode
from rms_console.domain.findings import Level
from rms_console.engine.diagnosis.facts import ClockReading, Facts
from rms_console.engine.diagnosis.rules import RULES, counts, diagnose, rows
from rms_console.engine.diagnosis.trouble import ADVICE, advice
from rms_console.locale import messages, sentence
from tests.diagnosis.cases import AHEAD_2H, BY_STAMPS, LONG_AGO, a_cycle, a_folder, good_facts
from tests.tui.fakeport import NOW, ZONE, a_snapshot
from tests.tui.pages.watching import HOSTILE

BASE = a_snapshot()
LINKS = {view.name: view for view in BASE.connections}


def linked(name: str, health: Health, latency_s: float | None = None, detail: str = "") -> dict[str, Any]:
    return {"connections": (ConnectionView(name, health, latency_s, NOW, detail),)}


def a_fault(**changes: Any) -> FaultView:
    return replace(FaultView("rms-denied", "the login is refused", "check rms.user", NOW, 2, 5), **changes)


def an_alert(kind: str = "console_lost", hours: int = 2) -> AlertView:
    since = NOW - timedelta(hours=hours)
    return AlertView(f"{kind}-1", kind, "INFO", sentence("The console was lost"), "the terminal was lost", "", since)


def progress(minutes: int) -> ProgressView:
    return ProgressView(8, "sync_8", "schedule", "pushing", NOW - timedelta(minutes=minutes), 1, 9, 1, 1, 0)


def around(**changes: Any) -> Surroundings:
    known = good_facts().surroundings
    assert known is not None
    return replace(known, **changes)


def endpoint(**changes: Any) -> Surroundings:
    return around(endpoint=replace(Endpoint("http://127.0.0.1:8080", 4121, "h", "boot-1", "t", 1), **changes))


def bucket(limited_by: str) -> dict[str, Any]:
    return {
        "bucket": replace(BASE.bucket, limited_by=limited_by),
        "queue": replace(BASE.queue, waiting=500, oldest_unsent_s=10.0),
    }


def clock(hours: float) -> ClockReading:
    return ClockReading(datetime(2026, 11, 24, 15, 47, 12) + timedelta(hours=hours), NOW)  # noqa: DTZ001


FOUND: list[tuple[str, str, Callable[[], Facts]]] = [
    ("diag-engine", "fail", lambda: good_facts(seen={"state": EngineState.STOPPED})),
    ("diag-engine", "fail", lambda: good_facts(seen={"state": EngineState.ERROR, "fault": a_fault()})),
    ("diag-engine", "fail", lambda: replace(good_facts(), seen=None)),
    ("diag-engine", "warn", lambda: good_facts(seen={"state": EngineState.STARTING, "since_at": LONG_AGO})),
    ("diag-enabled", "fail", lambda: good_facts(seen={"enabled": False})),
    ("diag-enabled", "fail", lambda: replace(good_facts(settings={"sync.enabled": False}), seen=None)),
    ("diag-last-run", "fail", lambda: good_facts(seen={"last_check_at": NOW - timedelta(hours=2)})),
    ("diag-rms", "fail", lambda: good_facts(seen=linked("rms", Health.DOWN, None, "no route"))),
    ("diag-rms", "warn", lambda: good_facts(seen=linked("rms", Health.SLOW, 4.0))),
    ("diag-rms", "warn", lambda: good_facts(seen=linked("rms", Health.UNKNOWN))),
    ("diag-shopify", "fail", lambda: good_facts(seen=linked("shopify", Health.DOWN, None, "401"))),
    ("diag-redis", "warn", lambda: good_facts(settings={"redis.url": "redis://caja:6379/0"})),
    (
        "diag-redis",
        "fail",
        lambda: good_facts(seen=linked("redis", Health.DOWN), settings={"redis.url": "redis://caja:6379/0"}),
    ),
    ("diag-time-zone", "fail", lambda: good_facts(zone="America/Costa_Rico")),
    ("diag-time-zone", "warn", lambda: good_facts(rms_offset_minutes=0)),
    ("diag-time-zone", "warn", lambda: good_facts(shop_zone="Europe/Madrid")),
    ("diag-time-zone", "warn", lambda: good_facts(settings={"store.timezone": ""})),
    ("diag-mode", "warn", lambda: good_facts(seen={"mode": Mode.OBSERVE})),
    ("diag-lock", "fail", lambda: good_facts(seen={"lock": replace(BASE.lock, status=LockStatus.HELD_BY_OTHER)})),
    ("diag-api", "warn", lambda: good_facts(settings={"api.enabled": False})),
    ("diag-api", "warn", lambda: good_facts(surroundings=endpoint(problem="port 8080 is taken", url=""))),
    ("diag-api", "warn", lambda: good_facts(surroundings=around(endpoint=None))),
    ("diag-api", "warn", lambda: good_facts(surroundings=endpoint(boot_id="boot-0"))),
    ("diag-settings", "warn", lambda: good_facts(seen={"warnings": ("sync.watch_s is longer", "more")})),
    ("diag-ledger", "fail", lambda: replace(good_facts(), seen=None, ledger_problem="the disk is full")),
    ("diag-database-timeouts", "warn", lambda: good_facts(cycles=(a_cycle(error_code="rms-timeout", errors=2),))),
    ("diag-rate-limit", "warn", lambda: good_facts(cycles=(a_cycle(error_code="shop-throttled"),))),
    ("diag-memory", "fail", lambda: good_facts(seen={"system": replace(BASE.system, memory_bytes=500_000_000)})),
    (
        "diag-memory",
        "fail",
        lambda: good_facts(settings={"alerts.memory_percent": 20.0}),
    ),
    ("diag-orphan-lock", "fail", lambda: good_facts(seen={"lock": replace(BASE.lock, status=LockStatus.ORPHAN)})),
    ("diag-stuck-run", "fail", lambda: good_facts(seen={"progress": progress(31)})),
    ("diag-restarts", "warn", lambda: good_facts(starts=(NOW - timedelta(hours=1),) * 6)),
    ("diag-console-lost", "warn", lambda: good_facts(seen={"alerts": (an_alert(),)})),
    ("diag-cycle-time", "warn", lambda: good_facts(seen={"rates": replace(BASE.rates, p95_s=220.0)})),
    ("diag-cycle-time", "fail", lambda: good_facts(seen={"rates": replace(BASE.rates, p95_s=310.0)})),
    ("diag-batch-size", "warn", lambda: good_facts(seen={"rates": replace(BASE.rates, avg_batch_s=90.0)})),
    ("diag-pace", "warn", lambda: good_facts(seen=bucket("batch_delay"))),
    ("diag-pace", "warn", lambda: good_facts(seen=bucket("jobs"))),
    ("diag-pooling", "warn", lambda: good_facts(settings={"rms.pooling": False})),
    ("diag-index", "warn", lambda: good_facts(look_s=1.0)),
    ("diag-load", "warn", lambda: good_facts(seen={"system": replace(BASE.system, cpu_percent=97.0)})),
    ("diag-load", "warn", lambda: good_facts(seen={"rates": replace(BASE.rates, loop_lag_p99_s=0.8)})),
    ("diag-errors-in-a-row", "warn", lambda: good_facts(seen={"consecutive_errors": 1})),
    ("diag-errors-in-a-row", "fail", lambda: good_facts(seen={"consecutive_errors": 5})),
    ("diag-success-rate", "warn", lambda: good_facts(seen={"today": replace(BASE.today, success_rate=90.0)})),
    ("diag-success-rate", "fail", lambda: good_facts(seen={"today": replace(BASE.today, success_rate=50.0)})),
    ("diag-error-rms-login", "warn", lambda: good_facts(seen={"errors_by_type": {"rms-login": 4}})),
    ("diag-quarantine", "warn", lambda: good_facts(seen={"queue": replace(BASE.queue, quarantined=3)})),
    ("diag-first-interval", "warn", lambda: good_facts(seen={"mode": Mode.OBSERVE})),
    (
        "diag-first-batch",
        "warn",
        lambda: good_facts(seen={"mode": Mode.OBSERVE}, settings={"sync.batch_size": 20}),
    ),
    ("diag-detailed-log", "warn", lambda: good_facts(settings={"log.detailed": False})),
    ("diag-detailed-log", "warn", lambda: good_facts(settings={"log.level": "ERROR"})),
    ("diag-log-days", "warn", lambda: good_facts(settings={"log.keep_days": 7})),
    ("diag-alerts", "warn", lambda: good_facts(settings={"alerts.enabled": False})),
    ("diag-alerts", "warn", lambda: good_facts(settings={"alerts.slack.webhook_url": ""})),
    ("diag-unseen-alerts", "warn", lambda: good_facts(seen={"alerts": (an_alert("paused"),)})),
    ("diag-cache", "warn", lambda: good_facts(settings={"rms.query_cache": False})),
    ("diag-rate-limits", "warn", lambda: good_facts(cycles=(a_cycle(throttled=1),))),
    ("diag-rate-limits", "fail", lambda: good_facts(cycles=(a_cycle(throttled=9),))),
    ("diag-nightly", "warn", lambda: good_facts(settings={"sync.full_sync_at": "off"})),
    (
        "diag-api-version",
        "fail",
        lambda: good_facts(seen={"shop": replace(BASE.shop, served_version="2027-01")}),
    ),
    ("diag-drift", "warn", lambda: good_facts(seen={"drift": DriftView(last_at=NOW.isoformat(), last_found=3)})),
    ("diag-detection", "fail", lambda: good_facts(probe=AHEAD_2H, source=replace(BY_STAMPS, versions_serve=True))),
    ("diag-detection", "warn", lambda: good_facts(probe=AHEAD_2H, source=BY_STAMPS)),
    ("diag-token", "warn", lambda: good_facts(surroundings=around(token_dies_at=NOW + timedelta(minutes=9)))),
    ("diag-token", "fail", lambda: good_facts(surroundings=around(token_dies_at=NOW))),
    ("diag-unsent", "warn", lambda: good_facts(seen={"queue": replace(BASE.queue, oldest_unsent_s=700.0)})),
    ("diag-unsent", "fail", lambda: good_facts(seen={"queue": replace(BASE.queue, oldest_unsent_s=4000.0)})),
    ("diag-watermark", "warn", lambda: good_facts(seen={"source": replace(BASE.source, watermark_lag_s=900.0)})),
    ("diag-watermark", "fail", lambda: good_facts(seen={"source": replace(BASE.source, watermark_lag_s=9e3)})),
    (
        "diag-holds",
        "warn",
        lambda: good_facts(seen={"queue": replace(BASE.queue, held=2)}, most_held_at=LONG_AGO),
    ),
    (
        "diag-paused",
        "warn",
        lambda: good_facts(seen={"pause": PauseView("ana", "inventario", NOW - timedelta(hours=3))}),
    ),
    ("diag-paused", "fail", lambda: good_facts(seen={"pause": PauseView("ana", "", LONG_AGO)})),
    ("diag-disk", "warn", lambda: good_facts(surroundings=around(folders={"state": a_folder(free_bytes=500 << 20)}))),
    ("diag-disk", "fail", lambda: good_facts(surroundings=around(folders={"state": a_folder(free_bytes=5 << 20)}))),
    ("diag-disk", "fail", lambda: good_facts(surroundings=around(folders={"log": a_folder(is_writable=False)}))),
    ("diag-disk", "warn", lambda: good_facts(surroundings=around(folders={"log": a_folder(is_network=True)}))),
    ("diag-rms-clock", "warn", lambda: good_facts(rms_clock=clock(0.1))),
    ("diag-rms-clock", "fail", lambda: good_facts(rms_clock=clock(6))),
    ("diag-shop-clock", "warn", lambda: good_facts(shop_clock=ClockReading(NOW + timedelta(minutes=5), NOW))),
]


def test_where_all_is_well_nothing_is_found_and_it_is_said_what_was_looked_at() -> None:
    found = diagnose(good_facts())
    assert [(one.finding.code, one.finding.level) for one in found if one.finding.level is not Level.OK] == []
    assert len(found) > 25


@pytest.mark.parametrize(("code", "level", "facts"), FOUND, ids=[f"{code}-{level}" for code, level, _ in FOUND])
def test_a_rule_finds_what_is_wrong_and_says_what_to_do(code: str, level: str, facts: Callable[[], Facts]) -> None:
    given = facts()
    (row,) = [row for row in rows(diagnose(given), "en") if row["code"] == code]
    (spanish,) = [row for row in rows(diagnose(given), "es") if row["code"] == code]
    assert row["level"] == level
    for told in (row, spanish):
        assert told["message"]
        assert told["what_to_do"]
        assert not {"{", "}"} & set(told["message"] + told["what_to_do"]), told
    assert spanish["message"] != row["message"]
    assert spanish["what_to_do"] != row["what_to_do"]


def test_every_rule_has_facts_here_that_it_finds_fault_with() -> None:
    tested = {code if not code.startswith("diag-error-") else "diag-errors" for code, _, _ in FOUND}
    assert {rule.code for rule in RULES} == tested
    assert len({rule.code for rule in RULES}) == len(RULES)


def test_the_worst_comes_first_then_the_order_of_the_chapters() -> None:
    found = diagnose(good_facts(seen={"enabled": False, "consecutive_errors": 1}, settings={"log.keep_days": 3}))
    levels = [WORST_FIRST.index(one.finding.level) for one in found]
    assert levels == sorted(levels)
    assert [one.finding.code for one in found[:3]] == ["diag-enabled", "diag-errors-in-a-row", "diag-log-days"]
    assert counts(found) == {"fail": 1, "warn": 2, "ok": len(found) - 3}


def test_without_an_engine_only_the_rules_that_need_none_speak() -> None:
    found = diagnose(replace(good_facts(), seen=None))
    codes = {one.finding.code for one in found}
    assert "diag-engine" in codes
    assert {"diag-log-days", "diag-pooling", "diag-disk", "diag-nightly"} <= codes
    assert not {"diag-rms", "diag-unsent", "diag-lock"} & codes


def test_what_is_not_known_is_not_judged() -> None:
    bare = Facts(NOW)
    assert [one.finding.code for one in diagnose(bare)] == ["diag-engine"]
    fresh = replace(
        bare, seen=replace(BASE, today=replace(BASE.today, success_rate=None), rates=type(BASE.rates)(), connections=())
    )
    codes = {one.finding.code for one in diagnose(fresh)}
    assert not {"diag-cycle-time", "diag-success-rate", "diag-rms", "diag-batch-size", "diag-rate-limits"} & codes


def test_the_kinds_of_errors_come_with_the_commonest_first_and_advice_for_each() -> None:
    cycles = (a_cycle(error_code="rms-login"), a_cycle(error_code="made-up", errors=9))
    facts = good_facts(seen={"errors_by_type": {"rms-login": 4, "unexpected": 1}}, cycles=cycles)
    told = [row for row in rows(diagnose(facts), "en") if row["code"].startswith("diag-error-")]
    assert [row["facts"]["error"] for row in told] == ["made-up", "rms-login", "unexpected"]
    assert [row["facts"]["count"] for row in told] == [9, 4, 1]
    assert "GRANT SELECT" in told[1]["what_to_do"]
    assert "bundle" in told[2]["what_to_do"]


@pytest.mark.parametrize("code", [*ADVICE, "rms-unreachable", "shop-unavailable", "ledger-full", "lease-lost", "new"])
def test_each_kind_of_error_has_advice_in_both_languages(code: str) -> None:
    assert advice(code) in messages("es")
    assert not list(filter(None, (name for _, name, _, _ in Formatter().parse(advice(code)))))


def test_an_engine_that_was_just_started_has_missed_no_run() -> None:
    lock = replace(BASE.lock, since_at=NOW - timedelta(minutes=1))
    facts = good_facts(seen={"last_check_at": LONG_AGO, "lock": lock})
    assert "diag-last-run" not in {row["code"] for row in rows(diagnose(facts), "en") if row["level"] == "fail"}


@pytest.mark.parametrize(
    "seen",
    [
        {"pause": PauseView("ana", "", NOW)},
        {"enabled": False},
        {"state": EngineState.ERROR, "fault": a_fault()},
    ],
)
def test_no_run_is_missed_where_none_is_to_be(seen: dict[str, Any]) -> None:
    facts = good_facts(seen={"last_check_at": LONG_AGO, **seen})
    assert "diag-last-run" not in {one.finding.code for one in diagnose(facts)}


def test_texts_of_others_are_facts_and_never_templates() -> None:
    nasty = HOSTILE + " {shop} {0} {level!r}"
    seen: dict[str, Any] = {
        "fault": a_fault(code=nasty, message=nasty, hint=nasty),
        "state": EngineState.ERROR,
        "pause": PauseView(nasty, nasty, NOW),
        "warnings": (nasty,),
        "errors_by_type": {nasty: 2},
        "lock": replace(BASE.lock, status=LockStatus.HELD_BY_OTHER, owner=nasty, host=nasty),
        **linked("rms", Health.DOWN, None, nasty),
    }
    for language in ("en", "es"):
        told = rows(diagnose(good_facts(seen=seen, set_aside={nasty: 1})), language)
        by_code = {row["code"]: row for row in told}
        json.dumps(told, ensure_ascii=False).encode()
        nasty = nasty.replace("\ud800", "?")
        assert nasty in by_code["diag-engine"]["message"]
        assert nasty in by_code["diag-engine"]["what_to_do"]
        assert nasty in by_code["diag-paused"]["message"]
        assert nasty in by_code["diag-rms"]["message"]


def test_facts_in_a_row_are_plain_values_in_the_language() -> None:
    warning = sentence("stock.conflict_grace_hours does nothing while stock.conflict = rms")
    told = rows(diagnose(good_facts(seen={"warnings": (warning,)})), "es")
    (row,) = [row for row in told if row["code"] == "diag-settings"]
    assert row["facts"]["first"] == messages("es")[warning.template]
    assert row["facts"]["first"] in row["message"]
    assert type(row["facts"]["count"]) is int
    assert {one["group"] for one in told} == {group.value for group in Group}


def test_the_zone_may_have_another_name_where_its_time_is_the_same() -> None:
    facts = good_facts(shop_zone="America/Guatemala")
    assert {row["level"] for row in rows(diagnose(facts), "en") if row["code"] == "diag-time-zone"} == {"ok"}
    assert dataclasses.is_dataclass(facts)
    assert facts.zone == ZONE
