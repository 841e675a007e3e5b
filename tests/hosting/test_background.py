"""What a terminal says of its background: in time, not at all, too late, over a line that takes nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

import pytest

from rms_console.hosting.background import QUESTION, answers, is_light, named_light
from rms_console.tui.themes import load_themes
from tests.hosting.seat import Seat, until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a POSIX matter")

PROGRAM = """
import os, sys, termios, time
from rms_console.hosting.background import Background
from rms_console.hosting.terminal import Terminal
before = termios.tcgetattr(0)
background = Background(os.environ)
began = time.monotonic()
background.ask()
asking_s = time.monotonic() - began
if sys.argv[1] == "load":
    os.read(0, 1)  # the screen is loaded meanwhile
began = time.monotonic()
found = background.take(Terminal())
print("light", found.is_light, "owes", found.owes_answer, "same", termios.tcgetattr(0) == before)
print("asking", round(asking_s, 2), "taking", round(time.monotonic() - began, 2), "end")
"""
LIGHT, DARK = "\x1b]11;rgb:ffff/fafa/f0f0\x1b\\", "\x1b]11;rgb:1e1e/1e1e/2e2e\x07"
ENDED = re.compile(rb"asking ([\d.]+) taking ([\d.]+) end")


def seat(how: str = "now", environ: Mapping[str, str] | None = None) -> Seat:
    return Seat(["-c", PROGRAM, how], environ=environ)


def times(taken: Seat) -> tuple[float, float]:
    """Return how long asking and taking took, in seconds, once the program has ended."""
    until(lambda: ENDED.search(taken.raw), what="the program tells")
    found = ENDED.search(taken.raw)
    assert found is not None
    return float(found[1]), float(found[2])


@pytest.mark.parametrize(("answer", "told"), [(LIGHT, b"light True"), (DARK, b"light False")])
def test_an_answer_while_the_screen_is_loaded_is_taken_and_never_shown(answer: str, told: bytes) -> None:
    with seat("load") as taken:
        until(lambda: QUESTION in taken.raw, what="it asks")
        taken.press("x" + answer)
        times(taken)
        assert told + b" owes False same True" in taken.raw
        assert b"rgb:" not in taken.raw


def test_without_an_answer_nobody_waits_long() -> None:
    with seat() as taken:
        asking_s, taking_s = times(taken)
        assert asking_s + taking_s < 2  # not for ever, on however slow a machine
        assert b"light False owes True same True" in taken.raw


def test_a_terminal_that_gives_no_answer_is_judged_by_the_environment() -> None:
    with seat(environ={"COLORFGBG": "0;15"}) as taken:
        times(taken)
        assert b"light True owes True same True" in taken.raw


def test_a_terminal_that_would_not_answer_is_not_asked() -> None:
    with seat(environ={"TERM": "linux", "COLORFGBG": "0;default;7"}) as taken:
        times(taken)
        assert QUESTION not in taken.raw
        assert b"light True owes False same True" in taken.raw


@pytest.mark.parametrize(
    ("environ", "may"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "tmux-256color"}, True),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux"}, True),
        ({"TERM": "screen-256color"}, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "vt220"}, False),
        ({}, False),
    ],
)
def test_who_is_asked(environ: dict[str, str], may: bool) -> None:
    assert answers(environ) is may


def test_digits_are_fractions() -> None:
    assert is_light(b"f", b"f", b"f")
    assert is_light(b"ff", b"ffff", b"fff")
    assert not is_light(b"7", b"7", b"7")
    assert not is_light(b"0000", b"0000", b"ffff")


def test_the_last_number_of_colorfgbg_is_the_background() -> None:
    assert named_light({"COLORFGBG": "0;15"})
    assert named_light({"COLORFGBG": "0;default;7"})
    assert not named_light({"COLORFGBG": "15;0"})
    assert not named_light({"COLORFGBG": "15;default"})
    assert not named_light({})


CONSOLE = ["-m", "rms_console", "--lang", "en", "--demo"]
COLOURS = {"COLORTERM": "truecolor"}
GROUNDS = {name: load_themes().found[name].colours["background"] for name in ("dia", "noche")}


def paints(taken: Seat, theme: str) -> bool:
    """Return whether the background of a theme was drawn."""
    red, green, blue = (int(GROUNDS[theme][place : place + 2], 16) for place in (1, 3, 5))
    return f"48;2;{red};{green};{blue}".encode() in taken.raw


def leave(taken: Seat) -> None:
    taken.press("q")
    taken.shows("stop the engine")
    taken.press("s")
    assert taken.ends() == 0
    assert taken.is_restored()


def test_the_console_on_a_light_background_is_light() -> None:
    with Seat(CONSOLE, environ=COLOURS) as taken:
        until(lambda: QUESTION in taken.raw, what="it asks")
        taken.press(LIGHT)
        taken.shows("is in the shop")
        assert paints(taken, "dia")
        assert not paints(taken, "noche")
        leave(taken)


def test_an_answer_that_comes_when_the_console_is_drawn_presses_no_key() -> None:
    with Seat(CONSOLE, environ=COLOURS) as taken:
        taken.shows("is in the shop")
        assert paints(taken, "noche")
        taken.press("2")
        taken.shows("trigger")
        # Read as keys it would open the overview, ask for a resume and begin to look for something.
        taken.press(LIGHT[:9])
        taken.press(LIGHT[9:])
        taken.press("?")
        taken.shows("THIS PAGE")
        assert "Not now" not in taken.text
        taken.press("\x1b")
        taken.shows("trigger")
        leave(taken)
