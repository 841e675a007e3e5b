"""`init`: from nothing to a plan on the screen, of which nothing was sent."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from rms_console.commands.check import look, show
from rms_console.commands.init import steps
from rms_console.commands.init.asking import Asker, Choice
from rms_console.commands.init.draft import Draft
from rms_console.commands.output import page_width, paragraph
from rms_console.commands.plan import rehearse, show_plan
from rms_console.config.glance import FILE_NAME
from rms_console.config.load import secrets_beside, settings_of
from rms_console.config.names import ENVIRONMENT
from rms_console.config.tree import FIELDS
from rms_console.errors import ConfigError, ConsoleError, Refused
from rms_console.locale import language_for, mark, sentence
from rms_console.wiring import Options, engine_settings, open_site
from rms_console.wiring.parts import open_trial

SHOWN: Final = 5
STEPS: Final = (
    ("check", mark("every point is well, or understood")),
    ("adopt --yes", mark("the shop's products are linked with RMS; what is doubtful was looked at")),
    ("plan", mark("the values that would change are the expected ones")),
    ("alerts test", mark("an alert really arrives")),
    ("export systemd --to deploy", mark("it runs as a service (or windows-service, compose)")),
    ("go-live", mark("from now on the shop is written to")),
)


IN_CHAPTERS: Final = ("rms.", "shopify.", "store.", "scope.", "guard.", "stock.", "mapping.", "filter.", "alerts.")
"""How the keys begin that chapters ask for."""


@click.command()
@click.pass_obj
def init(options: Options) -> None:
    """Set up by questions: RMS, the shop, what may be new, stock, tax, alerts; each answer is tried at once.

    Writes console.toml, and its secrets apart in console.env beside it, for their owner's eyes alone. What is there
    already is offered as the answer. Ends in observe mode with a plan on the screen; nothing is sent to the shop and
    nothing is ever written to RMS.
    """
    if options.demo:
        raise click.UsageError(sentence("the demo needs no setting up: rms-console --demo"))
    path = (options.config or Path(FILE_NAME)).absolute()
    ask = Asker(_language(options))
    draft = Draft.at(path)
    try:
        _questions(ask, draft)
        _write(ask, draft)
    except click.Abort:
        raise Refused(sentence("stopped: nothing was written"), code="no") from None
    _finish(ask, replace(options, config=path))


def _language(options: Options) -> str:
    """Return the language asked for, else let a person at a terminal choose it."""
    default = language_for(options.language or "", options.environ)
    if options.language or not sys.stdin.isatty():
        return default
    click.echo("Idioma / Language")
    choices = (Choice("es", "español", {}), Choice("en", "English", {}))
    return Asker(default).choose("", choices, default)


def _questions(ask: Asker, draft: Draft) -> None:
    ask.say(mark("Enter takes the answer in brackets. Ctrl-C leaves without writing anything."))
    if draft.path.exists():
        ask.say(mark("{path} is there already: its values are offered as answers."), path=draft.path)
    draft.set(console__language=ask.language)
    while (stood := _wrong(draft)) is not None and _mend(ask, draft, stood):
        pass
    store = steps.ask_store(ask, draft)
    shop = steps.ask_shop(ask, draft)
    chapters: tuple[tuple[tuple[str, ...], Callable[[], object]], ...] = (
        (("rms.",), lambda: steps.ask_store(ask, draft)),
        (("shopify.",), lambda: steps.ask_shop(ask, draft)),
        (("store.",), lambda: steps.ask_zone(ask, draft, shop)),
        (("scope.", "guard."), lambda: steps.ask_scope(ask, draft, store, shop)),
        (("stock.", "mapping.locations"), lambda: steps.ask_stock(ask, draft, store, shop)),
        (("mapping.tax", "filter."), lambda: steps.ask_tax(ask, draft, store, shop)),
        (("alerts.",), lambda: steps.ask_alerts(ask, draft)),
    )
    for _, chapter in chapters[2:]:
        chapter()
    draft.values.setdefault("sync.mode", "observe")
    while (error := _wrong(draft)) is not None:
        if _mend(ask, draft, error):
            continue
        ask.bad(error)
        told = str(error.message).replace(str(draft.path), "")
        again = [chapter for keys, chapter in chapters if any(key in told for key in keys)]
        if not again or not ask.yes(mark("  Answer that chapter again? (n: leave, nothing is written)"), True):
            raise error
        for chapter in again:
            chapter()


def _mend(ask: Asker, draft: Draft, error: ConfigError) -> bool:
    """Ask for what is wrong and in no chapter: it stood in the file. Return whether there was any of that."""
    told = str(error.message).replace(str(draft.path), "")
    named = [
        key
        for key in draft.values
        if not key.startswith(IN_CHAPTERS) and re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", told)
    ]
    if named:
        ask.bad(error)
    for key in named:
        is_setting = key in FIELDS
        if not is_setting or ask.yes(mark("  Take {key} out of the file? (n: another value)"), True, key=key):
            draft.values.pop(key)
            ask.say(mark("  {key} is left out."), key=key)
        else:
            steps.ask_value(ask, draft, key)
    return bool(named)


def _wrong(draft: Draft) -> ConfigError | None:
    """Return what is wrong with the answers as a whole, in terms of their keys."""
    try:
        settings_of(draft.values, str(draft.path)).to_engine()
    except ConfigError as error:
        return error
    return None


def _write(ask: Asker, draft: Draft) -> None:
    """Write the files and say where they are.

    Raises:
        ConfigError: a file cannot be written.
    """
    ask.chapter(mark("Writing"))
    backup = draft.write(ask.language)
    ask.good(mark("{path} is written, readable by you alone"), path=draft.path)
    if secrets_beside(draft.path).exists():
        ask.good(mark("the secrets are in {path}"), path=secrets_beside(draft.path))
    if backup is not None:
        ask.good(mark("what was there before is in {path}"), path=backup)


def _finish(ask: Asker, options: Options) -> None:
    """Check, plan, and say what is left to do."""
    named = sorted(name for name in ENVIRONMENT if options.environ.get(name))
    if named:
        text = mark("These are set in the environment and win over the file: {names}")
        ask.say(text, names=", ".join(named))
    passed = False
    ask.chapter(mark("Check"))
    try:
        with open_site(options) as site:
            report = asyncio.run(look(site))
        show(report, ask.language)
        passed = report.passed
        ask.chapter(mark("What would be sent now (the first products)"))
        with open_trial(options) as (site, deps):
            found = asyncio.run(rehearse(deps, ask.language, engine_settings(site), (), (), SHOWN, False))
            show_plan(found, ask.language, SHOWN)
    except ConsoleError as error:
        ask.bad(error)
    _checklist(ask, options, passed)


def _checklist(ask: Asker, options: Options, passed: bool) -> None:
    ask.chapter(mark("Before going live"))
    where = "" if options.config == Path(FILE_NAME).absolute() else f" --config {shlex.quote(str(options.config))}"
    ask.say(
        mark("Observing only: nothing is sent until `go-live`. To watch it: {command}"), command=f"rms-console{where}"
    )
    for name, meaning in STEPS:
        box = "[x]" if name == "check" and passed else "[ ]"
        click.echo(paragraph(ask.phrase(meaning), page_width(), f"  {box} rms-console{where} {name}: ", "      "))
