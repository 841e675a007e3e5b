"""The audit trail: each entry's digest covers the entry and the digest of the one before.

Whoever changes, inserts or removes an entry without redoing all that follow is found. The number and digest of the
last entry are kept apart, so that entries cut off at the end are missed too.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import json_text, read_json, read_time, time_text
from rms_console.adapters.store.statements import queries
from rms_console.contract.records import AuditEntry

_NEWEST = 2**63 - 1
_CHUNK = 500


class Audit:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("audit")

    def append(
        self, at: datetime, actor: str, host: str, via: str, action: str, detail: Mapping[str, str]
    ) -> AuditEntry:
        with self._database.transaction():
            number, before = self._head()
            told = (number + 1, time_text(at), actor, host, via, action, json_text(dict(detail)))
            digest = _digest(told, before)
            self._database.run(self._sql["add"], (*told, digest))
            self._database.run(self._sql["set_head"], (number + 1, digest))
        return AuditEntry(number + 1, at, actor, host, via, action, dict(detail), digest)

    def page(self, limit: int, before: int | None) -> tuple[AuditEntry, ...]:
        """Return entries with a number below `before`, the newest first."""
        return self._database.read(_entry, self._sql["page"], (_NEWEST if before is None else before, limit))

    def verify(self) -> int | None:
        """Return None when the chain holds, else the number of the first entry that does not fit or is missing."""
        number, digest = 0, ""
        with self._database.reading():
            head = self._head()
            while rows := self._database.rows(self._sql["after"], (number, _CHUNK)):
                for row in rows:
                    *told, kept = tuple(row)
                    if row["number"] != number + 1 or kept != _digest(told, digest):
                        return number + 1
                    number, digest = row["number"], kept
        if (number, digest) == head:
            return None
        return min(min(number, head[0]) + 1, max(number, head[0]))

    def _head(self) -> tuple[int, str]:
        rows = self._database.rows(self._sql["head"])
        return (rows[0]["number"], rows[0]["digest"]) if rows else (0, "")


def _digest(told: Sequence[object], before: str) -> str:
    """Return the digest of an entry's columns, as stored, and of the entry before it."""
    return hashlib.sha256(json_text([*told, before]).encode()).hexdigest()


def _entry(row: sqlite3.Row) -> AuditEntry:
    return AuditEntry(
        number=row["number"],
        at=read_time(row["at"]),
        actor=row["actor"],
        host=row["host"],
        via=row["via"],
        action=row["action"],
        detail=read_json(row["detail"]),
        digest=row["digest"],
    )
