"""The whole running console over a store full of hostile text: nothing of it reaches the terminal as a command."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from rms_console.tui.keys import PAGES
from tests.hosting.seat import Seat

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a POSIX matter")

HOSTILE = "\x1b]2;PWNED\x1b\\\x1b]52;c;cm0=\x07\x9b2J\x1bP1;PWNED\x1b\\[@click=app.exit][/]\u202eX"
OURS = re.compile(
    rb"\x1b\[[0-9;]*m"  # colours
    rb"|\x1b\[[0-9;]*[HfABCDGJKSTdsuX]"  # moving and erasing
    rb"|\x1b\[[?<>=][0-9;]*[hlucpnq$]*"  # modes
    rb"|\x1b\[[0-9;?>=]*[nc$]p?"  # questions
    rb"|\x1b\[[0-9;]*t"  # sizes
    rb"|\x1b[78=>M]|\x1b\(B"
    rb"|\x1b\]22;[a-z]*\x07"  # the mouse pointer's shape
    rb"|\x1b\]11;\?(\x07|\x1b\\\\)"  # what the background is
    rb"|\x1b\]11;\?\x1b\\"  # the question for the background
)
PROGRAM = """
import sqlite3, sys
from rms_console.cli import main
from rms_console.demo import embedded

created = embedded.create_store
logs, hostile = sys.argv[1:3]

def poisoned(path, **choices):
    created(path, **choices)
    with sqlite3.connect(path) as store:
        store.execute("UPDATE Item SET Description = ? || ID WHERE ID % 3 = 0", (hostile,))
        store.execute("UPDATE Item SET Description = ? || ID WHERE ID % 7 = 0", (hostile[:6],))

embedded.create_store = poisoned
sys.argv = ["rms-console", "--lang", "en", "--log-dir", logs, "--demo"]
main()
"""


def test_nothing_hostile_reaches_the_terminal(tmp_path: Path) -> None:
    with Seat(["-c", PROGRAM, str(tmp_path / "logs"), HOSTILE], columns=120, rows=40) as seat:
        seat.shows("today")
        seat.shows("PWNED")
        for page in PAGES:
            seat.press({"comma": ","}.get(page.key, page.key))
            seat.shows("Commands")
        seat.press("2")
        seat.shows("RUNS, NEWEST FIRST")
        seat.press("\r")
        seat.signal("SIGTERM")
        assert seat.ends() == 143
        drawn = bytes(seat.raw)
    assert b"PWNED" in drawn
    rest = OURS.sub(b"", drawn)
    assert b"\x1b" not in rest, rest[max(0, rest.find(b"\x1b") - 40) : rest.find(b"\x1b") + 40]
    assert b"\x07" not in rest
    text = rest.decode("utf-8", errors="replace")
    assert not any(0x80 <= ord(one) < 0xA0 or one in "\u202a\u202b\u202c\u202d\u202e" for one in text)
