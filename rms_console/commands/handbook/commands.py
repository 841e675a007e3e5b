"""Every command with its options, told from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Final

import click

from rms_console.commands import COMMANDS
from rms_console.commands.handbook.tables import code, table
from rms_console.commands.helping import told_text
from rms_console.locale import mark, translate

COLUMNS: Final = (mark("option"), mark("what it does"))
HEAD: Final = mark(
    "Global options stand before the command. `rms-console COMMAND --help` shows the same in the terminal. Exit"
    " codes: 0 well, 1 not well or differences found, 2 wrong use or settings, 3 no engine reached, 4 refused, 130"
    " interrupted."
)
OPTIONS: Final = mark("Global options")


def page(language: str) -> str:
    """Return the reference of every command."""
    return translate(language, HEAD, {}) + "\n" + "".join(_commands(language))


def _commands(language: str) -> Iterator[str]:
    context = click.get_current_context(silent=True)
    if context is not None:
        yield f"\n## {translate(language, OPTIONS, {})}\n\n" + _options(context.find_root().command, language)
    for name in sorted(COMMANDS):
        module, called = COMMANDS[name].split(":")
        yield from _command(f"rms-console {name}", getattr(import_module(module), called), language, "##")


def _command(name: str, command: click.Command, language: str, level: str) -> Iterator[str]:
    arguments = "".join(
        f" {told.make_metavar(_CONTEXT)}" for told in command.params if isinstance(told, click.Argument)
    )
    yield f"\n{level} {code(name + arguments)}\n\n{told_text(command.help, language)}\n"
    if options := _options(command, language):
        yield f"\n{options}"
    if isinstance(command, click.Group):
        for child in sorted(command.commands):
            yield from _command(f"{name} {child}", command.commands[child], language, "###")


_CONTEXT = click.Context(click.Command("rms-console"))


def _options(command: click.Command, language: str) -> str:
    rows = [
        (", ".join(code(text) for text in (*told.opts, *told.secondary_opts)), told_text(told.help, language))
        for told in command.params
        if isinstance(told, click.Option) and not told.hidden
    ]
    return table(language, COLUMNS, rows) if rows else ""
