"""Runs, one run, one product, the queue, the holds, the journal: what they show and what their keys do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from rms_console.contract.commands import DecideHolds, DismissItems, RetryItems, Trigger
from rms_console.contract.events import EventName
from rms_console.contract.queries import Page as Answer
from rms_console.contract.queries import Subject
from rms_console.tui.app import ConsoleApp
from rms_console.tui.lines import text_of
from rms_console.tui.screens.activity import activity_line, is_shown
from rms_console.tui.screens.dialogs import Confirm, Reasoned
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.widgets.sheet import Sheet
from tests.tui.fakeport import NOW, FakePort, a_setup
from tests.tui.test_overview import HOSTILE, a_view
from tests.tui.test_steering import ready, requests, settled

AT = NOW.isoformat()
CHANGE = {"item_id": 7, "sku": "A-7", "field": "price", "before": "22123.90", "after": "19900.00"}


def a_run(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "started_at": AT,
        "result": "OK",
        "trigger": "schedule",
        "items_found": 12,
        "products_synced": 4,
        "stock_rows": 9,
        "duration_s": 2.3,
        "points": 120.0,
        **changes,
    }


ROWS: dict[Subject, list[dict[str, Any]]] = {
    Subject.ACTIVITY: [a_run(12, trigger="manual", by="ana", reason="precio mal"), a_run(11, result="FAIL", errors=1)],
    Subject.CYCLE: [
        {"number": 1, "style": "24YM05051", "title": "Zapato", "result": "updated", "changes": [CHANGE],
         "duration_s": 0.4}
    ],
    Subject.PRODUCT: [
        {"at": AT, "cycle": 12, "result": "updated", "changes": [CHANGE], "number": 2, "title": "Zapato",
         "trigger": "manual", "by": "ana", "reason": "precio mal"},
        {"at": AT, "cycle": 9, "result": "failed", "message": "price<=0", "changes": [], "number": 1},
    ],
    Subject.QUEUE: [
        {"item_id": 7, "sku": "A-7", "style": "24YM05051", "state": "quarantined", "reason": "change",
         "enqueued_at": AT, "attempts": 3, "message": "its price is 0.0"},
        {"item_id": 8, "sku": "A-8", "style": "24YM05051", "state": "waiting", "reason": "sale", "enqueued_at": AT},
    ],
    Subject.HOLDS: [
        {"hold_id": 3, "style": "24YM05051", "title": "Zapato", "state": "open", "reason": "the price moved by 90 %",
         "changes": [CHANGE], "item_ids": [7], "created_at": AT}
    ],
    Subject.AUDIT: [
        {"number": 5, "at": AT, "actor": "ana", "host": "store01", "via": "console", "action": "Pause",
         "detail": {"result": "accepted", "reason": "inventario"}, "digest": "ab12"}
    ],
}  # fmt: skip


def has_rows(page: ListPage, count: int) -> bool:
    return len(page.listed.rows) == count


def shown(app: ConsoleApp) -> str:
    """Return the text of the page on top."""
    page = app.screen
    texts = [text_of(one) for panel in page.query(Panel) for one in panel.lines]
    texts += [text_of(one) for sheet in page.query(Sheet) for one in sheet.lines]
    if isinstance(page, ListPage):
        view = app.view()
        texts += [text_of(page.row_line(row, view, 100)) for row in page.listed.rows]
    return "\n".join(texts)


async def opened(pilot: Pilot[Any], app: ConsoleApp, key: str, condition: Callable[[], object]) -> None:
    await ready(pilot, app)
    await pilot.press(key)
    await settled(pilot, condition)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 10)])
@pytest.mark.parametrize(
    ("key", "told"),
    [("2", "#12"), ("3", "A-7"), ("8", "24YM05051"), ("b", "ana"), ("5", "store01"), ("6", "rowversion"), ("7", "p95")],
)
async def test_each_page_shows_its_rows_at_each_size(
    tmp_path: Path, key: str, told: str, size: tuple[int, int], language: str
) -> None:
    app = ConsoleApp(FakePort(pages=ROWS), a_setup(tmp_path, language=language))
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, key, lambda: told in shown(app))


@pytest.mark.parametrize("key", ["2", "3", "8", "b"])
async def test_an_empty_list_says_what_that_means(tmp_path: Path, key: str) -> None:
    app = ConsoleApp(FakePort(), a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press(key)
        page = app.screen
        assert isinstance(page, ListPage)
        await settled(pilot, lambda: page._has_read)
        words = text_of(page.empty(app.view())[0])
    assert words.startswith(("No runs yet", "Nothing", "Nobody"))


async def test_a_list_that_cannot_be_read_keeps_what_it_had_and_says_why(tmp_path: Path) -> None:
    port = FakePort(pages=ROWS)
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "3", lambda: "A-7" in shown(app))
        port.answers[Subject.QUEUE] = Answer(Subject.QUEUE, (), problem="the ledger is busy")
        port.tell(EventName.CYCLE_FINISHED)
        await settled(pilot, lambda: "not fresh: the ledger is busy" in shown(app))
        assert "A-7" in shown(app)


async def test_enter_opens_a_run_then_a_product_and_escape_goes_back(tmp_path: Path) -> None:
    app = ConsoleApp(FakePort(pages=ROWS), a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "2", lambda: "#12" in shown(app))
        await pilot.press("enter")
        await settled(pilot, lambda: "RUN 12" in shown(app) and "24YM05051" in shown(app))
        assert "22123.90 → 19900.00" in shown(app)
        await pilot.press("enter")
        await settled(pilot, lambda: "PRODUCT 24YM05051" in shown(app) and "price<=0" in shown(app))
        await pilot.press("escape", "escape")
        await settled(pilot, lambda: "RUNS, NEWEST FIRST" in shown(app))
        await pilot.press("escape")
        await settled(pilot, lambda: getattr(app.screen, "NAME", "") == "overview")


async def test_older_rows_come_when_the_end_is_near_and_stay(tmp_path: Path) -> None:
    runs = [a_run(number) for number in range(250, 0, -1)]
    port = FakePort(pages={**ROWS, Subject.ACTIVITY: runs})
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "2", lambda: "#250" in shown(app))
        page = app.screen
        assert isinstance(page, ListPage)
        assert len(page.listed.rows) == 100
        for count in (200, 250):
            await pilot.press("G")
            await settled(pilot, partial(has_rows, page, count))
        place = page.listed.chosen
        port.pages[Subject.ACTIVITY].insert(0, a_run(251))
        port.tell(EventName.CYCLE_FINISHED)
        await settled(pilot, lambda: page.listed.rows[0]["number"] == 251)
        assert page.listed.chosen == place


@pytest.mark.parametrize(
    ("what", "run", "is_in"),
    [
        ("all", a_run(1), True),
        ("changes", a_run(1, items_found=0, products_synced=0), False),
        ("changes", a_run(1), True),
        ("problems", a_run(1), False),
        ("problems", a_run(1, result="SKIP"), True),
        ("problems", a_run(1, quarantined=2), True),
    ],
)
def test_runs_can_be_narrowed(what: str, run: dict[str, Any], is_in: bool) -> None:
    assert is_shown(run, what) is is_in


def test_a_run_by_hand_names_the_person() -> None:
    text = text_of(activity_line(ROWS[Subject.ACTIVITY][0], a_view(), 120))
    assert "ana: by hand" in text
    assert "precio mal" in text


@pytest.mark.parametrize(
    ("page", "keys", "asked"),
    [
        ("3", ("R",), RetryItems((7,))),
        ("3", ("E",), RetryItems(())),
        ("8", ("Y",), DecideHolds((3,), True)),
        ("8", ("N",), DecideHolds((3,), False)),
    ],
)
async def test_what_acts_asks_first_and_enter_alone_does_nothing(
    tmp_path: Path, page: str, keys: tuple[str, ...], asked: object
) -> None:
    port = FakePort(pages=ROWS)
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, page, lambda: "24YM05051" in shown(app))
        await pilot.press(*keys)
        assert isinstance(app.screen, Confirm | Reasoned)
        await pilot.press("enter")
        await pilot.pause()
        assert port.sent == []
        await pilot.press("y")
        await settled(pilot, lambda: port.sent)
    assert requests(port) == [asked]


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
@pytest.mark.parametrize(
    ("page", "key", "asked"),
    [
        ("3", "D", lambda why: DismissItems((7,), why)),
        ("8", "N", lambda why: DecideHolds((3,), False, why)),
        ("8", "Y", lambda why: DecideHolds((3,), True, why)),
    ],
)
async def test_a_decision_takes_a_reason_or_none(
    tmp_path: Path, page: str, key: str, asked: Callable[[str], object], size: tuple[int, int]
) -> None:
    port = FakePort(pages=ROWS)
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, page, lambda: isinstance(app.screen, ListPage) and app.screen.listed.rows)
        await pilot.press(key, "w", "enter")
        await pilot.pause()
        assert port.sent == []
        await pilot.press(*"ya no", "enter")
        await settled(pilot, lambda: len(port.sent) == 1)
        await settled(pilot, lambda: isinstance(app.screen, ListPage))
        await pilot.press(key, "y")
        await settled(pilot, lambda: len(port.sent) == 2)
    assert requests(port) == [asked("ya no"), asked("")]


async def test_one_product_is_synced_from_its_page(tmp_path: Path) -> None:
    port = FakePort(pages=ROWS)
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "3", lambda: "A-7" in shown(app))
        await pilot.press("enter")
        await settled(pilot, lambda: "PRODUCT 24YM05051" in shown(app))
        await pilot.press("s", "y")
        await settled(pilot, lambda: port.sent)
    assert requests(port) == [Trigger(styles=("24YM05051",))]


async def test_a_row_is_copied(tmp_path: Path) -> None:
    app = ConsoleApp(FakePort(pages=ROWS), a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "b", lambda: "ana" in shown(app))
        await pilot.press("y")
        await pilot.pause()
        assert "inventario" in app.clipboard


@pytest.mark.parametrize("key", ["2", "3", "8", "b"])
async def test_hostile_text_in_every_column_shows_harmlessly(tmp_path: Path, key: str) -> None:
    rows = {
        subject: [{name: HOSTILE if isinstance(value, str) else value for name, value in row.items()} for row in listed]
        for subject, listed in ROWS.items()
    }
    app = ConsoleApp(FakePort(pages=rows), a_setup(tmp_path))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press(key)
        page = app.screen
        assert isinstance(page, ListPage)
        await settled(pilot, lambda: page.listed.rows)
        text = shown(app)
        strips = [page.listed.render_line(y).text for y in range(3)]
    assert not any(ord(one) < 32 or one in "\x7f\x9b\u202e" for one in text.replace("\n", "") + "".join(strips))
