"""A clock that moves only when told."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


class ManualClock:
    """`contract.ports.Clock` advanced by hand. Sleepers wake when the clock reaches their time."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic = 0.0
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), woken))
        await woken

    @property
    def next_wake_s(self) -> float | None:
        """Seconds until the first sleeper is due, None when nobody sleeps."""
        self._drop_gone()
        return self._sleepers[0][0] - self._monotonic if self._sleepers else None

    def advance(self, seconds: float) -> None:
        """Move both clocks on at once and wake who is due. Whoever sleeps again does so from the new time."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
        while (wake := self.next_wake_s) is not None and wake <= 1e-9:
            heapq.heappop(self._sleepers)[2].set_result(None)

    def set_wall(self, at: datetime) -> None:
        """Set the time of day alone, as an administrator or a time server does: nobody's sleep is changed."""
        self._now = at

    async def run_for(self, seconds: float) -> None:
        """Move on from sleeper to sleeper, letting each do its work, so that chains of sleeps keep their order."""
        end = self._monotonic + seconds
        await settle()
        while (wake := self.next_wake_s) is not None and self._monotonic + wake <= end:
            self.advance(wake)
            await settle()
        self.advance(max(0.0, end - self._monotonic))
        await settle()

    def _drop_gone(self) -> None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)


async def settle(turns: int = 20) -> None:
    """Let what can run on the loop run."""
    for _ in range(turns):
        await asyncio.sleep(0)
