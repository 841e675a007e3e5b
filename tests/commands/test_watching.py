"""What goes on: `status --watch`, `logs --follow`, `--wait`; over changes, restarts, and words from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from rms_console.commands.facts import Fact
from rms_console.commands.reaching import Words
from rms_console.commands.watching import Look, news, screen_lines
from rms_console.contract.commands import FullSync, Refused
from rms_console.contract.snapshot import AlertView, FaultView, PauseView, QueueView
from rms_console.contract.state import EngineState
from tests.acceptance.site import Site, clean_environment
from tests.acceptance.store_file import Shoe
from tests.commands.live import Live, away, going, run_away
from tests.commands.served import Served
from tests.tui.fakeport import NOW, a_snapshot

HOSTILE = "x\x1b]2;owned\x07\x9b2J\u202e{facts} [/]"
ENGLISH = Words("en")
PLAIN_WATCH = ("status", "--watch", "--plain", "--every", "0.3")


def test_only_what_changed_is_said(served: Served) -> None:
    with going(away(served.url, "status", "--watch", "--plain", "--every", "0.2")) as watch:
        watch.hears("Lock: held by this engine")
        first = len(watch.lines)
        assert sum("Engine: IDLE, well" in line for line in watch.lines) == 1
        served.show(a_snapshot(queue=QueueView(3, 0, 0, 0, 400.0)))
        watch.hears("Queue: 3 waiting", first)
        served.show(a_snapshot(queue=QueueView(3, 0, 0, 0, 410.0), at=NOW + timedelta(seconds=10)))
        served.show(a_snapshot(pause=PauseView("ana", "inventario", NOW), state=EngineState.PAUSED))
        watch.hears("Paused: by ana", first)
        served.show(a_snapshot())
        watch.hears("Paused: no longer", first)
        told = [line.split(" ", 1)[1] for line in watch.lines[first:]]
        assert told.count("Oldest unsent: >5m") == 1
        assert not any(line.startswith(("Lock", "Mode", "RMS")) for line in told)
        assert watch.interrupt() == 130


def test_facts_are_told_once_and_their_end_too() -> None:
    told: dict[str, str] = {}
    look = Look(ENGLISH, (Fact("A", "1s", "x"), Fact("B", "2s"), Fact("C", "3", "one"), Fact("C", "4", "two")))
    assert list(news(told, look)) == ["A: x", "C: one; two"]
    assert list(news(told, look)) == []
    assert list(news(told, Look(ENGLISH, (Fact("A", "9s"), Fact("C", "4", "two"))))) == ["C: two"]
    assert list(news(told, Look(ENGLISH, ()))) == ["A: no longer", "C: no longer"]


def test_a_screen_is_never_wider_or_taller_than_the_terminal() -> None:
    facts = tuple(Fact(f"Label {number}", "商店 zapato " * 20) for number in range(30))
    lines = screen_lines(Look(ENGLISH, facts), 40, 12)
    assert len(lines) == 11
    assert all(len(line) + sum(sign in "商店" for sign in line) <= 39 for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal there")
def test_on_a_terminal_it_is_drawn_in_place(served: Served) -> None:
    shown, code = on_terminal(
        away(served.url, "status", "--watch", "--every", "0.2"), sign=b"\x1b[J", times=3, served=served
    )
    assert re.search(rb"\x1b\[\d+A\r\x1b\[J", shown)
    assert b"[?1049h" not in shown
    assert code == 130


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal there")
@pytest.mark.parametrize(("typed", "code"), [(b"tienda centro\n", 0), (b"yes\n", 4), (b"\n", 4)])
def test_a_full_sync_asks_for_the_shops_name(served: Served, typed: bytes, code: int) -> None:
    command = away(served.url, "full-sync", token_file=served.token_file)
    _, ended = on_terminal(command, sign=b"go on", typed=typed)
    assert ended == code
    assert [type(command.request) for command in served.engine.sent] == ([FullSync] if code == 0 else [])


def on_terminal(
    command: list[str], *, sign: bytes, times: int = 1, typed: bytes = b"", served: Served | None = None
) -> tuple[bytes, int]:
    """Run a command on a pseudo-terminal. Once `sign` was seen so often, type, or interrupt where nothing is typed.

    `served` shows something else each time. Return what was shown, and the exit code.
    """
    terminal, inner = os.openpty()
    process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=clean_environment())
    os.close(inner)
    shown, seen = b"", 0
    try:
        while part := _read(terminal):
            shown += part
            if shown.count(sign) == seen:
                continue
            seen = shown.count(sign)
            if served is not None:
                served.show(a_snapshot(queue=QueueView(seen, 0, 0, 0, 5.0)))
            if seen >= times and typed:
                os.write(terminal, typed)
            elif seen >= times:
                process.send_signal(signal.SIGINT)
        return shown, process.wait(10)
    finally:
        process.kill()
        process.wait(10)
        os.close(terminal)


def _read(terminal: int) -> bytes:
    """Return what came; nothing once the other side is closed."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_the_end_of_a_run_is_told_and_a_failed_one_exits_1(served: Served) -> None:
    served.engine.result, served.engine.note = "failed", "12 products, 30 items"
    ran = run_away(served.url, "trigger", "--wait", token_file=served.token_file, lang="es")
    assert (ran.code, ran.err) == (1, "")
    assert "FALLÓ: 12 productos, 30 artículos" in ran.out
    ran = run_away(served.url, "trigger", "--wait", "--json", token_file=served.token_file)
    assert (ran.code, json.loads(ran.out)["result"]) == (1, "failed")


def test_a_wait_goes_on_until_the_end_comes(served: Served) -> None:
    served.engine.result = ""
    with going(away(served.url, "trigger", "--wait", token_file=served.token_file)) as waiting:
        waiting.hears("A run starts now")
        served.on_loop(lambda: served.engine.tell("command.done", command_id="another", result="failed", note=""))
        mine = served.engine.sent[0].command_id
        served.on_loop(lambda: served.engine.tell("command.done", command_id=mine, result="cancelled", note="by ana"))
        waiting.hears("Cancelled: by ana")
        assert waiting.process.wait(10) == 1


def test_words_from_outside_are_harmless(served: Served) -> None:
    alert = AlertView("1", "k", "CRITICAL", HOSTILE, HOSTILE, HOSTILE, NOW)
    served.show(
        a_snapshot(
            alerts=(alert,),
            fault=FaultView("code", HOSTILE, HOSTILE, NOW),
            pause=PauseView(HOSTILE, HOSTILE, NOW),
            shop=replace(a_snapshot().shop, name=HOSTILE),
        )
    )
    served.engine.reply = Refused("", "code", HOSTILE, HOSTILE)
    for command in (("status",), ("health",), ("status", "--json"), ("trigger",), ("trigger", "--json")):
        for lang in ("en", "es"):
            ran = run_away(served.url, *command, lang=lang, token_file=served.token_file)
            assert all(sign.isprintable() or sign == "\n" for sign in ran.out + ran.err)
            assert "owned" in ran.out + ran.err
    body = json.loads(run_away(served.url, "trigger", "--json", token_file=served.token_file).out)
    assert body["message"] == HOSTILE


def test_logs_are_followed_over_a_killed_engine(site: Site) -> None:
    site.store.add([Shoe(1, "24YM0301")])
    with Live(site) as live:
        live.begin()
        with live.going("logs", "--follow", "--limit", "2") as logs, live.going(*PLAIN_WATCH) as watch:
            logs.hears("[ChangeDetector]")
            watch.hears("Engine: ")
            live.kill()
            logs.hears("--- the engine is gone")
            watch.hears("Engine: not reached")
            lost, unseen = len(logs.lines), len(watch.lines)
            live.begin()
            logs.hears("--- the engine was started anew", lost)
            logs.hears("[STARTUP]", lost)
            watch.hears("Engine: IDLE, well", unseen)
            before = len(logs.lines)
            assert live.run("trigger", "--wait").code == 0
            logs.hears("Looking for changes", before)
            assert sum("started anew" in line for line in logs.lines) == 1
            assert (logs.interrupt(), watch.interrupt()) == (130, 130)


def test_stop_waits_until_the_lock_is_free(site: Site) -> None:
    site.store.add([Shoe(1, "24YM0302")])
    with Live(site) as live:
        live.begin()
        ran = live.run("stop", "--wait", lang="es")
        assert (ran.code, "El motor se detuvo" in ran.out) == (0, True)
        assert live.json("lock")["lock_status"] == "available"
        assert live.run("stop", "--wait").code == 3


def test_an_engine_elsewhere_is_waited_for_until_it_answers_no_more(site: Site) -> None:
    site.store.add([Shoe(1, "24YM0303")])
    with Live(site) as live:
        live.begin()
        url = live.url
        assert run_away(url, "stop", "--wait", token_file=site.state / "api-token").code == 0
        assert run_away(url, "status").code == 3


def test_followed_json_is_one_entry_a_line(live: Live) -> None:
    with live.going("logs", "--follow", "--json", "--limit", "3") as logs:
        logs.hears("{")
        before = len(logs.lines)
        assert live.run("trigger", "--wait").code == 0
        logs.hears("Looking for changes", before)
        assert all({"timestamp", "level", "message"} <= json.loads(line).keys() for line in logs.lines)


def test_status_loads_neither_the_screen_nor_the_server(served: Served) -> None:
    code = (
        "import sys; from rms_console.cli import main\n"
        f"sys.argv = ['rms-console', '--attach', {served.url!r}, 'status']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'textual', 'fastapi', 'uvicorn', 'sqlalchemy', 'pyodbc', 'apscheduler'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "IDLE" in done.stdout
