"""`export`: ready files for service managers, containers and monitoring."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

import click
import platformdirs

from rms_console import __version__
from rms_console.commands.output import emit_json, harmless, page_width, paragraph, say
from rms_console.config import Settings, load_settings
from rms_console.config.engine import store_zone
from rms_console.config.folders import log_folder, state_folder
from rms_console.config.glance import find_config
from rms_console.config.sections.connections import is_loopback
from rms_console.contract.endpoint import TOKEN_FILE
from rms_console.errors import ConfigError
from rms_console.exports.files import KINDS, ReadyFile, files, in_homes
from rms_console.exports.values import APP, POSIX_PLACE, WINDOWS_PLACE, Limits, Place, Values
from rms_console.locale import language_for, mark, sentence, told, translate
from rms_console.wiring import Options

EXIT_DIFFERS: Final = 1
WORDS: Final = {
    "new": mark("would be written"),
    "written": mark("written"),
    "same": mark("is so already"),
    "differs": mark("DIFFERS, left as it is"),
    "replaced": mark("overwritten"),
}


@dataclass(slots=True)
class Known:
    """What the files are made from, and what a person must know of it."""

    values: Values
    settings_read: bool
    notes: list[str] = field(default_factory=list)


@click.command()
@click.argument("what", nargs=-1, required=True, type=click.Choice([*KINDS, "all"]))
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Made if missing."
)
@click.option("--force", is_flag=True, help="Overwrite files that are there and differ.")
@click.option("--dry-run", is_flag=True, help="Write nothing; list what would be written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the files, each with what became of it.")
@click.pass_obj
def export(options: Options, what: tuple[str, ...], folder: Path, force: bool, dry_run: bool, as_json: bool) -> None:
    """Write ready files for the systems around the engine into a folder.

    \b
    grafana          monitoring/grafana-sync-dashboard.json
    prometheus       monitoring/prometheus-sync-metrics.yml and -sync-rules.yml
    health-check     scripts/health-check.sh
    monitor          scripts/monitor-continuous.sh
    systemd          systemd/rms-console.service
    windows-service  windows/rms-console.xml (WinSW) and README.txt
    compose          container/compose.yaml, Dockerfile, .dockerignore

    Address, folders and limits are those of the settings where they can be read, else the defaults. A file that is
    there and differs is left as it is and told (exit code 1), unless --force.
    """
    known = look_up(options)
    ready = {file.path: file for kind in what for file in files(kind, known.values)}
    states = [(file, _put(folder, file, force, dry_run, known.values.language)) for file in ready.values()]
    if as_json:
        emit_json(_body(folder, states, known))
    else:
        _show(folder, states, known)
    raise SystemExit(EXIT_DIFFERS if any(state == "differs" for _, state in states) else 0)


def look_up(options: Options) -> Known:
    """Return what there is to know of this engine; the defaults where its settings cannot be read."""
    language = language_for(options.language or "auto", options.environ)
    notes: list[str] = []
    settings = Settings()
    is_read = False
    if options.demo:
        notes.append(translate(language, mark("The demo reads no settings: the files hold the defaults."), {}))
    else:
        try:
            # Not what an engine needs: secrets may stand where only the service can read them.
            settings = load_settings(options.config, options.env_file, options.profile, options.environ, {})
            is_read = True
        except ConfigError as error:
            # One note: which lines the reason has is the settings' own affair.
            reason = " ".join(told(language, error.message).split())
            template = mark("The settings could not be read, the files hold the defaults: {reason}")
            notes.append(translate(language, template, {"reason": reason}))
    if is_read and not options.language:
        language = language_for(settings.log.language or settings.console.language, options.environ)
    values = _values(options, settings if is_read else None, language)
    notes += [told(language, note) for note in _notes(settings, values, is_attached=bool(options.attach))]
    return Known(values, is_read, notes)


def _values(options: Options, settings: Settings | None, language: str) -> Values:
    place = _place(options, settings)
    posix, windows = (POSIX_PLACE, place) if place.is_windows else (place, WINDOWS_PLACE)
    if settings is None:
        return Values(language, __version__, _url(options, Settings()), posix=posix, windows=windows)
    alerts = settings.alerts
    limits = Limits(
        silent_s=60 * max(alerts.motor_stopped_minutes, 2 * settings.sync.interval_minutes),
        consecutive_errors=alerts.consecutive_errors,
        cycle_s=alerts.performance_s,
        memory_ratio=alerts.memory_percent / 100,
    )
    return Values(
        language,
        __version__,
        _url(options, settings),
        is_token_needed=settings.api.token_for == "all" or not is_loopback(settings.api.host),
        token_file=str(_running_state(options, settings, place) / TOKEN_FILE),
        zone=store_zone(settings),
        group=settings.api.group,
        posix=posix,
        windows=windows,
        limits=limits,
    )


def _url(options: Options, settings: Settings) -> str:
    """Return where the engine answers: the address that was named, else that of the settings."""
    if options.attach:
        url = options.attach.rstrip("/")
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ConfigError(sentence("{url} is not an address such as http://127.0.0.1:8080", url=url))
        return url
    host = "127.0.0.1" if settings.api.host in ("0.0.0.0", "::") else settings.api.host
    port = settings.api.port or 8080
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _place(options: Options, settings: Settings | None) -> Place:
    """Return where this machine's engine lies. A service is machine-wide, whoever asks for its files."""
    usual = WINDOWS_PLACE if os.name == "nt" else POSIX_PLACE
    config = options.config or (find_config() if settings is not None else None)
    state, logs = Path(usual.state), Path(usual.logs)
    if settings is not None and settings.shopify.shop:
        name = settings.shopify.shop.removesuffix(".myshopify.com")
        state = platformdirs.site_state_path(APP, appauthor=False) / name
        logs = platformdirs.site_log_path(APP, appauthor=False) / name
        if options.state_dir or settings.state_dir:
            state = state_folder(settings, options.state_dir)
        if options.log_dir or settings.log.dir:
            logs = log_folder(settings, options.log_dir)
    named = {"--env-file": options.env_file, "--state-dir": options.state_dir, "--log-dir": options.log_dir}
    words = [word for name, path in named.items() if path is not None for word in (name, str(path.absolute()))]
    if options.profile:
        words += ["--profile", options.profile]
    if options.language:
        words += ["--lang", options.language]
    place = Place(
        _executable() or usual.executable,
        str(config.absolute()) if config else usual.config,
        str(options.state_dir.absolute() if options.state_dir else state),
        str(options.log_dir.absolute() if options.log_dir else logs),
        tuple(words),
    )
    for text in (place.executable, place.config, place.state, place.logs, *words):
        if not text.isprintable():
            raise ConfigError(sentence("{text} has a sign that no service file can hold", text=harmless(text)))
    return place


def _running_state(options: Options, settings: Settings, place: Place) -> Path:
    """Return where the state lies by now, a person's own folder too; else where a service will keep it."""
    if settings.shopify.shop:
        present = state_folder(settings, options.state_dir)
        if present.is_dir():
            return present
    return Path(place.state)


def _executable() -> str | None:
    """Return the program as it is installed here."""
    beside = Path(sys.executable).with_name("rms-console.exe" if os.name == "nt" else "rms-console")
    return str(beside) if beside.is_file() else shutil.which("rms-console")


def _notes(settings: Settings, values: Values, *, is_attached: bool) -> Iterator[str]:
    if not settings.api.enabled and not is_attached:
        yield sentence("The control API is off (api.enabled): scripts and Prometheus will find nobody.")
    if not settings.api.port and not is_attached:
        yield sentence("api.port is 0, a free port at every start: the files name {url}.", url=values.url)
    if values.is_token_needed:
        yield sentence("Reading needs the token too: Prometheus and the scripts must be able to read its file.")
    place = values.windows if os.name == "nt" else values.posix
    for path in in_homes(place):
        yield sentence("{path} lies in a person's home, where the service's own user may not get.", path=path)


def _put(folder: Path, file: ReadyFile, force: bool, dry_run: bool, language: str) -> str:
    """Write one file, or not; return what became of it.

    Raises:
        ConfigError: the folder or the file cannot be written or read.
    """
    path = folder / PurePosixPath(file.path)
    try:
        is_there = os.path.lexists(path)
        if is_there and path.is_file() and path.read_bytes() == file.content:
            return "same"
        if is_there and not force:
            return "differs"
        if not dry_run:
            _write(path, file)
    except OSError as error:
        facts = {"path": path, "reason": error.strerror or error}
        raise ConfigError(translate(language, mark("{path} cannot be written: {reason}"), facts)) from error
    if is_there:
        return "replaced"
    return "new" if dry_run else "written"


def _write(path: Path, file: ReadyFile) -> None:
    """Put the file there whole: it is written beside its place first, and a link is replaced, not followed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(file.content)
        beside.chmod(0o755 if file.is_executable else 0o644)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _body(folder: Path, states: Iterable[tuple[ReadyFile, str]], known: Known) -> dict[str, object]:
    return {
        "to": str(folder.absolute()),
        "settings_read": known.settings_read,
        "url": known.values.url,
        "notes": known.notes,
        "files": [
            {"path": file.path, "state": state, "bytes": len(file.content), "executable": file.is_executable}
            for file, state in states
        ],
    }


def _show(folder: Path, states: list[tuple[ReadyFile, str]], known: Known) -> None:
    language, width = known.values.language, max(len(file.path) for file, _ in states)
    for note in known.notes:
        click.echo(paragraph(note, page_width()), err=True)
    click.echo(f"{folder.absolute()}")
    for file, state in states:
        click.echo(f"  {file.path.ljust(width)}  {translate(language, WORDS[state], {})}")
    if any(state == "differs" for _, state in states):
        say(language, "Files that differ are overwritten with --force.")
