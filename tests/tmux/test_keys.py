"""The real program in a real terminal multiplexer, driven by keys alone, as an operator over SSH meets it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rms_console.contract.state import EngineState
from rms_console.locale import translate

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

PATIENCE_S = 60.0
TOP = 6
"""Lines of a screen within which the state must stand."""
STATES = {state.value for state in EngineState}
TITLES = {
    "2": "RUNS, NEWEST FIRST",
    "3": "QUEUE",
    "4": "LOG",
    "5": "WHO MAY WRITE TO THE SHOP",
    "6": "state",
    "7": "LAST 60 MINUTES",
    "8": "HELD FOR A PERSON'S YES",
    "9": "SALES",
}
"""What stands on the page that a key opens, in English."""


class Tmux:
    """One program in a tmux server of its own. Texts are given in English and looked for in the program's language."""

    def __init__(self, folder: Path, language: str, columns: int, rows: int) -> None:
        self._language = language
        self._socket = f"rms-{uuid.uuid4().hex[:12]}"
        program = f"{sys.executable} -m rms_console --lang {language} --demo --log-dir {folder}"
        command = f"{program}; echo exit=$?; exec sleep 600"
        # A size in the environment is that of another terminal: the program must not believe it.
        kept = ("-e", "LANG=C.UTF-8", "-e", f"HOME={folder}", "-e", "COLUMNS=99", "-e", "LINES=99")
        self._tmux("-f", os.devnull, "new-session", "-d", "-x", str(columns), "-y", str(rows), *kept, command)

    def close(self) -> None:
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments], capture_output=True, check=True, timeout=PATIENCE_S
        )
        return done.stdout.decode()

    def say(self, template: str) -> str:
        """Return an English text of the program in its language."""
        return translate(self._language, template, {})

    @property
    def lines(self) -> list[str]:
        return self._tmux("capture-pane", "-p").splitlines()

    @property
    def state(self) -> str:
        """Return the word for the state near the top of the screen; empty without one."""
        words = re.findall(r"[A-Z]+", "\n".join(self.lines[:TOP]))
        return next((word for word in words if word in STATES), "")

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def until(self, condition: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, f"{what} does not come:\n" + "\n".join(self.lines)
            time.sleep(0.05)

    def shows(self, template: str) -> None:
        text = self.say(template)
        self.until(lambda: text in "\n".join(self.lines), repr(text))

    def lacks(self, template: str) -> None:
        text = self.say(template)
        self.until(lambda: text not in "\n".join(self.lines), f"the end of {text!r}")

    def leave(self) -> None:
        self.press("q")
        self.shows("Leave the console?")
        self.press("s")
        self.shows("exit=0")


@pytest.fixture(params=[("es", 80, 24), ("en", 120, 40), ("es", 40, 10)], ids=lambda given: "-".join(map(str, given)))
def console(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tmux]:
    """A console of the demo whose engine works."""
    opened = Tmux(tmp_path, *request.param)
    try:
        opened.until(lambda: opened.state and opened.state != "STARTING", "a state near the top")
        yield opened
    finally:
        opened.close()


def test_an_operator_can_do_everything_by_keys(console: Tmux) -> None:
    console.press("?")
    console.shows("THIS PAGE")
    console.press("Escape")
    console.lacks("THIS PAGE")

    console.press("p")
    console.shows("Pause the engine")
    console.press("y")
    console.until(lambda: console.state == "PAUSED", "the pause")

    for key, title in TITLES.items():
        console.press(key)
        console.shows(title)
        assert console.state == "PAUSED"

    find(console, "Open the journal: who did what")
    console.shows("WHO DID WHAT")

    console.press("1", "r")
    console.until(lambda: console.state not in ("PAUSED", ""), "the resume")
    trigger_one(console)
    console.leave()


def find(console: Tmux, name: str) -> None:
    """Open the palette, type the beginning of an action's name in the console's language, take what it finds."""
    told = console.say(name)
    console.press(":")
    console.until(lambda: any("🔎" in line for line in console.lines), "the palette")
    console.type(told[:16])
    console.until(lambda: sum(told[:16] in line for line in console.lines) == 2, f"{told!r} below what was typed")
    console.press("Enter")


def trigger_one(console: Tmux) -> None:
    """Ask for a run; while one is on, the console asks whether to queue another."""
    asked, done = console.say("Queue one more run?"), console.say("Trigger") + " "
    console.press("t")
    console.until(lambda: any(asked in line or line.startswith(done) for line in console.lines), "the run")
    if any(asked in line for line in console.lines):
        console.press("y")
    console.until(lambda: any(line.startswith(done) for line in console.lines), "the run")
