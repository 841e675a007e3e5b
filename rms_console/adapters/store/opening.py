"""Opening a ledger: make it, bring it up to date, or say plainly why it cannot be used."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from rms_console.adapters.store.database import BUSY_S, Database
from rms_console.adapters.store.encoding import time_text
from rms_console.adapters.store.statements import migrations, split
from rms_console.errors import StoreDamaged, StoreFull
from rms_console.locale import sentence

FILE_NAME = "ledger.db"
APPLICATION_ID = 0x524D534C
"""Marks the file as ours ("RMSL"), so that another program's database is not taken for a ledger."""

DAMAGED, NEWER, FOREIGN = "ledger-damaged", "ledger-newer", "ledger-foreign"
"""Why a ledger is refused: unusable, of a newer program, or not a ledger of ours at all."""

_OUR_TABLES = frozenset({"queue", "seen", "variants", "watermark"})
_MIN_BYTES = 512
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
            sentence("the folder {folder} cannot be made: {error}", folder=path.parent, error=exc),
            hint=sentence("choose a folder that this account may write"),
        ) from exc
    database = _connected(str(path))
    if path.exists() and 0 < path.stat().st_size < _MIN_BYTES:
        # SQLite would take so short a file for an empty database, and write over it.
        database.connection.close()
        raise database.damaged("too short for a ledger")
    return _prepared(database)


def memory_database() -> Database:
    """Open a ledger that lives as long as its connection."""
    return _prepared(_connected(":memory:"))


def copied(database: Database) -> Database:
    """Return a private copy of a ledger as it is now, on a file of the system's own that is gone when closed."""
    copy = _connected("")
    copy.name = f"a copy of {database.name}"
    try:
        with database.translated():
            database.connection.backup(copy.connection)
        copy.rows("PRAGMA foreign_keys = ON")
    except BaseException:
        copy.connection.close()
        raise
    return copy


def _prepared(database: Database) -> Database:
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
        raise StoreFull(
            sentence("{name} cannot be opened ({error})", name=name, error=exc),
            hint=sentence("check the rights on the file and its folder"),
        ) from exc
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
    is_small = size_bytes <= _THOROUGH_BYTES
    problem = database.scalar("PRAGMA integrity_check(1)" if is_small else "PRAGMA quick_check(1)")
    if problem != "ok":
        raise database.damaged(sentence("damaged ({problem})", problem=problem))
    if is_small and database.rows("PRAGMA foreign_key_check"):
        raise database.damaged(sentence("damaged (parts of a product without the product)"))


def _check_origin(database: Database) -> None:
    """Refuse another program's database before anything is written to it.

    One that has our tables and only lacks our sign is ours, and damaged.
    """
    mark = database.scalar("PRAGMA application_id")
    tables = {row[0] for row in database.rows("SELECT name FROM sqlite_master")}
    if mark == APPLICATION_ID or not tables:
        return
    if tables >= _OUR_TABLES:
        raise database.damaged(sentence("damaged (its sign is not that of a ledger)"))
    raise StoreDamaged(
        sentence("{name}: a database, but not a ledger of this program", name=database.name),
        code=FOREIGN,
        hint=sentence("give the program a state folder of its own, or move {name} away", name=database.name),
    )


def _migrate(database: Database) -> None:
    steps = tuple(migrations())
    known = steps[-1][0]
    version = _version(database)
    if version > known:
        raise StoreDamaged(
            sentence(
                "{name} is of ledger version {version}, this program knows up to {known}",
                name=database.name,
                version=version,
                known=known,
            ),
            code=NEWER,
            hint=sentence("update this program, or start the newer one that wrote it"),
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
    try:
        for statement in split(script):
            database.run(statement)
    except sqlite3.OperationalError as exc:
        raise database.damaged(f"{name} cannot be applied ({exc})") from exc
    database.run(
        "INSERT INTO migrations (version, name, applied_at) VALUES (?, ?, ?)",
        (number, name, time_text(datetime.now(UTC))),
    )
    database.run(f"PRAGMA user_version = {number}")
    database.run(f"PRAGMA application_id = {APPLICATION_ID}")
