"""Reading on while a run pushes, and making way: what changed just now does not wait for the end of a backlog.

A run that makes way starts nothing more, its rest stays due, and the next run takes what is fresh and nothing else.
Fresh is what was queued above a mark. So many changes at once that they are a backlog themselves stand in line.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from rms_console.contract.records import QueueEntry
from rms_console.engine.brakes import MADE_WAY
from rms_console.engine.cycle import Pass
from rms_console.engine.deps import Deps
from rms_console.engine.intake import Load
from rms_console.engine.job import PRIORITIES
from rms_console.engine.reporting import Cause
from rms_console.engine.wakes import Wakes
from rms_console.errors import SourceError

FEW = 30
"""So many items at most go ahead of a backlog; what pushes them takes seconds."""
SHORT = 5
"""A run of which no more products are left ends soon enough by itself."""
HOLD_S = 4.0
"""So long a backlog pushes, at least, between two times that it makes way: it ends, however many changes come."""


class MakeWay:
    """Lives as long as the engine: which changes are fresh is known from one run to the next. `read` reads changes."""

    def __init__(self, deps: Deps, wakes: Wakes, read: Callable[[], Awaitable[object]]) -> None:
        self._deps = deps
        self._wakes = wakes
        self._read = read
        self._mark: int | None = None
        self._made_way = False
        self._goes_ahead = False
        self._is_ahead = False
        self._owes = False
        self._not_before = -math.inf
        self._is_reading = False
        self._is_over = False

    def forget(self) -> None:
        """Begin as a new process would: the ledger is another one."""
        self._mark = None

    async def begin(self, cause: Cause) -> bool:
        """Note that a run begins; return whether it is to go straight to what somebody waits for."""
        if self._mark is None:
            self._mark = await self._deps.disk(self._deps.ledger.newest_version)
        self._is_ahead = False
        if cause.only:
            return True
        self._goes_ahead, self._made_way = self._made_way, False
        return self._goes_ahead

    async def ahead(self, cause: Cause) -> tuple[int, ...]:
        """Return the items that this run is for, when one made way for them; none: it takes what is due, in order."""
        if cause.only:
            return cause.only
        newest = await self._deps.disk(self._deps.ledger.newest_version)
        fresh = await self._fresh(FEW + 1)
        self._is_ahead = self._goes_ahead and 0 < len(fresh) <= FEW
        self._owes |= self._goes_ahead
        self._goes_ahead = False
        if self._is_ahead or len(fresh) > FEW:
            # They are on their way; or they are a backlog, in which what comes later must not be lost.
            self._mark = newest
        return tuple(entry.item_id for entry in fresh) if self._is_ahead else ()

    @asynccontextmanager
    async def alongside(self, push: Pass, load: Load, cause: Cause) -> AsyncIterator[None]:
        """Read on while the block pushes, and ask it to end when something more urgent than its rest has come.

        Raises:
            StoreError: on leaving; what was read could not be queued.
        """
        if self._owes and not self._is_ahead:
            self._owes, self._not_before = False, self._deps.clock.monotonic() + HOLD_S
        self._is_over = False
        task = asyncio.ensure_future(self._watch(push, load, cause))
        try:
            yield
        except BaseException:
            task.cancel()
            raise
        self._is_over = True
        # A read that is on comes to its end: the next run would wait for it anyway.
        if not self._is_reading:
            task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    async def _watch(self, push: Pass, load: Load, cause: Cause) -> None:
        while not (push.brakes.closed or self._is_over):
            if _can_be_cut(cause) and await self._is_outrun(push, load):
                wait_s = self._not_before - self._deps.clock.monotonic()
                if wait_s <= 0:
                    self._made_way = True
                    push.brakes.ask(MADE_WAY)
                    return
                await self._deps.clock.sleep(wait_s)
                continue
            await self._wakes.news.wait()
            self._wakes.news.clear()
            await self._look()

    async def _look(self) -> None:
        self._is_reading = True
        try:
            await self._read()
        except SourceError:
            # What is being pushed does not need RMS. The next run reads before anything else, and says what is wrong.
            return
        finally:
            self._is_reading = False

    async def _is_outrun(self, push: Pass, load: Load) -> bool:
        """Whether there is something fresh that is not in the run, and as urgent as whatever is left of it.

        A run for fresh changes makes way only for a person. Nor is a bulk write cut: it would begin anew each time.
        """
        left = [job for job in push.jobs if not job.done]
        if len(left) <= SHORT or push.by_bulk:
            return False
        newest = await self._deps.disk(self._deps.ledger.newest_version)
        fresh = [entry for entry in await self._fresh(len(load.entries) + FEW + 1) if not _is_in(load, entry)]
        rank = min((PRIORITIES[entry.reason] for entry in fresh), default=math.inf)
        rest = min(job.priority for job in left)
        if rank < rest:
            return True
        if len(fresh) > FEW:
            self._mark = newest
            return False
        return bool(fresh) and rank == rest and not self._is_ahead

    async def _fresh(self, limit: int) -> tuple[QueueEntry, ...]:
        deps = self._deps
        return await deps.disk(deps.ledger.fresh, self._mark or 0, limit, deps.clock.now())


def _can_be_cut(cause: Cause) -> bool:
    """A run that a person narrowed keeps what it was narrowed by to its end."""
    return not (cause.only or cause.forced or cause.batch_size is not None or cause.include_zero_stock is not None)


def _is_in(load: Load, entry: QueueEntry) -> bool:
    have = load.entries.get(entry.item_id)
    return have is not None and have.version == entry.version
