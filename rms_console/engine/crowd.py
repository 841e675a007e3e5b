"""Many products side by side: marked as in flight where that is asked for, stopped by the brakes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from rms_console.engine.brakes import Brakes
from rms_console.engine.inflight import InFlight
from rms_console.engine.job import Job
from rms_console.errors import LeaseError, StoreError

MARKED_AT_ONCE = 50
"""Products noted as in flight by one write of the ledger; after a crash each of them is read before it is written."""
SIDE_BY_SIDE = 64
"""Products worked on at once; how many requests are really in flight is the pacer's business."""


class Crowd:
    """Does one thing with each of many jobs."""

    def __init__(self, brakes: Brakes, in_flight: InFlight) -> None:
        self._brakes = brakes
        self._in_flight = in_flight

    async def each_marked(self, jobs: Sequence[Job], call: Callable[[Job], Awaitable[None]]) -> None:
        """Do it with each job marked as in flight from its start on, some at a time: each mark is a write to disk."""
        batches = {
            job.style: jobs[i : i + MARKED_AT_ONCE]
            for i in range(0, len(jobs), MARKED_AT_ONCE)
            for job in jobs[i : i + MARKED_AT_ONCE]
        }

        async def marked(job: Job) -> None:
            await self._in_flight.begin(job.plan, [one.plan for one in batches[job.style] if not one.done])
            await call(job)

        await self.each(jobs, marked)

    async def each(self, jobs: Sequence[Job], call: Callable[[Job], Awaitable[None]]) -> None:
        """Run `call` for each job side by side; a ledger or lease error closes the brakes and is raised at the end."""
        places = asyncio.Semaphore(SIDE_BY_SIDE)
        trouble: list[StoreError | LeaseError] = []

        async def one(job: Job) -> None:
            async with places:
                if self._brakes.closed and not job.touched:
                    return
                try:
                    await call(job)
                except (StoreError, LeaseError) as error:
                    trouble.append(error)
                    self._brakes.note(error)

        await asyncio.gather(*(one(job) for job in jobs))
        if trouble:
            raise trouble[0]


async def together(brakes: Brakes, *works: Coroutine[Any, Any, None]) -> None:
    """Do them side by side; trouble with the ledger in one makes the others end early, and is raised."""

    async def one(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (StoreError, LeaseError) as error:
            brakes.note(error)
            raise

    for end in await asyncio.gather(*map(one, works), return_exceptions=True):
        if end is not None:
            raise end
