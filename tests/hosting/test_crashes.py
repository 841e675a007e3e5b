"""What falls over beside the terminal: the engine, the console, a second engine; and leaving without a screen."""

from __future__ import annotations

import getpass
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe
from tests.hosting.seat import Seat, log_lines, until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a POSIX matter")

SHOE = Shoe(11, "24YM0001")
DEMO = """
import sys
from rms_console.cli import main
{patch}
sys.argv = ["rms-console", "--lang", "en", "--log-dir", sys.argv[1], "--demo"]
main()
"""
ENGINE_FALLS = """
import asyncio
from rms_console.engine.service import EngineService
lived, lives = EngineService.run, []

async def falls(self):
    lives.append(1)
    if len(lives) == 1:
        await asyncio.sleep(2)
        raise KeyError("a-secret-value")
    await lived(self)

EngineService.run = falls
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


def test_a_dead_engine_is_shown_and_started_again_by_key(tmp_path: Path) -> None:
    with Seat(["-c", DEMO.format(patch=ENGINE_FALLS), str(tmp_path)]) as seat:
        seat.shows("ENGINE CRASHED: KeyError")
        assert "a-secret-value" not in seat.text
        seat.press("R")
        until(lambda: re.search(r"today \d+ runs", seat.text) and "CRASHED" not in seat.text, what="it works again")
        seat.signal("SIGTERM")
        assert seat.ends() == 143


def test_an_engine_that_was_stopped_from_elsewhere_is_told_and_started_again_by_key(site: Site) -> None:
    site.configure("[api]\nport = 0")
    with Seat(["-m", "rms_console", *site.command()[3:]]) as seat:
        seat.shows("today")
        assert site.run("stop", "--wait").code == 0
        seat.shows(f"STOPPED by {getpass.getuser()} at ")
        seat.shows("ENGINE STOPPED: nothing is synced   [R] start again")
        seat.press("R")
        until(lambda: "IDLE" in seat.text and "STOPPED" not in seat.text, what="it works again")
        assert site.run("stop", "--wait").code == 0
        seat.shows("ENGINE STOPPED")
        seat.press("q")
        seat.shows("leave it stopped")
        seat.press("s")
        assert seat.ends() == 0


@pytest.mark.parametrize("draws", ["(2,)", "(20,)"], ids=["before the engine is up", "while it works"])
def test_a_console_that_falls_over_is_opened_again(tmp_path: Path, draws: str) -> None:
    patch = CONSOLE_FALLS.format(draws=draws)
    with Seat(["-c", DEMO.format(patch=patch), str(tmp_path)]) as seat:
        until(
            lambda: any("The console fell over: RuntimeError" in row for row in log_lines(tmp_path)), what="it is told"
        )
        seat.shows("today")
        assert b"a-secret-value" not in bytes(seat.raw)
        seat.signal("SIGTERM")
        assert seat.ends() == 143


def test_a_console_that_falls_over_again_and_again_leaves_the_engine_working(tmp_path: Path) -> None:
    patch = CONSOLE_FALLS.format(draws="range(8, 10_000)")
    with Seat(["-c", DEMO.format(patch=patch), str(tmp_path)]) as seat:
        until(lambda: b"The engine goes on without a screen" in bytes(seat.raw), what="it is told")
        assert b"a-secret-value" not in bytes(seat.raw)
        seen = len(log_lines(tmp_path))
        until(lambda: len(log_lines(tmp_path)) > seen, what="the engine goes on")
        seat.signal("SIGTERM")
        assert seat.ends() == 143


def test_an_engine_that_dies_with_no_console_to_see_it_begins_again_by_itself(tmp_path: Path) -> None:
    patch = CONSOLE_FALLS.format(draws="range(8, 10_000)") + ENGINE_FALLS.replace("sleep(2)", "sleep(12)")
    patch += "\nfrom rms_console.hosting import run\nrun.AGAIN_S = 0.5\n"
    with Seat(["-c", DEMO.format(patch=patch), str(tmp_path)]) as seat:
        until(lambda: b"The engine goes on without a screen" in bytes(seat.raw), what="it is told")
        until(lambda: any("KeyError" in row for row in log_lines(tmp_path)), what="the engine died")
        died = len(log_lines(tmp_path))
        until(lambda: any("READY" in row for row in log_lines(tmp_path)[died:]), what="it works again")
        seat.signal("SIGTERM")
        assert seat.ends() == 143


def test_an_engine_that_dies_after_the_terminal_was_lost_begins_again_by_itself(tmp_path: Path) -> None:
    patch = ENGINE_FALLS.replace("sleep(2)", "sleep(8)")
    patch += "\nfrom rms_console.hosting import run\nrun.AGAIN_S = 0.5\n"
    with Seat(["-c", DEMO.format(patch=patch), str(tmp_path)]) as seat:
        seat.shows("today")
        seat.hang_up()
        until(lambda: any("KeyError" in row for row in log_lines(tmp_path)), what="the engine died")
        died = len(log_lines(tmp_path))
        until(lambda: any("READY" in row for row in log_lines(tmp_path)[died:]), what="it works again")
        seat.signal("SIGTERM")
        assert seat.ends() == 0


@pytest.mark.parametrize("is_lost", [True, False], ids=["nobody reads", "somebody reads"])
def test_a_plain_console_that_nobody_reads_begins_a_dead_engine_again(tmp_path: Path, is_lost: bool) -> None:
    patch = ENGINE_FALLS + "\nfrom rms_console.hosting import run\nrun.AGAIN_S = 0.5\n"
    program = [sys.executable, "-c", DEMO.format(patch=patch).replace('"--demo"', '"--demo", "--plain"'), str(tmp_path)]
    reads, writes = os.pipe()
    with subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=writes, stderr=subprocess.DEVNULL) as process:
        os.close(writes)
        if is_lost:
            os.close(reads)
        try:
            until(lambda: any("KeyError" in row for row in log_lines(tmp_path)), what="the engine died")
            died = len(log_lines(tmp_path))
            if is_lost:
                until(lambda: any("READY" in row for row in log_lines(tmp_path)[died:]), what="it works again")
            else:
                time.sleep(2)
                assert not any("READY" in row for row in log_lines(tmp_path)[died:]), "a person is there to decide"
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 143
            if not is_lost:
                os.close(reads)


def test_a_second_console_on_the_same_shop_visits_the_first_ones_engine(site: Site) -> None:
    site.configure("[api]\nport = 0")
    with Seat(["-m", "rms_console", *site.command()[3:]]) as first:
        first.shows("today")
        with Seat(["-m", "rms_console", *site.command()[3:]]) as second:
            second.shows("attached 127.0.0.1:")
            second.press("q")
            assert second.ends() == 0
            until(lambda: "The engine goes on" in second.text, 5, "it says so")
        assert first.process.poll() is None
        first.signal("SIGTERM")
        assert first.ends() == 143


def test_a_second_console_on_an_engine_without_an_api_is_refused(site: Site) -> None:
    site.configure("[api]\nenabled = false")
    with Seat(["-m", "rms_console", *site.command()[3:]]) as first:
        first.shows("today")
        with Seat(["-m", "rms_console", *site.command()[3:]]) as second:
            assert second.ends() == 4
            until(lambda: f"process {first.process.pid}" in second.text.replace("\n", ""), 5, "it says who runs")
        first.signal("SIGTERM")
        assert first.ends() == 143


def test_wrong_settings_end_it_with_the_terminal_as_it_was_and_nothing_started(site: Site) -> None:
    site.config.write_text(site.config.read_text(encoding="utf-8") + "\n[snyc]\nenabled = true\n", encoding="utf-8")
    with Seat(["-m", "rms_console", *site.command()[3:]]) as seat:
        assert seat.ends() == 2
        until(lambda: "snyc" in seat.text, 5)
        raw = bytes(seat.raw)
        assert raw.count(b"\x1b[?1049l") >= raw.count(b"\x1b[?1049h")
        assert raw.rindex(b"snyc") > raw.rfind(b"\x1b[?1049l")
    assert not site.state.exists() or not list(site.state.glob("*.db*"))


def test_left_running_the_engine_goes_on_as_a_process_of_its_own(site: Site) -> None:
    settings = site.config.read_text(encoding="utf-8")
    site.config.write_text(settings.replace('mode = "live"', 'mode = "live"\nwatch_s = 1'), encoding="utf-8")
    with Seat(["-m", "rms_console", *site.command()[3:]], columns=160) as seat:
        seat.shows("today")
        seat.press("q")
        seat.shows("Leave the console?")
        seat.press("l")
        assert seat.ends() == 0
        until(lambda: "goes on as process" in seat.text, 5)
        found = re.search(r"goes on as process (\d+)", seat.text)
        assert found is not None
        engine = psutil.Process(int(found.group(1)))
        try:
            assert "--no-ui" in engine.cmdline()
            site.store.add([SHOE])
            until(lambda: site.shop.products(), what="it still syncs")
        finally:
            engine.send_signal(signal.SIGTERM)
            engine.wait(30)
        assert not engine.is_running()
