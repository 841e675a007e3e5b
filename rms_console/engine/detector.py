"""Reads changes into the durable queue. The watermark means: everything at or below it has been read into the queue."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from rms_console.contract.events import EventName
from rms_console.contract.records import QueueKey, QueueReason
from rms_console.domain.position import Detection, Position
from rms_console.domain.rows import ChangesRead
from rms_console.engine import reconcile
from rms_console.engine.deps import Deps
from rms_console.engine.journal import DETECTOR, Journal
from rms_console.errors import SourceSchemaChanged

READ_LIMIT = 2000
MAX_READS = 5000
"""A read that is still not through after so many rounds is a loop, not a backlog."""
FACT_IDENTITY = "source_identity"
FACT_RESTORED = "source_restored"
"""Set, with the reason, from a restored database until everything was compared with it."""
HELD_BACK = timedelta(minutes=10)
"""A watermark that cannot move for longer is told: some program keeps a transaction open."""

REPLACED, WENT_BACK = "replaced", "went-back"
"""Why a database counts as restored: it is another one, or its newest rows are older than what was read before."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll found: how many keys were news to the queue, and where the watermark stands."""

    news: int
    watermark: Position | None
    first: bool = False
    restored: str = ""
    """Why the database counts as restored from a backup; empty when it does not."""


class Detector:
    """`behind_since`: since when rows lie above the watermark that an open transaction keeps it from passing.

    `clocks`: the server's own local clock at the last read, and ours. `look_s`: how long that read took.
    """

    def __init__(self, deps: Deps, journal: Journal) -> None:
        self._deps = deps
        self._journal = journal
        self.watermark: Position | None = None
        self.read_at: datetime | None = None
        self.behind_since: datetime | None = None
        self.clocks: tuple[datetime, datetime] | None = None
        self.look_s: float | None = None
        self._is_told = False
        self._unfirm: frozenset[int] | None = None
        """Items of which a version above the watermark was read; None: the ledger has not been asked yet."""
        self._identity: str | None = None
        self._one_at_a_time = asyncio.Lock()

    async def poll(self, detection: Detection, back_hours: float) -> Poll:
        """Read all changes above the watermark into the queue; who asks while that goes on waits for its turn.

        Raises:
            SourceError: the read failed; what was read before stays queued, the watermark does not pass it.
            SourceSchemaChanged: the read comes to no end; what was read stays queued.
        """
        async with self._one_at_a_time:
            return await self._poll(detection, back_hours)

    async def _poll(self, detection: Detection, back_hours: float) -> Poll:
        after, first = await self._start(detection, back_hours)
        if self._unfirm is None:
            self._unfirm = await self._read_above(after)
        news, restored = 0, ""
        for number in range(MAX_READS):
            read = await self._look(after)
            if number == 0 and (restored := await self._restored(read, after, first)):
                after, first = await self._begin_anew(restored, back_hours), True
                await self._remember(read.identity)
                read = await self._deps.sql(self._deps.source.read_changes, after, READ_LIMIT)
            news += await self._queue(read)
            before, after = after, read.complete_up_to
            self.watermark = after
            if not read.more:
                await self._finish(read)
                break
            if after == before:
                raise _endless(f"there is more to read above {_show(after)}, and the watermark does not move")
        else:
            raise _endless(f"after {MAX_READS} reads there is still more above {_show(after)}")
        self.read_at = self._deps.clock.now()
        if news:
            self._journal.publish(EventName.CHANGES_READ, count=news, watermark=_show(self.watermark))
        return Poll(news, self.watermark, first, restored)

    async def _look(self, after: Position) -> ChangesRead:
        clock = self._deps.clock
        begun = clock.monotonic()
        read = await self._deps.sql(self._deps.source.read_changes, after, READ_LIMIT)
        self.look_s = clock.monotonic() - begun
        self.clocks = read.server_time, clock.now()
        return read

    async def _read_above(self, after: Position) -> frozenset[int]:
        """Return what was read above the watermark before this process began, and may have been undone since."""
        if after.detection is Detection.LAST_UPDATED:
            return frozenset()
        return await self._deps.disk(self._deps.ledger.seen_above, after)

    def forget(self) -> None:
        """Begin as a new process would: the ledger is another one."""
        self.watermark = self.behind_since = self._identity = self._unfirm = None

    def lag_s(self, now: datetime) -> float | None:
        """Return for how long the watermark has been kept from rows that were read; None before the first read."""
        if self.read_at is None:
            return None
        return 0.0 if self.behind_since is None else max(0.0, (now - self.behind_since).total_seconds())

    async def _start(self, detection: Detection, back_hours: float) -> tuple[Position, bool]:
        deps = self._deps
        position = await deps.disk(deps.ledger.watermark)
        if position is not None and position.detection is detection:
            return position, False
        if position is not None:
            self._journal.log(
                "WARN", DETECTOR, "The change detection is now {detection}: starting anew", detection=detection
            )
            await deps.disk(deps.ledger.reset_watermark, None)
        # Asked for before anything is read, so that a crash in between cannot lose it.
        await reconcile.ask(deps, "first run")
        return await deps.sql(deps.source.starting_point, back_hours), True

    async def _restored(self, read: ChangesRead, after: Position, first: bool) -> str:
        """Return why the database must have been restored or replaced since the last poll; empty when it was not."""
        if self._identity is None:
            self._identity = await self._deps.disk(self._deps.ledger.get_fact, FACT_IDENTITY) or ""
        if not first and (read.anchor_lost or (read.highest is not None and read.highest < after)):
            return WENT_BACK
        if not first and self._identity and read.identity not in ("", self._identity):
            return REPLACED
        await self._remember(read.identity)
        return ""

    async def _remember(self, identity: str) -> None:
        if identity and identity != self._identity:
            await self._deps.disk(self._deps.ledger.set_fact, FACT_IDENTITY, identity)
            self._identity = identity

    async def _begin_anew(self, why: str, back_hours: float) -> Position:
        """Forget the watermark and have everything compared: what RMS holds now is the truth."""
        deps = self._deps
        was = _show(self.watermark)
        await reconcile.ask(deps, "database restored")
        await deps.disk(deps.ledger.set_fact, FACT_RESTORED, why)
        await deps.disk(deps.ledger.reset_watermark, None)
        self.watermark, self._unfirm = None, frozenset()
        level = "WARN" if why == REPLACED else "ERROR"
        self._journal.publish(EventName.SOURCE_RESTORED, level, reason=why, watermark=was)
        self._journal.log(
            level,
            DETECTOR,
            "RMS is another database than before: the watermark {watermark} is given up, everything is compared"
            if why == REPLACED
            else "RMS has gone back in time (restored from a backup, or its newest rows deleted): the watermark "
            "{watermark} is given up, everything is compared",
            watermark=was or "-",
        )
        return await deps.sql(deps.source.starting_point, back_hours)

    async def _queue(self, read: ChangesRead) -> int:
        keys = [QueueKey(key.item_id, QueueReason.CHANGE, key.position, key.sku) for key in read.keys]
        return await self._deps.disk(self._deps.ledger.enqueue, keys, read.complete_up_to, self._deps.clock.now())

    async def _finish(self, read: ChangesRead) -> None:
        """Look again at rows that may have been rolled back, and note whether something keeps the watermark back."""
        deps = self._deps
        above = _above(read)
        doubtful = ((self._unfirm or frozenset()) - above) | read.vanished
        if doubtful:
            keys = [QueueKey(item_id, QueueReason.RECONCILE) for item_id in sorted(doubtful)]
            await deps.disk(deps.ledger.enqueue, keys, None, deps.clock.now())
            await deps.disk(deps.ledger.forget_seen_of, doubtful)
        self._unfirm = above
        self._note_lag(bool(above))
        if read.rereads_from is not None:
            await deps.disk(deps.ledger.forget_seen, read.rereads_from)

    def _note_lag(self, is_behind: bool) -> None:
        now = self._deps.clock.now()
        if not is_behind:
            self.behind_since, self._is_told = None, False
            return
        self.behind_since = self.behind_since or now
        if now - self.behind_since >= HELD_BACK and not self._is_told:
            self._is_told = True
            minutes = (now - self.behind_since) // timedelta(minutes=1)
            self._journal.publish(EventName.WATERMARK_HELD_BACK, "WARN", minutes=minutes)
            self._journal.log(
                "WARN",
                DETECTOR,
                "A transaction has been open in RMS for {minutes} minutes: changes arrive, but the watermark waits",
                minutes=minutes,
            )


def _above(read: ChangesRead) -> frozenset[int]:
    """Return the items of which a version lies above the limit of open transactions: read, but not surely for good.

    A stamp that lies above the watermark is only one of the future, from a clock that runs ahead.
    """
    end = read.complete_up_to
    if end.detection is Detection.LAST_UPDATED:
        return frozenset()
    return frozenset(key.item_id for key in read.keys if key.position > end)


def _endless(what: str) -> SourceSchemaChanged:
    return SourceSchemaChanged(
        f"reading the changes of Item comes to no end: {what}",
        code="rms-endless",
        hint="look for a program that writes rows without pause, and whether Item.DBTimeStamp is a rowversion; "
        "rms.detection chooses between it and LastUpdated",
    )


def _show(position: Position | None) -> str | None:
    return None if position is None else (position.stamp or str(position.number))
