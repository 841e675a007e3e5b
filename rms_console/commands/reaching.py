"""How a command meets the engine that runs, and what it says where there is none."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from rms_console.commands.output import harmless, page_width, paragraph
from rms_console.contract.endpoint import TOKEN_FILE, TOKEN_VARIABLE
from rms_console.control.client import DENIED, NOT_OURS, UNREACHABLE, ApiError, EngineClient
from rms_console.errors import ConsoleError, LinkError, Refused
from rms_console.hosting.beside import living_endpoint
from rms_console.locale import language_for, mark, sentence, translate
from rms_console.locale.retelling import retell
from rms_console.wiring import Options, site_as_it_is
from rms_console.wiring.reach import find_engine

if TYPE_CHECKING:
    from rms_console.contract.snapshot import EngineSnapshot

EXIT_NO_ENGINE: Final = 3
EXIT_REFUSED: Final = 4
EXIT_INTERRUPTED: Final = 130
NO_ENGINE, NO_API = "no-engine", "no-api"
OTHER_ACCOUNT: Final = sentence("use the engine's account (sudo -u), or have its group named in api.group and be in it")
RESTING: Final = (NO_ENGINE, NO_API, UNREACHABLE, NOT_OURS)
"""Nobody can be asked: other errors are an engine's own, and what it has to say stands."""


@dataclass(frozen=True, slots=True)
class Words:
    """Language and store's time zone of whoever reads."""

    language: str
    zone: str = "UTC"

    def phrase(self, template: str, /, **facts: object) -> str:
        """Return a message in the person's language."""
        return translate(self.language, template, facts)


@contextlib.contextmanager
def spoken(options: Options) -> Iterator[str]:
    """Lend the person's language; errors that come out are told in it, and Ctrl-C ends with its own exit code."""
    language = language_of(options)
    try:
        yield language
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None
    except click.Abort:
        click.echo(err=True)
        raise SystemExit(EXIT_INTERRUPTED) from None
    except ApiError as error:
        if error.status == 422:
            raise click.UsageError(harmless(retell(language, error.message))) from error
        raise _retold(ConsoleError(error.message, code=error.code, hint=error.hint), language) from error
    except ConsoleError as error:
        raise _retold(error, language)  # noqa: B904  # the same error, in other words


def language_of(options: Options) -> str:
    """Return `es` or `en`: as asked for, as the settings say, else by locale. An engine elsewhere needs no settings."""
    if options.language or options.attach:
        return language_for(options.language or "", options.environ)
    return site_as_it_is(options).language


def zone_of(options: Options, seen: EngineSnapshot | None = None) -> str:
    """Return the store's time zone: the engine's, else the settings'; UTC of an engine elsewhere that tells none."""
    if seen is not None:
        return seen.zone
    if options.attach:
        return "UTC"
    from rms_console.config.engine import store_zone

    return store_zone(site_as_it_is(options).settings)


@contextlib.contextmanager
def engine(options: Options) -> Iterator[EngineClient]:
    """Lend the engine that runs for this shop, or that --attach names.

    Raises:
        LinkError: there is none (`no-engine`), or it serves no API (`no-api`). Refused: the token does not fit.
        ConfigError: the settings are wrong.
    """
    client = connect(options)
    with client:
        try:
            yield client
        except Refused as error:
            if error.code == DENIED:
                raise _denied(options, client) from error
            raise


def connect(options: Options) -> EngineClient:
    """Return a client of the engine; whether it answers is not tried yet. Raises as `engine`."""
    if not options.attach and not options.demo:
        _look_into(site_as_it_is(options).state)
    reach = find_engine(options)
    # What a killed engine left behind gets no token of ours: its port may be another program's by now.
    if reach is None or (reach.folder is not None and living_endpoint(site_as_it_is(options)) is None):
        raise absent(options)
    return EngineClient(reach.url, reach.token, language_of(options))


def absent(options: Options) -> LinkError:
    """Return why no engine of this shop can be asked, and what to do."""
    if options.demo:
        return LinkError(
            sentence("the demo's engine is its window's own: no command meets it"),
            code=NO_ENGINE,
            hint=sentence("leave out --demo, or name an engine with --attach"),
        )
    site = site_as_it_is(options)
    endpoint = living_endpoint(site)
    if endpoint is not None and not endpoint.url:
        return LinkError(
            sentence(
                "the engine (process {pid} on {host}) serves no API: {problem}",
                pid=endpoint.pid,
                host=endpoint.host,
                problem=endpoint.problem or "-",
            ),
            code=NO_API,
            hint=sentence("see api.enabled and api.port in the settings, then start the engine again"),
        )
    if endpoint is None and still_runs(options):
        return LinkError(
            sentence("an engine runs for this shop, but has not said yet where it answers"),
            code=NO_API,
            hint=sentence("it may be starting: try again in a moment"),
        )
    return LinkError(
        sentence("no engine runs for this shop (state folder {folder})", folder=site.state),
        code=NO_ENGINE,
        hint=sentence("start it: `rms-console`, or its service; an engine elsewhere is named with --attach"),
    )


def _look_into(folder: Path) -> None:
    """Return where this account may look into the state folder, or where there is none yet.

    Raises:
        Refused: it may not, so that nobody takes a closed door for an empty house.
    """
    try:
        with os.scandir(folder):
            return
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise Refused(
            sentence("this account may not look into {folder}", folder=folder), code=DENIED, hint=OTHER_ACCOUNT
        ) from error


def still_runs(options: Options) -> bool:
    """Return whether some engine of this machine holds this shop."""
    from rms_console.adapters.clock import SystemClock
    from rms_console.adapters.lease import FileLease
    from rms_console.contract.state import LockStatus

    return FileLease(site_as_it_is(options).state, SystemClock()).status() is LockStatus.HELD_BY_OTHER


def _denied(options: Options, client: EngineClient) -> Refused:
    if client.has_token:
        return Refused(
            sentence("the engine at {url} does not take this token", url=client.url),
            code=DENIED,
            hint=sentence("the right one is in the file {name} of its state folder", name=TOKEN_FILE),
        )
    if options.attach:
        return Refused(
            sentence("the engine at {url} asks for its token", url=client.url),
            code=DENIED,
            hint=sentence("name a file with it: --token-file, or set {variable}", variable=TOKEN_VARIABLE),
        )
    return Refused(
        sentence("this account may not read the token {file}", file=site_as_it_is(options).state / TOKEN_FILE),
        code=DENIED,
        hint=OTHER_ACCOUNT,
    )


def _retold(error: ConsoleError, language: str) -> ConsoleError:
    error.message = _harmless_lines(retell(language, error.message))
    error.hint = _harmless_lines(retell(language, error.hint))
    return error


def _harmless_lines(text: str) -> str:
    return "\n".join(map(harmless, text.split("\n")))


def can_rest(options: Options, error: LinkError) -> bool:
    """Return whether the shop's own memory can answer in the place of an engine that did not."""
    return not options.attach and not options.demo and error.code in RESTING


def say_at_rest(words: Words, error: LinkError, as_of: datetime | None) -> None:
    """Say that no engine is asked, why, and how old what follows is."""
    language = words.language
    if as_of is None:
        told = translate(language, mark("Engine not running; it has not worked for this shop yet."), {})
    else:
        at = f"{as_of.astimezone(zone_named(words.zone)):%Y-%m-%d %H:%M:%S}"
        told = translate(language, mark("Engine not reached; as of {at}:"), {"at": at})
    click.echo(paragraph(told, page_width()))
    click.echo(paragraph(retell(language, error.message), page_width()), err=True)
    click.echo(paragraph(retell(language, error.hint), page_width(), "  "), err=True)


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone by its name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def now() -> datetime:
    return datetime.now(UTC)


def fits(kind: Any, body: dict[str, Any], url: str) -> Any:
    """Return an answer of the API as the model `kind` of contract.api.

    Raises:
        LinkError: it is not one.
    """
    from pydantic import ValidationError

    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise LinkError(
            sentence("the answer of {url} cannot be read: it is of another version", url=url),
            code="contract-mismatch",
            hint=sentence("update the older of the two"),
        ) from error
