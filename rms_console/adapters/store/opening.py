"""Opening a ledger: make it, bring it up to date, or say plainly why it cannot be used."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from rms_console.adapters.store.database import BUSY_S, Database
from rms_console.adapters.store.encoding import time_text
from rms_console.adapters.store.statements import migrations, split
from rms_console.errors import StoreDamaged, StoreFull

FILE_NAME = "ledger.db"
APPLICATION_ID = 0x524D534C
"""Marks the file as ours ("RMSL"), so that another program's database is not taken for a ledger."""

_CACHE_KIB = 8192
_THOROUGH_BYTES = 64 * 1024 * 1024
"""Checking indexes takes about a second per 100 MB, and a start must not: larger files get the quick check."""
_WAL_LIMIT_BYTES = 32 * 1024 * 1024


def open_database(path: Path) -> Database:
    """Open `path`, creating it and its folder when absent.

    Raises:
        StoreDamaged: no database, not a ledger, damaged, or written by a newer program.
        StoreFull: the folder or file cannot be written.
        StoreBusy: another program has it locked.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StoreFull(
            f"the folder {path.parent} cannot be made ({exc})", hint="choose a folder that this account may write"
        ) from exc
    return _prepared(str(path))


def memory_database() -> Database:
    """Open a ledger that lives as long as its connection."""
    return _prepared(":memory:")


def _prepared(name: str) -> Database:
    database = _connected(name)
    try:
        _configure(database)
        _migrate(database)
    except BaseException:
        database.connection.close()
        raise
    return database


def _connected(name: str) -> Database:
    # Autocommit: transactions begin where we say so. The ledger's thread is not always the one that opened it.
    try:
        connection = sqlite3.connect(name, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as exc:
        raise StoreFull(f"{name} cannot be opened ({exc})", hint="check the rights on the file and its folder") from exc
    return Database(connection, name)


def _configure(database: Database) -> None:
    _check_origin(database)
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        f"cache_size = -{_CACHE_KIB}",
        f"journal_size_limit = {_WAL_LIMIT_BYTES}",
    ):
        database.rows(f"PRAGMA {pragma}")
    _check_structure(database)


def _check_structure(database: Database) -> None:
    """Refuse a file whose pages do not fit together; of a small one also indexes that do not fit their tables."""
    size_bytes = database.scalar("PRAGMA page_count") * database.scalar("PRAGMA page_size")
    check = "integrity_check" if size_bytes <= _THOROUGH_BYTES else "quick_check"
    problem = database.scalar(f"PRAGMA {check}(1)")
    if problem != "ok":
        raise database.damaged(f"damaged ({problem})")


def _check_origin(database: Database) -> None:
    """Refuse another program's database before anything is written to it."""
    mark = database.scalar("PRAGMA application_id")
    is_empty = not database.scalar("SELECT count(*) FROM sqlite_master")
    if mark != APPLICATION_ID and not is_empty:
        raise database.damaged("a database, but not a ledger of this program")


def _migrate(database: Database) -> None:
    steps = tuple(migrations())
    known = steps[-1][0]
    version = _version(database)
    if version > known:
        raise StoreDamaged(
            f"{database.name} is of ledger version {version}, this program knows up to {known}",
            code="ledger-newer",
            hint="update this program, or start the newer one that wrote it",
        )
    if version == known:
        return
    with database.transaction():
        for number, name, script in steps:
            if number > _version(database):
                _apply(database, number, name, script)


def _version(database: Database) -> int:
    return int(database.scalar("PRAGMA user_version"))


def _apply(database: Database, number: int, name: str, script: str) -> None:
    for statement in split(script):
        database.run(statement)
    database.run(
        "INSERT INTO migrations (version, name, applied_at) VALUES (?, ?, ?)",
        (number, name, time_text(datetime.now(UTC))),
    )
    database.run(f"PRAGMA user_version = {number}")
    database.run(f"PRAGMA application_id = {APPLICATION_ID}")
