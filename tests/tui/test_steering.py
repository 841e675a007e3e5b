"""Keys: each asks where it must, sends the right request, and shows how far that came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from rms_console.contract.commands import FullSync, Pause, Refused, Resume, Trigger
from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.snapshot import PauseView, ProgressView
from rms_console.contract.state import EngineState
from rms_console.tui.app import ConsoleApp
from rms_console.tui.follow import Follower
from rms_console.tui.lines import text_of, width_of
from rms_console.tui.screens.dialogs import Dialog
from rms_console.tui.setup import Ended, Leave
from rms_console.tui.view import Stage
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.widgets.sheet import Sheet
from tests.tui.fakeport import NOW, FakePort, a_setup, a_snapshot

A_RUN = ProgressView(7, "s", "manual", "pushing", NOW, 1, 2, 1, 1, 0)


async def settled(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the console work until the condition holds."""
    for _ in range(200):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError("it did not come to that")


async def ready(pilot: Pilot[Any], app: ConsoleApp) -> None:
    await settled(pilot, lambda: app.follower.snapshot is not None)
    await pilot.pause()


def requests(port: FakePort) -> list[object]:
    return [command.request for command in port.sent]


async def test_pause_asks_for_a_reason_and_y_pauses_at_once(tmp_path: Path) -> None:
    port = FakePort()
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("p")
        assert requests(port) == []
        await pilot.press("y")
        await settled(pilot, lambda: port.sent)
    assert requests(port) == [Pause("")]
    assert port.sent[0].actor.name == "ana"
    assert app.actions.latest[0].stage is Stage.DONE


async def test_a_reason_that_is_typed_goes_along(tmp_path: Path) -> None:
    port = FakePort()
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("p", *"inventario", "enter")
        await settled(pilot, lambda: port.sent)
    assert requests(port) == [Pause("inventario")]


async def test_escape_does_nothing_and_never_leaves(tmp_path: Path) -> None:
    port = FakePort()
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("p", "escape", "escape", "escape")
        await pilot.pause()
        assert app.is_running
        assert not isinstance(app.screen, Dialog)
    assert port.sent == []


async def test_trigger_goes_at_once_when_idle(tmp_path: Path) -> None:
    port = FakePort()
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("t")
        await settled(pilot, lambda: port.sent)
    assert requests(port) == [Trigger()]


@pytest.mark.parametrize(
    ("changes", "request_sent"),
    [
        ({"state": EngineState.PAUSED, "pause": PauseView("luis", "x", NOW)}, Trigger(force=True)),
        (
            {
                "state": EngineState.PROCESSING,
                "progress": ProgressView(7, "s", "manual", "pushing", NOW, 1, 2, 1, 1, 0),
            },
            Trigger(),
        ),
    ],
)
async def test_trigger_asks_first_when_paused_or_busy(
    tmp_path: Path, changes: dict[str, Any], request_sent: Trigger
) -> None:
    port = FakePort(a_snapshot(**changes))
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("t", "enter")
        await pilot.pause()
        assert port.sent == []
        await pilot.press("y")
        await settled(pilot, lambda: port.sent)
    assert requests(port) == [request_sent]


async def test_a_full_sync_shows_numbers_and_takes_only_the_shops_name(tmp_path: Path) -> None:
    port = FakePort()
    facts = {"products": 4812, "create": 3, "points": 90000.0, "estimated_s": 900.0, "stock_rows": 12}
    port.answers[Subject.PLAN] = Page(Subject.PLAN, (), facts=facts)
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("F", "enter", "y", "enter")
        await pilot.pause()
        assert port.sent == []
        await pilot.press("backspace", *"tienda.myshopify.com", "enter")
        await settled(pilot, lambda: port.sent)
    assert [type(one) for one in requests(port)] == [FullSync]
    assert any(query.filters == {"full": "1"} for query in port.asked)


async def test_one_product_shows_its_changes_before_it_is_sent(tmp_path: Path) -> None:
    port = FakePort()
    change = {"sku": "A-1", "field": "price", "before": "10", "after": "12"}
    port.answers[Subject.PLAN] = Page(Subject.PLAN, ({"style": "A", "changes": [change]},))
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("S", *"A-1", "enter")
        await settled(pilot, lambda: type(app.screen).__name__ == "Confirm")
        await pilot.press("enter")
        assert port.sent == []
        await pilot.press("y")
        await settled(pilot, lambda: port.sent)
    assert requests(port) == [Trigger(styles=("A-1",), skus=("A-1",))]


async def test_what_cannot_be_had_now_says_why_and_sends_nothing(tmp_path: Path) -> None:
    port = FakePort()
    app = ConsoleApp(port, a_setup(tmp_path, language="es"))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("r")
        await pilot.pause()
        told = [note.message for note in app._notifications]
    assert port.sent == []
    assert told == ["Ahora no: el motor no está en pausa"]


async def test_a_refusal_is_told_with_its_reason(tmp_path: Path) -> None:
    port = FakePort()
    port.reply = Refused("", "paused", "paused by luis", "resume first")
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("t")
        await settled(pilot, lambda: app.actions.latest and app.actions.latest[0].stage is Stage.REFUSED)
        told = [note.message for note in app._notifications]
    assert told == ["Trigger: refused: paused by luis (resume first)"]


async def test_an_unanswered_request_is_unknown_not_failed(tmp_path: Path) -> None:
    port = FakePort()
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        port.is_gone = True
        await pilot.press("t")
        await settled(pilot, lambda: app.actions.latest and app.actions.latest[0].stage is Stage.UNKNOWN)
    assert app.actions.latest[0].stage is Stage.UNKNOWN


async def test_undo_takes_a_pause_back(tmp_path: Path) -> None:
    port = FakePort()
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("p", "y")
        await settled(pilot, lambda: app.actions.undoing is not None)
        await pilot.press("u")
        await settled(pilot, lambda: len(port.sent) == 2)
    assert requests(port) == [Pause(""), Resume()]


@pytest.mark.parametrize(("keys", "result"), [(("q", "s"), Leave.STOP), (("q", "l"), Leave.RUN_ON)])
async def test_leaving_asks_what_becomes_of_the_engine(tmp_path: Path, keys: tuple[str, str], result: Leave) -> None:
    app = ConsoleApp(FakePort(), a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press(*keys)
        await pilot.pause()
    assert app.return_value is result


async def test_the_demo_cannot_be_left_running(tmp_path: Path) -> None:
    app = ConsoleApp(FakePort(), a_setup(tmp_path, may_leave_running=False))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("q", "l")
        await pilot.pause()
        assert app.is_running
        assert isinstance(app.screen, Dialog)


async def test_keys_can_be_bound_anew_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    port = FakePort()
    app = ConsoleApp(port, a_setup(tmp_path, keymap={"pause": "P", "puase": "x", "trigger": "r"}))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("p")
        assert not isinstance(app.screen, Dialog)
        await pilot.press("P")
        assert isinstance(app.screen, Dialog)
        told = " ".join(note.message for note in app._notifications)
    assert "no action puase; did you mean pause?" in told
    assert "r of trigger is taken by resume" in told


async def test_a_dead_engine_is_started_again_by_key(tmp_path: Path) -> None:
    setup = a_setup(tmp_path)
    setup.engine.crash = "KeyError cycle.py:12"  # type: ignore[misc]
    app = ConsoleApp(FakePort(), setup)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("t", "R")
        await pilot.pause()
    assert setup.engine.restarts == 1  # type: ignore[attr-defined]


async def test_an_engine_that_was_stopped_is_started_again_by_key(tmp_path: Path) -> None:
    setup = a_setup(tmp_path)
    setup.engine.ended = Ended("ana", NOW)  # type: ignore[misc]
    app = ConsoleApp(FakePort(), setup)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("q")
        assert isinstance(app.screen, Dialog)
        assert "The engine has stopped." in "".join(text_of(one) for one in app.screen.query_one("#told", Sheet).lines)
        await pilot.press("escape", "3", "R")
        await pilot.pause()
    assert setup.engine.restarts == 1  # type: ignore[attr-defined]


async def test_freezing_stops_the_view_and_not_the_engine(tmp_path: Path) -> None:
    port = FakePort()
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("space")
        assert app.view().frozen_s is not None
        asked = len(port.asked)
        await settled(pilot, lambda: len(port.asked) > asked)
        await pilot.press("space")
        assert app.view().frozen_s is None


async def test_copying_also_writes_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    app = ConsoleApp(FakePort(), a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        app.copy("uno\x1b[2J\ndos")
        await pilot.pause()
        assert app.clipboard == "uno·[2J\ndos"
    assert (tmp_path / "clip.txt").read_text(encoding="utf-8") == "uno·[2J\ndos\n"
    assert (tmp_path / "clip.txt").stat().st_mode & 0o077 == 0


async def test_a_picture_of_the_screen_is_saved(tmp_path: Path) -> None:
    app = ConsoleApp(FakePort(), a_setup(tmp_path))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("i")
        await pilot.pause()
    (picture,) = (tmp_path / "shots").glob("*.svg")
    assert "Tienda" in picture.read_text(encoding="utf-8")


async def test_every_action_is_in_the_palette_in_both_languages(tmp_path: Path) -> None:
    app = ConsoleApp(FakePort(), a_setup(tmp_path, language="es"))
    async with app.run_test() as pilot:
        await ready(pilot, app)
        names = [command.title for command in app.get_system_commands(app.screen)]
    assert "Pausar el motor tras los productos en curso / Pause the engine after the products in flight" in names
    assert len(names) > 25


async def test_a_defect_of_the_console_is_kept_and_nothing_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = ConsoleApp(FakePort(), a_setup(tmp_path))
    secret = "a-secret-value"

    def broken() -> None:
        raise RuntimeError(secret)

    async def live() -> None:
        async with app.run_test() as pilot:
            await ready(pilot, app)
            app.call_later(broken)
            await pilot.pause(0.5)

    with pytest.raises(RuntimeError):
        await live()
    assert isinstance(app.fault, RuntimeError)
    shown = capsys.readouterr()
    assert secret not in shown.out + shown.err


async def test_log_lines_read_before_the_first_snapshot_are_not_shown_twice(tmp_path: Path) -> None:
    port = FakePort(pages={Subject.LOGS: [a_log(1), a_log(2)]})
    follower = Follower(port, lambda event: None, 0.01)
    follower._take_logs(await port.ask(Query(Subject.LOGS)))
    follower.begin()
    for _ in range(100):
        await asyncio.sleep(0.02)
        if follower.snapshot is not None and follower._boot:
            break
    await asyncio.sleep(0.3)
    follower.end()
    assert [row.number for row in follower.logs] == [1, 2]


async def test_the_log_of_another_life_of_the_engine_is_read_from_its_beginning(tmp_path: Path) -> None:
    port = FakePort(pages={Subject.LOGS: [a_log(1), a_log(2)]})
    app = ConsoleApp(port, a_setup(tmp_path))
    async with app.run_test() as pilot:
        await settled(pilot, lambda: len(app.follower.logs) == 2)
        port.pages[Subject.LOGS] = [a_log(1)]
        port.now = a_snapshot(boot_id="boot-2")
        await settled(pilot, lambda: len(app.follower.logs) == 3)


@pytest.mark.parametrize("language", ["en", "es"])
async def test_what_a_dialog_asks_is_told_whole_at_80_columns(tmp_path: Path, language: str) -> None:
    app = ConsoleApp(FakePort(), a_setup(tmp_path, language=language))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        for key in ("p", "F", "S", "q"):
            await pilot.press(key)
            await pilot.pause(0.1)
            panel = app.screen.query_one("#ask", Panel)
            assert max(width_of(one) for one in panel.lines) <= panel.size.width
            await pilot.press("escape")
            await pilot.pause()


def a_log(number: int) -> dict[str, Any]:
    return {"number": number, "at": NOW.isoformat(), "level": "INFO", "service": "S", "tag": "", "message": "x"}
