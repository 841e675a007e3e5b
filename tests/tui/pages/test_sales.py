"""The sales calendar: days of the store, what begins and ends, and what is said when nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rms_console.contract.events import EventName
from rms_console.contract.queries import Page, Subject
from rms_console.tui.glyphs import ASCII, UNICODE
from rms_console.tui.lines import Line, text_of, width_of
from rms_console.tui.screens.sales import calendar_rows, empty_lines, row_line, title_line
from rms_console.tui.view import View, Words
from tests.tui.fakeport import NOW, FakePort, a_snapshot
from tests.tui.pages.watching import HOSTILE, opened, settled, shown


def a_sale(at: datetime, starts: bool = True, **changes: Any) -> dict[str, Any]:
    return {
        "at": at.isoformat().replace("+00:00", "Z"),
        "starts": starts,
        "item_id": 7,
        "sku": "24YM05051",
        "style": "24YM05",
        "title": "Zapato Niño",
        "price": "25000.00",
        "sale_price": "19900.00",
        **changes,
    }


def a_view(language: str = "en", utc: bool = False, glyphs: Any = UNICODE, **changes: Any) -> View:
    return View(Words(language, glyphs, utc), NOW, a_snapshot(**changes))


def text(lines: Sequence[Line]) -> str:
    return "\n".join(map(text_of, lines))


def drawn(sales: Sequence[dict[str, Any]], view: View, width: int = 120) -> list[str]:
    return [text_of(row_line(row, view, width)) for row in calendar_rows(sales, view)]


# 05:30 of 25 November in UTC is still the 24th in the store, where it is six hours earlier.
NIGHT = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)


def test_days_are_those_of_the_store_and_u_t_c_when_asked_for() -> None:
    sales = [a_sale(NIGHT + timedelta(hours=1)), a_sale(NIGHT)]
    rows = drawn(sales, a_view())
    assert [row.split(" ─")[0] for row in (rows[0], rows[2])] == ["Today 24 Nov 2026", "Wednesday 25 Nov 2026"]
    assert rows[1].startswith("23:30 in 7h 42m")
    assert rows[3].startswith("00:30 in 8h 42m")
    assert drawn(sales, a_view(utc=True))[0].split(" ─")[0] == "Wednesday 25 Nov 2026"
    assert len(drawn(sales, a_view(utc=True))) == 3


def test_a_sale_shows_the_price_before_and_after() -> None:
    begin, end = drawn([a_sale(NIGHT), a_sale(NIGHT + timedelta(minutes=1), starts=False)], a_view())[1:]
    assert "begins" in begin
    assert begin.index("25,000") < begin.index("→") < begin.index("19,900")
    assert "ends" in end
    assert end.index("19,900") < end.index("→") < end.index("25,000")
    for part in ("24YM05051", "24YM05", "Zapato Niño"):
        assert part in begin


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_rows_fit_80_columns(language: str, glyphs: Any) -> None:
    view = a_view(language, glyphs=glyphs)
    rows = calendar_rows([a_sale(NIGHT, sku="X" * 60, style="Y" * 60, price="1234567.89", title=HOSTILE)], view)
    for row in rows:
        assert width_of(row_line(row, view, 76)) <= 76
    assert width_of(title_line([{"starts": True}], view)) <= 80


def test_what_is_unknown_is_a_sign_and_a_time_that_is_none_is_left_out() -> None:
    row = drawn([a_sale(NIGHT, price=None, sale_price=None), {**a_sale(NIGHT), "at": "soon"}], a_view())
    assert len(row) == 2
    assert "– →" in " ".join(row[1].split())


def test_a_past_time_is_due_now() -> None:
    assert drawn([a_sale(NOW - timedelta(minutes=5))], a_view())[1].split()[2] == "0m"


def test_an_empty_calendar_names_what_comes_next() -> None:
    view = a_view(next_sale_at=NOW + timedelta(days=40))
    told = text(empty_lines({}, view))
    assert "No sale begins or ends in the next 30 days." in told
    assert "The next one changes at 3 Jan 2027 15:47." in told
    assert "no sale with a date to come" in text(empty_lines({}, a_view()))


async def test_the_page_shows_the_days_and_what_the_title_counts(tmp_path: Path) -> None:
    sales = [a_sale(NOW + timedelta(days=day), starts=day != 2, item_id=day, sku=f"SKU{day}") for day in (1, 2, 3)]
    port = FakePort(pages={Subject.SALES: sales})
    async with opened(port, "sales", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "SKU3" in shown(app))
        assert "2 begin, 1 end" in shown(app)
        assert shown(app).count(" 2026 ─") == 3
        assert next(query for query in port.asked if query.subject is Subject.SALES).filters == {
            "days": "30",
            "prices": "1",
        }
        await pilot.press("down", "G", "g")
        port.pages[Subject.SALES] = sales[1:]
        port.tell(EventName.SALE_BOUNDARY_PASSED)
        await settled(pilot, lambda: "SKU1" not in shown(app))


async def test_older_pages_are_read_as_the_cursor_nears_the_end(tmp_path: Path) -> None:
    sales = [a_sale(NOW + timedelta(minutes=place), item_id=place, sku=f"SKU{place}") for place in range(700)]
    port = FakePort(pages={Subject.SALES: sales})
    async with opened(port, "sales", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "SKU3" in shown(app))
        await pilot.press("G")
        await settled(
            pilot, lambda: [query.before for query in port.asked if query.subject is Subject.SALES][-1] == 500
        )
        await settled(pilot, lambda: "700 begin, 0 end" in shown(app))
        await pilot.press("G")
        await settled(pilot, lambda: "SKU699" in shown(app))


async def test_a_problem_keeps_the_old_rows_and_says_why(tmp_path: Path) -> None:
    port = FakePort(pages={Subject.SALES: [a_sale(NOW + timedelta(days=1))]})
    async with opened(port, "sales", tmp_path, (140, 24)) as (app, pilot):
        await settled(pilot, lambda: "24YM05051" in shown(app))
        port.answers[Subject.SALES] = Page(Subject.SALES, (), problem=HOSTILE)
        port.tell(EventName.CYCLE_FINISHED)
        await settled(pilot, lambda: "not fresh: [/]" in shown(app))
        assert "24YM05051" in shown(app)


async def test_hostile_sales_and_small_screens_hold(tmp_path: Path) -> None:
    nasty = a_sale(
        NOW + timedelta(days=1), sku=HOSTILE, style=HOSTILE, title=HOSTILE, price=HOSTILE, sale_price=HOSTILE
    )
    for size in ((160, 24), (40, 10)):
        async with opened(FakePort(pages={Subject.SALES: [nasty]}), "sales", tmp_path, size) as (app, pilot):
            await settled(pilot, lambda: "25 Nov 2026" in shown(app))
            assert not {"\x1b", "\x07", "\u202e", "\u2028"} & set(shown(app))
