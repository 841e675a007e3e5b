"""The settings: what holds now, where it came from, and what may be changed while the engine runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any, Final

from rms_console.contract.commands import Accepted, ChangeSettings, Refused, Request, SetInterval
from rms_console.contract.events import EventName
from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.tui.lines import Line, Part, columns, fit, line
from rms_console.tui.logfind import NOTHING, Finder
from rms_console.tui.plain import clean
from rms_console.tui.screens.dialogs import Ask, Choice, Dialog
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.reading import MOST_AT_ONCE
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped

SECTION: Final = "section"
INTERVAL: Final = "sync.interval_minutes"
TRUE: Final = frozenset({"true", "yes", "on", "1", "sí", "si"})
FALSE: Final = frozenset({"false", "no", "off", "0"})
SOURCES: Final = (mark("default"), mark("changed while running"), mark("environment"), mark("command line"))
"""Where a value may come from, as the engine says it; a file goes by its name."""
Value = str | int | float | bool


class SettingsPage(ListPage):
    """A list by sections, and below it what the setting under the cursor does."""

    NAME = "settings"
    SUBJECT = Subject.CONFIG
    NEWS = frozenset({EventName.SETTING_CHANGED, EventName.COMMAND_DONE})
    IS_HISTORY = False
    COUNTS = False
    DETAIL_ROWS = 4

    def question(self) -> Query:
        return Query(Subject.CONFIG, MOST_AT_ONCE)

    def key_of(self, row: Row) -> object:
        return (row.get("kind"), row.get("key"))

    def heading(self, view: View) -> Line:
        return title_line(self._rows, view.words)

    def listed_rows(self, view: View) -> Sequence[Row]:
        return setting_rows(self._rows, self._finder)

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return row_line(row, view.words, width)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        return detail_lines(row, view.words, width)

    def empty(self, view: View) -> Sequence[Line]:
        text = view.words.phrase("No setting has “{text}” in it; / changes that.", text=clean(self._finder.text, 40))
        return () if self._finder.is_empty else [line(text)]

    def told_find(self, view: View) -> Part:
        count = sum(row["kind"] != SECTION for row in self.listed_rows(view))
        told = view.words.phrase("with “{text}”: {count}", text=clean(self._finder.text, 30), count=count)
        return Part(f"  {told}", "match")

    def searched(self, row: Row) -> str:
        return "" if row.get("kind") == SECTION else searched_text(row)

    def action_copy_row(self) -> None:
        """Copy the setting under the cursor as console.toml would have it."""
        row = self.listed.chosen
        if row is not None and row.get("kind") != SECTION:
            self.console_app.copy(f"{row.get('key')} = {shown(row.get('value'), self.words)}")

    def choose(self, row: Row) -> None:
        if row.get("kind") == SECTION:
            return
        if row.get("runtime"):
            self._change(row, ())
        else:
            title = clean(row.get("key"), 60)
            self.app.push_screen(Dialog(title, fixed_lines(row, self.words)))

    def _change(self, row: Row, notice: Sequence[Line], value: str | None = None) -> None:
        """Ask for a new value; `notice` says why the one before was refused."""
        text = [*notice, *change_lines(row, self.words)]
        present = "" if row.get("secret") else shown(row.get("value"), self.words)
        held = present if value is None else value
        dialog = Ask(clean(row.get("key"), 60), text, value=held)
        self.app.push_screen(dialog, lambda typed: self._typed(row, typed))

    def _typed(self, row: Row, typed: str | None) -> None:
        if typed is None:
            return
        if typed == shown(row.get("value"), self.words):
            self.console_app.notice(self.words.phrase("The same value: nothing was changed"))
            return
        value = as_value(typed, row.get("value"))
        if value is None:
            why = self.words.phrase("{text} is no value of this kind", text=clean(typed, 60))
            self._change(row, [line(Part(why, "warn")), ()], typed)
            return
        phrase = self.words.phrase
        before, after = shown(row.get("value"), self.words), shown(value, self.words)
        text = [line(Part(before, "dim"), f" {self.words.glyphs.arrow} ", Part(after, "strong"))]
        choices = [("1", phrase("until the engine is started again")), ("2", phrase("also save it to console.toml"))]
        dialog = Choice(phrase("Change {key}", key=clean(row.get("key"), 60)), text, choices)
        self.app.push_screen(dialog, lambda key: self._send(row, value, key == "2") if key else None)

    def _send(self, row: Row, value: Value, write_back: bool) -> None:
        key = str(row.get("key"))
        request = ChangeSettings({key: value}, write_back)
        name = self.words.phrase("Change of {key}", key=clean(key, 40))
        task = self.console_app.actions.send(request, name, undo_of(row, write_back))
        self.begin(partial(self._await, task, row, value), "change")

    async def _await(self, task: Any, row: Row, value: Value) -> None:
        """Ask again, with the reason, where the engine refuses the value."""
        reply = await task
        if isinstance(reply, Refused) and self.is_current:
            told = clean(self.words.told(reply.message), 300)
            lines = [*wrapped(self.words.phrase("Refused: {why}", why=told), 68, "warn")]
            lines += wrapped(clean(self.words.told(reply.hint), 300), 68, "dim") if reply.hint else []
            self._change(row, [*lines, ()], shown(value, self.words))
        elif isinstance(reply, Accepted):
            self.read()


def undo_of(row: Mapping[str, Any], write_back: bool) -> Request | None:
    """Return what takes a change back, where that is sure: the interval, and what was not saved."""
    value = row.get("value")
    if row.get("key") == INTERVAL and isinstance(value, int | float) and not write_back:
        return SetInterval(float(value))
    if isinstance(value, str | int | float) and not row.get("secret"):
        return ChangeSettings({str(row.get("key")): value}, write_back)
    return None


def as_value(text: str, like: object) -> Value | None:
    """Return a typed text as a value of the kind that holds now; None where it is none. Limits are the engine's."""
    if isinstance(like, bool):
        low = text.strip().lower()
        return True if low in TRUE else False if low in FALSE else None
    if isinstance(like, int | float):
        number = text.strip().replace(",", ".")
        try:
            return int(number)
        except ValueError:
            pass
        try:
            found = float(number)
        except ValueError:
            return None
        return found if isfinite(found) else None
    return text


def shown(value: object, words: Words) -> str:
    """Return a value as people write it in console.toml."""
    if value is None:
        return words.glyphs.unknown
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(clean(item, 60) for item in value)
    return clean(value, 300)


def told(value: object, words: Words) -> str:
    """Return a value as it stands in a text: an empty one is seen too."""
    return shown(value, words) or '""'


def setting_rows(settings: Iterable[Mapping[str, Any]], finder: Finder = NOTHING) -> list[Row]:
    """Return the settings in the engine's order by section, each section headed; only those that are found."""
    rows: list[Row] = []
    groups: dict[str, list[Row]] = {}
    for setting in settings:
        if finder.finds(searched_text(setting)):
            section = str(setting.get("key", "")).rpartition(".")[0]
            groups.setdefault(section.split(".")[0], []).append({**setting, "kind": "setting"})
    for name, members in groups.items():
        rows += [{"kind": SECTION, "key": name}, *members]
    return rows


def is_default(row: Mapping[str, Any]) -> bool:
    """Return whether nobody has set a setting."""
    return bool(row.get("is_default", row.get("value") == row.get("default")))


def searched_text(setting: Mapping[str, Any]) -> str:
    """Return all by which a setting may be looked for: name, value, variable, description, source."""
    names = ("key", "value", "environment", "description", "source")
    return " ".join(str(setting.get(name) or "") for name in names)


def title_line(settings: Sequence[Mapping[str, Any]], words: Words) -> Line:
    """Return how many settings there are, and how many are not the default."""
    own = sum(not is_default(row) for row in settings)
    parts = [Part(words.phrase("SETTINGS"), "title")]
    if settings:
        told = words.phrase("{count} in all, {own} not the default", count=len(settings), own=own)
        parts.append(Part(f"  {told}", "dim"))
    return tuple(parts)


def row_line(row: Mapping[str, Any], words: Words, width: int) -> Line:
    """Return a section's head, or one setting: name, value, whether it is the default, its source, whether it moves."""
    if row.get("kind") == SECTION:
        name = clean(row.get("key"), 60)
        return line(Part(f"[{name}]" if name else words.phrase("top of the file"), "title"))
    untouched = is_default(row)
    spare = max(0, width - 76)
    source = words.phrase("default") if untouched else words.told(row.get("source") or "")
    value = told(row.get("value"), words)
    return columns(
        (
            (Part(f" {clean(row.get('key'), 60)}", "" if untouched else "strong"), 27 + spare // 4, "left"),
            (Part(value, "dim" if untouched else "strong"), 20 + spare // 2, "left"),
            (Part(clean(source, 40), "dim"), 13 + spare // 4, "left"),
            (Part(words.phrase("Enter changes") if row.get("runtime") else "", "key"), 13, "left"),
        )
    )


def detail_lines(row: Mapping[str, Any], words: Words, width: int) -> list[Line]:
    """Return what the setting under the cursor does, its limits and its other name."""
    if row.get("kind") == SECTION:
        return []
    lines = wrapped(clean(words.told(row.get("description") or ""), 400), width)
    return [*lines, *wrapped("   ".join(_facts(row, words)), width, "dim")]


def _facts(row: Mapping[str, Any], words: Words) -> list[str]:
    parts = [words.phrase("default {value}", value=told(row.get("default"), words))]
    if row.get("limits"):
        parts.append(words.phrase("limits {limits}", limits=clean(words.told(row["limits"]), 80)))
    if row.get("environment"):
        parts.append(clean(row["environment"], 60))
    return parts


def change_lines(row: Mapping[str, Any], words: Words) -> list[Line]:
    """Return what a person should know before a change."""
    lines = wrapped(clean(words.told(row.get("description") or ""), 400), 68)
    now = words.phrase("now {value} ({source})", value=told(row.get("value"), words), source=_source(row, words))
    facts = [one for part in _facts(row, words) for one in wrapped(part, 68, "dim")]
    return [*lines, fit(line(Part(now, "strong")), 68), *facts]


def fixed_lines(row: Mapping[str, Any], words: Words) -> list[Line]:
    """Return how a setting is changed that does not move while the engine runs."""
    section, _, name = clean(row.get("key"), 80).rpartition(".")
    environment = clean(row.get("environment") or "", 60)
    lines = change_lines(row, words)
    lines += [(), line(words.phrase("It is read when the engine starts. To change it:"))]
    if section:
        lines.append(line(words.phrase("1. in console.toml, under [{section}], write:", section=section)))
    else:
        lines.append(line(words.phrase("1. at the top of console.toml, write:")))
    lines.append(line(Part(f"     {name} = …", "strong")))
    if environment:
        lines.append(line(words.phrase("   or set {name} in the environment, which goes first", name=environment)))
    return [*lines, line(words.phrase("2. run: rms-console check     3. start the engine again"))]


def _source(row: Mapping[str, Any], words: Words) -> str:
    return clean(words.told(row.get("source") or "default"), 60)
