"""The first picture is drawn before the settings are read: what they say is taken over then."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from rms_console.tui.app import ConsoleApp
from rms_console.tui.screens.dialogs import Dialog
from rms_console.tui.widgets.panel import Panel
from tests.tui.fakeport import FakePort, a_setup
from tests.tui.test_steering import ready, settled


def screen_text(app: ConsoleApp) -> str:
    return "\n".join(part.text for panel in app.screen.query(Panel) for line in panel.lines for part in line)


async def test_language_theme_keys_and_pace_change_on_the_standing_screen(tmp_path: Path) -> None:
    first = a_setup(tmp_path, language="en", theme="auto")
    app = ConsoleApp(FakePort(), first)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        assert app.theme == "noche"
        then = replace(first, language="es", theme="dia", keymap={"pause": "P", "nonsense": "x"}, refresh_hz=10.0)
        threading.Thread(target=app.take_from_thread, args=(then,)).start()
        await settled(pilot, lambda: app.theme == "dia")
        assert app.words.language == "es"
        assert app.follower.refresh_s == 0.1
        await settled(pilot, lambda: "Pausar" in screen_text(app))
        assert "nonsense" in " ".join(note.message for note in app._notifications)
        await pilot.press("p")
        assert not isinstance(app.screen, Dialog)
        await pilot.press("P")
        assert isinstance(app.screen, Dialog)


async def test_a_theme_that_is_unknown_is_told_once(tmp_path: Path) -> None:
    first = a_setup(tmp_path, theme="nochee")
    app = ConsoleApp(FakePort(), first)
    async with app.run_test() as pilot:
        await ready(pilot, app)
        app.take(replace(first, language="es"))
        await pilot.pause()
        assert sum("nochee" in note.message for note in app._notifications) == 1
