"""When a cycle must stop pushing: the shop is gone, a person must act, somebody asked."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rms_console.contract.ports import Clock
from rms_console.errors import Action, ConsoleError, LeaseError, ShopUnavailable, StoreError
from rms_console.locale import mark

CANCELLED = mark("cancelled")
"""Why a run ends early when a person wants it to."""
MADE_WAY = mark("newer changes go first")
"""Why a run ends early for what is more urgent than its rest."""
IN_A_ROW = 3
"""So many requests unanswered in a row are an outage, not bad luck."""
LOOK_S = 1.0
"""How often a long wait looks whether it is to end."""

_T = TypeVar("_T")


class Brakes:
    """Collects what happens to requests; `closed` says that nothing new may start in this cycle."""

    def __init__(self, refusal: Callable[[], ConsoleError | None] = lambda: None) -> None:
        """`refusal` tells, whenever it is asked, why nothing may be written any more."""
        self._refusal = refusal
        self.fault: ConsoleError | None = None
        """What closed the brakes, when an error did."""
        self.asked = ""
        """Why somebody asked to stop (stop, cancel, timeout)."""
        self._in_a_row = 0
        self._answers = 0
        self._unanswered: ConsoleError | None = None

    @property
    def closed(self) -> bool:
        if self.fault is None:
            self.fault = self._refusal()
        return self.fault is not None or bool(self.asked)

    def outage(self) -> ConsoleError | None:
        """Return what closed the brakes; else, when requests were sent and none at all was answered, why not.

        A shop that is gone while one lone item waits is an outage too.
        """
        return self.fault or (self._unanswered if not self._answers else None)

    def ask(self, why: str) -> None:
        """Start nothing new, for this reason; the first counts, but a person's outweighs a run that only makes way."""
        if self.asked in ("", MADE_WAY):
            self.asked = why

    def note(self, error: Exception | None) -> None:
        """Take note of one request's end: None is an answer."""
        if error is None or not isinstance(error, ConsoleError):
            self._in_a_row = 0
            self._answers += 1
            return
        unanswered = isinstance(error, ShopUnavailable) or error.action is Action.RESOLVE
        if unanswered:
            self._unanswered = error
        else:
            self._answers += 1
        self._in_a_row = self._in_a_row + 1 if unanswered else 0
        final = error.action is Action.STOP or isinstance(error, StoreError | LeaseError)
        if self.fault is None and (final or self._in_a_row >= IN_A_ROW):
            self.fault = error


async def unless_closed(
    brakes: Brakes, clock: Clock, work: Coroutine[Any, Any, _T], patience_s: float = math.inf
) -> _T | None:
    """Return what `work` gives; None when the brakes close or patience ends before that, and then it is left."""
    task = asyncio.ensure_future(work)
    until = clock.monotonic() + patience_s
    try:
        while not task.done():
            if brakes.closed or clock.monotonic() >= until:
                return None
            tick = asyncio.ensure_future(clock.sleep(LOOK_S))
            await asyncio.wait((task, tick), return_when=asyncio.FIRST_COMPLETED)
            tick.cancel()
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
