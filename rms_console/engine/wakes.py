"""Why the engine should look at its work now. Timers and commands leave a reason; the engine's one loop takes it."""

from __future__ import annotations

import asyncio
from enum import IntEnum


class Wake(IntEnum):
    """Reasons, the most telling first: that one names the cycle."""

    STOP = 0
    HEALTH = 1
    """Short, and never starved by a backlog."""
    RESUME = 2
    MANUAL = 3
    RECOVER = 4
    SALE = 5
    SCHEDULE = 6
    RECONCILE = 7
    RETRY = 8
    MORE = 9
    WATCH = 10
    SWEEP = 11
    DRIFT = 12


READ_ON = frozenset({Wake.MANUAL, Wake.SALE, Wake.SCHEDULE, Wake.RETRY, Wake.WATCH})
"""After these something new may be there, which a run that is on should know of."""


class Wakes:
    """A set of pending reasons: the same reason twice is one. `news` is set when one says that something may be new;
    whoever looks during a run clears it, and the reason stays pending."""

    def __init__(self) -> None:
        self._pending: set[Wake] = set()
        self._event = asyncio.Event()
        self.news = asyncio.Event()

    def ring(self, wake: Wake) -> None:
        self._pending.add(wake)
        self._event.set()
        if wake in READ_ON:
            self.news.set()

    def is_pending(self, *wakes: Wake) -> bool:
        return not self._pending.isdisjoint(wakes)

    async def next(self) -> Wake:
        """Wait for a reason and take the most telling one; the others stay pending."""
        await self._event.wait()
        wake = min(self._pending)
        self._pending.discard(wake)
        if not self._pending:
            self._event.clear()
        return wake
