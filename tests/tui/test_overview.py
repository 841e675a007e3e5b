"""The overview as text: what must be seen at each size, in both languages, in each condition."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rms_console.contract.snapshot import AlertView, FaultView, PauseView, ProgressView, QueueView, TodayView
from rms_console.contract.state import EngineState, Mode
from rms_console.tui.glyphs import ASCII, UNICODE
from rms_console.tui.lines import text_of, width_of
from rms_console.tui.screens.frame import foot_lines, head_lines
from rms_console.tui.screens.overview import overview_lines
from rms_console.tui.setup import Ended
from rms_console.tui.view import Action, Stage, View, Words
from tests.tui.fakeport import NOW, a_snapshot

SIZES = [(80, 24), (120, 40), (40, 10), (20, 5), (200, 60)]


def a_view(language: str = "en", glyphs: Any = UNICODE, **changes: Any) -> View:
    return replace(View(Words(language, glyphs), NOW, a_snapshot()), **changes)


def whole(view: View, width: int = 120, height: int = 40) -> str:
    """Return the page as one text."""
    head = head_lines(view, "overview", width)
    body = overview_lines(view, width, max(1, height - len(head) - 2))
    return "\n".join(text_of(one) for one in (*head, *body, *foot_lines(view, (), width)))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_line_is_wider_or_higher_than_the_screen(language: str, width: int, height: int) -> None:
    view = a_view(language, trends=[{"items": 3, "cycle_s": 1.0, "errors": 0, "queue": 2}])
    head = head_lines(view, "overview", width)
    body = overview_lines(view, width, max(1, height - len(head) - 2))
    foot = foot_lines(view, (), width)
    assert max(width_of(one) for one in (*head, *body, *foot)) <= width
    assert len(body) <= max(1, height - len(head) - 2)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_first_figure_is_the_age_of_the_oldest_unsent_change(size: tuple[int, int]) -> None:
    queue = QueueView(12, 1, 2, 3, 3700.0, "24YM05051")
    text = whole(a_view(snapshot=a_snapshot(queue=queue)), *size)
    assert text.split("\n")[2].startswith("Oldest unsent: 1h 01m")
    assert "12 waiting  1 to retry  2 set aside  3 held for a yes" in text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"state": EngineState.IDLE}, "Everything is in the shop"),
        ({"state": EngineState.RECOVERING}, "whether RMS has changes is not known now"),
        ({"state": EngineState.ERROR}, "whether RMS has changes is not known now"),
        ({"fault": FaultView("rms-down", "down", "", NOW)}, "whether RMS has changes is not known now"),
        ({"mode": Mode.OBSERVE}, "planned, not sent"),
    ],
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_an_empty_queue_is_called_all_sent_only_where_that_is_known(
    language: str, changes: dict[str, Any], told: str
) -> None:
    view = a_view(snapshot=a_snapshot(**changes))
    line = text_of(head_lines(view, "overview", 80)[2])
    assert told in line
    assert ("Everything" in line) is (told == "Everything is in the shop")
    spanish = text_of(head_lines(replace(view, words=Words(language, UNICODE)), "overview", 80)[2])
    assert width_of(head_lines(view, "overview", 80)[2]) <= 80
    assert (spanish == line) is (language == "en")


def test_a_run_that_counts_no_products_yet_tells_its_stage() -> None:
    run = ProgressView(12, "sync-1", "schedule", "comparing", NOW, 0, 0, 0, 0, 0)
    state = text_of(head_lines(a_view(snapshot=a_snapshot(progress=run)), "overview", 80)[1])
    assert state.endswith("run 12, scheduled  comparing")


def test_runs_that_are_not_read_yet_are_not_called_none() -> None:
    text = whole(a_view(activity=()), 80, 24)
    assert "No runs yet" not in text
    assert "reading…" in text


def test_a_queue_of_a_comparison_alone_is_not_called_empty() -> None:
    queue = QueueView(614, 0, 0, 0, None, None, 614)
    text = whole(a_view(snapshot=a_snapshot(queue=queue)))
    assert "Everything is in the shop" not in text
    assert "Full comparison under way" in text


@pytest.mark.parametrize("state", list(EngineState))
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_the_state_is_word_and_sign_in_the_top_lines(state: EngineState, glyphs: Any) -> None:
    view = a_view(glyphs=glyphs, snapshot=a_snapshot(state=state))
    top = [text_of(one) for one in head_lines(view, "overview", 80)][:6]
    assert any(one.startswith(f"{glyphs.state(state.value)} {state.value}") for one in top)


def test_a_pause_says_who_and_why() -> None:
    pause = PauseView("luis", "inventario físico", NOW - timedelta(minutes=38))
    text = whole(a_view("es", snapshot=a_snapshot(state=EngineState.PAUSED, pause=pause)), 80, 24)
    assert "PAUSED por luis hace 38m “inventario físico”" in text


def test_a_run_shows_how_far_it_is() -> None:
    run = ProgressView(12, "sync-1", "manual", "pushing", NOW, 12, 40, 1, 4, 0, (), NOW + timedelta(seconds=60))
    text = whole(a_view(snapshot=a_snapshot(state=EngineState.PROCESSING, progress=run)), 80, 24)
    assert "run 12, by hand" in text
    assert "12 of 40 products" in text


def test_a_fault_says_what_is_wrong_and_what_to_do() -> None:
    fault = FaultView("rms-refused", "RMS refuses the connection", "is SQL Server running?", NOW, 2, 5, NOW)
    text = whole(a_view(snapshot=a_snapshot(state=EngineState.ERROR, fault=fault)), 80, 24)
    assert "ERROR RMS refuses the connection" in text
    assert "is SQL Server running?  next try 15:47:12" in text


def test_an_engine_that_does_not_answer_is_stale_and_one_that_died_says_so() -> None:
    stale = whole(a_view(stale_s=131.0), 80, 24)
    assert "STALE 2m 11s; last seen IDLE" in stale
    dead = whole(a_view(crash="KeyError cycle.py:12", stale_s=9.0), 80, 24)
    assert "STOPPED" in dead.split("\n")[1]
    assert "STALE" not in dead
    assert "ENGINE CRASHED: KeyError cycle.py:12" in dead


def test_an_engine_that_somebody_stopped_says_so_and_how_it_is_started_again() -> None:
    ended = Ended("ana", NOW - timedelta(minutes=3))
    here = whole(a_view(ended=ended, stale_s=131.0), 80, 24)
    assert "STOPPED by ana at 15:44:12" in here.split("\n")[1]
    assert "ENGINE STOPPED: nothing is synced   [R] start again" in here
    assert "STALE" not in here
    assert "whether RMS has changes is not known" in here
    there = whole(a_view("es", ended=ended, stale_s=131.0, attached="http://127.0.0.1:8080"), 80, 24)
    assert "STOPPED por ana a las 15:44:12" in there.split("\n")[1]
    assert "hasta que se inicie otra vez donde corría" in there
    assert "DETACHED" not in there
    unknown = whole(a_view(ended=Ended()), 80, 24)
    assert "STOPPED last seen IDLE" in unknown.split("\n")[1]


def test_observing_and_the_demo_are_told_on_the_first_line() -> None:
    view = a_view(snapshot=a_snapshot(mode=Mode.OBSERVE), is_demo=True)
    first = text_of(head_lines(view, "overview", 120)[0])
    assert "OBSERVE: nothing is sent" in first
    assert "DEMO" in first


def test_alerts_show_with_severity_and_who_has_seen_them() -> None:
    alert = AlertView("a1", "paused", "WARN", "Paused for 2 h", "", "", NOW, "ana")
    text = whole(a_view(snapshot=a_snapshot(alerts=(alert,))), 80, 24)
    assert "WARN Paused for 2 h (seen by ana)" in text


def test_without_history_the_page_says_when_the_first_run_is() -> None:
    snapshot = a_snapshot(today=TodayView())
    assert "No runs yet. The first begins at 15:50." in whole(a_view(snapshot=snapshot), 80, 24)


def test_before_the_first_answer_it_says_that_it_connects() -> None:
    assert "connecting to the engine" in whole(a_view(snapshot=None), 80, 24)


def test_what_was_asked_for_stays_in_sight_with_its_stage() -> None:
    action = Action("c1", "Full sync", Stage.REFUSED, NOW, "paused by luis")
    text = text_of(foot_lines(a_view(actions=[action]), (), 80)[0])
    assert text == "Full sync → refused: paused by luis"


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_help_and_leave_are_always_among_the_keys(language: str, width: int) -> None:
    keys = text_of(foot_lines(a_view(language), (), width)[1])
    assert "? " in keys
    assert "q " in keys


def test_a_quiet_screen_stays_the_same_for_seconds() -> None:
    later = [whole(a_view(now=NOW + timedelta(seconds=s)), 80, 24) for s in range(1, 10)]
    assert len(set(later)) <= 2


HOSTILE = "\x1b]2;PWNED\x1b\\[@click=app.quit]x[/] \u202e\x9b2J"


def test_hostile_names_stay_in_their_place() -> None:
    shop = replace(a_snapshot().shop, name=HOSTILE)
    rows = [{"number": 1, "result": "OK", "note": HOSTILE, "by": HOSTILE, "trigger": HOSTILE, "started_at": HOSTILE}]
    snapshot = a_snapshot(shop=shop, queue=QueueView(1, 0, 0, 0, 5.0, HOSTILE), warnings=(HOSTILE,))
    text = whole(a_view(snapshot=snapshot, activity=rows))
    assert not any(ord(one) < 32 or 0x7F <= ord(one) < 0xA0 or one == "\u202e" for one in text.replace("\n", ""))
    assert "[@click=app.quit]x[/]" in text
