"""Rows that are gone leave their list; a run shows its own log; the list has room on any screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rms_console.contract.events import EventName
from rms_console.contract.queries import Subject
from rms_console.tui.app import ConsoleApp
from rms_console.tui.lines import text_of
from rms_console.tui.screens.activity import activity_line
from rms_console.tui.screens.changes import change_lines, field_names
from rms_console.tui.screens.holds import kind_text
from rms_console.tui.screens.journal import journal_line
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.queue import queue_line
from rms_console.tui.widgets.rows import RowList
from tests.tui.fakeport import FakePort, a_setup
from tests.tui.pages import watching
from tests.tui.pages.test_lists import AT, CHANGE, ROWS, a_run, opened, shown
from tests.tui.test_overview import a_view
from tests.tui.test_steering import settled


def a_wait(number: int) -> dict[str, Any]:
    return {"item_id": number, "sku": f"A-{number}", "style": "S", "state": "waiting", "enqueued_at": AT}


def a_hold(number: int) -> dict[str, Any]:
    return {**ROWS[Subject.HOLDS][0], "hold_id": number, "kind": "price-jump"}


@pytest.mark.parametrize(
    ("key", "subject", "before", "after"),
    [
        ("3", Subject.QUEUE, [a_wait(n) for n in range(1, 13)], [a_wait(n) for n in range(1, 8)]),
        ("3", Subject.QUEUE, [a_wait(n) for n in range(1, 251)], [a_wait(n) for n in range(1, 251) if n % 50 != 20]),
        ("8", Subject.HOLDS, [a_hold(1), a_hold(2)], [a_hold(1)]),
    ],
)
async def test_what_is_settled_leaves_the_list_wherever_it_stood(
    tmp_path: Path, key: str, subject: Subject, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    port = FakePort(pages={subject: before})
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, key, lambda: isinstance(app.screen, ListPage) and app.screen.listed.rows)
        page = app.screen
        assert isinstance(page, ListPage)
        while len(page.listed.rows) < len(before):
            had = len(page.listed.rows)
            await pilot.press("G")
            await settled(pilot, lambda: len(page.listed.rows) > had)  # noqa: B023
        port.pages[subject] = after
        port.tell(EventName.CYCLE_FINISHED)
        await settled(pilot, lambda: list(page.listed.rows) == after)


async def test_a_run_shows_the_log_lines_of_that_run_alone(tmp_path: Path) -> None:
    lines = [
        {"number": n, "at": AT, "level": level, "service": "ToShopify", "message": f"line {n}"}
        for n, level in ((1, "INFO"), (2, "WARN"))
    ]
    port = FakePort(
        pages={**ROWS, Subject.ACTIVITY: [a_run(12, sync_id="sync-12")], Subject.LOGS: lines},
    )
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "2", lambda: "#12" in shown(app))
        await pilot.press("enter")
        await settled(pilot, lambda: "RUN 12" in shown(app))
        await pilot.press("L")
        await settled(pilot, lambda: "LOG OF RUN 12" in shown(app) and "line 2" in shown(app))
        assert "line 1" in watching.shown(app)
        await pilot.press("v", "v")
        await settled(pilot, lambda: "WARN and worse" in shown(app) and "line 1" not in watching.shown(app))
        assert "line 2" in watching.shown(app)
        await pilot.press("v")
        await settled(pilot, lambda: "No line is of this kind" in watching.shown(app))
    assert {"sync_id": "sync-12"} in [query.filters for query in port.asked if query.subject is Subject.LOGS]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 10)])
@pytest.mark.parametrize("key", ["2", "3", "8", "b"])
async def test_the_list_has_room_at_any_size(tmp_path: Path, key: str, size: tuple[int, int]) -> None:
    app = ConsoleApp(FakePort(pages=ROWS), a_setup(tmp_path))
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, key, lambda: isinstance(app.screen, ListPage) and app.screen.listed.rows)
        page = app.screen
        assert isinstance(page, ListPage)
        await settled(pilot, lambda: page.listed.size.height > 0)
        await settled(pilot, lambda: "> " in watching.shown(app))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 10)])
async def test_a_long_detail_scrolls_and_says_how_much_is_below(tmp_path: Path, size: tuple[int, int]) -> None:
    hold = {**a_hold(3), "changes": [{**CHANGE, "item_id": n, "sku": f"K-{n}"} for n in range(40)]}
    app = ConsoleApp(FakePort(pages={Subject.HOLDS: [hold]}), a_setup(tmp_path))
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, "8", lambda: isinstance(app.screen, ListPage) and app.screen.listed.rows)
        await pilot.press("tab")
        await settled(pilot, lambda: "DETAIL" in watching.shown(app))
        await settled(pilot, lambda: "more lines" in watching.shown(app))
        seen = watching.shown(app)
        assert f"↓ {40 - seen.count('K-')} more lines" in seen
        assert "24YM05051" in seen or size[1] == 10
        assert "K-39" not in seen
        await pilot.press("j")
        await settled(pilot, lambda: "the price moved" not in watching.shown(app))
        await pilot.press("G")
        await settled(pilot, lambda: "K-39" in watching.shown(app) and "more lines" not in watching.shown(app))
        await pilot.press("g")
        await settled(pilot, lambda: "the price moved" in watching.shown(app))
        await pilot.press("escape")
        await settled(pilot, lambda: "DETAIL" not in watching.shown(app))
        assert isinstance(app.focused, RowList)
        assert app.screen.NAME == "holds"  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_a_long_question_scrolls_while_its_keys_stay_in_sight(tmp_path: Path, size: tuple[int, int]) -> None:
    hold = {**a_hold(3), "changes": [{**CHANGE, "item_id": n, "sku": f"K-{n}"} for n in range(40)]}
    app = ConsoleApp(FakePort(pages={Subject.HOLDS: [hold]}), a_setup(tmp_path))
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, "8", lambda: isinstance(app.screen, ListPage) and app.screen.listed.rows)
        await pilot.press("N")
        await settled(pilot, lambda: "more lines" in watching.shown(app) and "Esc no" in watching.shown(app))
        assert "Keep what the shop has" in watching.shown(app)
        await pilot.press("G")
        await settled(pilot, lambda: "K-39" in watching.shown(app))
        await pilot.press("w", "pageup")
        await settled(pilot, lambda: "K-39" not in watching.shown(app) and "reason typed" in watching.shown(app))


@pytest.mark.parametrize("height", [8, 10, 12, 16, 24])
async def test_a_question_with_a_field_shows_title_field_and_keys_at_any_height(tmp_path: Path, height: int) -> None:
    app = ConsoleApp(FakePort(), a_setup(tmp_path, language="es"))
    async with app.run_test(size=(40, height)) as pilot:
        await settled(pilot, lambda: app.follower.snapshot is not None)
        await pilot.press("F", *"abc")
        await settled(pilot, lambda: "abc" in watching.shown(app))
        assert "Sincronización completa" in watching.shown(app)
        assert "Esc cerrar" in watching.shown(app)


async def test_holds_are_asked_for_in_the_language_of_the_console(tmp_path: Path) -> None:
    port = FakePort(pages=ROWS)
    app = ConsoleApp(port, a_setup(tmp_path, language="es"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "8", lambda: "24YM05051" in shown(app))
    assert {query.filters["language"] for query in port.asked if query.subject is Subject.HOLDS} == {"es"}


def test_fields_and_dangers_have_names_and_unknown_ones_stay() -> None:
    words = a_view().words
    changes: list[dict[str, Any]] = [
        CHANGE,
        {"field": "compare_at"},
        {"field": "stock@gid://shopify/Location/7"},
        {"field": "metafields.x"},
    ]
    assert field_names(changes, words) == "compare at, metafields.x, price, stock"
    told = [text_of(one).split(" – ")[0].strip() for one in change_lines(changes[2:3], words, {"7": "Centro"})]
    assert told == ["stock@Centro"]
    assert kind_text({"kind": "price-jump"}, words) == "price jump"
    assert kind_text({"kind": "of tomorrow\x1b[2J"}, words).startswith("of tomorrow")


async def test_narrowed_runs_are_looked_for_further_back(tmp_path: Path) -> None:
    runs = [a_run(number, result="FAIL" if number in (20, 130) else "OK") for number in range(250, 0, -1)]
    app = ConsoleApp(FakePort(pages={**ROWS, Subject.ACTIVITY: runs}), a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "2", lambda: "#250" in shown(app))
        page = app.screen
        assert isinstance(page, ListPage)
        await pilot.press("f", "f")
        await settled(pilot, lambda: [row["number"] for row in page.listed.rows] == [130, 20])


def test_a_long_name_leaves_room_for_what_was_done() -> None:
    row = a_run(1, trigger="manual", by="maria.fernandez.rojas")
    assert "maria.f: by hand" in text_of(activity_line(row, a_view(), 80))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("key", ["2", "3", "8", "b"])
async def test_the_names_of_columns_stand_above_them(tmp_path: Path, key: str, language: str) -> None:
    app = ConsoleApp(FakePort(pages=ROWS), a_setup(tmp_path, language=language))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, key, lambda: isinstance(app.screen, ListPage) and app.screen.listed.rows)
        page = app.screen
        assert isinstance(page, ListPage)
        header = text_of(page.header(app.view()))
        row = "  " + text_of(page.row_line(page.listed.rows[0], app.view(), 78))
        assert len(header) <= 80
        place = 2
        for _, width in page.columns()[:-1]:
            place += abs(width) + 1
            assert header[place - 1] == row[place - 1] == " ", (place, header, row)


def test_a_value_of_the_data_never_serves_as_a_template() -> None:
    view, evil = a_view(), "{x.__class__}"
    lines = [
        activity_line(a_run(1, trigger=evil), view, 120),
        queue_line({**ROWS[Subject.QUEUE][1], "reason": evil, "message": ""}, view),
        *change_lines([{"field": evil}], view.words),
        journal_line({"detail": {"result": evil}}, view),
    ]
    for one in lines:
        assert "{x.__class" in text_of(one)
