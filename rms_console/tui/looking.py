"""What the keys do to the console alone: hold the picture, change its look, copy from it."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from textual.app import App

from rms_console.tui.plain import clean
from rms_console.tui.setup import Leave, Setup
from rms_console.tui.view import Words

if TYPE_CHECKING:
    from rms_console.tui.themes import Theme, Themes

OSC52_MOST: Final = 74_994
"""Encoded bytes that terminals take in one piece. Source: k9s and tmux limits, read 2026-11."""


class Looking(App[Leave]):
    """The actions that concern nobody but whoever looks."""

    setup: Setup
    words: Words
    look: Theme
    _themes: Themes
    _frozen_at: float | None
    _mouse_on: bool

    def draw(self) -> None:
        raise NotImplementedError

    def notice(self, text: str, severity: str = "information") -> None:
        raise NotImplementedError

    def action_freeze(self) -> None:
        self._frozen_at = time.monotonic() if self._frozen_at is None else None
        self.draw()

    def action_handbook(self) -> None:
        if self.setup.handbook is None:
            self.notice(
                self.words.phrase("The handbook is not with this console: `rms-console docs` shows it"), "warning"
            )
            return
        from rms_console.tui.screens.handbook import HandbookPage

        if not isinstance(self.screen, HandbookPage):
            self.push_screen(HandbookPage(self.setup.handbook))

    def action_utc(self) -> None:
        self.words = Words(self.words.language, self.words.glyphs, not self.words.utc)
        self.draw()

    def action_mouse(self) -> None:
        """Turn mouse reports on or off, so that the terminal's own selection works."""
        if not self._set_mouse(not self._mouse_on):
            self.notice(self.words.phrase("This terminal's mouse cannot be turned on or off"), "warning")
            return
        self.notice(
            self.words.phrase("Mouse on")
            if self._mouse_on
            else self.words.phrase("Mouse off: select with the terminal")
        )

    def _set_mouse(self, on: bool) -> bool:
        """Turn mouse reports on or off; return whether this terminal's driver can."""
        driver: Any = self._driver
        if not hasattr(driver, "_enable_mouse_support"):
            return False
        self._mouse_on = on
        driver._mouse = True
        (driver._enable_mouse_support if on else driver._disable_mouse_support)()
        return True

    def action_next_theme(self) -> None:
        names = sorted(self._themes.found)
        self.look = self._themes.found[names[(names.index(self.look.name) + 1) % len(names)]]
        self.theme = self.look.name
        self.screen.refresh(recompose=False, layout=True)
        for widget in self.screen.query("*"):
            widget.refresh()
        self.notice(self.words.phrase("Theme {name}", name=self.look.name))

    def action_shot(self) -> None:
        folder = self.setup.shots_folder
        name = f"rms-console-{datetime.now(UTC):%Y%m%d-%H%M%S}.svg"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(self.export_screenshot(title="rms-console"), encoding="utf-8")
        except OSError as error:
            self.notice(self.words.phrase("The picture could not be saved: {why}", why=error.strerror or ""), "error")
            return
        self.notice(self.words.phrase("Picture saved: {path}", path=folder / name))

    def copy(self, text: str) -> None:
        """Copy to the terminal's clipboard (OSC 52) and to a file, since not every terminal allows the first."""
        harmless = "\n".join(clean(row, 20_000) for row in text.split("\n"))
        short = harmless.encode()[: OSC52_MOST * 3 // 4].decode(errors="ignore")
        self.copy_to_clipboard(short)
        file = self.setup.clip_file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
                out.write(harmless + "\n")
        except OSError as error:
            self.notice(
                self.words.phrase("Copied to the clipboard; not to {path}: {why}", path=file, why=error.strerror or "")
            )
            return
        self.notice(self.words.phrase("Copied to the clipboard and to {path}", path=file))
