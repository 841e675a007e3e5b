"""The console: follows the engine, draws the page on top, and turns keys into requests."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from textual.app import App, SystemCommand
from textual.command import CommandPalette
from textual.screen import Screen

from rms_console.contract.engine_port import EnginePort
from rms_console.contract.events import Event
from rms_console.tui import keys
from rms_console.tui.actions import Actions
from rms_console.tui.follow import Follower
from rms_console.tui.glyphs import glyphs_for
from rms_console.tui.others import told_of_others
from rms_console.tui.plain import clean
from rms_console.tui.screens import pages
from rms_console.tui.screens.dialogs import BOX
from rms_console.tui.screens.frame import STAGE_NAMES
from rms_console.tui.screens.page import Page
from rms_console.tui.setup import Leave, Setup
from rms_console.tui.steer import Steering
from rms_console.tui.themes import choose, load_themes, to_textual
from rms_console.tui.view import Action, Stage, View, Words

SHORT_TAIL = 40


class ConsoleApp(Steering, App[Leave]):
    """Hosts nothing: the engine is behind the port, and lives on when this ends."""

    CSS = "#head, #foot { height: auto; } #body { height: 1fr; } Toast { width: 60; }" + BOX
    BINDINGS = keys.bindings(keys.GLOBAL)
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = ""
    ESCAPE_TO_MINIMIZE = False

    def __init__(self, port: EnginePort, setup: Setup) -> None:
        super().__init__()
        self.setup = setup
        self.words = Words(setup.language, glyphs_for(setup.is_utf8))
        self.port = port
        self.follower = Follower(port, self._hear, 1 / setup.refresh_hz)
        self.follower.returned, self.follower.renewed = self._returned, self._read_again
        self.follower.is_far = bool(setup.attached)
        self.actions = Actions(port, setup.actor, self.now, self._acted, self._unreachable)
        self.fault: Exception | None = None
        self._themes = load_themes(setup.theme_folders)
        for theme in self._themes.found.values():
            self.register_theme(to_textual(theme))
        self._problems = [*self._themes.problems, *self._dress(setup)]
        self._frozen_at: float | None = None
        self._mouse_on = setup.mouse
        self._pages: dict[str, Page] = {}
        self._loop_here: asyncio.AbstractEventLoop | None = None

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)

    # Life

    def on_mount(self) -> None:
        self.push_screen(self._page("overview"))
        for problem in [*self._problems, *self._bind_anew(), *self.setup.warnings]:
            self.notice(problem, "warning")
        self._loop_here = asyncio.get_running_loop()
        self.call_after_refresh(self.setup.engine.begin)
        self.follower.begin()
        self._drawing = self.set_interval(1 / self.setup.refresh_hz, self.draw)

    def _dress(self, setup: Setup) -> list[str]:
        """Put on the theme that `setup` names; return what is wrong with that."""
        name, problem = choose(setup.theme, self._themes, setup.no_color, setup.is_light)
        self.look = self._themes.found[name]
        self.theme = name
        return [problem] if problem else []

    def take(self, setup: Setup) -> None:
        """Go on with what the checked settings say, where it differs from what the first picture was drawn with."""
        before, self.setup = self.setup, setup
        if setup == before:
            return
        self.words = replace(self.words, language=setup.language)
        self.follower.is_far = bool(setup.attached)
        if setup.theme != before.theme:
            for problem in self._dress(setup):
                self.notice(problem, "warning")
        for problem in [*self._bind_anew(), *(text for text in setup.warnings if text not in before.warnings)]:
            self.notice(problem, "warning")
        if self._mouse_on is not setup.mouse:
            self._set_mouse(setup.mouse)
        if setup.refresh_hz != before.refresh_hz:
            self.follower.refresh_s = 1 / setup.refresh_hz
            self._drawing.stop()
            self._drawing = self.set_interval(1 / setup.refresh_hz, self.draw)
        self.draw()

    def take_from_thread(self, setup: Setup) -> None:
        """Do `take` soon; from another thread."""
        self._soon(lambda: self.take(setup))

    def _bind_anew(self) -> list[str]:
        """Bind keys as a person's keymap says; return what is wrong in it."""
        if not self.setup.keymap:
            return []
        known = [*keys.GLOBAL, *keys.IN_LISTS, *pages.own_acts()]
        good, problems = keys.checked_keymap(self.setup.keymap, known, self.words)
        self.set_keymap(good)
        return problems

    def end_from_thread(self) -> None:
        """Close the console from another thread, without a choice of a person's."""
        self._soon(self.exit)

    def _soon(self, call: Callable[[], object]) -> None:
        if self._loop_here is not None:
            with contextlib.suppress(RuntimeError):
                self._loop_here.call_soon_threadsafe(call)

    def on_unmount(self) -> None:
        self.follower.end()

    def _handle_exception(self, error: Exception) -> None:
        # Textual's own way prints a traceback with every local: tokens would stand on the screen. The host tells it.
        self.fault = self.fault or error
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    # Drawing

    def view(self) -> View:
        """Return what is known at this instant."""
        follower = self.follower
        logs = follower.logs
        return View(
            words=self.words,
            now=self.now(),
            snapshot=follower.snapshot,
            stale_s=follower.stale_s,
            problem=follower.problem,
            retries=follower.retries,
            attached=self.setup.attached,
            crash=self.setup.engine.crash,
            ended=self.setup.engine.ended or follower.ended,
            frozen_s=None if self._frozen_at is None else time.monotonic() - self._frozen_at,
            actions=self.actions.latest,
            logs=[logs[-place] for place in range(min(SHORT_TAIL, len(logs)), 0, -1)],
            logs_dropped=follower.logs_dropped,
            logs_last=follower.logs_last,
            trends=follower.trends,
            activity=follower.activity,
            journal=follower.journal,
            is_demo=self.setup.is_demo,
            keys=dict(self.setup.keymap),
        )

    def draw(self) -> None:
        """Show the newest view on the page on top."""
        # While the console closes, its timers may still come due with no screen left.
        page = self.screen_stack[-1] if self.screen_stack else None
        if isinstance(page, Page) and (self._frozen_at is None or page.size.width == 0):
            page.draw(self.view())
        elif isinstance(page, Page):
            page.draw_frame(self.view())

    def notice(self, text: str, severity: str = "information") -> None:
        """Show a short notice."""
        level = {"warning": "warning", "error": "error"}.get(severity, "information")
        self.notify(clean(text), severity=level, markup=False, timeout=6)  # type: ignore[arg-type]

    def _returned(self, is_new: bool) -> None:
        """Tell that a lost engine is there again."""
        phrase = self.words.phrase
        self.notice(phrase("The engine was started anew") if is_new else phrase("The engine answers again"))

    def _read_again(self) -> None:
        """Have the page on top read its rows again: events were missed."""
        if isinstance(self.screen, Page):
            self.screen.on_screen_resume()

    def _unreachable(self) -> str:
        """Return why nothing can be asked of the engine now, as a template; empty while it can."""
        return keys.no_engine(self.view())

    def _hear(self, event: Event) -> None:
        self.actions.hear(event)
        told = told_of_others(event, self.actions, self.words)
        if told:
            self.notice(told)
        if isinstance(self.screen, Page):
            self.screen.hear(event)

    def _acted(self, action: Action) -> None:
        self.follower.poke()
        self.draw()
        if action.stage in (Stage.REFUSED, Stage.UNKNOWN, Stage.FAILED):
            told = self.words.told
            hint = f" ({told(action.hint)})" if action.hint else ""
            self.notice(f"{action.name}: {told(STAGE_NAMES[action.stage])}: {told(action.message)}{hint}", "warning")

    # Pages

    def _page(self, name: str) -> Page:
        if name not in self._pages:
            self._pages[name] = pages.page_class(name)()
            # An installed screen lives on while another one is on top: its rows and its place in them are kept.
            self.install_screen(self._pages[name], f"page-{name}")
        return self._pages[name]

    def action_page(self, name: str) -> None:
        """Open a page in place of the one on top."""
        while isinstance(self.screen, Page) and self.screen.is_detail:
            self.pop_screen()
        if self.screen is not self._page(name):
            self.switch_screen(self._page(name))

    async def action_back(self) -> None:
        """Close what lies on top; from another page, go to the overview. Never leaves the console."""
        if not isinstance(self.screen, Page) or self.screen.is_detail:
            self.pop_screen()
        else:
            self.action_page("overview")

    async def _offer_bundle(self) -> None:
        from rms_console.tui.supporting import offer

        await offer(self)

    def action_bundle(self) -> None:
        """Show what a support bundle would hold, and write it after a yes."""
        doing: Any = self._offer_bundle
        self.run_worker(doing, exclusive=True, group="bundle")

    def action_help(self) -> None:
        self.push_screen(pages.help_page(self.screen))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return every action for the palette: by its name in the console's language, with the other beside it."""
        own = screen.ACTS if isinstance(screen, Page) else ()
        # Those of lists that the page on top can do; what it calls its own on a list's key is told once.
        on_rows = [act for act in keys.ON_ROWS if _can(screen, act) and act.action not in {one.action for one in own}]
        for act in (*own, *on_rows, *keys.GLOBAL):
            if act.action and act.action != "command_palette":
                yield self._command(act)

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, CommandPalette):
            told = self.words.phrase("Find any action by its name")
            self.push_screen(CommandPalette(placeholder=told, id="--command-palette"))

    def _command(self, act: keys.Act) -> SystemCommand:
        name = self.words.phrase(act.long)
        other = Words("en" if self.words.language == "es" else "es", self.words.glyphs).phrase(act.long)
        key = keys.shown_key(act, self.setup.keymap)

        async def run() -> None:
            await self.run_action(act.action, self.screen if act.id.count(".") else self)

        return SystemCommand(f"{name} / {other}", f"{key}  {act.id}", run)


def _can(screen: Screen[object], act: keys.Act) -> bool:
    """Return whether a page has what an action calls."""
    return isinstance(screen, Page) and hasattr(screen, f"action_{act.action.split('(')[0]}")
