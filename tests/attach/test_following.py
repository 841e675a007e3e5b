"""A console that visits an engine elsewhere: what it shows and allows when that is lost, and when it comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from rms_console.contract.commands import Command, Reply, Resume
from rms_console.contract.events import EventName
from rms_console.contract.queries import Subject
from rms_console.errors import LinkError, NotTaken
from rms_console.tui import follow
from rms_console.tui.app import ConsoleApp
from rms_console.tui.lines import text_of
from rms_console.tui.screens.frame import head_lines
from rms_console.tui.setup import Leave
from rms_console.tui.view import Stage
from tests.tui.fakeport import FakePort, a_setup, a_snapshot
from tests.tui.test_steering import ready, settled

URL = "http://127.0.0.1:8080"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "AGAIN_S", 0.02)
    monkeypatch.setattr(follow, "AGAIN_MOST_S", 0.05)


def visiting(port: FakePort, folder: Path, **changes: Any) -> ConsoleApp:
    return ConsoleApp(port, a_setup(folder, attached=URL, **changes))


def head(app: ConsoleApp, width: int = 80) -> str:
    return "\n".join(text_of(line) for line in head_lines(app.view(), "overview", width))


async def notices(pilot: Pilot[Any], app: ConsoleApp, text: str) -> None:
    await settled(pilot, lambda: any(text in note.message for note in app._notifications))


async def lost(pilot: Pilot[Any], app: ConsoleApp) -> None:
    await settled(pilot, lambda: app.follower.retries > 2)


async def test_an_engine_that_was_stopped_there_says_by_whom_and_is_found_again(tmp_path: Path) -> None:
    port = FakePort()
    app = visiting(port, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        port.tell(EventName.COMMAND_HANDLED, command_id="c9", action="Stop", by="ana", result="accepted")
        await notices(pilot, app, "ana: Stop of the engine, accepted")
        assert "STOPPED" not in head(app), "what is in flight is settled first"
        port.is_gone = True
        await lost(pilot, app)
        assert "STOPPED by ana at 15:47:12" in head(app)
        assert "until it is started again where it ran" in head(app)
        port.forget()
        port.is_gone, port.now = False, a_snapshot(boot_id="boot-2")
        await settled(pilot, lambda: app.follower.stale_s is None)
        assert "STOPPED" not in head(app)
        port.is_gone = True
        await lost(pilot, app)
        assert "DETACHED" in head(app), "of the engine that was started since, nobody asked that"


@pytest.mark.parametrize(("language", "words"), [("en", "attached "), ("es", "conectado a ")])
async def test_the_head_says_where_the_engine_is(tmp_path: Path, language: str, words: str) -> None:
    app = visiting(FakePort(), tmp_path, language=language)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        assert f"{words}127.0.0.1:8080 " in head(app)
        assert f"{words}{URL} (store01)" in head(app, 120)
        assert "DEMO" not in head(app)


async def test_a_demo_elsewhere_is_told(tmp_path: Path) -> None:
    app = visiting(FakePort(a_snapshot(demo=True)), tmp_path)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        assert " DEMO " in head(app)


async def test_a_lost_engine_is_told_counted_and_found_again(tmp_path: Path) -> None:
    port = FakePort()
    app = visiting(port, tmp_path)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        port.is_gone = True
        await lost(pilot, app)
        assert "DETACHED from engine " in head(app)
        assert f"s ago, retrying ({app.follower.retries})" in head(app)
        assert "Everything is in the shop" not in head(app)
        port.is_gone = False
        await notices(pilot, app, "The engine answers again")
        assert "IDLE" in head(app)
        assert app.follower.retries == 0


async def test_nothing_is_sent_while_it_is_lost(tmp_path: Path) -> None:
    port = FakePort()
    app = visiting(port, tmp_path)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("p")
        port.is_gone = True
        await lost(pilot, app)
        await pilot.press("y")  # the dialog was open before
        await settled(pilot, lambda: app.actions.latest and app.actions.latest[0].stage is Stage.REFUSED)
        await pilot.press("t")
        await notices(pilot, app, "Not now: the engine does not answer now")
    assert port.sent == []


async def test_after_a_restart_everything_is_read_again(tmp_path: Path) -> None:
    port = FakePort(a_snapshot(event=7), {Subject.ACTIVITY: []})
    app = visiting(port, tmp_path)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("2")
        await settled(pilot, lambda: any(query.subject is Subject.ACTIVITY for query in port.asked))
        port.asked.clear()
        port.now = a_snapshot(boot_id="boot-2", event=0)
        await notices(pilot, app, "The engine was started anew")
        asked: Callable[[], object] = lambda: {Subject.ACTIVITY, Subject.AUDIT} <= {q.subject for q in port.asked}  # noqa: E731
        await settled(pilot, asked)
        await settled(pilot, lambda: any(q.filters.get("after") == "0" for q in port.asked))


async def test_missed_events_are_made_good(tmp_path: Path) -> None:
    port = FakePort(pages={Subject.ACTIVITY: []})
    app = visiting(port, tmp_path)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("2")
        await settled(pilot, lambda: any(query.subject is Subject.ACTIVITY for query in port.asked))
        before = sum(query.subject is Subject.ACTIVITY for query in port.asked)
        port.now = a_snapshot(event=40)
        port.tell(EventName.LEASE_CHANGED, holder="x")
        await settled(pilot, lambda: sum(query.subject is Subject.ACTIVITY for query in port.asked) > before)


async def test_what_others_do_is_told_and_what_we_do_is_not(tmp_path: Path) -> None:
    port = FakePort()
    app = visiting(port, tmp_path)
    facts = {"action": "Pause", "by": "luis\x1b[2J", "result": "accepted", "code": "", "message": "paused"}
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("t")
        await settled(pilot, lambda: app.actions.latest)
        mine = app.actions.latest[0].command_id
        port.tell(EventName.COMMAND_HANDLED, command_id=mine, **{**facts, "by": "ana"})
        port.tell(EventName.COMMAND_HANDLED, command_id="another", **facts)
        await notices(pilot, app, ": Pause, accepted")
        told = [note.message for note in app._notifications]
        assert any(text.startswith("luis") for text in told)
        assert not any("\x1b" in text or text.startswith("ana") for text in told)


async def test_leaving_needs_no_question_and_stops_nothing(tmp_path: Path) -> None:
    port = FakePort()
    app = visiting(port, tmp_path)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("q")
        await settled(pilot, lambda: not app.is_running)
    assert app.return_value is Leave.DETACH
    assert port.sent == []


class Deaf(FakePort):
    """Takes commands and gives no answer, or does not take them."""

    error: LinkError = LinkError("no answer")

    async def send(self, command: Command) -> Reply:
        self.sent.append(command)
        raise self.error


async def test_a_lost_answer_is_unknown_until_the_engine_tells_what_became_of_it(tmp_path: Path) -> None:
    port = Deaf()
    app = visiting(port, tmp_path)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press("t")
        await settled(pilot, lambda: app.actions.latest and app.actions.latest[0].stage is Stage.UNKNOWN)
        port.tell(EventName.COMMAND_HANDLED, command_id=port.sent[0].command_id, result="accepted", message="a run")
        await settled(pilot, lambda: app.actions.latest[0].stage is Stage.ACCEPTED)


async def test_what_never_arrived_has_failed(tmp_path: Path) -> None:
    port = Deaf()
    port.error = NotTaken("no engine answers")
    app = visiting(port, tmp_path)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        app.actions.send(Resume(), "Resume")
        await settled(pilot, lambda: app.actions.latest[0].stage is Stage.FAILED)


async def test_warnings_are_told_at_once(tmp_path: Path) -> None:
    app = visiting(FakePort(), tmp_path, warnings=("the token travels unencrypted",))
    async with app.run_test() as pilot:
        await notices(pilot, app, "travels unencrypted")
