"""The real program, asked as the requirements ask it: their scripts and curl lines, run by bash as they stand."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from rms_console.contract import wire
from rms_console.contract.commands import Actor, Command, Pause, Resume
from rms_console.contract.endpoint import ENDPOINT_FILE, Endpoint
from rms_console.control.endpoint_file import read_endpoint, read_token
from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve
from tests.acceptance.site import Site, clean_environment
from tests.acceptance.store_file import Shoe, StoreFile
from tests.api.examples import differences
from tests.unit.contract.test_api_bodies import PERFORMANCE, STATS, STATUS

MONITOR = "/api/v1/sync/monitor"
WAIT_S = 60.0
MISSING = [name for name in ("bash", "curl", "jq") if shutil.which(name) is None]
needs_tools = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")

HEALTH_CHECK = """#!/bin/bash
# health-check.sh

echo "🔍 Diagnóstico completo del Motor de Sincronización"
echo "================================================="

# 1. Estado básico
echo "1. Estado del Motor:"
curl -s http://localhost:8080/api/v1/sync/monitor/status | jq .

# 2. Conectividad
echo -e "\\n2. Test de Conectividad:"
curl -s -X POST http://localhost:8080/api/v1/sync/monitor/test-connectivity | jq .

# 3. Performance
echo -e "\\n3. Métricas de Performance:"
curl -s http://localhost:8080/api/v1/sync/monitor/performance-metrics | jq .current_performance

# 4. Errores recientes
echo -e "\\n4. Errores Recientes:"
curl -s "http://localhost:8080/api/v1/sync/monitor/logs?level=error&limit=5" | jq .

# 5. Lock status
echo -e "\\n5. Estado del Lock:"
curl -s http://localhost:8080/api/v1/sync/monitor/lock-info | jq .

echo -e "\\n✅ Diagnóstico completado"
"""
CONTINUOUS = """#!/bin/bash
# monitor-continuous.sh

while true; do
    clear
    echo "🔄 Monitor Continuo - $(date)"
    echo "=============================="

    STATUS=$(curl -s http://localhost:8080/api/v1/sync/monitor/status)

    echo "Estado: $(echo $STATUS | jq -r .status)"
    echo "Items hoy: $(echo $STATUS | jq -r .items_processed_today)"
    echo "Última ejecución: $(echo $STATUS | jq -r .last_check)"
    echo "Próxima ejecución: $(echo $STATUS | jq -r .next_check)"
    echo "Saludable: $(echo $STATUS | jq -r .is_healthy)"

    sleep 30
done
"""
CURL_LINES = """
curl http://localhost:8080/api/v1/sync/monitor/config
curl -X POST http://localhost:8080/api/v1/sync/monitor/test-connectivity
curl http://localhost:8080/api/v1/sync/monitor/diagnostics
curl http://localhost:8080/api/v1/sync/monitor/logs?level=error&limit=50
curl http://localhost:8080/api/v1/sync/monitor/lock-info
curl http://localhost:8080/api/v1/sync/monitor/performance-metrics
curl http://localhost:8080/api/v1/metrics/system
curl http://localhost:8080/api/v1/admin/system-info
curl http://localhost:8080/api/v1/sync/monitor/stats | jq .errors
curl http://localhost:8080/api/v1/metrics/error-summary
curl -X POST http://localhost:8080/api/v1/sync/monitor/trigger
curl http://localhost:8080/api/v1/sync/monitor/health
""".strip().splitlines()


class Program:
    """A running `rms-console --no-ui` that has brought a store of five shoes to its shop."""

    def __init__(self, site: Site, process: subprocess.Popen[str]) -> None:
        self.site = site
        self.process = process
        self.until(lambda: read_endpoint(site.state), "it says where it is")
        endpoint = read_endpoint(site.state)
        assert endpoint is not None
        self.endpoint: Endpoint = endpoint
        known = {"Authorization": f"Bearer {read_token(site.state)}"}
        self.friend = httpx.Client(base_url=endpoint.url, headers=known, timeout=WAIT_S, trust_env=False)

    def until(self, condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while not condition():
            said = (self.site.folder / "said.txt").read_text("utf-8")
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {said}"
            assert time.monotonic() < deadline, f"{what}: {said}"
            time.sleep(0.05)

    def get(self, path: str) -> Any:
        answer = self.friend.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def bash(self, script: str) -> str:
        """Run a script of the requirements against this engine."""
        text = script.replace("http://localhost:8080", self.endpoint.url.replace("127.0.0.1", "localhost"))
        environ = {**os.environ, "TERM": "xterm", "no_proxy": "*", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            ["bash", "-c", text], capture_output=True, text=True, timeout=WAIT_S, env=environ, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder: Path = tmp_path_factory.mktemp("program")
    with ExitStack() as stack, serve(EmbeddedShop(ShopSettings(locations=("Bodega",)))) as shop:
        site = Site(folder, StoreFile(folder / "store.db"), shop)
        site.configure("\n[api]\nport = 0\n")
        site.store.add([Shoe(item, f"24YM{item:04d}") for item in range(1, 6)])
        # Not a pipe: nobody reads it, and a full one would hold up the engine.
        said = stack.enter_context((folder / "said.txt").open("w", encoding="utf-8"))
        process = subprocess.Popen(
            site.command("--no-ui"), stdout=said, stderr=said, text=True, env=clean_environment()
        )
        try:
            running = Program(site, process)
            stack.callback(running.friend.close)
            running.until(lambda: len(site.shop.products()) == 5, "the shoes are in the shop")
            running.until(lambda: running.get(f"{MONITOR}/status")["last_check"], "the first run is over")
            yield running
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(WAIT_S)


@pytest.mark.parametrize(
    ("route", "example"), [("status", STATUS), ("stats", STATS), ("performance-metrics", PERFORMANCE)]
)
def test_the_engine_answers_like_the_examples(program: Program, route: str, example: dict[str, Any]) -> None:
    assert list(differences(example, program.get(f"{MONITOR}/{route}"))) == []


def test_what_has_happened_is_in_the_figures(program: Program) -> None:
    status, stats = program.get(f"{MONITOR}/status"), program.get(f"{MONITOR}/stats")
    assert status["items_processed_today"] >= 5
    assert status["last_sync_duration"] == f"{status['last_sync_duration_s']:.1f}s"
    assert stats["summary"]["total_runs_today"] >= 1
    assert stats["summary"]["success_rate"] == 100.0
    assert stats["health"]["database_connectivity"] == "good"
    newest = program.get(f"{MONITOR}/recent-activity?limit=1")["activities"]
    assert len(newest) == 1
    assert program.get(f"{MONITOR}/config")["sources"]["api.port"] != "default"
    assert program.get("/api/v1/metrics/system")["pid"] == program.process.pid
    assert program.get("/api/v1/admin/system-info")["boot_id"] == program.endpoint.boot_id
    assert "rms_console_items_today" in program.friend.get("/metrics").text
    assert program.get(f"{MONITOR}/diagnostics")["findings"]


def test_no_secret_leaves_the_engine(program: Program) -> None:
    secret, token = program.site.shop.settings.access_token, read_token(program.site.state)
    for path in (f"{MONITOR}/config", f"{MONITOR}/logs?limit=1000&level=debug", "/api/v1/port/page?subject=config"):
        text = program.friend.get(path).text
        assert secret not in text
        assert token not in text
    assert token not in (program.site.logs / "app.log").read_text("utf-8")


@needs_tools
def test_the_health_check_of_the_requirements_runs_as_it_stands(program: Program) -> None:
    out = program.bash(HEALTH_CHECK)
    assert "✅ Diagnóstico completado" in out
    decoder, parts = json.JSONDecoder(), []
    for section in out.split("\n{")[1:]:
        parts.append(decoder.raw_decode("{" + section)[0])
    # Bodies grow; each is known by a field that no other of them has.
    named = ("items_processed_today", "results", "avg_execution_time", "level", "age_s")
    assert [[name for name in named if name in part] for part in parts] == [[name] for name in named]
    assert parts[1]["success"] is True


@needs_tools
def test_the_continuous_monitor_of_the_requirements_runs_as_it_stands(program: Program) -> None:
    out = program.bash(CONTINUOUS.replace("sleep 30", "break"))
    assert "Saludable: true" in out
    assert "Items hoy: 5" in out
    assert "null" not in out.partition("Próxima")[0]


@needs_tools
@pytest.mark.parametrize("line", CURL_LINES)
def test_each_curl_line_of_the_requirements_gets_its_answer(program: Program, line: str) -> None:
    script = f"set -o pipefail; {line}; wait" if "&" not in line else f"{line}; wait"
    body = json.loads(program.bash(script))
    assert "error" not in body


def audit(program: Program) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = program.get("/api/v1/port/page?subject=audit&limit=500")["rows"]
    return rows


def test_each_action_stands_in_the_audit_trail_with_who_asked(program: Program) -> None:
    ana = {b"X-RMS-Actor": "Ana Núñez".encode()}
    assert program.friend.post(f"{MONITOR}/pause", json={"reason": "feria"}, headers=ana).status_code == 200
    refused = program.friend.post(f"{MONITOR}/trigger")
    assert (refused.status_code, refused.json()["code"]) == (409, "paused")
    assert program.get(f"{MONITOR}/status")["status"] == "PAUSED"
    assert program.friend.post(f"{MONITOR}/resume").status_code == 200
    assert program.friend.put(f"{MONITOR}/interval", json={"interval_minutes": 10}).status_code == 200
    cli = Command("c-77", Actor("beto", "caja01", "cli"), Pause("inventario"))
    assert program.friend.post("/api/v1/port/command", json=wire.command_to_json(cli)).json()["kind"] == "Accepted"
    console = Command("c-78", Actor("beto", "caja01", "console"), Resume())
    assert program.friend.post("/api/v1/port/command", json=wire.command_to_json(console)).status_code == 200
    newest = [(row["actor"], row["host"], row["via"], row["action"]) for row in audit(program)[:6]]
    assert newest == [
        ("beto", "caja01", "console", "Resume"),
        ("beto", "caja01", "cli", "Pause"),
        ("api", "127.0.0.1", "api", "SetInterval"),
        ("api", "127.0.0.1", "api", "Resume"),
        ("api", "127.0.0.1", "api", "Trigger"),
        ("Ana Núñez", "127.0.0.1", "api", "Pause"),
    ]


def test_what_is_not_allowed_changes_nothing_and_leaves_no_trace(program: Program) -> None:
    before = audit(program)
    url = f"{program.endpoint.url}{MONITOR}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    refused = [
        httpx.post(f"{url}/pause", trust_env=False),
        httpx.post(f"{url}/pause", headers={"Authorization": "Bearer wrong"}, trust_env=False),
        httpx.post(f"{url}/trigger", headers={"Host": "evil.example"}, trust_env=False),
        httpx.post(f"{url}/trigger", headers={"Origin": "https://evil.example"}, trust_env=False),
        httpx.post(f"{url}/trigger", headers=form, content=b"force=true", trust_env=False),
        httpx.post(f"{url}/trigger", json={"force": True}, trust_env=False),
    ]
    assert [answer.status_code for answer in refused] == [401, 401, 421, 403, 415, 401]
    assert audit(program) == before
    assert program.get(f"{MONITOR}/status")["paused_by"] is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM for another process")
def test_a_stop_lets_go_of_who_waits_and_takes_the_address_back(program: Program) -> None:
    with program.friend.stream("GET", f"{MONITOR}/events") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        program.process.send_signal(signal.SIGTERM)
        told = [line for line in lines if line.startswith("event: ")]
    assert "event: state.changed" in told
    assert program.process.wait(10) == 0
    assert not (program.site.state / ENDPOINT_FILE).exists()
