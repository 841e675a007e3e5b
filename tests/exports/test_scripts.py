"""The exported scripts, run by bash against a server on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.contract.endpoint import Endpoint
from rms_console.control.endpoint_file import write_endpoint
from tests.exports.answering import Answering, healthy, serving
from tests.exports.conftest import Desk

HEALTH, MONITOR = "health-check.sh", "monitor-continuous.sh"
NEEDED = ("bash", "curl", "sed", "tr", "cat", "date", "sleep", "env", "ps", "dirname")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="scripts for POSIX systems"),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.fixture
def engine() -> Iterator[Answering]:
    with serving(Answering(healthy())) as answering:
        yield answering


@pytest.fixture
def scripts(desk: Desk) -> Path:
    desk.export("health-check", "monitor")
    return desk.to / "scripts"


def run(script: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | environ
    return subprocess.run([str(script), *arguments], capture_output=True, text=True, env=given, timeout=60, check=False)


def without_jq(folder: Path) -> str:
    """Return a PATH with what the scripts need and no jq."""
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(str(shutil.which(name)))
    return str(folder)


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("name", [HEALTH, MONITOR])
def test_bash_can_read_it(scripts: Path, name: str) -> None:
    ran = subprocess.run(["bash", "-n", str(scripts / name)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_shellcheck_finds_nothing(scripts: Path) -> None:
    tool = shutil.which("shellcheck")
    if tool is None:
        pytest.skip("shellcheck is not installed")
    ran = subprocess.run([tool, *map(str, scripts.iterdir())], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def test_a_healthy_engine_is_looked_at_from_all_sides(scripts: Path, engine: Answering) -> None:
    ran = run(scripts / HEALTH, "--url", engine.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [(method, path) for method, path, _ in engine.asked] == [
        ("GET", "health"),
        ("GET", "status"),
        ("POST", "test-connectivity"),
        ("GET", "performance-metrics"),
        ("GET", "logs?level=error&limit=5"),
        ("GET", "lock-info"),
        ("GET", "health"),
    ]
    headings = [line for line in ran.stdout.splitlines() if line[:2] in {"1.", "2.", "3.", "4.", "5."}]
    assert len(headings) == 5
    assert '"avg_execution_time"' in ran.stdout
    assert ran.stdout.endswith("\nHealthy.\n")


@pytest.mark.parametrize("code", [200, 503])
def test_an_unhealthy_engine_is_1(scripts: Path, engine: Answering, code: int) -> None:
    engine.bodies["health"] = {"is_healthy": False, "status": "UNHEALTHY", "dependencies": []}
    engine.code = code
    ran = run(scripts / HEALTH, "--url", engine.url)
    assert (ran.returncode, "NOT HEALTHY" in ran.stdout) == (1, True)


def test_what_the_connections_test_finds_counts(scripts: Path, engine: Answering) -> None:
    engine.bodies["health"] = [{"is_healthy": True}, {"is_healthy": False}]
    assert run(scripts / HEALTH, "--url", engine.url).returncode == 1


def test_without_the_test_nothing_is_sent_but_questions(scripts: Path, engine: Answering) -> None:
    assert run(scripts / HEALTH, "--url", engine.url, "--no-test").returncode == 0
    assert {method for method, _, _ in engine.asked} == {"GET"}


@pytest.mark.parametrize("arguments", [(HEALTH,), (MONITOR, "--count", "1")])
def test_no_engine_is_3(scripts: Path, arguments: tuple[str, ...]) -> None:
    ran = run(scripts / arguments[0], *arguments[1:], "--url", closed_port())
    assert (ran.returncode, "No engine answers" in ran.stdout + ran.stderr) == (3, True)


@pytest.mark.parametrize("name", [HEALTH, MONITOR])
@pytest.mark.parametrize(
    "wrong", [("--bogus",), ("--url",), ("--url", "file:///etc/passwd"), ("--lang", "fr"), ("--token-file", "/nowhere")]
)
def test_wrong_use_is_2(scripts: Path, name: str, wrong: tuple[str, ...]) -> None:
    ran = run(scripts / name, *wrong)
    assert (ran.returncode, ran.stdout, ran.stderr != "") == (2, "", True)


@pytest.mark.parametrize("name", [HEALTH, MONITOR])
def test_help_tells_the_exit_codes_in_the_persons_language(scripts: Path, name: str) -> None:
    english, spanish = run(scripts / name, "--help"), run(scripts / name, "--help", LANG="es_CR.UTF-8")
    assert (english.returncode, "Exit codes" in english.stdout) == (0, True)
    assert (spanish.returncode, "Códigos de salida" in spanish.stdout) == (0, True)
    assert "Exit codes" in run(scripts / name, "--help", LANG="es_CR.UTF-8", LC_ALL="en_US.UTF-8").stdout
    assert "Exit codes" in run(scripts / name, "--lang", "en", "--help", LANG="es_CR.UTF-8").stdout


def test_an_engine_that_wants_its_token(scripts: Path, engine: Answering, tmp_path: Path) -> None:
    engine.token = "abc-123"
    without = run(scripts / HEALTH, "--url", engine.url)
    assert (without.returncode, "--token-file" in without.stderr) == (2, True)
    (tmp_path / "token").write_text("abc-123\n")
    assert run(scripts / HEALTH, "--url", engine.url, "--token-file", str(tmp_path / "token")).returncode == 0
    assert run(scripts / HEALTH, "--url", engine.url, RMS_CONSOLE_TOKEN="abc-123").returncode == 0


def test_the_token_is_in_no_command_line(scripts: Path, engine: Answering, tmp_path: Path) -> None:
    engine.token = "abc-123"
    log = tmp_path / "arguments"
    path = without_jq(tmp_path / "bin")
    (tmp_path / "bin" / "curl").unlink()
    spy = tmp_path / "bin" / "curl"
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {log}\nexec {shutil.which("curl")} "$@"\n')
    spy.chmod(0o755)
    assert run(scripts / HEALTH, "--url", engine.url, PATH=path, RMS_CONSOLE_TOKEN="abc-123").returncode == 0
    assert (engine.url in log.read_text(), "abc-123" in log.read_text()) == (True, False)


def test_the_local_token_goes_to_the_local_engine_only(desk: Desk, engine: Answering) -> None:
    port = engine.url.rpartition(":")[2]
    desk.configure(f"[api]\nport = {port}\n")
    state = desk.folder / "state"
    state.mkdir()
    (state / "api-token").write_text("abc-123")
    write_endpoint(state, Endpoint(f"http://127.0.0.1:{port}", os.getpid(), "here", "boot", "shop", 1))
    desk.export("monitor", before=("--state-dir", str(state)))
    script = desk.to / "scripts" / MONITOR
    assert run(script, "--count", "1").returncode == 0
    assert run(script, "--count", "1", "--url", f"http://localhost:{port}").returncode == 0
    assert [given for _, _, given in engine.asked] == ["Bearer abc-123", ""]


def test_a_dead_engines_token_goes_to_nobody(desk: Desk, engine: Answering) -> None:
    """Whoever listens at its port now is another program."""
    port = engine.url.rpartition(":")[2]
    desk.configure(f"[api]\nport = {port}\n")
    state = desk.folder / "state"
    state.mkdir()
    (state / "api-token").write_text("abc-123")
    desk.export("monitor", before=("--state-dir", str(state)))
    script = desk.to / "scripts" / MONITOR
    assert run(script, "--count", "1").returncode == 0
    gone = subprocess.Popen(["true"])
    gone.wait()
    write_endpoint(state, Endpoint(f"http://127.0.0.1:{port}", gone.pid, "here", "boot", "shop", 1))
    assert run(script, "--count", "1").returncode == 0
    assert [given for _, _, given in engine.asked] == ["", ""]


@pytest.mark.parametrize("has_jq", [True, False])
def test_the_monitor_shows_what_the_engine_says(scripts: Path, engine: Answering, tmp_path: Path, has_jq: bool) -> None:
    if has_jq and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    path = os.environ["PATH"] if has_jq else without_jq(tmp_path / "bin")
    ran = run(scripts / MONITOR, "--url", engine.url, "--count", "2", "--interval", "0", PATH=path)
    assert (ran.returncode, ran.stderr, len(engine.asked)) == (0, "", 2)
    shown = dict(line.split(":", 1) for line in ran.stdout.splitlines()[1:9])
    assert {name: value.strip() for name, value in shown.items()} == {
        "State": "IDLE",
        "Healthy": "true",
        "Items today": "145",
        "Last run": "2025-01-30T15:45:00Z",
        "Next run": "-",
        "Lasted": "2.3s",
        "Oldest unsent": "12.5 s",
        "Lock": "held",
    }


def test_the_monitor_goes_on_where_an_engine_falls_and_comes_back(scripts: Path, engine: Answering) -> None:
    engine.bodies["status"] = [healthy(is_healthy=False)["status"], healthy()["status"]]
    ran = run(scripts / MONITOR, "--url", engine.url, "--count", "2", "--interval", "0")
    assert (ran.returncode, ran.stdout.count("State:")) == (0, 2)
    engine.bodies["status"] = healthy(is_healthy=False)["status"]
    assert run(scripts / MONITOR, "--url", engine.url, "--count", "1").returncode == 1


@pytest.mark.parametrize("has_jq", [True, False])
@pytest.mark.parametrize("name", [HEALTH, MONITOR])
def test_a_terminal_obeys_nothing_of_what_an_engine_says(
    scripts: Path, engine: Answering, tmp_path: Path, name: str, has_jq: bool
) -> None:
    engine.bodies["status"] = healthy(status="ID\x1b[31mLE\x9b2J\x07")["status"]
    path = os.environ["PATH"] if has_jq else without_jq(tmp_path / "bin")
    count = ("--count", "1") if name == MONITOR else ()
    ran = run(scripts / name, "--url", engine.url, *count, PATH=path)
    assert [one for one in ran.stdout if not one.isprintable() and one != "\n"] == []
    assert "IDLE" in ran.stdout.replace("[31m", "").replace("\\u001b", "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_monitor_ends_at_once_and_leaves_nothing(
    scripts: Path, engine: Answering, number: signal.Signals, code: int
) -> None:
    command = [str(scripts / MONITOR), "--url", engine.url, "--interval", "3600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        while not running.stdout.readline().startswith("Lock"):
            pass
        running.send_signal(number)
        # Its output ends only when nobody holds it any more: the sleep in the background too.
        assert (running.stdout.read().strip(), running.wait(timeout=30)) == ("", code)
