"""The diagnostics page: the worst first, what to do, and the bundle for support after showing what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rms_console.contract.diagnosis import Group
from rms_console.contract.engine_port import EnginePort
from rms_console.contract.events import EventName
from rms_console.contract.queries import Page, Subject
from rms_console.contract.support import Bundle
from rms_console.engine.diagnosis.rules import counts, diagnose, rows
from rms_console.errors import StoreFull
from rms_console.locale import sentence
from rms_console.tui.app import ConsoleApp
from rms_console.tui.glyphs import ASCII, UNICODE
from rms_console.tui.lines import Line, fit, text_of, width_of
from rms_console.tui.screens.diagnosis import GROUP_NAMES, detail_lines, finding_line, heading_line
from rms_console.tui.screens.dialogs import Confirm
from rms_console.tui.supporting import content_lines
from rms_console.tui.view import Words
from tests.diagnosis.cases import good_facts
from tests.tui.fakeport import FakePort
from tests.tui.pages.watching import HOSTILE, opened, settled, shown


def found(language: str = "en", **seen: Any) -> Page:
    """Return the answer of an engine whose scheduled runs are off and whose logs are kept for three days."""
    diagnoses = diagnose(good_facts(seen={"enabled": False, **seen}, settings={"log.keep_days": 3}))
    return Page(Subject.DIAGNOSTICS, rows(diagnoses, language), facts=dict(counts(diagnoses)))


def a_port(answer: Page) -> FakePort:
    port = FakePort()
    port.answers[Subject.DIAGNOSTICS] = answer
    return port


BUNDLE = Bundle(
    {"about.json": b"{}", "snapshot.json": b"x" * 4200},
    (("api-token", sentence("whoever has it can steer the engine")),),
)


class Desk:
    """Makes one bundle; `fault` is what goes wrong with writing."""

    def __init__(self, folder: Path, fault: StoreFull | None = None) -> None:
        self.path = folder / "support.zip"
        self.fault = fault
        self.ports: list[EnginePort] = []

    async def gather(self, port: EnginePort) -> Bundle:
        self.ports.append(port)
        return BUNDLE

    def write(self, bundle: Bundle) -> Path:
        if self.fault is not None:
            raise self.fault
        self.path.write_bytes(b"".join(bundle.files.values()))
        return self.path


def notices(app: ConsoleApp) -> str:
    return " ".join(note.message for note in app._notifications)


def text(lines: Sequence[Line]) -> str:
    return "\n".join(map(text_of, lines))


async def test_the_worst_is_on_top_with_what_to_do_below(tmp_path: Path) -> None:
    port = a_port(found())
    async with opened(port, "diagnosis", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "Scheduled runs are off" in shown(app))
        screen = shown(app)
        assert "failed: 1  warnings: 1" in screen
        assert "x: bundle for support" in screen
        listed = [row for row in screen.split("\n") if "FAILED" in row or "warning " in row]
        assert " start " in listed[0]
        assert "Logs are kept for 3 days" in listed[1]
        assert "set sync.enabled = true" in screen
        asked = [query.filters for query in port.asked if query.subject is Subject.DIAGNOSTICS]
        assert asked[0] == {"language": "en"}
        await pilot.press("down")
        await settled(pilot, lambda: "set log.keep_days = 30 or more" in shown(app))


async def test_it_is_read_again_after_news_and_old_rows_stay_where_that_fails(tmp_path: Path) -> None:
    port = a_port(found())
    async with opened(port, "diagnosis", tmp_path, (120, 40)) as (app, pilot):
        await settled(pilot, lambda: "Scheduled runs are off" in shown(app))
        port.answers[Subject.DIAGNOSTICS] = Page(Subject.DIAGNOSTICS, (), problem="ledger-busy")
        port.tell(EventName.STATE_CHANGED)
        await settled(pilot, lambda: "ledger-busy" in shown(app))
        assert "Scheduled runs are off" in shown(app)
        port.answers[Subject.DIAGNOSTICS] = found(enabled=True)
        port.tell(EventName.CYCLE_FINISHED)
        await settled(pilot, lambda: "failed: 0" in shown(app))
        assert "Scheduled runs are off" not in shown(app)


async def test_d_opens_it_from_the_alerts_and_enter_goes_into_the_detail(tmp_path: Path) -> None:
    async with opened(a_port(found()), "alerts", tmp_path, (100, 30)) as (app, pilot):
        await pilot.press("d")
        await settled(pilot, lambda: "DIAGNOSTICS" in shown(app) and "Scheduled runs are off" in shown(app))
        await pilot.press("enter")
        await settled(pilot, lambda: "DETAIL" in shown(app))
        assert "diag-enabled" in shown(app)


@pytest.mark.parametrize("language", ["en", "es"])
async def test_the_palette_knows_it_in_both_languages(tmp_path: Path, language: str) -> None:
    async with opened(a_port(found(language)), "overview", tmp_path, language=language) as (app, _):
        names = [command.title for command in app.get_system_commands(app.screen)]
    assert any("Open the diagnostics" in name and "Abrir el diagnóstico" in name for name in names)
    assert any("bundle for support" in name and "paquete de soporte" in name for name in names)


async def test_x_shows_what_the_bundle_holds_and_writes_it_after_a_yes(tmp_path: Path) -> None:
    port, desk = a_port(found()), Desk(tmp_path)
    async with opened(port, "diagnosis", tmp_path, (100, 30), support=desk) as (app, pilot):
        await pilot.press("x")
        await settled(pilot, lambda: isinstance(app.screen, Confirm))
        await settled(pilot, lambda: "snapshot.json" in shown(app))
        screen = shown(app)
        assert "4 kB" in screen
        assert "api-token: whoever has it can steer the engine" in screen
        assert not desk.path.exists()
        await pilot.press("escape")
        await settled(pilot, lambda: not isinstance(app.screen, Confirm))
        assert not desk.path.exists()
        await pilot.press("x")
        await settled(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await settled(pilot, lambda: desk.path.exists())
        await settled(pilot, lambda: "support.zip" in (tmp_path / "clip.txt").read_text("utf-8"))
    assert desk.ports == [port, port]


async def test_a_bundle_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    desk = Desk(tmp_path, StoreFull(sentence("{path} cannot be written: {why}", path="/x", why="full")))
    async with opened(a_port(found("es")), "diagnosis", tmp_path, (100, 30), support=desk, language="es") as (
        app,
        pilot,
    ):
        await pilot.press("x")
        await settled(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await settled(pilot, lambda: "no se puede escribir /x: full" in notices(app))


async def test_without_settings_there_is_no_bundle_yet(tmp_path: Path) -> None:
    async with opened(a_port(found()), "diagnosis", tmp_path) as (app, pilot):
        await pilot.press("x")
        await settled(pilot, lambda: "cannot write a support bundle yet" in notices(app))
        assert not isinstance(app.screen, Confirm)


async def test_hostile_findings_stay_text_on_screens_of_any_size(tmp_path: Path) -> None:
    nasty = dict.fromkeys(("code", "group", "level", "message", "what_to_do"), HOSTILE)
    rows_ = ({**nasty, "facts": {HOSTILE: HOSTILE}}, {"code": "x"}, {**nasty, "code": "y", "facts": HOSTILE})
    port = a_port(Page(Subject.DIAGNOSTICS, rows_, facts={"fail": 0, "warn": 3}))
    for size in ((120, 40), (80, 24), (40, 10)):
        async with opened(port, "diagnosis", tmp_path, size) as (app, pilot):
            await settled(pilot, lambda: "warnings: 3" in shown(app))
            assert not {"\x1b", "\x07", "\u202e", "\u2028"} & set(shown(app))
            await pilot.press("enter", "down")
            await pilot.pause()
            assert app.is_running


async def test_an_old_engine_without_diagnostics_says_so(tmp_path: Path) -> None:
    async with opened(a_port(Page(Subject.DIAGNOSTICS, (), problem="not-supported")), "diagnosis", tmp_path) as (
        app,
        pilot,
    ):
        await settled(pilot, lambda: "cannot be read" in shown(app))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@pytest.mark.parametrize("width", [80, 120])
def test_rows_and_details_fit_and_speak_the_language(language: str, glyphs: Any, width: int) -> None:
    words, answer = Words(language, glyphs), found(language, consecutive_errors=3)
    for row in answer.rows:
        shown_row = text_of(fit(finding_line(row, words), width))
        assert shown_row.split()[0] in "●▲✕*!X"
        assert words.phrase(GROUP_NAMES[row["group"]]) in shown_row
        lines = detail_lines(row, words, width)
        assert all(width_of(one) <= width for one in lines)
        assert row["code"] in text(lines)
    assert ": 1" in text_of(heading_line(answer.facts, words))
    assert text_of(heading_line({}, words)) == words.phrase("DIAGNOSTICS")


def test_every_chapter_has_a_name() -> None:
    assert set(GROUP_NAMES) == set(Group)


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_not_in_the_bundle_is_told_in_the_language(language: str) -> None:
    told = text(content_lines(BUNDLE, Words(language, UNICODE)))
    assert ("whoever has it can steer" if language == "en" else "quien lo tenga puede manejar") in told
    assert "about.json" in told
