"""The end of app.log, read from the disk: what is left to read when no engine can be asked."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from rms_console.adapters.logs.writer import FILE_NAME
from rms_console.contract.api import LogEntry
from rms_console.errors import ConsoleError
from rms_console.locale import sentence

LEVELS: Final[Mapping[str, int]] = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40, "critical": 50}
BLOCK_BYTES: Final = 256 * 1024
MOST_BYTES: Final = 64 * 1024 * 1024
"""So far back is looked for lines that fit."""


def tail(folder: Path, limit: int, level: str = "info", text: str = "") -> list[LogEntry]:
    """Return the newest entries of this level or above that hold `text`, newest first; none without a file.

    Raises:
        ConsoleError: this account may not read the log.
    """
    fitting = (entry for entry in _entries(folder) if wanted(entry, level, text))
    try:
        return list(islice(fitting, limit))
    except OSError as error:
        raise ConsoleError(
            sentence("the log in {folder} cannot be read: {reason}", folder=folder, reason=error.strerror or error),
            code="log-unreadable",
            hint=sentence("use the engine's account (sudo -u)"),
        ) from error


def _entries(folder: Path) -> Iterator[LogEntry]:
    """Yield entries from the newest to the oldest, those of files set aside after those of the present one."""
    try:
        aside = sorted((path.name for path in folder.iterdir() if _is_aside(path.name)), reverse=True)
    except FileNotFoundError:
        return
    for name in (FILE_NAME, *aside):
        # It may be set aside, or deleted for its age, at any moment.
        with contextlib.suppress(FileNotFoundError), (folder / name).open("rb") as file:
            for line in _backwards(file):
                entry = _entry(line)
                if entry is not None:
                    yield entry


def _is_aside(name: str) -> bool:
    present = Path(FILE_NAME)
    return name.startswith(f"{present.stem}-") and name.endswith(present.suffix)


def wanted(entry: LogEntry, level: str, text: str) -> bool:
    """Return whether an entry is of this level or above and holds `text`, whatever the case."""
    least = LEVELS.get(level.lower(), 0)
    return LEVELS.get(entry.level.lower(), 20) >= least and text.casefold() in (
        f"{entry.service} {entry.tag} {entry.message}".casefold()
    )


def _entry(line: bytes) -> LogEntry | None:
    """Return a line as an entry; None where it is not one, as the torn end of a killed engine's file."""
    try:
        plain: Any = json.loads(line)
        return LogEntry(
            timestamp=plain["timestamp"],
            level=plain["level"],
            service=plain["service"],
            message=plain["message"],
            tag=plain.get("tag", ""),
        )
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return None


def _backwards(file: io.BufferedReader) -> Iterator[bytes]:
    """Yield lines from the last to the first."""
    place = file.seek(0, io.SEEK_END)
    first = max(0, place - MOST_BYTES)
    rest = b""
    while place > first:
        size = min(BLOCK_BYTES, place - first)
        place -= size
        file.seek(place)
        rest, *lines = (file.read(size) + rest).split(b"\n")
        yield from (line for line in reversed(lines) if line)
    if rest:
        yield rest
