"""A ledger that cannot be used is put aside and a fresh one begun: it is a cache, and what it knew can be read again.

Called by whoever holds the machine's lock: nobody else may move the file away from under its owner.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rms_console.adapters.store.ledger import SqliteLedger, open_ledger
from rms_console.adapters.store.opening import DAMAGED, FILE_NAME
from rms_console.errors import StoreDamaged, StoreFull
from rms_console.locale import sentence

ENDINGS = ("", "-wal", "-shm")
MOST_ASIDE = 5
"""Damaged ledgers kept beside the one in use."""
_MOST_FACTS = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """A ledger ready for use. `damage`: what was wrong with the one that was put aside as `aside`, if one was."""

    ledger: SqliteLedger
    damage: str = ""
    aside: Path | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """The small facts that could still be read from the damaged one."""


def open_or_begin_anew(folder: Path, now: datetime) -> Opened:
    """Open the ledger in `folder`; put a damaged one aside and begin a fresh one.

    Raises:
        StoreDamaged: the file is of a newer program or of another one: it is left alone.
        StoreBusy, StoreFull: the file cannot be opened now, or not be moved.
    """
    try:
        return Opened(open_ledger(folder))
    except StoreDamaged as damaged:
        if damaged.code != DAMAGED:
            raise
        facts = salvaged_facts(folder / FILE_NAME)
        aside = put_aside(folder, now)
        return Opened(open_ledger(folder), damaged.message, aside, facts)


def put_aside(folder: Path, now: datetime) -> Path:
    """Rename the ledger with all that belongs to it; return its new name.

    Raises:
        StoreFull: the folder does not allow it, or another program holds the file (Windows).
    """
    stem = f"ledger.damaged-{now:%Y%m%d-%H%M%S}"
    target = next(
        path for number in range(1000) if not (path := folder / f"{stem}{f'-{number}' if number else ''}.db").exists()
    )
    try:
        for ending in reversed(ENDINGS):
            source = folder / f"{FILE_NAME}{ending}"
            if source.exists():
                source.rename(f"{target}{ending}")
    except OSError as exc:
        raise StoreFull(
            sentence("the damaged ledger {file} cannot be moved aside ({error})", file=folder / FILE_NAME, error=exc),
            hint=sentence("close whatever has it open, or move it away by hand, and start again"),
        ) from exc
    _forget_oldest(folder, target)
    return target


def _forget_oldest(folder: Path, newest: Path) -> None:
    """Keep the newest few: a disk that tears one ledger after the other must not be filled with them as well."""
    others = sorted(path for path in folder.glob("ledger.damaged-*.db") if path != newest)
    for path in others[: max(0, len(others) + 1 - MOST_ASIDE)]:
        for ending in ENDINGS:
            with suppress(OSError):
                Path(f"{path}{ending}").unlink(missing_ok=True)


def salvaged_facts(path: Path) -> dict[str, str]:
    """Return what can still be read of the table of facts: a pause must outlive the file it was noted in."""
    facts: dict[str, str] = {}
    with suppress(sqlite3.Error, OSError, UnicodeError):
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=1.0)) as connection:
            for name, value in connection.execute("SELECT name, value FROM facts LIMIT ?", (_MOST_FACTS,)):
                if isinstance(name, str) and isinstance(value, str):
                    facts[name] = value
    return facts
