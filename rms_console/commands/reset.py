"""`reset`: gives a terminal back its senses after a program was killed in it."""

from __future__ import annotations

import click

from rms_console.commands.output import say
from rms_console.hosting.terminal import RESTORE, make_sane
from rms_console.locale import language_for
from rms_console.wiring import Options


@click.command()
@click.pass_obj
def reset(options: Options) -> None:
    """Restore this terminal: screen, cursor, mouse, echo. For after a `kill -9` or a crash."""
    if make_sane():
        click.echo(RESTORE, nl=False, color=True)
    else:
        say(language_for(options.language or "", options.environ), "There is no terminal here to restore")
