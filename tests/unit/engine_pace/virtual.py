"""A clock whose time passes only when everybody waits, and a bucket that behaves as Shopify's does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rms_console.contract.ports import ThrottleStatus
from tests.twins.clock import ManualClock, settle

T = TypeVar("T")
_SETTLING_TURNS, _IDLE_ROUNDS = 40, 50


class VirtualClock(ManualClock):
    """Moves by itself to the next sleeper as soon as the loop has nothing else to do: a minute costs milliseconds."""

    @property
    def seconds(self) -> float:
        return self.monotonic()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` gives, letting time pass for it. Fails when it waits for nothing that can happen."""
        task = asyncio.ensure_future(work)
        idle = 0
        while not await self._settled(task):
            wake = self.next_wake_s
            idle = idle + 1 if wake is None else 0
            if wake is not None:
                self.advance(wake)
            elif idle > _IDLE_ROUNDS:
                task.cancel()
                raise AssertionError(f"stuck at {self.seconds:.1f} s: nobody sleeps, and the work is not done")
        return task.result()

    async def _settled(self, task: asyncio.Future[T]) -> bool:
        await settle(_SETTLING_TURNS)
        return task.done()


@dataclass
class ShopBucket:
    """Shopify's side: takes the cost when a request arrives, answers after a while, may be drained by other apps."""

    clock: VirtualClock
    maximum: float = 2000.0
    restore: float = 100.0
    drained_per_s: float = 0.0
    charge_late: bool = False
    """Take the cost at the end of the request instead of at its arrival."""
    level: float = 2000.0
    answered: int = 0
    throttled: int = 0
    used: float = 0.0
    sent_at: list[float] = field(default_factory=list)
    _at: float = 0.0
    _random: random.Random = field(default_factory=lambda: random.Random(7))

    NETWORK_S = 0.05

    async def call(self, requested: float, actual: float | None = None) -> tuple[float | None, ThrottleStatus]:
        """Return what was charged (None: throttled) and the bucket as told in the answer."""
        self.sent_at.append(self.clock.seconds)
        work_s = self._random.uniform(0.2, 1.2)
        await self.clock.sleep(self.NETWORK_S + (work_s if self.charge_late else 0.0))
        if not self._take(requested):
            self.throttled += 1
            return None, await self._answer()
        if not self.charge_late:
            await self.clock.sleep(work_s)
        charged = requested if actual is None else actual
        self._refill()
        self.level = min(self.maximum, self.level + requested - charged)
        self.used += charged
        self.answered += 1
        return charged, await self._answer()

    def status(self) -> ThrottleStatus:
        self._refill()
        return ThrottleStatus(self.maximum, float(int(self.level)), self.restore)

    def set_restore(self, restore: float) -> None:
        self._refill()
        self.restore = restore

    async def _answer(self) -> ThrottleStatus:
        status = self.status()
        await self.clock.sleep(self.NETWORK_S)
        return status

    def _take(self, points: float) -> bool:
        self._refill()
        if self.level < points:
            return False
        self.level -= points
        return True

    def _refill(self) -> None:
        gained = (self.restore - self.drained_per_s) * (self.clock.seconds - self._at)
        self.level = max(0.0, min(self.maximum, self.level + gained))
        self._at = self.clock.seconds
