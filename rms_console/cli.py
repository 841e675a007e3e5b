"""Commands and exit codes. Global options stand before the command."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

from rms_console import __version__
from rms_console.commands import COMMANDS
from rms_console.commands.handbook import OwnHandbook
from rms_console.commands.helping import in_language, told_help
from rms_console.config.glance import glance_at
from rms_console.domain.columns import WRONG_NAMES
from rms_console.errors import ConfigError, ConsoleError, LeaseHeld, LinkError, Refused
from rms_console.locale import language_for, sentence, told
from rms_console.wiring import Options

EXIT_NOT_HEALTHY = 1
EXIT_WRONG_USE = 2
EXIT_NO_ENGINE = 3
EXIT_REFUSED = 4

FILE = click.Path(path_type=Path)
HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Program(click.Group):
    """Loads a command when it is asked for: the console must be on the screen at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, name = place.split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return in_language(command, help_language(ctx))

    def get_help(self, ctx: click.Context) -> str:
        return told_help(self, ctx, help_language(ctx))

    def invoke(self, ctx: click.Context) -> object:
        """Run what was asked for; an error that comes of it is told in the person's language."""
        try:
            result: object = super().invoke(ctx)
        except click.UsageError as error:
            if isinstance(ctx.obj, Options) and type(error) is click.UsageError:
                raise click.UsageError(told(first_language(ctx.obj), error.message), error.ctx) from error
            raise
        except ConsoleError as error:
            if isinstance(ctx.obj, Options):
                language = first_language(ctx.obj)
                error.message, error.hint = told(language, error.message), told(language, error.hint)
            raise
        return result


def help_language(context: click.Context) -> str:
    """Return the language of help: as the command line says so far, as the settings file says, else by locale."""
    given = context.find_root().params
    named = given.get("lang") or ("" if given.get("demo") else glance_at(given.get("config")).language)
    return language_for(named, os.environ)


def first_language(options: Options) -> str:
    """Return the language of whoever reads errors: as asked for, as the settings file says, else by locale."""
    named = options.language or ("" if options.demo else glance_at(options.config).language)
    return language_for(named, options.environ)


@click.group(cls=Program, context_settings=HELP, invoke_without_command=True)
@click.version_option(__version__, "-V", "--version", prog_name="rms-console", message="%(prog)s %(version)s")
@click.option("--config", "-c", type=FILE, help="Settings file; else ./console.toml, the user's, the machine's.")
@click.option("--env-file", type=FILE, help="File of NAME=value lines; the environment wins over it.")
@click.option("--profile", help="A named set of values, such as production or limited-resources.")
@click.option("--state-dir", type=FILE, help="Folder of the ledger; else machine-wide, one folder a shop.")
@click.option("--log-dir", type=FILE, help="Folder of app.log.")
@click.option("--lang", type=click.Choice(["es", "en"]), is_eager=True, help="Language of messages; else by locale.")
@click.option("--demo", is_flag=True, help="An embedded store and shop: reads no settings, meets no real engine.")
@click.option("--attach", metavar="URL", default="", help="Meet the engine that answers at this address.")
@click.option("--token-file", type=FILE, help="File with its token; else RMS_CONSOLE_TOKEN, else the state folder's.")
@click.option("--no-ui", is_flag=True, help="The engine alone, for a service; SIGTERM settles and exits 0.")
@click.option("--plain", is_flag=True, help="The console as plain lines, for screen readers; commands as words.")
@click.option("--once", is_flag=True, help="With --no-ui: one cycle, a JSON summary on stdout; exit 0 or 1.")
@click.option("--json", "as_json", is_flag=True, help="With --no-ui: log lines as JSON.")
@click.pass_context
def program(
    context: click.Context,
    config: Path | None,
    env_file: Path | None,
    profile: str | None,
    state_dir: Path | None,
    log_dir: Path | None,
    lang: str | None,
    demo: bool,
    attach: str,
    token_file: Path | None,
    no_ui: bool,
    plain: bool,
    once: bool,
    as_json: bool,
) -> None:
    """Bring every change of an RMS store to its Shopify shop. Without a command: the console, with the engine."""
    given = (config, env_file, profile, state_dir, log_dir, lang, demo, as_json, attach, token_file)
    options = Options(dict(os.environ), *given, handbook=OwnHandbook())
    context.obj = options
    if attach and (demo or no_ui):
        raise click.UsageError(sentence("--attach goes with a console or a command, not with --demo or --no-ui"))
    if context.invoked_subcommand is not None:
        if no_ui or once or plain:
            raise click.UsageError(sentence("--no-ui, --plain and --once go without a command"))
        return
    if once and not no_ui:
        raise click.UsageError(sentence("--once goes with --no-ui"))
    if plain and no_ui:
        raise click.UsageError(sentence("--plain or --no-ui: one of them"))
    # Imported here: commands that only look something up need not load the engine's loop.
    if plain:
        from rms_console.hosting.plain import run_plain

        raise SystemExit(run_plain(options))
    if not no_ui:
        from rms_console.hosting.run import run_console

        raise SystemExit(run_console(options))
    from rms_console import headless

    raise SystemExit(headless.run_once(options) if once else headless.run_service(options))


def main() -> None:
    """Entry point of `rms-console`: every foreseen error becomes one clear message and an exit code."""
    try:
        program.main(prog_name="rms-console")
    except ConfigError as error:
        fail(error, EXIT_WRONG_USE)
    except (LeaseHeld, Refused) as error:
        fail(error, EXIT_REFUSED)
    except LinkError as error:
        fail(error, EXIT_NO_ENGINE)
    except ConsoleError as error:
        fail(error, EXIT_WRONG_USE if error.code == WRONG_NAMES else EXIT_NOT_HEALTHY)


def fail(error: ConsoleError, code: int) -> None:
    """Print what is wrong and what to do, then exit with `code`."""
    click.echo(f"rms-console: {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
    sys.exit(code)
