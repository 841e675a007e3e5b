"""The alerts page: what is wrong first, what to do about it, and marking as seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rms_console.contract.commands import AckAlerts
from rms_console.contract.events import EventName
from rms_console.contract.queries import Page, Subject
from rms_console.contract.snapshot import AlertView
from rms_console.tui.glyphs import ASCII, UNICODE
from rms_console.tui.lines import Line, text_of, width_of
from rms_console.tui.screens.alerts import (
    alert_rows,
    detail_lines,
    empty_lines,
    row_line,
    sending_notes,
    title_line,
)
from rms_console.tui.screens.dialogs import Confirm
from rms_console.tui.view import View, Words
from tests.tui.fakeport import NOW, FakePort, a_snapshot
from tests.tui.pages.watching import HOSTILE, opened, settled, shown


def an_alert(name: str, severity: str = "WARN", minutes: int = 5, **changes: Any) -> dict[str, Any]:
    return {
        "alert_id": name,
        "kind": "motor_stopped",
        "severity": severity,
        "title": f"Title of {name}",
        "detail": f"Detail of {name}",
        "what_to_do": f"Cure of {name}",
        "since_at": (NOW - timedelta(minutes=minutes)).isoformat(),
        "acked_by": None,
        **changes,
    }


OVER = an_alert("over", "CRITICAL", 90, cleared_at=(NOW - timedelta(minutes=80)).isoformat())
SOME = [OVER, an_alert("info", "INFO"), an_alert("worst", "CRITICAL", 30), an_alert("seen", "WARN", 2, acked_by="luis")]


def a_view(language: str = "en", **changes: Any) -> View:
    return View(Words(language, changes.pop("glyphs", UNICODE)), NOW, a_snapshot(**changes))


async def test_present_ones_come_first_with_detail_and_cure_below(tmp_path: Path) -> None:
    port = FakePort(pages={Subject.ALERTS: SOME})
    async with opened(port, "alerts", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "Title of worst" in shown(app))
        rows = [row for row in shown(app).split("\n") if "Title of" in row]
        assert [row.split("Title of ")[1] for row in rows] == ["worst", "seen", "info", "over"]
        assert "CRITICAL" in rows[0]
        assert "not seen" in rows[0]
        assert "seen by luis" in rows[1]
        assert "over 14:27" in rows[3]
        assert "Cure of worst" in shown(app)
        await pilot.press("down")
        await settled(pilot, lambda: "Cure of seen" in shown(app))
        assert "3 present" in shown(app)
        assert "2 not seen yet" in shown(app)


async def test_a_marks_the_one_under_the_cursor(tmp_path: Path) -> None:
    port = FakePort(pages={Subject.ALERTS: SOME})
    async with opened(port, "alerts", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "Title of worst" in shown(app))
        await pilot.press("a")
        await settled(pilot, lambda: port.sent)
        assert port.sent[0].request == AckAlerts(("worst",))
        port.pages[Subject.ALERTS] = [an_alert("worst", "CRITICAL", 30, acked_by="ana")]
        port.tell(EventName.ALERT_RAISED)
        await settled(pilot, lambda: "seen by ana" in shown(app))
        await pilot.press("a")
        await pilot.pause()
        assert len(port.sent) == 1


async def test_capital_a_marks_all_after_a_yes(tmp_path: Path) -> None:
    port = FakePort(pages={Subject.ALERTS: SOME})
    async with opened(port, "alerts", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "Title of worst" in shown(app))
        await pilot.press("A")
        await settled(pilot, lambda: isinstance(app.screen, Confirm))
        assert "2 alerts stay in the list" in shown(app)
        await pilot.press("enter")
        await pilot.pause()
        assert port.sent == []
        await pilot.press("y")
        await settled(pilot, lambda: port.sent)
    assert port.sent[0].request == AckAlerts(("worst", "info"))


async def test_nothing_is_sent_where_none_waits(tmp_path: Path) -> None:
    port = FakePort(pages={Subject.ALERTS: [OVER]})
    async with opened(port, "alerts", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "Title of over" in shown(app))
        await pilot.press("a", "A")
        await pilot.pause()
        assert not isinstance(app.screen, Confirm)
        assert port.sent == []


async def test_an_alert_that_is_raised_appears(tmp_path: Path) -> None:
    port = FakePort()
    async with opened(port, "alerts", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "No alert: nothing is wrong now." in shown(app))
        port.pages[Subject.ALERTS] = [an_alert("new")]
        port.tell(EventName.ALERT_RAISED)
        await settled(pilot, lambda: "Title of new" in shown(app))


async def test_a_problem_keeps_the_old_rows_and_says_why(tmp_path: Path) -> None:
    port = FakePort(pages={Subject.ALERTS: SOME})
    async with opened(port, "alerts", tmp_path, (120, 40)) as (app, pilot):
        await settled(pilot, lambda: "Title of worst" in shown(app))
        port.answers[Subject.ALERTS] = Page(Subject.ALERTS, (), problem=HOSTILE)
        port.tell(EventName.ALERT_CLEARED)
        await settled(pilot, lambda: "not fresh: [/]" in shown(app))
        assert "Title of worst" in shown(app)
        assert "\x1b" not in shown(app)


async def test_hostile_alerts_are_shown_as_they_are_on_a_small_screen(tmp_path: Path) -> None:
    nasty = an_alert(
        "x", HOSTILE, title=HOSTILE, detail=HOSTILE, what_to_do=HOSTILE, acked_by=HOSTILE, since_at=HOSTILE
    )
    port = FakePort(pages={Subject.ALERTS: [nasty]})
    for size in ((160, 40), (40, 10)):
        async with opened(port, "alerts", tmp_path, size) as (app, pilot):
            await settled(pilot, lambda: "1 present" in shown(app))
            assert not {"\x1b", "\x07", "\u202e", "\u2028"} & set(shown(app))
            await pilot.press("a")
            await pilot.pause()
            assert app.is_running


def text(lines: Sequence[Line]) -> str:
    return "\n".join(map(text_of, lines))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [80, 120])
def test_the_detail_is_wrapped_and_says_what_to_do(language: str, width: int) -> None:
    row = an_alert("long", detail="word " * 100, what_to_do="cure " * 100)
    for glyphs in (UNICODE, ASCII):
        lines = detail_lines(row, a_view(language, glyphs=glyphs), width)
        assert text(lines).count("word") == 100
        assert max(map(width_of, lines)) <= width
        assert f"{glyphs.arrow} cure" in text(lines)
    assert width_of(row_line(an_alert("short"), a_view(language))) <= 80


def test_the_likely_cause_stands_between_what_happened_and_what_to_do() -> None:
    made = text(detail_lines(an_alert("slow", cause="High load"), a_view("es"), 80)).splitlines()
    assert [line.strip() for line in made][:2] == ["Detail of slow", "Posible causa: High load"]
    assert "Cure of slow" in made[2]


def test_state_is_a_word_and_a_sign_beside_the_colour() -> None:
    for glyphs in (UNICODE, ASCII):
        view = a_view(glyphs=glyphs)
        made = text([row_line(an_alert("one", "CRITICAL"), view)])
        assert made.startswith(f"{glyphs.warn} CRITICAL")
        assert "not seen" in made


def test_what_the_snapshot_knows_is_shown_where_the_engine_has_no_list() -> None:
    alert = AlertView("a1", "kind", "WARN", "From the snapshot", "d", "t", NOW)
    view = a_view(alerts=(alert,))
    rows = alert_rows((), view, is_read=False)
    assert [row["title"] for row in rows] == ["From the snapshot"]
    assert alert_rows([an_alert("own")], view)[0]["title"] == "Title of own"


def test_mail_and_slack_are_told_honestly() -> None:
    words = Words("en", UNICODE)
    assert "neither mail nor Slack" in sending_notes({"channels": ""}, words)[0]
    assert sending_notes({"not_sent": 3}, words)[0].startswith("3 could not be sent")
    assert sending_notes({"channels": "email"}, words) == ["Sent by: email"]
    assert "2 muted" in text([title_line((), {"muted": 2}, words)])


def test_an_empty_list_says_what_is_known() -> None:
    view = a_view()
    assert "nothing is wrong" in text(empty_lines(view))
    stale = View(view.words, NOW, view.snapshot, stale_s=20.0)
    assert "does not answer" in text(empty_lines(stale))
