"""The help of commands in the person's language. Spanish is looked up when help is asked for, not before."""

from __future__ import annotations

import copy
from inspect import cleandoc
from typing import Final

import click

from rms_console.locale import mark, translate

AS_IT_STANDS: Final = "\b"
"""What click marks a paragraph with that is not to be wrapped."""
SHORT: Final = 45
"""Columns of a command's line in a list of commands."""
WORDS: Final = (
    mark("Usage:"),
    mark("[OPTIONS]"),
    mark("[COMMAND] [ARGS]..."),
    mark("COMMAND [ARGS]..."),
    mark("Options:"),
    mark("Commands:"),
    mark("Show this message and exit."),
)
"""What click itself writes."""


def paragraphs(text: str) -> list[str]:
    """Return a help text by paragraphs, each in one line; one that is not to be wrapped as it stands."""
    parts = cleandoc(text).split("\n\n")
    return [part if part.startswith(AS_IT_STANDS) else " ".join(part.split()) for part in parts]


def in_language(command: click.Command, language: str) -> click.Command:
    """Return a command whose help is told in a language; the command itself stays as it is."""
    if language == "en":
        return command
    copied = copy.copy(command)
    if isinstance(command, click.Group):
        copied.commands = {name: in_language(child, language) for name, child in command.commands.items()}  # type: ignore[attr-defined]

    def get_help(context: click.Context) -> str:
        return _help(copied, context, language)

    def get_short_help_str(limit: int = SHORT) -> str:
        return _short(command, limit, language)

    # Put beside the class's own: what makes the text looks Spanish up, and only help asks for the text.
    copied.__dict__.update(get_help=get_help, get_short_help_str=get_short_help_str)
    return copied


def told_help(command: click.Command, context: click.Context, language: str) -> str:
    """Return what `--help` prints of a command in a language."""
    return click.Command.get_help(command, context) if language == "en" else _help(command, context, language)


def _help(command: click.Command, context: click.Context, language: str) -> str:
    told = copy.copy(command)
    for name in ("get_help", "get_short_help_str"):
        told.__dict__.pop(name, None)
    told.help = told_text(command.help, language)
    told.params = [_param(param, language) for param in command.params]
    text = click.Command.get_help(told, context)
    for word in WORDS:
        text = text.replace(word, translate(language, word, {}))
    return text


def _short(command: click.Command, limit: int, language: str) -> str:
    told = copy.copy(command)
    told.help = told_text(command.help, language)
    return told.get_short_help_str(limit)


def _param(param: click.Parameter, language: str) -> click.Parameter:
    if not isinstance(param, click.Option) or not param.help:
        return param
    copied = copy.copy(param)
    copied.help = told_text(param.help, language)
    return copied


def told_text(text: str | None, language: str) -> str:
    """Return a help text in a language, paragraph by paragraph."""
    if not text:
        return ""
    parts = (part if part.startswith(AS_IT_STANDS) else translate(language, part, {}) for part in paragraphs(text))
    return "\n\n".join(parts)
