"""How late the engine's loop gets to what is due, measured by a timer of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

EVERY_S: Final = 0.5
KEPT: Final = 1_200
ENOUGH: Final = 20


class TimedLoopLag:
    """`contract.loop_lag.LoopLag`: the last ten minutes, in steps of half a second."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._late: deque[float] = deque(maxlen=KEPT)
        self._due: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._wait(asyncio.get_running_loop())

    def end(self) -> None:
        if self._due is not None:
            self._due.cancel()

    def p99_s(self) -> float | None:
        if len(self._late) < ENOUGH:
            return None
        return sorted(self._late)[int(0.99 * (len(self._late) - 1))]

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = loop.call_later(self._every_s, self._measure, loop, loop.time() + self._every_s)

    def _measure(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._late.append(max(0.0, loop.time() - due))
        self._wait(loop)
