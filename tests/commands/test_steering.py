"""Commands that steer, beside a running engine."""

from __future__ import annotations

import getpass
import json
import platform
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rms_console.contract.api import ActionBody
from tests.commands.live import Live, run_away


def audit(live: Live) -> tuple[str, str, str, str, dict[str, str]]:
    """Return the newest entry of the audit trail."""
    with closing(sqlite3.connect(live.site.state / "ledger.db")) as db:
        row = db.execute("SELECT action, actor, host, via, detail FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    return (*row[:4], json.loads(row[4]))


@pytest.fixture
def paused(live: Live) -> Any:
    assert live.run("pause", "--reason", "inventario", "--for", "30m").code == 0
    yield live
    live.run("resume")


def test_a_pause_has_a_person_a_reason_and_an_end(paused: Live) -> None:
    action, actor, host, via, detail = audit(paused)
    assert (action, actor, host, via) == ("Pause", getpass.getuser(), platform.node(), "cli")
    assert (detail["reason"], detail["result"]) == ("inventario", "accepted")
    until_at = datetime.fromisoformat(detail["until_at"])
    assert timedelta(minutes=29) < until_at - datetime.now(UTC) <= timedelta(minutes=30)
    told = paused.run("status", lang="es").out
    assert "PAUSED" in told
    assert "inventario" in told


def test_what_is_refused_says_why_and_exits_4(paused: Live) -> None:
    body = ActionBody.model_validate(paused.json("pause", code=4))
    assert (body.success, body.code) == (False, "paused")
    told = paused.run("trigger", lang="es")
    assert (told.code, told.out) == (4, "")
    assert "en pausa por" in told.err
    assert "inventario" in told.err
    assert paused.run("full-sync", "--yes").code == 4
    assert paused.run("trigger", "--force", "--wait").code == 0


def test_resuming_goes_on(live: Live) -> None:
    assert live.run("pause").code == 0
    done = live.run("resume", lang="es")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Reanudado")
    assert live.json("resume", code=4)["code"] == "not-paused"


def test_a_run_is_waited_for(live: Live) -> None:
    live.site.store.change(2, Quantity=1.0)
    ran = live.run("trigger", "--sku", "SKU-2", "--reason", "counted again", "--wait")
    assert (ran.code, ran.err) == (0, "")
    assert "Done: " in ran.out
    assert live.site.shop.stock("SKU-2", name="on_hand") == 1
    body = live.json("trigger", "--ccod", "24YM0001", "--wait")
    ActionBody.model_validate(body)
    assert body["result"] == "done"


def test_what_rms_does_not_have_is_refused(live: Live) -> None:
    ran = live.run("trigger", "--sku", "NOPE", lang="es")
    assert (ran.code, ran.out) == (4, "")
    assert "NOPE" in ran.err


def test_a_full_sync_needs_a_yes(live: Live) -> None:
    assert live.run("full-sync").code == 2
    ran = live.run("full-sync", "--yes", "--wait", "--reason", "audit")
    assert (ran.code, ran.err) == (0, "")
    action, _, _, via, detail = audit(live)
    assert (action, via, detail["reason"]) == ("FullSync", "cli", "audit")


def test_the_interval_changes_now_and_is_saved_when_asked(live: Live) -> None:
    assert live.run("interval", "0.06").code == 0
    assert live.json("config")["settings"]["sync.interval_minutes"] == 0.06
    assert "0.06" not in live.site.config.read_text("utf-8")
    assert live.run("interval", "0.07", "--save").code == 0
    assert "0.07" in live.site.config.read_text("utf-8")
    assert live.run("interval", "0.05", "--save").code == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ("interval", "0"),
        ("interval", "nan"),
        ("interval", "fast"),
        ("pause", "--for", "soon"),
        ("pause", "--for", "0m"),
        ("pause", "--for", "900d"),
        ("pause", "--until", "yesterday"),
        ("pause", "--until", "2020-01-01 08:00"),
        ("pause", "--until", "18:30", "--for", "1h"),
        ("status", "--watch", "--json"),
        ("status", "--plain"),
        ("activity", "--limit", "0"),
        ("logs", "--level", "loud"),
    ],
)
def test_wrong_use_changes_nothing_and_exits_2(live: Live, wrong: tuple[str, ...]) -> None:
    ran = live.run(*wrong)
    assert (ran.code, ran.out) == (2, "")
    assert live.json("status")["paused_by"] is None


def test_steering_from_elsewhere_needs_the_token(live: Live, tmp_path: Path) -> None:
    asked = run_away(live.url, "pause", lang="es")
    assert (asked.code, asked.out) == (4, "")
    assert "--token-file" in asked.err
    wrong = tmp_path / "token"
    wrong.write_text("x" * 43)
    told = run_away(live.url, "pause", token_file=wrong)
    assert told.code == 4
    assert "api-token" in told.err
    right = run_away(live.url, "resume", token_file=live.site.state / "api-token")
    assert (right.code, "not paused" in right.err) == (4, True)


def test_a_token_that_may_not_be_read_is_named_with_the_way_to_it(live: Live) -> None:
    token = live.site.state / "api-token"
    kept = token.read_bytes()
    token.write_bytes(b"")
    try:
        ran = live.run("pause")
    finally:
        token.write_bytes(kept)
    assert (ran.code, ran.out) == (4, "")
    assert "api-token" in ran.err
    assert "api.group" in ran.err
    assert "sudo" in ran.err
