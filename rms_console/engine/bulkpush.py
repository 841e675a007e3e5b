"""Large passes by bulk mutations: outside the rate limit, one mutation for each kind of operation.

Shopify takes minutes for what single calls do at once, so it pays for thousands only. Each creation is looked up
first, by single calls: one point each, and the answer is of now, where a pass over the catalogue would cost a large
shop minutes and be as old as its beginning.

Before the mutation starts, the queue says of each of its products that the shop must be read before it is written.
Whatever ends the engine then, the next one builds on what is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from rms_console.contract.bulk import BulkOutcome, BulkWrite
from rms_console.contract.ports import PRIORITY_INTERACTIVE
from rms_console.domain.operations import CreateProduct, UpdateVariants
from rms_console.engine.brakes import Brakes, unless_closed
from rms_console.engine.deps import Deps
from rms_console.engine.job import Job
from rms_console.engine.journal import PUSHER, Journal
from rms_console.engine.openbulk import OpenBulk, in_doubt
from rms_console.engine.productpush import ProductPusher, is_stale_picture
from rms_console.engine.recorder import Part, Recorder
from rms_console.errors import ConsoleError, ShopOutcomeUnknown

SLICE = 25
"""Outcomes folded in before the loop gets a turn: a few milliseconds."""


class BulkPusher:
    def __init__(
        self,
        deps: Deps,
        journal: Journal,
        recorder: Recorder,
        products: ProductPusher,
        brakes: Brakes,
        open_bulk: OpenBulk,
    ) -> None:
        self._deps = deps
        self._journal = journal
        self._recorder = recorder
        self._products = products
        self._brakes = brakes
        self._open = open_bulk
        self._lost: ShopOutcomeUnknown | None = None

    async def push(self, jobs: Sequence[Job], aside: Collection[int]) -> None:
        """Send the first operation of each job's plan. The jobs carry away what was confirmed, and their errors.

        What was not started at all is left to single calls. `aside`: items whose entries wait for something else.

        Raises:
            StoreError, LeaseLost: nothing was sent.
        """
        by_style = {job.style: (job, write) for job in jobs if (write := bulk_write(job)) is not None}
        if not by_style or self._brakes.closed:
            return
        await self._doubt([job for job, _ in by_style.values()], aside)
        self._journal.log("INFO", PUSHER, "{count} products go by a bulk write", count=len(by_style))
        self._open.is_settled = False
        try:
            through = await unless_closed(self._brakes, self._deps.clock, self._run(by_style))
        except ConsoleError as error:
            # Nothing took effect of what has no outcome yet: single calls go on from here.
            self._brakes.note(error)
            self._journal.log("WARN", PUSHER, "The bulk write did not start: {message}", message=str(error))
            through = True
        if self._lost is not None:
            # One lost operation is one request without an answer, however many products were in it.
            self._brakes.note(self._lost)
        if through and self._lost is None:
            self._open.is_settled = True
        elif self._brakes.asked:
            await self._open.cancel_ours()

    async def _run(self, by_style: Mapping[str, tuple[Job, BulkWrite]]) -> bool:
        """Take the outcomes as they come; return True once there are no more."""
        writes = [write for _, write in by_style.values()]
        number = 0
        async for outcome in self._deps.shop.run_bulk(writes, owner=self._open.owner):
            self._take(by_style[outcome.operation.style][0], outcome)
            number += 1
            if number % SLICE == 0:
                await asyncio.sleep(0)
        return True

    def _take(self, job: Job, outcome: BulkOutcome) -> None:
        if outcome.applied is not None:
            self._brakes.note(None)
            try:
                self._products.confirm(job, outcome.operation, outcome.applied)
            except ValueError as error:
                job.error = error  # a confirmation that does not fit one product must not stop the others
            return
        if isinstance(outcome.error, ShopOutcomeUnknown):
            self._lost = outcome.error
            self._products.doubt(job, outcome.operation)
        else:
            self._brakes.note(outcome.error)
        if outcome.error is not None and is_stale_picture(outcome.error):
            job.lost_sight = True
        else:
            job.error = outcome.error

    async def _doubt(self, jobs: Sequence[Job], aside: Collection[int]) -> None:
        message = "sent by a bulk operation; the answer is not in yet"
        entries = {entry.item_id: entry for job in jobs for entry in job.entries if entry.item_id not in aside}
        await self._recorder.commit(Part(postponed=[in_doubt(entry, message) for entry in entries.values()]))


def choose(jobs: Sequence[Job], least: int, aside: Collection[int]) -> list[Job]:
    """Return the jobs to go by bulk: those of a kind of which there are at least `least` (0: none).

    Left to single calls is what somebody waits for, what has to be read first (it may have taken the engine down), and
    what no entry could keep a doubt for.
    """
    kinds: dict[type[BulkWrite], list[Job]] = {CreateProduct: [], UpdateVariants: []}
    for job in jobs if least else ():
        write = bulk_write(job)
        kept = any(entry.item_id not in aside for entry in job.entries)
        if write is not None and kept and not job.read_first and job.priority != PRIORITY_INTERACTIVE:
            kinds[type(write)].append(job)
    return [job for several in kinds.values() if len(several) >= least for job in several]


def bulk_write(job: Job) -> BulkWrite | None:
    """Return what of the job's plan can go by bulk: a creation, or a change of variants that is all there is to do."""
    plan = job.plan
    if job.is_stopped or not plan.operations:
        return None
    first = plan.operations[0]
    if isinstance(first, CreateProduct):
        return first
    alone = len(plan.operations) == 1 and not plan.stock
    return first if isinstance(first, UpdateVariants) and alone else None
