"""Pictures of the console: each page once, the overview at two sizes in both languages, each theme once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from rms_console.contract.insight import BacklogView, InsightView, ProofView, ProvenView
from rms_console.contract.queries import Subject
from rms_console.contract.snapshot import AlertView, QueueView
from rms_console.tui.app import ConsoleApp
from rms_console.tui.themes import load_themes
from tests.tui.fakeport import NOW, FakePort, a_setup, a_snapshot
from tests.tui.pages.test_lists import ROWS, a_run
from tests.tui.test_steering import settled

Compare = Callable[..., bool]
THEMES = sorted(load_themes().found)
LEVELS = ("INFO", "INFO", "WARN", "INFO", "ERROR")
WORDS = ("Checking for changes", "Product synced: Zapato", "429 throttled, waiting 1.2 s", "Sync done", "RMS is down")
PROVEN = ProvenView("proven", "", ProofView("SKU-11", "24YM0001", "", NOW, NOW - timedelta(minutes=4), 8.25, 12.0))
BACKLOG = BacklogView(320, 80, 5, 4150.0, 95.0, 60.0, 240.0, NOW + timedelta(seconds=95), "points", 300.0)


class StillApp(ConsoleApp):
    """The console at one fixed instant."""

    @staticmethod
    def now() -> datetime:
        return NOW


def pages() -> dict[Subject, list[dict[str, Any]]]:
    logs = [
        {"number": place + 1, "at": (NOW - timedelta(seconds=40 - place)).isoformat(), "level": LEVELS[place % 5],
         "service": "ChangeDetector", "tag": "", "message": WORDS[place % 5]}
        for place in range(40)
    ]  # fmt: skip
    results = ("OK", "FAIL", "PART", "SKIP", "OK", "OK")
    runs = [a_run(1234 - place, result=result, note="lock held" * (place == 3)) for place, result in enumerate(results)]
    trends = [
        {"items": place % 13, "cycle_s": 1 + place % 5, "errors": place % 17 == 0, "points": place * 3.0,
         "bucket_ratio": 0.5 + place / 120, "queue": place % 9, "throttled": 0}
        for place in range(60)
    ]  # fmt: skip
    return {**ROWS, Subject.LOGS: logs, Subject.ACTIVITY: runs, Subject.PERFORMANCE: trends}


def an_app(folder: Path, **changes: Any) -> StillApp:
    alert = AlertView("a1", "paused", "WARN", "Paused for 2 h", "by luis", "resume", NOW - timedelta(hours=2))
    snapshot = a_snapshot(
        queue=QueueView(12, 1, 2, 3, 130.0, "24YM05051"), alerts=(alert,), insight=InsightView((), PROVEN, BACKLOG)
    )
    return StillApp(FakePort(snapshot, pages()), a_setup(folder, **changes))


def then(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Return what brings the console to rest, after these keys."""

    async def act(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        await settled(pilot, lambda: app.follower.trends and app.follower.logs and app.follower.snapshot)
        await pilot.press(*keys)
        await pilot.pause(0.6)
        app.draw()
        await pilot.pause()

    return act


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_overview(snap_compare: Compare, tmp_path: Path, language: str, size: tuple[int, int]) -> None:
    assert snap_compare(an_app(tmp_path, language=language), terminal_size=size, run_before=then())


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("activity", ("2",)),
        ("run", ("2", "enter")),
        ("product", ("3", "enter")),
        ("queue", ("3",)),
        ("lock", ("5",)),
        ("links", ("6",)),
        ("performance", ("7",)),
        ("holds", ("8",)),
        ("journal", ("b",)),
        ("help", ("question_mark",)),
        ("pausing", ("p",)),
    ],
)
def test_page(snap_compare: Compare, tmp_path: Path, name: str, keys: tuple[str, ...]) -> None:
    assert snap_compare(an_app(tmp_path), terminal_size=(100, 30), run_before=then(*keys))


@pytest.mark.parametrize("theme", THEMES)
def test_theme(snap_compare: Compare, tmp_path: Path, theme: str) -> None:
    assert snap_compare(an_app(tmp_path, theme=theme), terminal_size=(80, 24), run_before=then())


def test_without_unicode(snap_compare: Compare, tmp_path: Path) -> None:
    assert snap_compare(an_app(tmp_path, is_utf8=False), terminal_size=(80, 24), run_before=then())
