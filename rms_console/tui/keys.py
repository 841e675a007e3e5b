"""Every action of the console: its id, its key, what it is called, and when it can be had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from textual.binding import Binding, BindingType

from rms_console.contract.state import EngineState
from rms_console.locale import mark
from rms_console.tui.view import View, Words


@dataclass(frozen=True, slots=True)
class Act:
    """One action. `id` is its name in console.toml, `action` what Textual calls, `short` what the footer says."""

    id: str
    key: str
    action: str
    short: str
    long: str
    in_footer: bool = False


PAGES: Final[tuple[Act, ...]] = (
    Act("overview", "1", "page('overview')", mark("Overview"), mark("Open the overview")),
    Act("activity", "2", "page('activity')", mark("Activity"), mark("Open the activity: every run, newest first")),
    Act("queue", "3", "page('queue')", mark("Queue"), mark("Open the queue: what waits, failed or is set aside")),
    Act("logs", "4", "page('logs')", mark("Log"), mark("Open the log")),
    Act("lock", "5", "page('lock')", mark("Lock"), mark("Open the lock: who may write to the shop")),
    Act("links", "6", "page('links')", mark("Connections"), mark("Open the connections: RMS, shop, this process")),
    Act("performance", "7", "page('performance')", mark("Performance"), mark("Open performance: figures and charts")),
    Act("holds", "8", "page('holds')", mark("Holds"), mark("Open the holds: changes that wait for a yes")),
    Act("sales", "9", "page('sales')", mark("Sales"), mark("Open the sales calendar")),
    Act("alerts", "0", "page('alerts')", mark("Alerts"), mark("Open the alerts")),
    Act("settings", "comma", "page('settings')", mark("Settings"), mark("Open the settings")),
    Act("journal", "b", "page('journal')", mark("Journal"), mark("Open the journal: who did what")),
    Act("drift", "V", "page('drift')", mark("Drift"), mark("Open the drift report: where store and shop differ")),
    Act(
        "diagnosis",
        "d",
        "page('diagnosis')",
        mark("Diagnostics"),
        mark("Open the diagnostics: what is wrong, what to do"),
    ),
)

RESTART: Final = Act("restart", "R", "restart", mark("Restart"), mark("Start the engine again after a crash or a stop"))

STEER: Final[tuple[Act, ...]] = (
    Act("pause", "p", "pause", mark("Pause engine"), mark("Pause the engine after the products in flight"), True),
    Act("resume", "r", "resume", mark("Resume"), mark("Resume the engine"), True),
    Act("trigger", "t", "trigger", mark("Trigger"), mark("Trigger one run now"), True),
    Act("full_sync", "F", "full_sync", mark("Full sync"), mark("Start a full sync: preview, then the shop's name")),
    Act("sync_one", "S", "sync_one", mark("Sync one"), mark("Sync one product or SKU now: shows the changes first")),
    Act("why", "W", "why", mark("Why"), mark("Why an item is in the shop or not: by its SKU, CCOD or ItemID")),
    Act("cancel", "c", "cancel", mark("Cancel run"), mark("Cancel the run after the products in flight")),
    Act("undo", "u", "undo", mark("Undo"), mark("Undo the last pause, resume or interval")),
    RESTART,
    Act("test_links", "C", "test_links", mark("Test"), mark("Test the connections now")),
)

BACK: Final = Act("back", "escape", "back", mark("Back"), mark("Close this, go back; never leaves the console"))

GENERAL: Final[tuple[Act, ...]] = (
    Act("help", "question_mark", "help", mark("Help"), mark("Help for this screen"), True),
    Act("palette", "colon,ctrl+p", "command_palette", mark("Commands"), mark("Find any action by its name"), True),
    Act("freeze", "space", "freeze", mark("Freeze view"), mark("Freeze the view, never the engine")),
    Act("handbook", "H", "handbook", mark("Handbook"), mark("Open the handbook: guide, references, codes")),
    Act("utc", "z", "utc", mark("UTC"), mark("Show times in UTC or in the store's zone")),
    Act("mouse", "m", "mouse", mark("Mouse"), mark("Turn the mouse on or off")),
    Act("theme", "T", "next_theme", mark("Theme"), mark("Show the next theme")),
    Act("shot", "i", "shot", mark("Screenshot"), mark("Save a picture of the screen")),
    Act("bundle", "x", "bundle", mark("Bundle"), mark("Write a bundle for support, after showing what is in it")),
    BACK,
    Act("leave", "q", "leave", mark("Leave"), mark("Leave the console"), True),
)

GLOBAL: Final[tuple[Act, ...]] = (*STEER, *PAGES, *GENERAL)

SCROLLING: Final[tuple[Act, ...]] = (
    Act("list.up", "up,k", "move(-1)", mark("Up"), mark("Move up")),
    Act("list.down", "down,j", "move(1)", mark("Down"), mark("Move down")),
    Act("list.page_up", "pageup,ctrl+u", "page(-1)", mark("Page up"), mark("A page up")),
    Act("list.page_down", "pagedown,ctrl+d", "page(1)", mark("Page down"), mark("A page down")),
    Act("list.top", "g,home", "go(0)", mark("Top"), mark("To the first row")),
    Act("list.bottom", "G,end", "go(-1)", mark("Bottom"), mark("To the last row")),
)
"""Keys of whatever is longer than its place: lists, the log, details, dialogs, this help."""

OPENING: Final = Act("list.open", "enter", "choose", mark("Open"), mark("Open the row"))

ON_ROWS: Final[tuple[Act, ...]] = (
    Act(
        "list.detail", "tab,shift+tab", "turn_detail", mark("Detail"), mark("Into the detail below the list, and back")
    ),
    Act("list.find", "slash", "find", mark("Find"), mark("Find: text, re: expression, ! without it")),
    Act("list.next", "n", "match(1)", mark("Next"), mark("To the next row found")),
    Act("list.previous", "N", "match(-1)", mark("Previous"), mark("To the previous row found")),
    Act("list.copy", "y", "copy_row", mark("Copy"), mark("Copy the row")),
    Act("list.copy_all", "Y", "copy_detail", mark("Copy all"), mark("Copy all about it")),
)
"""Keys of every page that is a list; a page's own action goes before one of these on the same key."""

IN_LISTS: Final[tuple[Act, ...]] = (*SCROLLING, OPENING, *ON_ROWS)


def bindings(acts: Iterable[Act]) -> list[BindingType]:
    """Return Textual's bindings of these actions; their ids are what a keymap names."""
    return [Binding(act.key, act.action, act.short, show=False, id=act.id) for act in acts]


def shown_key(act: Act, keymap: Mapping[str, str]) -> str:
    """Return the key of an action as people write it: `?`, `Esc`, `p`."""
    return shown_keys(act, keymap)[0]


def shown_keys(act: Act, keymap: Mapping[str, str]) -> list[str]:
    """Return every key of an action as people write it, the first one first."""
    return [NAMES.get(key, key) for key in keymap.get(act.id, act.key).split(",")]


NAMES: Final = {
    "question_mark": "?",
    "colon": ":",
    "comma": ",",
    "space": "Space",
    "escape": "Esc",
    "slash": "/",
    "enter": "Enter",
    "exclamation_mark": "!",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "shift+tab": "S-Tab",
    "ctrl+u": "^U",
    "ctrl+d": "^D",
    "ctrl+p": "^P",
}


def checked_keymap(wanted: Mapping[str, str], known: Iterable[Act], words: Words) -> tuple[dict[str, str], list[str]]:
    """Return the usable part of a person's keymap, and what is wrong with the rest, in words."""
    acts = {act.id: act for act in known}
    good: dict[str, str] = {}
    problems: list[str] = []
    taken = {key: act.id for act in acts.values() for key in act.key.split(",") if act.id not in wanted}
    for name, key in wanted.items():
        if name not in acts:
            near = get_close_matches(name, acts, 1)
            hint = words.phrase("; did you mean {name}?", name=near[0]) if near else ""
            problems.append(words.phrase("console.keymap: there is no action {name}{hint}", name=name, hint=hint))
        elif key in taken:
            text = words.phrase(
                "console.keymap: {key} of {name} is taken by {other}", key=key, name=name, other=taken[key]
            )
            problems.append(text)
        else:
            good[name] = key
            taken[key] = name
    return good, problems


def obstacle(action: str, view: View) -> str:
    """Return why an action cannot be had now, as a template; empty where it can. A pure function of the view."""
    if action == "restart":
        if view.attached:
            return mark("the engine runs elsewhere: whoever runs it starts it again")
        return "" if view.crash or view.ended else mark("the engine has not crashed")
    if action not in NEEDS_ENGINE:
        return ""
    return no_engine(view) or _as_it_is(action, view)


def no_engine(view: View) -> str:
    """Return why nothing at all can be asked of the engine now, as a template; empty where it can."""
    seen = view.snapshot
    if view.crash or view.ended or (seen is not None and seen.state is EngineState.STOPPED):
        return mark("the engine has stopped")
    if seen is None:
        return mark("the engine has not answered yet")
    return mark("the engine does not answer now") if view.stale_s is not None else ""


def _as_it_is(action: str, view: View) -> str:
    """Return why the engine cannot do it in the state that it is in."""
    seen = view.snapshot
    if seen is None:
        return ""
    if action == "pause" and seen.pause is not None:
        return mark("the engine is paused already")
    if action == "resume" and seen.pause is None:
        return mark("the engine is not paused")
    if action == "cancel" and seen.progress is None:
        return mark("no run is on now")
    if action == "full_sync" and seen.pause is not None:
        return mark("the engine is paused: resume first")
    return ""


IN_PAGES: Final = (
    *("release", "sync", "approve", "reject", "retry", "retry_all", "dismiss_item", "ack", "ack_all"),
    *("compare", "mend", "mend_all"),
)
"""What single pages ask of the engine."""
NEEDS_ENGINE: Final = frozenset((*(act.action for act in STEER), *IN_PAGES))
