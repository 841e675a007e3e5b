"""The screen must never stop the shop: what happens to the terminal, and what the engine does meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosting.seat import Seat, log_lines, until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a POSIX matter")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def seat(logs: Path) -> Iterator[Seat]:
    """A console of the demo whose engine has begun to work."""
    with Seat(["-m", "rms_console", "--lang", "en", "--log-dir", str(logs), "--demo"]) as taken:
        taken.shows("today")
        until(lambda: grows(logs), what="the engine writes its log")
        yield taken


def grows(logs: Path, within_s: float = 8.0) -> bool:
    """Return whether the engine writes: its till sells every two seconds, and what it sells is synced."""
    before, end = len(log_lines(logs)), time.monotonic() + within_s
    while time.monotonic() < end:
        if len(log_lines(logs)) > before:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGQUIT", 131), ("SIGINT", 130)])
def test_a_signal_settles_restores_the_terminal_and_ends(seat: Seat, logs: Path, name: str, code: int) -> None:
    sent = seat.signal(name)
    assert seat.ends() == code
    assert time.monotonic() - sent < 20
    until(seat.is_restored, 5, "the terminal is restored")
    assert any("Engine stopped" in line for line in log_lines(logs))


def test_a_stalled_terminal_does_not_slow_the_engine_and_sigterm_ends_it(seat: Seat, logs: Path) -> None:
    seat.stall()
    time.sleep(3)
    assert grows(logs)
    assert grows(logs)
    sent = seat.signal("SIGTERM")
    assert seat.ends() == 143
    assert time.monotonic() - sent < 20
    assert any("Engine stopped" in line for line in log_lines(logs))


def test_a_lost_line_leaves_the_engine_working_without_a_screen(seat: Seat, logs: Path) -> None:
    seat.hang_up()
    until(lambda: any("The console was lost" in line for line in log_lines(logs)), what="it is told")
    assert grows(logs)
    assert seat.process.poll() is None
    seat.signal("SIGTERM")
    assert seat.ends() == 0
    assert any("Engine stopped" in line for line in log_lines(logs))


def test_what_writes_to_standard_error_does_not_reach_the_screen(logs: Path) -> None:
    program = (
        "import os, sys, threading, time\n"
        "sys.argv = ['rms-console', '--lang', 'en', '--log-dir', sys.argv[1], '--demo']\n"
        "def shout():\n"
        "    while True:\n"
        "        os.write(2, b'TORN PICTURE\\n'); time.sleep(0.2)\n"
        "threading.Thread(target=lambda: (time.sleep(6), shout()), daemon=True).start()\n"
        "from rms_console.cli import main\n"
        "main()\n"
    )
    with Seat(["-c", program, str(logs)]) as seat:
        seat.shows("today")
        until(lambda: "TORN" in (logs / "stderr.log").read_text(), what="it goes to the file")
        assert b"TORN" not in bytes(seat.raw)
        seat.signal("SIGTERM")
        assert seat.ends() == 143


def test_without_a_terminal_that_draws_the_engine_runs_alone(logs: Path) -> None:
    with Seat(
        ["-m", "rms_console", "--lang", "en", "--log-dir", str(logs), "--demo"], environ={"TERM": "dumb"}
    ) as seat:
        seat.shows("No console: the terminal (TERM) cannot draw.")
        until(lambda: any("Product synced" in line for line in log_lines(logs)), what="it syncs")
        assert b"\x1b[?1049h" not in bytes(seat.raw)
        seat.signal("SIGTERM")
        assert seat.ends() == 0


def test_reset_gives_a_terminal_back_its_senses(logs: Path) -> None:
    with Seat(["-m", "rms_console", "reset"]) as seat:
        assert seat.ends() == 0
        until(lambda: b"\x1b[?1049l" in bytes(seat.raw) and b"\x1b[?25h" in bytes(seat.raw), 5)


def test_pause_resume_and_leave_by_keys(seat: Seat) -> None:
    seat.press("p")
    seat.shows("Pause the engine")
    seat.press("y")
    seat.shows("PAUSED by")
    seat.press("r")
    seat.shows("Resume → ")
    until(lambda: "PAUSED" not in seat.text.split("\n")[1], what="it works again")
    seat.press("q")
    seat.shows("Leave the console?")
    seat.press("s")
    assert seat.ends() == 0
    until(seat.is_restored, 5, "the terminal is restored")
