"""The keys of every list: finding, another key for one, times in UTC, the frozen view, and values that are old."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from rms_console.contract.events import EventName
from rms_console.contract.queries import Page as Answer
from rms_console.contract.queries import Subject
from rms_console.contract.snapshot import ProgressView
from rms_console.contract.state import EngineState
from rms_console.tui.app import ConsoleApp
from rms_console.tui.keys import GLOBAL, IN_LISTS, SCROLLING, checked_keymap
from rms_console.tui.lines import text_of
from rms_console.tui.screens.dialogs import Ask
from rms_console.tui.screens.frame import head_lines
from rms_console.tui.screens.help import HelpPage, help_lines
from rms_console.tui.screens.holds import HoldsPage
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.pages import own_acts
from rms_console.tui.view import View
from rms_console.tui.widgets.drawing import OLD
from rms_console.tui.widgets.logview import LogView
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.widgets.rows import RowList
from rms_console.tui.widgets.sheet import Sheet
from tests.tui.fakeport import NOW, FakePort, a_snapshot
from tests.tui.pages.test_lists import ROWS, a_run
from tests.tui.pages.watching import opened, settled, shown
from tests.tui.test_overview import a_view


def a_list(app: ConsoleApp) -> ListPage:
    page = app.screen
    assert isinstance(page, ListPage)
    return page


def runs(last: int) -> FakePort:
    reasons = {7: "precio mal", 3: "precio bien"}
    rows = [a_run(number, reason=reasons.get(number, "")) for number in range(last, 0, -1)]
    return FakePort(pages={**ROWS, Subject.ACTIVITY: rows})


def number_of(page: ListPage) -> object:
    return (page.listed.chosen or {}).get("number")


async def test_find_goes_to_the_next_row_and_n_goes_on_round_the_end(tmp_path: Path) -> None:
    async with opened(runs(12), "activity", tmp_path, (120, 24)) as (app, pilot):
        page = a_list(app)
        await settled(pilot, lambda: number_of(page) == 12)
        await pilot.press("slash", *"PRECIO", "enter")
        await settled(pilot, lambda: number_of(page) == 7)
        assert "RUNS, NEWEST FIRST" in shown(app)
        assert "PRECIO" in shown(app)
        for key, number in (("n", 3), ("n", 7), ("N", 3), ("N", 7)):
            await pilot.press(key)
            await settled(pilot, lambda number=number: number_of(page) == number)  # type: ignore[misc]
        assert len(page.listed.rows) == 12


@pytest.mark.parametrize("typed", ["re:(", "re:(a+)+b"])
async def test_a_search_that_cannot_be_is_asked_again(tmp_path: Path, typed: str) -> None:
    async with opened(runs(3), "activity", tmp_path) as (app, pilot):
        await settled(pilot, lambda: a_list(app).listed.rows)
        await pilot.press("slash")
        await settled(pilot, lambda: isinstance(app.screen, Ask))
        app.screen.query_one(Input).value = typed
        await pilot.press("enter")
        await settled(pilot, lambda: "Find in this list" in shown(app) and typed in shown(app))
        await pilot.press("escape")
        await settled(pilot, lambda: isinstance(app.screen, ListPage))
        await pilot.press("n")
        await settled(pilot, lambda: any("No row is found" in one.message for one in app._notifications))


async def test_the_keys_of_lists_can_be_others(tmp_path: Path) -> None:
    logs = [{"number": n, "at": "2026-11-24T20:00:00+00:00", "level": "INFO", "service": "s", "message": f"m{n}"}
            for n in range(1, 60)]  # fmt: skip
    port = runs(40)
    port.pages[Subject.LOGS] = logs
    async with opened(port, "activity", tmp_path, keymap={"list.down": "J", "list.top": "ctrl+t"}) as (app, pilot):
        page = a_list(app)
        await settled(pilot, lambda: number_of(page) == 40)
        await pilot.press("J", "J", "j")
        await settled(pilot, lambda: number_of(page) == 38)
        await pilot.press("ctrl+d", "ctrl+t")
        await settled(pilot, lambda: number_of(page) == 40)
        await pilot.press("question_mark")
        await settled(pilot, lambda: isinstance(app.screen, HelpPage))
        sheet = app.screen.query_one(Sheet)
        assert any(text_of(one).split()[:3] == ["J", "Move", "down"] for one in sheet.lines)
        await pilot.press("J")
        await settled(pilot, lambda: sheet.scroll_offset.y == 1)
        await pilot.press("escape")
        app.action_page("logs")
        await settled(pilot, lambda: app.screen.query(LogView) and app.screen.query_one(LogView).state.lines == 59)
        log = app.screen.query_one(LogView)
        await pilot.press("ctrl+t")
        await settled(pilot, lambda: log.chosen is not None and log.chosen.number == 1)
        await pilot.press("J")
        await settled(pilot, lambda: log.chosen is not None and log.chosen.number == 2)


def test_keys_of_pages_behind_a_row_can_be_others_too() -> None:
    wanted = {"product.sync": "f2", "cycle.log": "f3", "run_log.level": "f4", "list.find": "f5"}
    good, problems = checked_keymap(wanted, [*GLOBAL, *IN_LISTS, *own_acts()], a_view().words)
    assert (good, problems) == (wanted, [])


def test_lists_log_and_texts_share_one_table_of_keys() -> None:
    for act in SCROLLING:
        for widget in (RowList, LogView, Sheet):
            assert any(
                getattr(one, "id", "") == act.id and getattr(one, "key", "") == act.key for one in widget.BINDINGS
            )


@pytest.mark.parametrize("language", ["en", "es"])
def test_help_names_each_key_of_lists_once_and_a_pages_own_one_goes_first(language: str) -> None:
    view = a_view(language)
    text = [text_of(one) for one in help_lines(view, HoldsPage.ACTS)]
    words = view.words
    assert sum(words.phrase("To the previous row found") in one for one in text) == 0
    for act in IN_LISTS:
        if act.key not in {"N", "Y", "y"}:
            assert sum(one.endswith(words.phrase(act.long)) for one in text) == 1, act
    assert any(one.split()[:2] == ["PgUp", "^U"] for one in text)


async def test_z_shows_the_rows_in_u_t_c_and_back(tmp_path: Path) -> None:
    async with opened(runs(3), "activity", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "15:47" in shown(app) and "#3" in shown(app))
        await pilot.press("z")
        await settled(pilot, lambda: "21:47" in shown(app) and "15:47" not in shown(app).split("RUNS")[1])
        await pilot.press("z")
        await settled(pilot, lambda: "21:47" not in shown(app))


async def test_a_frozen_list_stays_while_its_cursor_and_detail_move(tmp_path: Path) -> None:
    port = runs(12)
    async with opened(port, "activity", tmp_path) as (app, pilot):
        page = a_list(app)
        await settled(pilot, lambda: number_of(page) == 12)
        await pilot.press("space")
        await settled(pilot, lambda: "VIEW FROZEN" in shown(app))
        port.pages[Subject.ACTIVITY].insert(0, a_run(13))
        port.tell(EventName.CYCLE_FINISHED)
        await settled(pilot, lambda: len(page._rows) == 13)
        await pilot.press("down", "tab")
        await settled(pilot, lambda: "DETAIL" in shown(app))
        assert len(page.listed.rows) == 12
        await pilot.press("tab", "space")
        await settled(pilot, lambda: len(page.listed.rows) == 13)


async def test_a_page_that_is_opened_while_the_view_is_frozen_shows_what_is_there_then(tmp_path: Path) -> None:
    port = runs(3)
    async with opened(port, "overview", tmp_path) as (app, pilot):
        await pilot.press("space", "2")
        await settled(pilot, lambda: "#3" in shown(app))
        port.pages[Subject.ACTIVITY].insert(0, a_run(4))
        port.tell(EventName.CYCLE_FINISHED)
        await settled(pilot, lambda: len(a_list(app)._rows) == 4)
        assert "#4" not in shown(app)
        await pilot.press("5")
        await settled(pilot, lambda: "store01" in shown(app))
        await pilot.press("2")
        await pilot.pause()
        assert "#4" not in shown(app)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [40, 80])
def test_a_frozen_view_is_told_on_narrow_screens_and_over_a_run(language: str, width: int) -> None:
    run = ProgressView(7, "s", "backlog", "pushing", NOW, 10, 20, 3, 30, 0)
    view = replace(a_view(language), snapshot=a_snapshot(progress=run, state=EngineState.PROCESSING), frozen_s=12.0)
    text = text_of(head_lines(view, "overview", width)[1])
    assert "12s" in text
    assert {"en": "VIEW FROZEN", "es": "CONGELADA"}[language] in text


async def test_a_read_that_failed_dims_and_dates_the_rows_until_one_succeeds(tmp_path: Path) -> None:
    port = runs(3)
    async with opened(port, "activity", tmp_path, (120, 24)) as (app, pilot):
        page = a_list(app)
        await settled(pilot, lambda: number_of(page) == 3)
        assert not page.listed.has_class(OLD)
        port.answers[Subject.ACTIVITY] = Answer(Subject.ACTIVITY, (), problem="the ledger is busy")
        port.tell(EventName.CYCLE_FINISHED)
        await settled(pilot, lambda: page.listed.has_class(OLD))
        assert "Values of " in shown(app)
        assert " ago  not fresh: the ledger is busy" in shown(app)
        assert "#3" in shown(app)
        dim = page.listed.render_line(1)
        assert len({segment.style for segment in dim if segment.text.strip()}) == 1
        del port.answers[Subject.ACTIVITY]  # and nobody tells of it: it is tried again by itself
        await settled(pilot, lambda: not page.listed.has_class(OLD))
        assert "Values of " not in shown(app)


@pytest.mark.parametrize("page", ["overview", "logs", "activity", "lock", "performance"])
@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_every_page_is_dim_and_dated_while_the_engine_is_silent(
    tmp_path: Path, page: str, size: tuple[int, int]
) -> None:
    async with opened(runs(3), page, tmp_path, size) as (app, pilot):

        class Silent(ConsoleApp):
            """A console whose engine has been silent for some time."""

            def view(self) -> View:
                return replace(super().view(), stale_s=131.0, problem="connection refused")

        app.__class__ = Silent
        await settled(pilot, lambda: "Values of " in shown(app))
        assert "2m 11s ago" in shown(app) or size[0] == 40
        body = list(app.screen.query("Panel, RowList, LogView, Sheet").exclude("#head, #foot"))
        assert body
        assert all(one.has_class(OLD) for one in body)
        assert not app.screen.query_one("#head", Panel).has_class(OLD)


async def test_a_terminal_without_unicode_gets_signs_it_can_draw(tmp_path: Path) -> None:
    port = runs(3)
    port.pages[Subject.ACTIVITY][1].pop("duration_s")
    async with opened(port, "activity", tmp_path, is_utf8=False) as (app, pilot):
        await settled(pilot, lambda: "#3" in shown(app))
        assert not {"–", "…", "→", "“", "·"} & set(shown(app))
        row = next(one for one in shown(app).split("\n") if "#2" in one)
        assert row.split()[-1] == "-"
