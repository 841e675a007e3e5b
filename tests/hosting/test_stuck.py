"""What hangs or falls on the way out: a stalled line, an engine that does not settle, a console that cannot open."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from tests.acceptance.site import Site
from tests.hosting.seat import Seat, log_lines, until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a POSIX matter")

DEMO = """
import sys
from rms_console.cli import main
{patch}
sys.argv = ["rms-console", "--lang", "en", "--log-dir", sys.argv[1], "--demo"]
main()
"""
ENGINE_HANGS = """
import time
from rms_console.engine.service import EngineService
EngineService.stop = lambda self: time.sleep(3600)
"""
CONSOLE_FALLS = """
from rms_console.tui.app import ConsoleApp
drawn, draws = ConsoleApp.draw, []

def falls(self):
    draws.append(1)
    if len(draws) in {draws}:
        raise RuntimeError("a-secret-value")
    drawn(self)

ConsoleApp.draw = falls
"""
CANNOT_OPEN_AGAIN = """
opened, opens = ConsoleApp.__init__, []

def cannot(self, *arguments):
    opens.append(1)
    if len(opens) == 2:
        raise RuntimeError("a-secret-value")
    opened(self, *arguments)

ConsoleApp.__init__ = cannot
"""
THREAD_FALLS = """
import threading, time

def falls():
    time.sleep(4)
    raise RuntimeError("a-secret-value")

threading.Thread(target=falls, daemon=True).start()
"""
BLOCKED_CONSOLE = """
import threading, time
from rms_console.tui.app import ConsoleApp
drawn, draws = ConsoleApp.draw, []

def blocks(self):
    draws.append(1)
    drawn(self)
    if len(draws) > 8:
        time.sleep(3600)

ConsoleApp.draw = blocks
"""


def demo(patch: str, logs: Path) -> Seat:
    return Seat(["-c", DEMO.format(patch=patch), str(logs)], environ={"TMPDIR": str(logs)})


def is_told(logs: Path, text: str) -> bool:
    return any(text in line for line in log_lines(logs))


def grows(logs: Path) -> None:
    seen = len(log_lines(logs))
    until(lambda: len(log_lines(logs)) > seen, what="the engine goes on")


def led_to(folder: Path) -> set[Path]:
    """Return where the open descriptors of a process lead."""
    found = set()
    for one in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(one.readlink())
    return found


def fill(seat: Seat, logs: Path) -> None:
    """Let the line stall for so long that nothing more fits it."""
    seat.stall()
    for _ in range(4):
        grows(logs)


def test_a_hangup_on_a_stalled_line_drops_the_screen_and_nothing_else(tmp_path: Path) -> None:
    with demo("", tmp_path) as seat:
        seat.shows("today")
        fill(seat, tmp_path)
        seat.signal("SIGHUP")
        until(lambda: is_told(tmp_path, "The console was lost"), what="it is told")
        terminal, folder = Path(os.ttyname(seat._slave)), Path(f"/proc/{seat.process.pid}/fd")
        if folder.exists():
            until(lambda: terminal not in led_to(folder), what="nothing leads to the terminal any more")
        grows(tmp_path)
        seat.signal("SIGTERM")
        assert seat.ends() == 0


def test_a_hangup_is_told_even_where_the_console_hangs(tmp_path: Path) -> None:
    with demo(BLOCKED_CONSOLE, tmp_path) as seat:
        seat.shows("today")
        grows(tmp_path)
        seat.hang_up()
        until(lambda: is_told(tmp_path, "The console was lost"), what="it is told")
        grows(tmp_path)
        seat.signal("SIGTERM")
        assert seat.ends() == 0
        assert is_told(tmp_path, "Engine stopped")


def test_the_settings_may_have_a_hangup_end_everything(site: Site) -> None:
    site.config.write_text(
        site.config.read_text(encoding="utf-8") + '\n[console]\non_hangup = "stop"\n', encoding="utf-8"
    )
    with Seat(["-m", "rms_console", *site.command()[3:]]) as seat:
        seat.shows("today")
        seat.signal("SIGHUP")
        assert seat.ends() == 129
        until(seat.is_restored, 5, "the terminal is restored")


def test_a_stalled_terminal_is_restored_once_it_takes_something_again(tmp_path: Path) -> None:
    with demo("", tmp_path) as seat:
        seat.shows("today")
        fill(seat, tmp_path)
        seat.signal("SIGTERM")
        assert seat.ends() == 143
        seat.go_on()
        until(seat.is_restored, 10, "the terminal is restored")


@pytest.mark.parametrize("by_key", [True, False])
def test_an_engine_that_never_settles_does_not_keep_the_process(tmp_path: Path, by_key: bool) -> None:
    with demo(ENGINE_HANGS, tmp_path) as seat:
        seat.shows("today")
        if by_key:
            seat.press("q")
            seat.shows("Leave the console?")
            seat.press("s")
        else:
            seat.signal("SIGTERM")
        assert seat.ends() == (1 if by_key else 143)
        until(seat.is_restored, 5, "the terminal is restored")
        assert ("did not settle" in seat.text) is by_key
    assert not list(tmp_path.glob("rms-console-demo-*")), "the demo's folder is gone"


def test_a_console_that_cannot_be_opened_again_does_not_end_the_engine(tmp_path: Path) -> None:
    with demo(CONSOLE_FALLS.format(draws="(8,)") + CANNOT_OPEN_AGAIN, tmp_path) as seat:
        until(
            lambda: sum("The console fell over: RuntimeError" in line for line in log_lines(tmp_path)) == 2,
            what="it is told twice",
        )
        seat.shows("today")
        grows(tmp_path)
        assert b"a-secret-value" not in bytes(seat.raw)
        seat.signal("SIGTERM")
        assert seat.ends() == 143


def test_log_lines_on_a_stalled_terminal_do_not_keep_the_process(tmp_path: Path) -> None:
    with demo(CONSOLE_FALLS.format(draws="range(8, 10_000)"), tmp_path) as seat:
        until(lambda: b"The engine goes on without a screen" in bytes(seat.raw), what="no screen any more")
        fill(seat, tmp_path)
        seat.signal("SIGTERM")
        assert seat.ends() == 143
        assert is_told(tmp_path, "Engine stopped")


def test_a_thread_that_falls_over_is_told_without_its_values(tmp_path: Path) -> None:
    with demo(THREAD_FALLS, tmp_path) as seat:
        until(lambda: is_told(tmp_path, "fell over: RuntimeError"), what="it is told")
        assert not is_told(tmp_path, "a-secret-value")
        assert b"a-secret-value" not in bytes(seat.raw)
        seat.signal("SIGTERM")
        assert seat.ends() == 143


def test_a_defect_that_ends_the_program_is_one_line(tmp_path: Path) -> None:
    patch = 'from rms_console.hosting import run\ndef bad(self): raise RuntimeError("a-secret-value")\n'
    patch += "run.Hosting._without_screen = run.Hosting._screen = lambda *_: bad(0)\n"
    with demo(patch, tmp_path) as seat:
        assert seat.ends() == 1
        until(lambda: "A defect ended this program: RuntimeError" in seat.text, 5)
        assert b"a-secret-value" not in bytes(seat.raw)
