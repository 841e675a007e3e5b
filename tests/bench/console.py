"""The console: first paint against an empty Textual app, cost while idle, keys under load, leaving, memory.

Real processes on pseudo-terminals at 80x24 with 256 colours. Processor time and bytes are solid on a busy machine;
wall times are upper bounds.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from tests.hosting.seat import Seat, until

EMPTY_APP = "from textual.app import App\nApp().run()\n"
PAINTED = re.compile(rb"\x1b\[[0-9;]*48;[0-9;]+m")
RUNS = 7
IDLE_S = 20.0


def first_paint(arguments: list[str], awaited: bytes = b"") -> float:
    """Return the seconds from the start of a process to its first painted cell (and `awaited` on the screen)."""
    began = time.monotonic()
    with Seat(arguments) as seat:
        while not (PAINTED.search(bytes(seat.raw)) and awaited in bytes(seat.raw)):
            assert time.monotonic() - began < 30
            time.sleep(0.002)
        took = time.monotonic() - began
        if awaited:
            seat.signal("SIGTERM")
            seat.ends()
    return took


def paints() -> None:
    """Print the ratio of first paints, measured by turns."""
    empty, ours = [], []
    for _ in range(RUNS):
        empty.append(first_paint(["-c", EMPTY_APP]))
        ours.append(first_paint(["-m", "rms_console", "--lang", "en", "--demo"], b"rms_console"))
    base, mine = statistics.median(empty), statistics.median(ours)
    print(f"first paint: console {mine:.3f} s, empty Textual app {base:.3f} s, ratio {mine / base:.2f} (reach <= 1.5)")


def idle() -> None:
    """Print what a console costs that nobody touches, over an engine that has nothing to do."""
    with tempfile.TemporaryDirectory() as name, Seat([*QUIET, name]) as seat:
        seat.shows("is in the shop")
        time.sleep(15)
        assert "IDLE" in seat.text
        process = psutil.Process(seat.process.pid)
        before, bytes_before, began = process.cpu_times(), len(seat.raw), time.monotonic()
        time.sleep(IDLE_S)
        after, took = process.cpu_times(), time.monotonic() - began
        cpu = (after.user + after.system - before.user - before.system) / took
        sent = (len(seat.raw) - bytes_before) / took
        print(f"idle at 80x24, 256 colours: {cpu:.1%} of a core (reach <= 2 %), {sent:,.0f} bytes/s (reach <= 2,000)")
        seat.signal("SIGTERM")
        seat.ends()


QUIET = ["-m", "tests.bench.quiet_console"]
FLOOD = ["-m", "tests.bench.flood_console"]


def flood() -> None:
    """Print how long keys wait while 1,000 log lines a second arrive and a backlog drains, and what it weighs."""
    with tempfile.TemporaryDirectory() as name, Seat([*FLOOD, name], columns=120, rows=40) as seat:
        report = Path(name) / "report.txt"
        until(report.exists, 240, "the bench in the console is done")
        time.sleep(0.5)
        print(report.read_text(encoding="utf-8").strip())
        seat.signal("SIGTERM")
        seat.ends()


def leaving() -> None:
    """Print how long SIGTERM takes, with a terminal that reads and with one that is stalled."""
    for stalled in (False, True):
        with tempfile.TemporaryDirectory() as name:
            arguments = ["-m", "rms_console", "--lang", "en", "--log-dir", name, "--demo"]
            with Seat(arguments) as seat:
                seat.shows("today")
                if stalled:
                    seat.stall()
                    time.sleep(10)
                sent = seat.signal("SIGTERM")
                code = seat.ends()
                took = time.monotonic() - sent
        how = "stalled for 10 s" if stalled else "reading"
        print(f"SIGTERM, terminal {how}: exit {code} after {took:.1f} s (reach <= 10)")


def main() -> None:
    paints()
    idle()
    leaving()
    flood()


if __name__ == "__main__":
    main()
