"""Reads changes into the durable queue. The watermark means: everything at or below it has been read into the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rms_console.contract.events import EventName
from rms_console.contract.records import QueueKey, QueueReason
from rms_console.domain.position import Detection, Position
from rms_console.domain.rows import ChangesRead
from rms_console.engine.deps import Deps
from rms_console.engine.journal import DETECTOR, Journal

READ_LIMIT = 2000
MAX_READS = 5000
"""A read that is still not through after so many rounds is a loop, not a backlog."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll found: how many keys were news to the queue, and where the watermark stands."""

    news: int
    watermark: Position | None
    first: bool = False


class Detector:
    def __init__(self, deps: Deps, journal: Journal) -> None:
        self._deps = deps
        self._journal = journal
        self.watermark: Position | None = None
        self.read_at: datetime | None = None

    async def poll(self, detection: Detection, back_hours: float) -> Poll:
        """Read all changes above the watermark into the queue.

        Raises:
            SourceError: the read failed; what was read before stays queued, the watermark does not pass it.
        """
        start, first = await self._start(detection, back_hours)
        news, after = 0, start
        for _ in range(MAX_READS):
            read = await self._deps.sql(self._deps.source.read_changes, after, READ_LIMIT)
            news += await self._queue(read)
            after = self.watermark = read.complete_up_to
            if not read.more:
                if read.rereads_from is not None:
                    await self._deps.disk(self._deps.ledger.forget_seen, read.rereads_from)
                break
        self.read_at = self._deps.clock.now()
        if news:
            self._journal.publish(EventName.CHANGES_READ, count=news, watermark=_show(self.watermark))
        return Poll(news, self.watermark, first)

    async def _start(self, detection: Detection, back_hours: float) -> tuple[Position, bool]:
        mark = await self._deps.disk(self._deps.ledger.watermark)
        if mark is not None and mark.detection is detection:
            return mark, False
        if mark is not None:
            self._journal.log(
                "WARN", DETECTOR, "The change detection is now {detection}: starting anew", detection=detection
            )
            await self._deps.disk(self._deps.ledger.reset_watermark, None)
        return await self._deps.sql(self._deps.source.starting_point, back_hours), True

    async def _queue(self, read: ChangesRead) -> int:
        keys = [QueueKey(key.item_id, QueueReason.CHANGE, key.position, key.sku) for key in read.keys]
        return await self._deps.disk(self._deps.ledger.enqueue, keys, read.complete_up_to, self._deps.clock.now())


def _show(position: Position | None) -> str | None:
    return None if position is None else (position.stamp or str(position.number))
