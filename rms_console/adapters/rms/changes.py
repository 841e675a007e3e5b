"""Reading which items changed: by row version, or by the stamp that writers set.

Both readers look only at `Item`, and both learn the bound (the clock, the versions still open) before they read rows:
a commit in between then lies above the bound, never unseen below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from rms_console.adapters.rms.database import Session, Slots
from rms_console.adapters.rms.dialect import Mark
from rms_console.adapters.rms.progress import Progress, Span
from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.adapters.rms.values import as_text
from rms_console.domain.position import Detection, Position, format_stamp, parse_stamp
from rms_console.domain.rows import ChangedKey, ChangesRead
from rms_console.errors import SourceSchemaChanged

PAGE = 5000
PAST_LOCKS = ("hint", "WITH (READPAST, READCOMMITTEDLOCK)")
"""Leaves out rows that others hold locked; the second word lets the first stand where the database keeps row versions.

Source: learn.microsoft.com, Transact-SQL table hints, read 2026-11.
"""
_WHOLE_SECOND = ".000"
_FRESH_SECOND_S = 1.0
_FRESH_TICK_S = 0.01
"""Two ticks of SQL Server's `datetime`, and some."""


class ChangeReader(Protocol):
    def read(self, session: Session, after: Position, limit: int) -> ChangesRead: ...

    def read_past_locks(self, session: Session, after: Position) -> ChangesRead:
        """Return what lies above `after` in rows that nobody holds locked.

        The watermark stays: a row that was left out may carry a place below those that were read.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Memo:
    """The last answer, good again while nothing was committed."""

    mark: Mark
    after: Position
    limit: int
    read: ChangesRead


class _Remembering:
    """Answers a repeated question from memory while the database says that nothing was committed since.

    That makes a quiet poll cost one tiny statement, also on a table without an index on the stamp. A mark that counts
    row versions only serves where the table has one.
    """

    def __init__(self, has_version: bool) -> None:
        self._has_version = has_version
        self._memo: _Memo | None = None

    def _mark(self, session: Session) -> Mark | None:
        mark = session.mark
        return mark if mark is not None and (self._has_version or not mark.of_versions) else None

    def recall(self, session: Session, after: Position, limit: int) -> ChangesRead | None:
        memo = self._memo
        if memo is None or (memo.mark, memo.after, memo.limit) != (self._mark(session), after, limit):
            return None
        return replace(memo.read, server_time=session.server_time())

    def remember(self, session: Session, after: Position, limit: int, read: ChangesRead) -> ChangesRead:
        """Keep an answer. What vanished is told once: nothing new vanishes while nothing is committed."""
        quiet = replace(read, vanished=frozenset())
        mark = self._mark(session)
        self._memo = None if mark is None else _Memo(mark, after, limit, quiet)
        return read


class VersionReader:
    """Changes by `DBTimeStamp`, a number that grows with every write of a row.

    Rows above the limit of open transactions are handed over too; only the watermark stops at the limit. Rows that
    share a version (a file's writer may count transactions, not rows) are never parted by the row limit.
    """

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._memory = _Remembering(has_version=True)

    def read(self, session: Session, after: Position, limit: int) -> ChangesRead:
        _expect(after, Detection.ROWVERSION)
        known = self._memory.recall(session, after, limit)
        return known or self._memory.remember(session, after, limit, self._read(session, after, limit))

    def _read(self, session: Session, after: Position, limit: int) -> ChangesRead:
        server_time, bound = session.server_time(), session.version_limit()
        ((highest, above),) = session.rows("version_overview", self._slots, after=after.number)
        keys = self._page(session, after.number, limit + 1, self._slots) if above else []
        more = len(keys) > limit and (bound is None or keys[limit].position.number <= bound)
        if more:
            keys = self._with_ties(session, keys[:limit], keys[limit])
        elif len(keys) > limit:
            keys = self._to_the_end(session, keys, self._slots)
        firm = [key.position for key in keys if bound is None or key.position.number <= bound]
        return ChangesRead(
            tuple(keys),
            firm[-1] if firm else after,
            more,
            server_time,
            rereads_from=after,
            highest=Position.of_version(highest) if isinstance(highest, int) else None,
        )

    def read_past_locks(self, session: Session, after: Position) -> ChangesRead:
        _expect(after, Detection.ROWVERSION)
        slots = (*self._slots, PAST_LOCKS)
        keys = self._page(session, after.number, PAGE, slots)
        if len(keys) == PAGE:
            keys = self._to_the_end(session, keys, slots)
        return ChangesRead(tuple(keys), after, False, session.server_time(), rereads_from=after)

    def _with_ties(self, session: Session, keys: list[ChangedKey], first_left: ChangedKey) -> list[ChangedKey]:
        last = keys[-1]
        if first_left.position != last.position:
            return keys
        ties = session.rows("ties_of_version", self._slots, version=last.position.number, above_id=last.item_id)
        return keys + [_version_key(row) for row in ties]

    def _to_the_end(self, session: Session, keys: list[ChangedKey], slots: Slots) -> list[ChangedKey]:
        """Read on above the limit of open transactions: the watermark cannot get there, so no later page would."""
        while True:
            last = keys[-1].position.number
            page = self._page(session, last, PAGE, slots)
            keys = [*keys, *page]
            if len(page) < PAGE:
                return keys

    def _page(self, session: Session, after: int, row_limit: int, slots: Slots) -> list[ChangedKey]:
        rows = session.rows("changes_by_version", slots, after=after, row_limit=row_limit)
        return [_version_key(row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Stamped:
    """A row as the query gives it, at its true place."""

    position: Position
    sku: str | None


class StampReader:
    """Changes by `LastUpdated` and ID, as far as stamps that writers set can tell.

    A page holds, in order: what the window behind the watermark has and the caller does not; at most `limit` rows
    above the watermark; every row stamped in the future. A future row is handed over but never moves the watermark,
    so a till whose clock runs ahead hides nothing. The watermark moves only to stamps that rows really carry.

    A row read in the very second of its stamp may be written again within it and would look unchanged. Such a row is
    handed over a microsecond below its true place, so that the next pass hands it over once more.
    """

    def __init__(self, slots: Slots, clock: StoreClock, overlap_s: float, has_version: bool) -> None:
        self._slots = slots
        self._progress = Progress(clock, overlap_s)
        self._memory = _Remembering(has_version)

    def read(self, session: Session, after: Position, limit: int) -> ChangesRead:
        _expect(after, Detection.LAST_UPDATED)
        known = self._memory.recall(session, after, limit)
        return known or self._memory.remember(session, after, limit, self._read(session, after, limit))

    def _read(self, session: Session, after: Position, limit: int) -> ChangesRead:
        server_time = session.server_time()
        now = format_stamp(server_time)
        span = self._progress.begin(after, now)
        window, above, still_held = self._fetch(session, span, limit + 1, self._slots)
        more = len(above) > limit and above[limit].position.stamp <= now
        above = above[:limit] if more else self._to_the_end(session, above, limit, self._slots)
        firm = [row.position for row in above if row.position.stamp <= now]
        there = {row.position.number for row in above}
        read = ChangesRead(
            tuple(_stamp_key(row, server_time) for row in (*window, *above)),
            firm[-1] if firm else span.after,
            more,
            server_time,
            rereads_from=None if span.floor is None else Position(span.floor, 0),
            anchor_lost=not (more or window or still_held) and _lacks_anchor(span, there),
            vanished=frozenset()
            if more
            else self._progress.vanished(span, there | {row.position.number for row in window} | still_held.keys()),
        )
        self._progress.finish(span, after, now, read, still_held)
        return read

    def read_past_locks(self, session: Session, after: Position) -> ChangesRead:
        _expect(after, Detection.LAST_UPDATED)
        server_time, slots = session.server_time(), (*self._slots, PAST_LOCKS)
        _, above, _ = self._fetch(session, Span(after, None), PAGE, slots)
        above = self._to_the_end(session, above, PAGE - 1, slots)
        return ChangesRead(tuple(_stamp_key(row, server_time) for row in above), after, False, server_time)

    def _fetch(
        self, session: Session, span: Span, row_limit: int, slots: Slots
    ) -> tuple[list[_Stamped], list[_Stamped], dict[int, str]]:
        """Return the rows of the window that the caller lacks, the rows above it, and what it holds in the window."""
        window: list[_Stamped] = []
        above: list[_Stamped] = []
        still_held: dict[int, str] = {}
        for item_id, stamp, sku in self._query(session, span, row_limit, slots):
            position = Position(stamp, int(item_id))
            if position > span.after:
                above.append(_Stamped(position, as_text(sku)))
            elif self._progress.is_held(position.number, stamp):
                still_held[position.number] = stamp
            else:
                window.append(_Stamped(position, as_text(sku)))
        window.sort(key=_place)
        above.sort(key=_place)
        return window, above, still_held

    def _query(self, session: Session, span: Span, row_limit: int, slots: Slots) -> Iterable[Sequence[Any]]:
        stamp = session.stamp(span.after.stamp)
        values = {"stamp": stamp, "number": span.after.number, "row_limit": row_limit}
        if span.floor is None:
            return session.stream("changes_above_stamp", slots, **values)
        return session.stream("changes_from_stamp", slots, floor=session.stamp(span.floor), **values)

    def _to_the_end(self, session: Session, above: list[_Stamped], limit: int, slots: Slots) -> list[_Stamped]:
        """Read on past the limit when what is left lies in the future, where the watermark cannot go."""
        while len(above) > limit:
            span = Span(above[-1].position, None)
            _, rest, _ = self._fetch(session, span, PAGE, slots)
            above = [*above, *rest]
            if len(rest) < PAGE:
                break
        return above


def _lacks_anchor(span: Span, above: set[int]) -> bool:
    """Whether a window without any row says that the database went back in time.

    The row that set the watermark lies in the window until it is written again, and then above it. A watermark of no
    row (ItemID 0: where the very first read began) says nothing.
    """
    return span.floor is not None and span.after.number > 0 and span.after.number not in above


def _place(row: _Stamped) -> Position:
    return row.position


def _stamp_key(row: _Stamped, server_time: datetime) -> ChangedKey:
    position = row.position
    fresh_s = _FRESH_SECOND_S if position.stamp.endswith(_WHOLE_SECOND) else _FRESH_TICK_S
    if position.stamp > format_stamp(server_time - timedelta(seconds=fresh_s)):
        position = _just_below(position)
    return ChangedKey(row.position.number, position, row.sku)


def _just_below(position: Position) -> Position:
    try:
        moment = parse_stamp(position.stamp) - timedelta(microseconds=1)
    except ValueError:
        return position
    return Position(moment.isoformat(" ", "microseconds"), position.number)


def _version_key(row: Sequence[Any]) -> ChangedKey:
    item_id, version, sku = row
    return ChangedKey(int(item_id), Position.of_version(int(version)), as_text(sku))


def _expect(after: Position, detection: Detection) -> None:
    if after != Position("", 0) and after.detection is not detection:
        raise SourceSchemaChanged(
            f"the watermark {after.encode()} is not one of detection by {detection}",
            code="rms-detection",
            hint="the database changed under the engine: restart it, it then begins from a new watermark",
        )
