"""The log: what the engine says, as it says it; by level, by text, with the lines around."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.timer import Timer
from textual.widget import Widget

from rms_console.locale import mark
from rms_console.tui.format import clock, count
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, fit, line
from rms_console.tui.logfind import NOTHING, BadSearch, Finder, parse
from rms_console.tui.plain import clean
from rms_console.tui.screens.dialogs import Ask, Dialog
from rms_console.tui.screens.page import Page
from rms_console.tui.view import LogRow, View, Words
from rms_console.tui.widgets.logview import LogState, LogView
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.wrapping import wrapped

HZ, HZ_OVER_SSH = 8.0, 4.0
AGAIN_S: Final = 0.03
COPIED: Final = 2000
"""Lines copied at once."""
ROLES: Final = {"WARN": "warn", "WARNING": "warn", "ERROR": "bad", "CRITICAL": "bad", "DEBUG": "dim"}


class LogsPage(Page):
    """A title and the lines. Looks for new ones only while it is seen."""

    NAME = "logs"
    ACTS = (
        Act("logs.find", "slash", "find", mark("Find"), mark("Find: text, re: expression, ! without it"), True),
        Act("logs.level", "v", "level", mark("Level"), mark("Show all lines, or only more serious ones"), True),
        Act("logs.follow", "s", "follow", mark("Follow"), mark("Follow the newest line, or stay"), True),
        Act("logs.context", "w", "context", mark("Around"), mark("Show the 20 lines before and after this one"), True),
        Act("logs.next", "n", "match(1)", mark("Next"), mark("To the next line found")),
        Act("logs.previous", "N", "match(-1)", mark("Previous"), mark("To the previous line found")),
        Act("logs.hide", "e", "hide", mark("Hide others"), mark("Hide the lines not found, or only mark those found")),
        Act("logs.copy", "y", "copy", mark("Copy"), mark("Copy the line under the cursor")),
        Act("logs.copy_all", "Y", "copy_all", mark("Copy all"), mark("Copy the lines shown, at most 2000")),
    )
    BINDINGS = bindings(ACTS)

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None
        self._zone = "UTC"

    def body(self) -> Iterable[Widget]:
        yield Panel(id="title")
        yield LogView(self.console_app.follower.logs, self._draw_row, id="body")

    def on_mount(self) -> None:
        hertz = HZ_OVER_SSH if self.console_app.setup.over_ssh else HZ
        self._timer = self.set_interval(1 / hertz, self._tick)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.query_one(LogView).focus()
        if self._timer is not None:
            self._timer.resume()
        self._tick()

    def on_screen_suspend(self) -> None:
        if self._timer is not None:
            self._timer.pause()

    def show(self, view: View) -> None:
        seen = view.snapshot
        zone = "UTC" if view.words.utc or seen is None else seen.zone
        if zone != self._zone:
            self._zone = zone
            self.query_one(LogView).refresh()
        self._show_title(view)

    def _show_title(self, view: View) -> None:
        state = self.query_one(LogView).state
        lines = [fit(title_line(state, view.words, view.logs_dropped), self.size.width)]
        if not state.lines:
            lines += [(), *empty_lines(state, view)]
        self.query_one("#title", Panel).show(lines)

    def on_log_view_changed(self) -> None:
        self._show_title(self.console_app.view())

    def _tick(self) -> None:
        if not self.is_current or self.console_app.view().frozen_s is not None:
            return
        log = self.query_one(LogView)
        log.tick()
        if not log.state.is_whole:
            self.set_timer(AGAIN_S, self._tick)

    def _draw_row(self, row: LogRow, finder: Finder, width: int) -> Line:
        return row_line(row, finder, self.words, self._zone, width)

    def action_find(self) -> None:
        self._ask(self.query_one(LogView).state.find, "")

    def _ask(self, value: str, problem: str) -> None:
        phrase = self.words.phrase
        text = [line(Part(clean(problem, 200), "warn"))] if problem else []
        text += [
            line(phrase("text      lines with this text, whatever its case")),
            line(phrase("re:a.*b   lines that a regular expression matches")),
            line(phrase("!text     lines without it; empty shows all again")),
        ]
        self.app.push_screen(Ask(phrase("Find in the log"), text, value=value), self._find)

    def _find(self, text: str | None) -> None:
        if text is None:
            return
        try:
            self.query_one(LogView).find(parse(text) if text.strip() else NOTHING)
        except BadSearch as error:
            self._ask(text, self.words.phrase(error.template, why=clean(error.why, 120)))

    def on_log_view_gave_up(self) -> None:
        text = self.words.phrase("This search takes too long over one line: it was taken back")
        self.console_app.notice(text, "warning")

    def on_log_view_chosen(self, message: LogView.Chosen) -> None:
        row = message.row
        at = clock(row.at, self._zone, seconds=True)
        title = f"{at} {clean(row.level, 10)} {clean(row.service, 40)}"
        self.app.push_screen(Dialog(title, wrapped(clean(row.message), 68, "", 200)))

    def action_level(self) -> None:
        self.query_one(LogView).next_level()

    def action_follow(self) -> None:
        self.query_one(LogView).turn_follow()

    def action_match(self, step: int) -> None:
        if not self.query_one(LogView).go_to_match(step):
            self.console_app.notice(self.words.phrase("No line is found; / looks for something else"))

    def action_hide(self) -> None:
        self.query_one(LogView).turn_hiding()

    def action_context(self) -> None:
        self.query_one(LogView).turn_context()

    def action_copy(self) -> None:
        if (row := self.query_one(LogView).chosen) is not None:
            self.console_app.copy(row_text(row, self._zone))

    def action_copy_all(self) -> None:
        rows = self.query_one(LogView).latest(COPIED)
        if rows:
            self.console_app.copy("\n".join(row_text(row, self._zone) for row in rows))


def row_text(row: LogRow, zone: str) -> str:
    """Return a line as it is copied."""
    at = clock(row.at, zone, seconds=True)
    return f"{at} {clean(row.level, 10)} {clean(row.service, 40)} {clean(row.message)}"


def row_line(row: LogRow, finder: Finder, words: Words, zone: str, width: int) -> Line:
    """Return one line: time, level as sign, word and colour, who says it, what; what is looked for is marked."""
    level = clean(row.level, 8)
    role = ROLES.get(level, "")
    signs = words.glyphs
    sign = signs.health("down") if role == "bad" else signs.warn if role == "warn" else " "
    room = 13 if width < 100 else 18
    service = clean(row.service, room)
    head = (
        Part(f"{clock(row.at, zone, seconds=True)} ", "dim"),
        Part(f"{sign} {level:<5.5} ", role or "dim"),
        *marked(service, finder, "dim"),
        Part(" " * max(1, room + 1 - len(service))),
    )
    return fit((*head, *marked(clean(row.message, width + 200), finder, role)), width, signs.ellipsis)


def marked(text: str, finder: Finder, role: str) -> Line:
    """Return a harmless text with what is looked for marked in it."""
    parts: list[Part] = []
    at = 0
    for start, end in finder.spans(text):
        parts += [Part(text[at:start], role), Part(text[start:end], "match")]
        at = end
    return tuple(part for part in (*parts, Part(text[at:], role)) if part.text)


def title_line(state: LogState, words: Words, dropped: int) -> Line:
    """Return what is shown: level, search, whether it follows, how many lines, how many were lost."""
    phrase = words.phrase
    level = phrase("all levels") if state.level == "ALL" else phrase("{level} and worse", level=state.level)
    parts = [Part(phrase("LOG"), "title"), Part(f"  {level}", "" if state.level == "ALL" else "accent")]
    if state.find:
        parts.append(Part(f"  {clean(state.find, 24)}", "match"))
        parts.append(Part(" " + phrase("{count} found", count=count(state.found, words.language)), "accent"))
        if not state.hides:
            parts.append(Part(" " + phrase("(others shown)"), "dim"))
    if state.in_context:
        parts.append(Part("  " + phrase("lines around; w goes back"), "warn"))
    elif state.follows:
        parts.append(Part("  " + phrase("following"), "good"))
    else:
        parts.append(Part("  " + phrase("not following: s"), "warn"))
        if state.new:
            parts.append(Part(f" +{count(state.new, words.language)}", "strong"))
    if not (state.find and state.hides):
        parts.append(Part("  " + phrase("{count} {count:line|lines}", count=count(state.lines, words.language)), "dim"))
    if dropped:
        parts.append(Part("  " + phrase("{count} lost", count=count(dropped, words.language)), "warn"))
    if not state.is_whole:
        parts.append(Part("  " + phrase("reading…"), "dim"))
    return tuple(parts)


def empty_lines(state: LogState, view: View) -> list[Line]:
    """Return what is told where no line is shown."""
    words = view.words
    if not state.is_whole:
        return []
    if state.find or state.level != "ALL":
        return [line(words.phrase("No line is of this kind; v and / change that."))]
    if view.problem or view.stale_s is not None:
        why = clean(view.problem, 200) or words.glyphs.unknown
        return [line(Part(words.phrase("The log cannot be read: {why}", why=why), "warn"))]
    return [line(Part(words.phrase("No line yet: the engine has said nothing since it started."), "dim"))]
