"""Figures as commands tell them to people. What is not known is a dash, never 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import click

from rms_console.commands.output import harmless, page_width, paragraph
from rms_console.commands.reaching import Words, zone_named
from rms_console.contract.api_forms import DAY, HOUR, MINUTE, age_text
from rms_console.locale import mark

UNKNOWN: Final = "-"
STEPS_S: Final = (60, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY)
"""Ages told to somebody who listens: only a step is news."""
HEALTH: Mapping[str, str] = {
    "good": mark("ok"),
    "slow": mark("slow"),
    "down": mark("down"),
    "off": mark("off"),
    "unknown": mark("not looked at yet"),
}
LOCK: Mapping[str, str] = {
    "available": mark("free"),
    "held": mark("held by this engine"),
    "held_by_other": mark("held by another engine"),
    "orphan": mark("orphan: its owner is gone"),
}
LOAD: Mapping[str, str] = {"low": mark("low"), "medium": mark("medium"), "high": mark("high")}
Row = tuple[str, str]
"""Label (in the person's language) and text."""


def age(seconds: float | None) -> str:
    """Return an age to two units: `8s`, `2m 05s`, `3h 12m`, `4d 2h`."""
    return UNKNOWN if seconds is None else age_text(seconds)


def step(seconds: float) -> str:
    """Return an age in steps that change seldom: `<1m`, `>5m`, `>4h`."""
    passed = [mark_s for mark_s in STEPS_S if seconds >= mark_s]
    if not passed:
        return "<1m"
    return f">{passed[-1] // MINUTE}m" if passed[-1] < HOUR else f">{passed[-1] // HOUR}h"


def clock(at: datetime | None, words: Words, now: datetime) -> str:
    """Return an instant in the store's time, to the second; with the date where it is not today's."""
    if at is None:
        return UNKNOWN
    zone = zone_named(words.zone)
    local = at.astimezone(zone)
    return f"{local:%H:%M:%S}" if local.date() == now.astimezone(zone).date() else f"{local:%Y-%m-%d %H:%M}"


def number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:g}" if value != int(value) else f"{int(value)}"


def text(value: object) -> str:
    return UNKNOWN if value in (None, "") else str(value)


def show_rows(rows: Sequence[Row]) -> None:
    """Print labels and texts in two columns; a text that is too long goes on below itself."""
    wide = max((len(label) for label, _ in rows), default=0) + 2
    for label, value in rows:
        click.echo(paragraph(value or UNKNOWN, page_width(), label.ljust(wide)))


def show_title(title: str) -> None:
    click.echo(paragraph(title, page_width()))


def plain(value: object) -> str:
    """Return a text from outside in one harmless line."""
    return harmless(str(value))
