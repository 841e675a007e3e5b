"""The support bundle: what the engine tells, what lies on this machine, and nothing secret."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from rms_console import __version__
from rms_console.config.rows import setting_rows
from rms_console.contract import wire
from rms_console.contract.endpoint import TOKEN_FILE
from rms_console.contract.engine_port import EnginePort
from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.snapshot import EngineSnapshot
from rms_console.contract.support import Bundle
from rms_console.control.endpoint_file import read_endpoint
from rms_console.errors import ConsoleError, StoreFull
from rms_console.locale import sentence
from rms_console.wiring.hiding import Hider, hider_for
from rms_console.wiring.options import Options
from rms_console.wiring.site import Site
from rms_console.wiring.support_log import around_newest_error, last_lines

CYCLES: Final = 50
LOG_LINES: Final = 500
PACKAGES: Final = ("textual", "pydantic", "sqlalchemy", "pyodbc", "httpx", "apscheduler", "fastapi", "structlog")
SETTINGS: Final = "settings.json"
_OWNER: Final = "owner.json"


@dataclass(slots=True)
class Told:
    """What an engine, or a shop's memory, answers. `problems`: what was asked for in vain, with why."""

    snapshot: EngineSnapshot | None = None
    pages: dict[str, Page] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    """Of the queue, where no engine tells them with its snapshot."""
    problems: dict[str, str] = field(default_factory=dict)


def questions(language: str) -> dict[str, Query]:
    """Return what is asked of the engine, by the file that the answer goes to."""
    told_in = {"language": language}
    return {
        "diagnostics.json": Query(Subject.DIAGNOSTICS, 200, filters=told_in),
        "cycles.json": Query(Subject.ACTIVITY, CYCLES),
        "alerts.json": Query(Subject.ALERTS, 200, filters=told_in),
        SETTINGS: Query(Subject.CONFIG, 1000),
    }


async def told_by(port: EnginePort, language: str) -> Told:
    """Return what an engine tells through its port."""
    told = Told()
    try:
        told.snapshot = await port.snapshot()
        for name, query in questions(language).items():
            _take(told, name, await port.ask(query))
    except ConsoleError as error:
        told.problems["snapshot.json"] = error.message
    return told


def told_in_turn(snapshot: Callable[[], EngineSnapshot], ask: Callable[[Query], Page], language: str) -> Told:
    """Return the same from an engine that is asked one question at a time.

    Raises:
        LinkError: it does not answer.
    """
    told = Told(snapshot())
    for name, query in questions(language).items():
        _take(told, name, ask(query))
    return told


def _take(told: Told, name: str, page: Page) -> None:
    if page.problem:
        told.problems[name] = page.problem
    else:
        told.pages[name] = page


@dataclass(frozen=True, slots=True)
class Local:
    """This machine's part: None for `site` where the engine lives elsewhere."""

    options: Options
    site: Site | None
    hider: Hider

    @classmethod
    def of(cls, options: Options, site: Site | None) -> Local:
        return cls(options, site, hider_for(options, site))


def make(told: Told, local: Local) -> Bundle:
    """Return the bundle. Blocking: reads the end of the log.

    A file in which a known secret would stand all the same is left out whole.
    """
    left_out = [*_never(), *((name, sentence("not told: {why}", why=why)) for name, why in told.problems.items())]
    files: dict[str, bytes] = {}
    contents = {**_local_files(local, left_out), **_told_files(told)}
    for name, value in contents.items():
        data = _lines(value, local.hider) if isinstance(value, list) else _json(value, local.hider)
        if local.hider.is_clean(data):
            files[name] = data
        else:
            left_out.append((name, sentence("a secret stands in it")))
    if told.snapshot is None and "snapshot.json" not in told.problems:
        left_out.append(("snapshot.json", sentence("no engine answers")))
    about = _about(told, local, [*files], left_out)
    return Bundle({"about.json": _json(about, local.hider), **files}, tuple(left_out))


def _never() -> Iterator[tuple[str, str]]:
    yield "secrets", sentence("passwords and tokens are hidden in every file")
    yield TOKEN_FILE, sentence("whoever has it can steer the engine")
    yield "ledger.db", sentence("it holds the whole catalogue; ask for it only where it is needed")


def _told_files(told: Told) -> dict[str, Any]:
    files: dict[str, Any] = {"counts.json": told.counts} if told.counts else {}
    seen = told.snapshot
    if seen is not None:
        plain = wire.to_json(seen)
        files["snapshot.json"] = plain
        files["counts.json"] = {"queue": plain["queue"], "errors_by_type": plain["errors_by_type"]}
        files["lock.json"] = plain["lock"]
    for name, page in told.pages.items():
        rows = _settings(page.rows) if name == SETTINGS else list(page.rows)
        files[name] = {"facts": page.facts, "rows": rows}
    return files


def _local_files(local: Local, left_out: list[tuple[str, str]]) -> dict[str, Any]:
    site = local.site
    if site is None:
        left_out.append(("app-log", sentence("the engine lives on another machine: its files are there")))
        return {}
    endpoint = read_endpoint(site.state)
    files: dict[str, Any] = {
        SETTINGS: {"rows": _settings(setting_rows(site.settings))},
        "folders.json": {"state": _listing(site.state), "log": _listing(site.logs)},
        "endpoint.json": wire.to_json(endpoint) if endpoint is not None else None,
    }
    if (owner := _owner(site.state)) is not None:
        files["lock-owner.json"] = owner
    lines = last_lines(site.logs)
    if not lines:
        left_out.append(("app-log", sentence("there is no log in {folder}", folder=site.logs)))
        return files
    files["app-log-end.jsonl"] = lines[-LOG_LINES:]
    around = around_newest_error(lines, LOG_LINES)
    if around:
        files["app-log-newest-error.jsonl"] = around
    else:
        left_out.append(("app-log-newest-error.jsonl", sentence("the latest log has no error")))
    return files


def _settings(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row.get(name) for name in ("key", "value", "default", "source")} for row in rows]


def _owner(state: Path) -> object:
    try:
        return json.loads((state / _OWNER).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _listing(folder: Path) -> dict[str, Any]:
    """Return what lies in a folder: names, sizes, rights, times; nothing of what is in the files."""
    rows = []
    try:
        for path in sorted(folder.iterdir()):
            status = path.lstat()
            at = datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds")
            rows.append({"name": path.name, "bytes": status.st_size, "mode": f"{status.st_mode:o}", "changed_at": at})
    except OSError as error:
        return {"folder": str(folder), "files": rows, "problem": error.strerror or str(error)}
    return {"folder": str(folder), "files": rows}


def _about(told: Told, local: Local, names: list[str], left_out: list[tuple[str, str]]) -> dict[str, Any]:
    seen = told.snapshot
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rms_console": __version__,
        "engine": seen.version if seen is not None else None,
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "attached_to": local.options.attach or None,
        "files": ["about.json", *names],
        "left_out": [{"what": what, "why": str(why)} for what, why in left_out],
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _json(value: object, hider: Hider) -> bytes:
    return json.dumps(hider.value(value), ensure_ascii=False, indent=1, default=str).encode("utf-8", "replace")


def _lines(lines: list[str], hider: Hider) -> bytes:
    return "".join(f"{_line(line, hider)}\n" for line in lines).encode("utf-8", "replace")


def _line(line: str, hider: Hider) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return hider.text(line)
    return json.dumps(hider.value(entry), ensure_ascii=False)


def write(bundle: Bundle, path: Path) -> Path:
    """Write a bundle to a new file that its owner alone may read; return the path.

    Raises:
        StoreFull: the file is there already, or cannot be written; then nothing is left of it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        hint = sentence("name another one: nothing is overwritten")
        raise StoreFull(sentence("{path} is there already", path=path), code="bundle-exists", hint=hint) from error
    except OSError as error:
        raise _not_written(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in bundle.files.items():
                archive.writestr(_entry(name), data)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _not_written(path, error) from error
    return path


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
    entry.external_attr = 0o600 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _not_written(path: Path, error: OSError) -> StoreFull:
    return StoreFull(
        sentence("{path} cannot be written: {why}", path=path, why=error.strerror or str(error)),
        code="bundle-not-written",
        hint=sentence("name a folder that this account can write"),
    )


def default_name(at: datetime) -> str:
    """Return a name that tells when a bundle was made."""
    return f"rms-console-support-{at:%Y%m%d-%H%M%S}.zip"


class BundleDesk:
    """`contract.support.SupportDesk` of one console."""

    def __init__(self, options: Options, site: Site | None, folder: Path, language: str) -> None:
        self._local = Local.of(options, site)
        self._folder = folder
        self._language = language

    async def gather(self, port: EnginePort) -> Bundle:
        told = await told_by(port, self._language)
        return await asyncio.to_thread(make, told, self._local)

    def write(self, bundle: Bundle) -> Path:
        return write(bundle, self._folder / default_name(datetime.now(UTC)))
