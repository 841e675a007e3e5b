"""Time that passes only when nobody has anything to do: a clock, and an asyncio loop that lives by it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
MOST_TURNS_AT_ONCE = 5_000
"""So many turns of the loop without time passing are a loop without an end."""
MOST_TURNS = 60_000
"""A story takes one to three thousand turns: one that takes so many does not come to rest."""


class Stuck(Exception):
    """Nobody sleeps and the work is not done, or the work is never done and nobody sleeps."""


class SimClock:
    """`contract.ports.Clock` whose time the loop moves. The wall may jump; the monotonic side never does."""

    def __init__(self, start: datetime = START) -> None:
        self.wall = start
        self.true = start
        """The time without the jumps of our own machine's clock: that of the shop, of RMS, of the sun."""
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def real(self) -> datetime:
        return self.true

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)
        self.true += timedelta(seconds=seconds)

    def jump(self, seconds: float) -> None:
        """Move the wall clock of our machine alone."""
        self.wall += timedelta(seconds=seconds)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs what is ready; when nothing is, moves the clock to whatever is due first.

    `alarms`: others that want to be called when their time has come; each says in how many seconds.
    """

    def __init__(self, clock: SimClock) -> None:
        self.clock = clock
        self.turns = 0
        self.kill_at: tuple[int, Callable[[], None]] | None = None
        self.alarms: Callable[[], float | None] = lambda: None
        self.ring: Callable[[], object] = lambda: None
        self._still = 0
        self._most = MOST_TURNS
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.clock.seconds

    def pass_time(self, timeout: float | None) -> None:
        """Called once a turn. With something ready (`timeout` 0) no time passes."""
        self.turns += 1
        self._still += 1
        if self.turns > self._most:
            self._most = self.turns + MOST_TURNS  # said once: what is left is cleared away in peace
            raise Stuck(f"{self.turns} turns and no end")
        if self.kill_at is not None and self.turns >= self.kill_at[0]:
            call, self.kill_at = self.kill_at[1], None
            self.call_soon(call)
            return
        if timeout is not None and timeout <= 0:
            if self._still > MOST_TURNS_AT_ONCE:
                self._still = 0
                raise Stuck(f"{MOST_TURNS_AT_ONCE} turns without time passing")
            return
        alarm = self.alarms()
        if timeout is None and alarm is None:
            raise Stuck("nobody sleeps, and the work is not done")
        step = min(each for each in (timeout, alarm) if each is not None)
        self._still = 0
        self.clock.advance(max(0.0, step))
        if alarm is not None and alarm <= step + 1e-9:
            self.call_soon(self.ring)


class _Selector(selectors.SelectSelector):
    """Has no sockets to look at: waiting is letting time pass."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        self._loop.pass_time(timeout)
        return []
