"""What SQLite's errors mean for a person who reads RMS from a file."""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path

from rms_console.errors import SourceDenied, SourceError, SourceSchemaChanged, SourceUnavailable
from rms_console.locale import sentence

_NO_TABLE = re.compile(r"no such table: (?:\w+\.)?(.+)")
_NO_COLUMN = re.compile(r"no such column: (.+)")
_PRIMARY = 0xFF
"""The low byte of an extended result code is the primary one. Source: sqlite.org/rescode.html, read 2026-11."""


def missing(path: Path) -> SourceError:
    return SourceUnavailable(
        sentence("the RMS file {path} does not exist", path=path),
        code="rms-file-missing",
        hint=sentence("check rms.url, or put the file back"),
    )


def not_a_file(path: Path) -> SourceError:
    return SourceSchemaChanged(
        sentence("{path} is a folder or a device, not a SQLite file", path=path),
        code="rms-not-a-database",
        hint=sentence("let rms.url name the file itself: sqlite:///folder/file.db"),
    )


def explain(exc: BaseException, what: str, path: Path) -> SourceError:
    """Return the error of ours for an exception of the `sqlite3` module, or of the system while the file was opened."""
    code = getattr(exc, "sqlite_errorcode", None)
    primary = code & _PRIMARY if isinstance(code, int) else None
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _locked(what, path)
    if primary == sqlite3.SQLITE_NOTADB:
        return _not_a_database(what, path)
    if primary == sqlite3.SQLITE_CORRUPT:
        return _damaged(what, path)
    if code == sqlite3.SQLITE_READONLY_ROLLBACK:
        return _interrupted_writer(what, path)
    if primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return _cannot_open(what, path)
    if primary in (sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH) or isinstance(exc, PermissionError):
        return _denied(what, path)
    if primary == sqlite3.SQLITE_ERROR:
        return _statement_failed(str(exc), what, path)
    return SourceUnavailable(
        sentence("{what}: {path} could not be read: {error}", what=sentence(what), path=path, error=exc),
        hint=sentence("the read is tried again"),
    )


def _locked(what: str, path: Path) -> SourceError:
    return SourceUnavailable(
        sentence("{what}: {path} is locked by another program", what=sentence(what), path=path),
        code="rms-locked",
        hint=sentence("it is tried again; a writer in WAL mode would not lock readers out"),
    )


def _not_a_database(what: str, path: Path) -> SourceError:
    return SourceSchemaChanged(
        sentence("{what}: {path} is not a SQLite database", what=sentence(what), path=path),
        code="rms-not-a-database",
        hint=sentence("check rms.url; an export that is still being copied looks like this too"),
    )


def _damaged(what: str, path: Path) -> SourceError:
    return SourceUnavailable(
        sentence("{what}: {path} is damaged, or was overwritten while it was read", what=sentence(what), path=path),
        code="rms-damaged",
        hint=sentence("run PRAGMA integrity_check on it; replace a file by renaming a finished copy over it"),
    )


def _interrupted_writer(what: str, path: Path) -> SourceError:
    return SourceUnavailable(
        sentence("{what}: the writer of {path} stopped in the middle of a transaction", what=sentence(what), path=path),
        code="rms-interrupted-writer",
        hint=sentence("start the program that writes the file: only a writer may undo what is half done"),
    )


def _cannot_open(what: str, path: Path) -> SourceError:
    if not path.exists():
        return missing(path)
    if not path.is_file():
        return not_a_file(path)
    if not os.access(path, os.R_OK):
        return _denied(what, path)
    return SourceDenied(
        sentence(
            "{what}: {path} is in WAL mode, and {folder} does not let this account create the files WAL needs",
            what=sentence(what),
            path=path,
            folder=path.parent,
        ),
        code="rms-wal-folder",
        hint=sentence(
            "let this account write in the folder, keep the writer's connection open, or use journal_mode = DELETE"
        ),
    )


def _denied(what: str, path: Path) -> SourceError:
    return SourceDenied(
        sentence("{what}: this account may not read {path}", what=sentence(what), path=path),
        code="rms-denied",
        hint=sentence("give it read permission on the file"),
    )


def _statement_failed(message: str, what: str, path: Path) -> SourceError:
    if found := _NO_TABLE.search(message):
        lacking = sentence("table or view {name} is missing", name=found[1])
    elif found := _NO_COLUMN.search(message):
        lacking = sentence("column {name} is missing", name=found[1])
    else:
        lacking = sentence("SQLite refuses the query: {message}", message=message)
    return SourceSchemaChanged(
        sentence("{what}: in {path}, {lacking}", what=sentence(what), path=path, lacking=lacking),
        hint=sentence("bring the table back, or mend the view that names it"),
    )
