"""The log page: follows at the bottom only, narrows by level and text, and shows hostile lines as they are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from rms_console.contract.queries import Page, Subject
from rms_console.tui.app import ConsoleApp
from rms_console.tui.glyphs import ASCII, UNICODE
from rms_console.tui.lines import Line, text_of, width_of
from rms_console.tui.logfind import NOTHING, parse
from rms_console.tui.screens.dialogs import Dialog
from rms_console.tui.screens.logs import empty_lines, row_line, title_line
from rms_console.tui.view import LogRow, View, Words
from rms_console.tui.widgets.logview import LogState, LogView
from tests.tui.fakeport import NOW, ZONE, FakePort, a_snapshot
from tests.tui.pages.watching import HOSTILE, opened, settled, shown

LEVELS = ("INFO", "WARN", "ERROR", "INFO")


def log_rows(first: int, last: int, message: str = "line {number}") -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "at": (NOW + timedelta(seconds=number)).isoformat(),
            "level": LEVELS[number % 4],
            "service": "ToShopify",
            "tag": "",
            "message": message.format(number=number),
        }
        for number in range(first, last)
    ]


def a_port(count: int = 200, message: str = "line {number}") -> FakePort:
    return FakePort(pages={Subject.LOGS: log_rows(1, count + 1, message)})


def lines_shown(app: ConsoleApp) -> list[str]:
    """Return the lines of the log without the scroll bar."""
    return [row[:76].rstrip() for row in shown(app).split("\n")[4:20]]


def the_log(app: ConsoleApp) -> LogView:
    return app.screen.query_one(LogView)


async def test_the_newest_line_is_shown_and_followed(tmp_path: Path) -> None:
    port = a_port()
    async with opened(port, "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        port.pages[Subject.LOGS] += log_rows(201, 231)
        await settled(pilot, lambda: "line 230" in shown(app))
        assert the_log(app).state.follows
        assert "following  230 lines" in shown(app)


async def test_scrolling_up_ends_following_and_the_bottom_begins_it_again(tmp_path: Path) -> None:
    port = a_port()
    async with opened(port, "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        await pilot.press("up", "pageup")
        assert not the_log(app).state.follows
        before = lines_shown(app)
        port.pages[Subject.LOGS] += log_rows(201, 333)
        await settled(pilot, lambda: "+132" in shown(app))
        assert lines_shown(app) == before
        await pilot.press("G")
        await settled(pilot, lambda: "line 332" in shown(app))
        assert the_log(app).state.follows
        assert the_log(app).state.new == 0


async def test_s_turns_following_off_and_on(tmp_path: Path) -> None:
    async with opened(a_port(), "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        await pilot.press("s")
        await settled(pilot, lambda: "not following: s" in shown(app))
        await pilot.press("s")
        await settled(pilot, lambda: "  following" in shown(app))


async def test_the_wheel_ends_following_too(tmp_path: Path) -> None:
    async with opened(a_port(), "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        log = the_log(app)
        log.scroll_to(y=20, animate=False)
        await settled(pilot, lambda: "line 21" in shown(app))
        assert not log.state.follows
        log.scroll_end(animate=False, immediate=True)
        await settled(pilot, lambda: log.state.follows)


async def test_v_shows_more_serious_lines_only(tmp_path: Path) -> None:
    async with opened(a_port(), "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        await pilot.press("v", "v")
        await settled(pilot, lambda: "WARN and worse" in shown(app))
        assert the_log(app).state.lines == 100
        await pilot.press("v")
        await settled(pilot, lambda: "ERROR and worse" in shown(app))
        assert the_log(app).state.lines == 50
        assert "INFO" not in shown(app)
        await pilot.press("v")
        await settled(pilot, lambda: the_log(app).state.lines == 200)


async def found(app: ConsoleApp, pilot: Any, text: str) -> None:
    await pilot.press("slash")
    await settled(pilot, lambda: isinstance(app.screen, Dialog))
    app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await settled(pilot, lambda: not isinstance(app.screen, Dialog) or "(" in text)


async def test_find_hides_the_others_and_e_shows_them_again(tmp_path: Path) -> None:
    async with opened(a_port(), "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        await found(app, pilot, "line 19")
        await settled(pilot, lambda: "11 found" in shown(app))
        assert the_log(app).state.lines == 11
        await pilot.press("e")
        await settled(pilot, lambda: "(others shown)" in shown(app))
        assert the_log(app).state.lines == 200
        assert the_log(app).state.found == 11
        await found(app, pilot, "")
        await settled(pilot, lambda: the_log(app).state.find == "")


async def test_n_goes_from_one_match_to_the_next(tmp_path: Path) -> None:
    async with opened(a_port(), "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        await pilot.press("e")
        await found(app, pilot, "re:line \\d*50$")
        await settled(pilot, lambda: "2 found" in shown(app))
        places = []
        for key in ("n", "n", "n", "N"):
            await pilot.press(key)
            row = the_log(app).chosen
            assert row is not None
            places.append(row.message)
        assert places == ["line 50", "line 150", "line 50", "line 150"]


async def test_w_shows_the_lines_around_a_found_one(tmp_path: Path) -> None:
    async with opened(a_port(), "logs", tmp_path, (80, 60)) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        await found(app, pilot, "line 100")
        await settled(pilot, lambda: the_log(app).state.lines == 1)
        await pilot.press("w")
        await settled(pilot, lambda: "line 80" in shown(app))
        assert "line 120" in shown(app)
        assert "line 121" not in shown(app)
        assert the_log(app).state.in_context
        await pilot.press("w")
        await settled(pilot, lambda: the_log(app).state.lines == 1)


@pytest.mark.parametrize("search", ["re:(", "re:(a+)+b"])
async def test_a_bad_expression_is_told_and_asked_again(tmp_path: Path, search: str) -> None:
    async with opened(a_port(), "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        await found(app, pilot, search)
        told = "unterminated" if search == "re:(" else "repetition within"
        await settled(pilot, lambda: told in shown(app))
        assert app.screen.query_one(Input).value == search
        await pilot.press("escape")
        await settled(pilot, lambda: not isinstance(app.screen, Dialog))
        assert the_log(app).state.find == ""
        assert the_log(app).state.lines == 200


async def test_hostile_lines_are_shown_as_they_are(tmp_path: Path) -> None:
    port = FakePort(
        pages={
            Subject.LOGS: [
                {"number": 1, "at": NOW.isoformat(), "level": HOSTILE, "service": HOSTILE, "message": HOSTILE}
            ]
        }
    )
    async with opened(port, "logs", tmp_path, (160, 24)) as (app, pilot):
        await settled(pilot, lambda: "1 line" in shown(app))
        text = shown(app)
        assert "[@click=app.full_sync]x[/]" in text
        assert not {"\x1b", "\x07", "\u202e", "\u2028", "\ud800"} & set(text)
        await pilot.press("enter")
        await settled(pilot, lambda: isinstance(app.screen, Dialog))
        assert "\x1b" not in shown(app)


async def test_y_copies_a_line_and_capital_y_what_is_shown(tmp_path: Path) -> None:
    async with opened(a_port(), "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        file = tmp_path / "clip.txt"
        await pilot.press("y")
        await settled(pilot, file.exists)
        assert file.read_text(encoding="utf-8").strip().endswith("ToShopify line 200")
        await found(app, pilot, "line 19")
        await pilot.press("Y")
        await settled(pilot, lambda: len(file.read_text(encoding="utf-8").strip().split("\n")) == 11)


async def test_an_engine_that_is_gone_is_told_and_lines_stay(tmp_path: Path) -> None:
    port = a_port(3)
    async with opened(port, "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 3" in shown(app))
        port.is_gone = True
        await settled(pilot, lambda: app.follower.problem)
        assert "line 3" in shown(app)


async def test_no_line_is_told_in_words_and_small_screens_hold(tmp_path: Path) -> None:
    async with opened(FakePort(), "logs", tmp_path, (40, 10)) as (app, pilot):
        await settled(pilot, lambda: "No line yet" in shown(app))
        await pilot.press("up", "down", "G", "g", "n", "w", "y", "Y", "enter", "v", "e", "s")
        await pilot.resize_terminal(20, 5)
        await pilot.pause()
        assert app.is_running


async def test_nothing_is_drawn_anew_while_nothing_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(a_port(), "logs", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "line 200" in shown(app))
        log = the_log(app)
        drawn: list[object] = []
        monkeypatch.setattr(log, "refresh", lambda *regions, **rest: drawn.append(regions))
        for _ in range(5):
            log.tick()
        assert drawn == []


def text(one: Line) -> str:
    return text_of(one)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_line_fits_and_says_its_level_in_a_word(language: str, width: int) -> None:
    row = LogRow(1, NOW, "ERROR", "ToShopify", "Zapato Niño " * 40)
    for glyphs in (UNICODE, ASCII):
        made = row_line(row, NOTHING, Words(language, glyphs), ZONE, width)
        assert width_of(made) <= width
        assert "15:47:12" in text(made)
        assert "ERROR" in text(made)
        assert {part.role for part in made} >= {"bad", "dim"}


def test_what_is_found_is_marked() -> None:
    row = LogRow(1, NOW, "INFO", "ToShopify", "Zapato rojo, zapato azul")
    made = row_line(row, parse("zapato"), Words("en", UNICODE), ZONE, 120)
    assert [part.text for part in made if part.role == "match"] == ["Zapato", "zapato"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_title_tells_everything_in_80_columns(language: str) -> None:
    state = LogState("WARN", "zapato", True, 31, 31, False, 132)
    made = title_line(state, Words(language, UNICODE), 5)
    assert width_of(made) <= 80
    for fact in ("WARN", "zapato", "31", "+132", "5"):
        assert fact in text(made)
    assert "7" in text(title_line(LogState(lines=7), Words(language, UNICODE), 0))


def test_an_empty_log_says_why() -> None:
    words = Words("en", UNICODE)
    view = View(words, NOW, a_snapshot())
    assert "No line yet" in text(empty_lines(LogState(), view)[0])
    assert "No line is of this kind" in text(empty_lines(LogState(level="ERROR"), view)[0])
    gone = View(words, NOW, a_snapshot(), stale_s=9.0, problem=HOSTILE)
    assert "cannot be read" in text(empty_lines(LogState(), gone)[0])
    assert "\x1b" not in text(empty_lines(LogState(), gone)[0])


async def test_lost_lines_are_counted(tmp_path: Path) -> None:
    port = a_port(5)
    async with opened(port, "logs", tmp_path, (120, 24)) as (app, pilot):
        await settled(pilot, lambda: "line 5" in shown(app))
        port.answers[Subject.LOGS] = Page(Subject.LOGS, tuple(log_rows(45, 50)))
        await settled(pilot, lambda: "39 lost" in shown(app))
