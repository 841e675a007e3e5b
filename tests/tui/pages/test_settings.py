"""The settings page: what holds and why, changing what may change, and explaining what may not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from rms_console.contract.commands import ChangeSettings, Refused, SetInterval
from rms_console.contract.events import EventName
from rms_console.contract.queries import Page, Subject
from rms_console.tui.app import ConsoleApp
from rms_console.tui.glyphs import ASCII, UNICODE
from rms_console.tui.lines import Line, text_of, width_of
from rms_console.tui.screens.dialogs import Ask, Choice, Dialog
from rms_console.tui.screens.settings import (
    as_value,
    detail_lines,
    fixed_lines,
    row_line,
    setting_rows,
    title_line,
    undo_of,
)
from rms_console.tui.screens.settings import (
    shown as value_shown,
)
from rms_console.tui.view import Words
from tests.tui.fakeport import FakePort
from tests.tui.pages.watching import HOSTILE, opened, settled, shown

WORDS = Words("en", UNICODE)


def a_setting(key: str, value: Any, default: Any = None, **changes: Any) -> dict[str, Any]:
    return {
        "key": key,
        "value": value,
        "default": value if default is None else default,
        "source": "default" if default is None else "console.toml",
        "runtime": False,
        "environment": "",
        "description": f"What {key} does.",
        "limits": "",
        **changes,
    }


INTERVAL = a_setting(
    "sync.interval_minutes", 5, runtime=True, environment="SYNC_INTERVAL_MINUTES", limits="0.01 to 1440"
)
SOME = [
    INTERVAL,
    a_setting("sync.batch_size", 20, 10, runtime=True),
    a_setting("rms.host", "srv01", "", environment="RMS_DB_HOST"),
    a_setting("rms.password", "***", "", secret=True),
]


def a_port(rows: Sequence[dict[str, Any]] = SOME) -> FakePort:
    return FakePort(pages={Subject.CONFIG: rows})


def text(lines: Sequence[Line]) -> str:
    return "\n".join(map(text_of, lines))


async def answered(app: ConsoleApp, pilot: Pilot[Any], value: str) -> None:
    """Type a value into the dialog and confirm it."""
    await settled(pilot, lambda: isinstance(app.screen, Ask))
    app.screen.query_one(Input).value = value
    await pilot.press("enter")


async def test_settings_are_grouped_with_source_and_what_may_move(tmp_path: Path) -> None:
    async with opened(a_port(), "settings", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "rms.host" in shown(app))
        rows = shown(app).split("\n")
        assert next(row for row in rows if "sync.interval_minutes" in row).split()[-2:] == ["Enter", "changes"]
        assert "default" in next(row for row in rows if "sync.interval_minutes" in row)
        assert "console.toml" in next(row for row in rows if "sync.batch_size" in row)
        assert "Enter" not in next(row for row in rows if "rms.host" in row)
        assert "[sync]" in shown(app)
        assert "[rms]" in shown(app)
        assert "4 in all, 3 not the default" in shown(app)
        await pilot.press("down")
        await settled(pilot, lambda: "What sync.interval_minutes does." in shown(app))
        assert "limits 0.01 to 1440" in shown(app)
        assert "SYNC_INTERVAL_MINUTES" in shown(app)


@pytest.mark.parametrize(("key", "is_saved"), [("1", False), ("2", True)])
async def test_a_change_goes_to_the_engine_and_may_be_saved(tmp_path: Path, key: str, is_saved: bool) -> None:
    port = a_port()
    async with opened(port, "settings", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "rms.host" in shown(app))
        await pilot.press("down", "enter")
        await answered(app, pilot, "7.5")
        await settled(pilot, lambda: isinstance(app.screen, Choice))
        assert "5 → 7.5" in shown(app)
        assert port.sent == []
        await pilot.press(key)
        await settled(pilot, lambda: port.sent)
        assert port.sent[0].request == ChangeSettings({"sync.interval_minutes": 7.5}, is_saved)
        await settled(pilot, lambda: app.actions.undoing)
        undo = SetInterval(5.0) if not is_saved else ChangeSettings({"sync.interval_minutes": 5}, True)
        assert app.actions.undoing == undo


async def test_a_refusal_is_told_where_the_value_is_typed_and_nothing_is_changed(tmp_path: Path) -> None:
    port = a_port()
    port.reply = Refused("", "invalid", "9999 minutes: allowed are 0.01 to 1440", "type less")
    async with opened(port, "settings", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "rms.host" in shown(app))
        await pilot.press("down", "enter")
        await answered(app, pilot, "9999")
        await settled(pilot, lambda: isinstance(app.screen, Choice))
        await pilot.press("1")
        await settled(pilot, lambda: isinstance(app.screen, Ask))
        assert "Refused: 9999 minutes: allowed are 0.01 to 1440" in shown(app)
        assert "type less" in shown(app)
        assert app.screen.query_one(Input).value == "9999"
        await pilot.press("escape")
        await pilot.pause()
        assert len(port.sent) == 1
        assert app.actions.undoing is None


async def test_what_is_no_number_is_not_even_sent(tmp_path: Path) -> None:
    port = a_port()
    async with opened(port, "settings", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "rms.host" in shown(app))
        await pilot.press("down", "enter")
        await answered(app, pilot, "soon")
        await settled(pilot, lambda: "soon is no value of this kind" in shown(app))
        await pilot.press("escape", "enter")
        await answered(app, pilot, "5")
        await settled(pilot, lambda: not isinstance(app.screen, Dialog))
        assert port.sent == []


async def test_a_setting_that_does_not_move_explains_how_it_is_changed(tmp_path: Path) -> None:
    port = a_port()
    async with opened(port, "settings", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "rms.host" in shown(app))
        await pilot.press("down", "down", "down", "down", "enter")
        await settled(pilot, lambda: isinstance(app.screen, Dialog))
        for part in ("[rms]", "host = …", "RMS_DB_HOST", "rms-console check"):
            assert part in shown(app)
        await pilot.press("escape")
        assert port.sent == []


async def test_find_narrows_and_an_empty_one_shows_all(tmp_path: Path) -> None:
    async with opened(a_port(), "settings", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "rms.host" in shown(app))
        await pilot.press("slash")
        await answered(app, pilot, "RMS_DB")
        await settled(pilot, lambda: "sync.batch_size" not in shown(app))
        assert "rms.host" in shown(app)
        assert "with “RMS_DB”: 1" in shown(app)
        await pilot.press("slash")
        await answered(app, pilot, "nothing like it")
        await settled(pilot, lambda: "No setting has" in shown(app))
        await pilot.press("slash")
        await answered(app, pilot, "")
        await settled(pilot, lambda: "sync.batch_size" in shown(app))


async def test_a_change_by_somebody_else_appears(tmp_path: Path) -> None:
    port = a_port()
    async with opened(port, "settings", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "srv01" in shown(app))
        port.pages[Subject.CONFIG] = [a_setting("rms.host", "srv02", "")]
        port.tell(EventName.SETTING_CHANGED)
        await settled(pilot, lambda: "srv02" in shown(app))


async def test_a_problem_keeps_the_old_rows_and_says_why(tmp_path: Path) -> None:
    port = a_port()
    async with opened(port, "settings", tmp_path, (120, 30)) as (app, pilot):
        await settled(pilot, lambda: "srv01" in shown(app))
        port.answers[Subject.CONFIG] = Page(Subject.CONFIG, (), problem=HOSTILE)
        port.tell(EventName.SETTING_CHANGED)
        await settled(pilot, lambda: "not fresh: [/]" in shown(app))
        assert "srv01" in shown(app)


async def test_hostile_settings_and_small_screens_hold(tmp_path: Path) -> None:
    nasty = a_setting(
        "sync.x" + HOSTILE,
        HOSTILE,
        "",
        source=HOSTILE,
        description=HOSTILE,
        limits=HOSTILE,
        environment=HOSTILE,
        runtime=True,
    )
    for size in ((160, 30), (40, 10)):
        async with opened(a_port([nasty]), "settings", tmp_path, size) as (app, pilot):
            await settled(pilot, lambda: "sync.x" in shown(app))
            await pilot.press("down", "enter")
            await settled(pilot, lambda: isinstance(app.screen, Dialog))
            assert not {"\x1b", "\x07", "\u202e", "\u2028"} & set(shown(app))


async def test_a_secret_stays_hidden_and_is_copied_hidden(tmp_path: Path) -> None:
    async with opened(a_port([SOME[3]]), "settings", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "***" in shown(app))
        await pilot.press("down", "y")
        await settled(pilot, (tmp_path / "clip.txt").exists)
        assert (tmp_path / "clip.txt").read_text(encoding="utf-8") == "rms.password = ***\n"


@pytest.mark.parametrize(
    ("typed", "like", "value"),
    [
        ("7", 5, 7),
        ("7,5", 5, 7.5),
        ("x", 5, None),
        ("nan", 5.0, None),
        ("inf", 5.0, None),
        ("sí", True, True),
        ("false", True, False),
        ("maybe", True, None),
        ("live", "observe", "live"),
        ("7", "observe", "7"),
        ("1", None, "1"),
    ],
)
def test_a_typed_text_becomes_a_value_of_the_same_kind(typed: str, like: object, value: object) -> None:
    made = as_value(typed, like)
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [76, 116])
def test_rows_and_details_fit(language: str, width: int) -> None:
    for glyphs in (UNICODE, ASCII):
        words = Words(language, glyphs)
        for row in setting_rows([*SOME, a_setting("x." + "y" * 80, "z" * 300, "", limits="l" * 200)]):
            assert width_of(row_line(row, words, width)) <= width
            assert all(width_of(one) <= width for one in detail_lines(row, words, width))
        assert all(width_of(one) <= 74 for one in fixed_lines(SOME[2], words))


def test_values_are_written_as_in_the_file() -> None:
    assert [value_shown(value, WORDS) for value in (True, 5, 0.5, None, ["a", "b"], "x")] == [
        "true",
        "5",
        "0.5",
        "–",
        "a, b",
        "x",
    ]


def test_no_undo_of_a_secret_or_of_what_is_no_single_value() -> None:
    assert undo_of(SOME[3], False) is None
    assert undo_of(a_setting("filter.x", ["a"]), False) is None
    assert undo_of(SOME[1], False) == ChangeSettings({"sync.batch_size": 20}, False)


async def test_a_list_that_was_never_read_says_why(tmp_path: Path) -> None:
    port = a_port()
    port.answers[Subject.CONFIG] = Page(Subject.CONFIG, (), problem="gone")
    async with opened(port, "settings", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "This list cannot be read: gone" in shown(app))


def test_the_title_counts_what_is_not_the_default() -> None:
    assert "2 in all" in text([title_line(SOME[:2], WORDS)])
