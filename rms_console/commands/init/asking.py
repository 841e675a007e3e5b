"""How questions are put: a sentence, what it means, the answer in force, and an answer that can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import click

from rms_console.commands.output import harmless, page_width, paragraph
from rms_console.errors import ConsoleError
from rms_console.locale import mark, told, translate

YES = {"y", "yes", "s", "si", "sí"}
NO = {"n", "no"}
NEEDED: Final = mark("  An answer is needed; Ctrl-C leaves without writing anything.")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers. `meaning` is a template, filled from `facts`."""

    value: str
    meaning: str
    facts: dict[str, object]


class Asker:
    """Puts questions in one language. What a person types is never shown again where it is secret."""

    def __init__(self, language: str) -> None:
        self.language = language

    def phrase(self, template: str, /, **facts: object) -> str:
        return translate(self.language, template, facts)

    def say(self, template: str, /, **facts: object) -> None:
        click.echo(paragraph(self.phrase(template, **facts), page_width()))

    def chapter(self, template: str, /, **facts: object) -> None:
        click.echo("")
        click.secho(self.phrase(template, **facts), bold=True)

    def good(self, template: str, /, **facts: object) -> None:
        click.echo(paragraph(self.phrase(template, **facts), page_width(), "  + "))

    def bad(self, error: ConsoleError) -> None:
        """Say what went wrong and what to do."""
        click.echo(paragraph(told(self.language, error.message), page_width(), "  ! "))
        if error.hint:
            click.echo(paragraph(told(self.language, error.hint), page_width(), "    "))

    def text(self, template: str, default: str = "", *, needed: bool = True) -> str:
        """Return a line; Enter takes the default, and nothing at all only where nothing is `needed`."""
        while True:
            given = self._line(self.phrase(template), default)
            if given or not needed:
                return given
            self.say(NEEDED)

    def secret(self, template: str, has_one: bool, *, needed: bool = True) -> str | None:
        """Return a secret that was typed unseen; None: the one there is stays."""
        label = self.phrase(template)
        if has_one:
            label += f" [{self.phrase(mark('Enter: as it is'))}]"
        while True:
            given = str(
                click.prompt(label, default="", show_default=False, hide_input=True, prompt_suffix=": ")
            ).strip()
            if given or has_one or not needed:
                return given or (None if has_one else "")
            self.say(NEEDED)

    def key(self, template: str, has_one: bool, *, needed: bool = True) -> str | None:
        """Return a secret that a server made, such as a token: blanks and quotes come of pasting it."""
        while given := self.secret(template, has_one, needed=needed):
            bare = given.strip("\"'").strip()
            if bare and not any(character.isspace() for character in bare):
                return bare
            self.say(mark("  That is more than one word; paste the value alone."))
        return given

    def yes(self, template: str, default: bool, /, **facts: object) -> bool:
        """Return yes or no, in either language."""
        shown = self.phrase(mark("Y/n")) if default else self.phrase(mark("y/N"))
        while True:
            given = self._line(f"{self.phrase(template, **facts)} ({shown})", "").lower()
            if not given:
                return default
            if given in YES or given in NO:
                return given in YES
            self.say(mark("  Please answer yes or no."))

    def choose(self, template: str, choices: Sequence[Choice], default: str) -> str:
        """Return the value of one of several answers, chosen by its number or its name."""
        click.echo(paragraph(self.phrase(template), page_width()))
        for number, choice in enumerate(choices, start=1):
            lead = f"  {number}. {choice.value}: "
            click.echo(paragraph(self.phrase(choice.meaning, **choice.facts), page_width(), lead, "     "))
        values = [choice.value for choice in choices]
        first = str(values.index(default) + 1) if default in values else "1"
        while True:
            given = self._line(self.phrase(mark("Number")), first)
            if given in values:
                return given
            if given.isdecimal() and 1 <= int(given) <= len(values):
                return values[int(given) - 1]
            self.say(mark("  Please answer with a number from 1 to {count}."), count=len(values))

    def until_well(self, step: Callable[[], Any], again: str) -> Any:
        """Do a step that asks and tries; after an error ask `again`. Return what it gave; None where a person goes on
        without it."""
        while True:
            try:
                return step()
            except ConsoleError as error:
                self.bad(error)
                if not self.yes(again, True):
                    return None

    def _line(self, label: str, default: str) -> str:
        given = click.prompt(harmless(label), default=default, show_default=bool(default), prompt_suffix=": ")
        return str(given).strip()
