"""Commands that read, beside a running engine."""

from __future__ import annotations

import httpx
import pytest
from pydantic import BaseModel

from rms_console.contract import api
from rms_console.contract.lock_api import LockBody
from tests.commands.live import Live, run_away

READS: dict[str, tuple[str, type[BaseModel]]] = {
    "status": ("status", api.StatusBody),
    "health": ("health", api.HealthBody),
    "stats": ("stats", api.StatsBody),
    "activity": ("recent-activity", api.ActivityBody),
    "performance": ("performance-metrics", api.PerformanceBody),
    "lock": ("lock-info", LockBody),
    "config": ("config", api.ConfigBody),
    "logs": ("logs", api.LogsBody),
}


@pytest.mark.parametrize("command", READS)
def test_json_is_the_body_of_the_api(live: Live, command: str) -> None:
    route, kind = READS[command]
    body = live.json(command)
    answer = httpx.get(f"{live.url}/api/v1/sync/monitor/{route}", trust_env=False).json()
    assert body.keys() == answer.keys()
    kind.model_validate(body)


def test_json_is_the_body_to_the_letter(live: Live) -> None:
    answer = httpx.get(f"{live.url}/api/v1/sync/monitor/config", trust_env=False).json()
    assert live.json("config") == answer


@pytest.mark.parametrize("command", READS)
@pytest.mark.parametrize("columns", [80, 40])
def test_people_get_short_lines_in_their_language(live: Live, command: str, columns: int) -> None:
    english, spanish = (live.run(command, lang=lang, columns=columns) for lang in ("en", "es"))
    for ran in (english, spanish):
        assert (ran.code, ran.err) == (0, "")
        # Log lines are left to the terminal; nothing else is wider, but what must be copied whole.
        long = [line for line in ran.out.splitlines() if len(line) > columns and len(line.split()) > 3]
        assert command == "logs" or long == []
    if command not in {"config", "logs"}:
        assert english.out.splitlines()[-1] != spanish.out.splitlines()[-1]


def test_status_tells_what_matters(live: Live) -> None:
    told = live.run("status").out
    assert "Tienda embebida" in told
    assert "nothing waits" in told
    assert "shopify" in told


def test_activity_holds_the_run_that_sent_the_products(live: Live) -> None:
    rows = live.json("activity", "--limit", "500")["activities"]
    assert any(row["products_synced"] == 3 for row in rows)
    assert len(live.json("activity", "--limit", "1")["activities"]) == 1


def test_logs_are_picked_by_level_and_text(live: Live) -> None:
    assert "[READY] Ready" in live.run("logs", "--text", "READY").out
    assert live.json("logs", "--level", "critical")["logs"] == []
    found = live.json("logs", "--text", "ready", "--limit", "1")
    assert (len(found["logs"]), found["limit"], found["total"]) == (1, 1, 1)


def test_config_shows_no_secret_and_where_a_value_is_from(live: Live) -> None:
    token = live.site.shop.settings.access_token
    for told in (live.run("config", "--all").out, live.run("config", "--all", "--json").out):
        assert token not in told
    assert "sync.watch_s = 0.2" in live.run("config").out
    assert "console.toml:" in live.run("config").out


def test_an_engine_is_asked_by_its_address_alone(live: Live) -> None:
    ran = run_away(live.url, "status", lang="es")
    assert (ran.code, ran.err) == (0, "")
    assert "Motor" in ran.out
