"""What is written to people about an alert: the facts of the requirements, a line each, in their language. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rms_console.contract.notify_port import Message
from rms_console.domain.zone import to_local
from rms_console.engine.alerts.book import Entry
from rms_console.engine.alerts.kinds import KINDS
from rms_console.locale import sentence, told

_WORDS = {"WARN": "WARNING"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What a message says besides the alert itself."""

    at: datetime
    shop: str
    zone: str
    state: str
    language: str
    harmless: Callable[[str], str]


def message_of(entry: Entry, scene: Scene) -> Message:
    """Return what is sent when an alert is raised: what, since when, the state now, the likely cause, what to do."""
    view = entry.view
    lines = [
        view.detail,
        sentence("Since: {at}", at=moment(view.since_at, scene.zone)),
        sentence("State now: {state}", state=scene.state),
        sentence("Likely cause: {cause}", cause=view.cause) if view.cause else "",
        sentence("What to do: {what_to_do}", what_to_do=view.what_to_do) if view.what_to_do else "",
        sentence("Shop: {shop}", shop=scene.shop),
    ]
    return _message(entry, scene, view.severity, view.title, lines, is_over=False)


def over_message_of(entry: Entry, scene: Scene) -> Message:
    """Return what is sent once when it is over: what it was, how long it lasted, after how many tries, its cause."""
    view = entry.view
    cleared_at = entry.cleared_at or scene.at
    lines = [
        sentence("It was: {title}", title=view.title),
        view.detail,
        entry.over,
        sentence("It lasted: {duration}", duration=duration(cleared_at - view.since_at)),
        sentence("Since: {at}", at=moment(view.since_at, scene.zone)),
        sentence("State now: {state}", state=scene.state),
        sentence("Shop: {shop}", shop=scene.shop),
    ]
    kind = KINDS.get(view.kind)
    title = sentence(kind.over) if kind is not None and kind.over else sentence("Over: {title}", title=view.title)
    return _message(entry, scene, view.severity, title, lines, is_over=True)


def duration(length: timedelta) -> str:
    """Return a length of time in the unit that says most."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 120:
        return sentence("{seconds} s", seconds=seconds)
    minutes = round(seconds / 60)
    if minutes < 120:
        return sentence("{minutes} {minutes:minute|minutes}", minutes=minutes)
    return sentence("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def moment(at: datetime, zone: str) -> str:
    """Return an instant in the store's time."""
    return f"{to_local(at, zone):%Y-%m-%d %H:%M:%S}"


def _message(entry: Entry, scene: Scene, severity: str, title: str, lines: list[str], *, is_over: bool) -> Message:
    def say(text: str) -> str:
        return scene.harmless(told(scene.language, text))

    word = "INFO" if is_over else _WORDS.get(severity, severity)
    return Message(
        alert_id=entry.view.alert_id,
        kind=entry.view.kind,
        severity=severity,
        title=f"[{word}] {say(title)}",
        lines=tuple(say(line) for line in lines if line),
        at=scene.at,
        is_over=is_over,
    )
