"""`status --watch`: redrawn in place on a terminal, or told line by line as facts change."""

from __future__ import annotations

import shutil
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import click

from rms_console.commands.facts import Fact, read_seen, status_facts
from rms_console.commands.figures import clock
from rms_console.commands.output import MAX_WIDTH, harmless, paragraph
from rms_console.commands.reaching import Words, engine, now, zone_of
from rms_console.errors import LinkError
from rms_console.locale.retelling import retell
from rms_console.wiring import Options

UP: Final = "\x1b[{lines}A"
CLEAR_BELOW: Final = "\r\x1b[J"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found; while nobody answers, what the last one found, and why."""

    words: Words
    facts: tuple[Fact, ...]


def looks(options: Options, language: str, every_s: float) -> Iterator[Look]:
    """Look again and again, also over a restart of the engine.

    Raises:
        LinkError: not even the first look met an engine.
    """
    last: Look | None = None
    while True:
        try:
            with engine(options) as client:
                while True:
                    seen = read_seen(client, now())
                    words = Words(language, zone_of(options, seen.more))
                    last = Look(words, status_facts(seen, words))
                    yield last
                    time.sleep(every_s)
        except LinkError as error:
            if last is None:
                raise
            last = Look(last.words, _unreached(last, error))
        yield last
        time.sleep(every_s)


def _unreached(last: Look, error: LinkError) -> tuple[Fact, ...]:
    """Return the facts as they were, under the news that they are old."""
    label, why = last.words.phrase("Engine"), retell(last.words.language, error.message)
    told = last.words.phrase("NOT REACHED: {why}", why=why)
    return (Fact(label, told, last.words.phrase("not reached")), *(fact for fact in last.facts if fact.label != label))


def watch_plain(options: Options, language: str, every_s: float) -> None:
    """Print each fact as it changes, behind the time: for phones, screen readers and braille. Ends with Ctrl-C."""
    told: dict[str, str] = {}
    for look in looks(options, language, every_s):
        for line in news(told, look):
            click.echo(harmless(f"{clock(now(), look.words, now())} {line}"))


def news(told: dict[str, str], look: Look) -> Iterator[str]:
    """Yield `label: text` of what is new since `told`, which is brought up to date; of what is gone, that it is."""
    present: dict[str, str] = {}
    for fact in look.facts:
        if fact.steady is not None:
            present[fact.label] = "; ".join(filter(None, (present.get(fact.label), fact.steady)))
    for label, text in present.items():
        if told.get(label) != text:
            yield f"{label}: {text}"
    shown = {fact.label for fact in look.facts}
    for label in [label for label in told if label not in shown]:
        yield f"{label}: " + look.words.phrase("no longer")
        del told[label]
    told |= present


def watch_screen(options: Options, language: str, every_s: float) -> None:
    """Redraw the facts where they stand, never taller than the terminal. Ends with Ctrl-C and leaves the last ones."""
    drawn: list[str] = []
    for look in looks(options, language, every_s):
        size = shutil.get_terminal_size((80, 24))
        lines = screen_lines(look, size.columns, size.lines)
        if lines != drawn:
            back = UP.format(lines=len(drawn)) if drawn else ""
            click.echo(back + CLEAR_BELOW + "\n".join(lines), color=True)
            drawn = lines


def screen_lines(look: Look, columns: int, rows: int) -> list[str]:
    """Return the facts as lines that fit: as many as fall on the screen, none that the terminal would break."""
    wide = max(len(fact.label) for fact in look.facts) + 2
    width = min(columns - 1, MAX_WIDTH)
    lines = [clock(now(), look.words, now())]
    for fact in look.facts:
        lines += paragraph(fact.text or "-", max(wide + 10, width), fact.label.ljust(wide)).splitlines()
    return [_cut(line, columns - 1) for line in lines[: max(1, rows - 1)]]


def _cut(line: str, columns: int) -> str:
    """Return as much of a line as so many columns hold."""
    taken = 0
    for place, character in enumerate(line):
        taken += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if taken > columns:
            return line[:place]
    return line
