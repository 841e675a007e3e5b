"""The durable queue: which items have something to be done, why, and when next.

An entry stays until it is settled at the version that was taken: a change that comes meanwhile raises the version, so
that settling the old one cannot drop it. Versions come from one counter, so that an entry that left and came back
never has a version that was given before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from rms_console.adapters.store.counters import QUEUE_VERSION, Counters
from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import (
    json_text,
    optional_time_text,
    read_optional_time,
    read_time,
    time_text,
)
from rms_console.adapters.store.sales import Sales
from rms_console.adapters.store.statements import queries
from rms_console.adapters.store.watermark import Watermark
from rms_console.contract.records import (
    Postponed,
    QueueCounts,
    QueueEntry,
    QueueKey,
    QueueReason,
    QueueState,
    Settled,
)
from rms_console.domain.position import Position

_CHUNK = 2000
_PRIORITY = {reason: place for place, reason in enumerate(QueueReason)}
_RECONCILE = _PRIORITY[QueueReason.RECONCILE]
_RENEWING = {QueueReason.MANUAL, QueueReason.SALE}
_OPEN = {QueueState.WAITING, QueueState.RETRYING}


class Queue:
    def __init__(self, database: Database, watermark: Watermark, counters: Counters, sales: Sales) -> None:
        self._database = database
        self._sales = sales
        self._watermark = watermark
        self._counters = counters
        self._sql = queries("queue")

    def enqueue(self, keys: Iterable[QueueKey], watermark: Position | None, at: datetime) -> int:
        """Queue what is news and move the watermark, in one transaction; any number of keys in little memory."""
        remaining = iter(keys)
        news = 0
        with self._database.transaction():
            while chunk := list(islice(remaining, _CHUNK)):
                news += self._add(self._watermark.unseen(chunk), at)
            self._watermark.advance(watermark)
        return news

    def _add(self, keys: Sequence[QueueKey], at: datetime) -> int:
        if not keys:
            return 0
        version, when = self._counters.next(QUEUE_VERSION), time_text(at)
        added = self._database.run_many(self._sql["enqueue"], (_arrival(key, version, when) for key in keys))
        self._watermark.mark_seen(keys)
        self._sales.passed((key.item_id for key in keys if key.reason is QueueReason.SALE), at)
        return added

    def take(self, limit: int, at: datetime) -> tuple[QueueEntry, ...]:
        return self._database.read(_entry, self._sql["take"], (time_text(at), limit))

    def newest_version(self) -> int:
        return self._counters.last(QUEUE_VERSION)

    def fresh(self, after: int, limit: int, at: datetime) -> tuple[QueueEntry, ...]:
        return self._database.read(_entry, self._sql["fresh"], (_RECONCILE, after, time_text(at), limit))

    def entries(self, item_ids: Sequence[int]) -> tuple[QueueEntry, ...]:
        return self._database.read(_entry, self._sql["entries"], (json_text(list(item_ids)),))

    def page(self, states: Sequence[QueueState], limit: int, offset: int) -> tuple[QueueEntry, ...]:
        """Return entries in these states (any, when none is named), the most urgent first."""
        wanted = json_text([state.value for state in states or tuple(QueueState)])
        return self._database.read(_entry, self._sql["page"], (wanted, limit, offset))

    def counts(self, at: datetime) -> QueueCounts:
        with self._database.reading():
            rows = self._database.rows(self._sql["counts"])
            later = self._database.scalar(self._sql["postponed_beyond"], (time_text(at),))
            oldest = self._oldest()
        by_state = {state: sum(row["entries"] for row in rows if row["state"] == state) for state in QueueState}
        compared = sum(
            row["entries"] for row in rows if (row["state"], row["priority"]) == (QueueState.WAITING, _RECONCILE)
        )
        return QueueCounts(
            waiting=by_state[QueueState.WAITING],
            retrying=by_state[QueueState.RETRYING],
            quarantined=by_state[QueueState.QUARANTINED],
            held=by_state[QueueState.HELD],
            reconcile_waiting=compared,
            oldest_at=oldest,
            due=by_state[QueueState.WAITING] + by_state[QueueState.RETRYING] - later,
        )

    def _oldest(self) -> datetime | None:
        """Return the age of the oldest open change, comparisons left out: one index seek per reason."""
        found: list[datetime] = []
        for priority in range(_RECONCILE):
            found += self._database.read(_age, self._sql["oldest"], (priority,))
        return min(found, default=None)

    def release(self, item_ids: Sequence[int], at: datetime) -> int:
        with self._database.transaction():
            if not item_ids:
                return self._database.run(self._sql["release_all"], (time_text(at),))
            return self._database.run(self._sql["release"], (time_text(at), json_text(list(item_ids))))

    def release_due(self, at: datetime) -> int:
        """Make due again the held entries whose time has come; they keep their age."""
        with self._database.transaction():
            return self._database.run(self._sql["release_due"], (time_text(at),))

    def release_code(self, code: str, at: datetime) -> int:
        with self._database.transaction():
            return self._database.run(self._sql["release_code"], (time_text(at), code))

    def dismiss(self, item_ids: Sequence[int]) -> int:
        with self._database.transaction():
            return self._database.run(self._sql["dismiss"], (json_text(list(item_ids)),))

    def next_try_at(self) -> datetime | None:
        text = self._database.scalar(self._sql["next_try"])
        with self._database.decoding():
            return read_optional_time(text)

    def settle(self, settled: Iterable[Settled]) -> None:
        """Drop entries that are done, unless they changed since they were taken."""
        self._database.run_many(self._sql["settle"], ((done.item_id, done.version) for done in settled))

    def postpone(self, postponed: Sequence[Postponed]) -> None:
        """Put entries off, unless they changed since they were taken; a doubt stays in any case."""
        self._database.run_many(self._sql["postpone"], (_delay(entry) for entry in postponed))
        self._database.run_many(self._sql["doubt"], ((entry.item_id,) for entry in postponed if entry.doubt))


def _arrival(key: QueueKey, version: int, at: str) -> dict[str, object]:
    return {
        "item_id": key.item_id,
        "version": version,
        "reason": key.reason.value,
        "priority": _PRIORITY[key.reason],
        "at": at,
        "position": None if key.position is None else key.position.encode(),
        "sku": key.sku,
        "renews": key.position is not None or key.reason in _RENEWING,
        "reconcile": _RECONCILE,
    }


def _delay(entry: Postponed) -> dict[str, object]:
    return {
        "item_id": entry.item_id,
        "version": entry.version,
        "state": entry.state.value,
        "is_open": entry.state in _OPEN,
        "code": entry.code,
        "message": entry.message,
        "attempts": entry.attempts,
        "next_try_at": optional_time_text(entry.next_try_at),
        "style": entry.style,
        "reason": None if entry.reason is None else entry.reason.value,
        "priority": None if entry.reason is None else _PRIORITY[entry.reason],
    }


def _entry(row: sqlite3.Row) -> QueueEntry:
    return QueueEntry(
        item_id=row["item_id"],
        version=row["version"],
        reason=QueueReason(row["reason"]),
        state=QueueState(row["state"]),
        enqueued_at=read_time(row["enqueued_at"]),
        attempts=row["attempts"],
        next_try_at=read_optional_time(row["next_try_at"]),
        position=None if row["position"] is None else Position.decode(row["position"]),
        sku=row["sku"],
        style=row["style"],
        code=row["code"],
        message=row["message"],
        doubt=bool(row["doubt"]),
    )


def _age(row: sqlite3.Row) -> datetime:
    return read_time(row["enqueued_at"])
