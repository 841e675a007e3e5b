"""Bulk writes that somebody left open: settled before anything newer is written.

A bulk mutation goes on at Shopify when its engine is gone, and would put its older values over newer ones. So the
first run that may write asks for the open ones, whichever engine began them, and lets each come to its end. Until then
nothing is written to any product. What they wrote is read before it is written again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rms_console.contract.bulk import BulkJob, BulkSettlement, BulkTouched
from rms_console.contract.records import Postponed, QueueEntry, QueueKey, QueueReason, QueueState, Settlement
from rms_console.domain.grouping import style_key
from rms_console.engine.brakes import Brakes, unless_closed
from rms_console.engine.deps import Deps
from rms_console.engine.journal import DETECTOR, Journal
from rms_console.engine.retry import VERIFYING
from rms_console.errors import ConsoleError
from rms_console.locale import sentence

FACT_READ_ALL = "bulk_read_all"
"""Set from before an open bulk write is settled until its products are marked, or the whole shop has been read."""
PATIENCE_S = 120.0
"""How long an open bulk write may go on by itself. One that ends tells all that it did; one that is canceled may not,
and then the whole shop has to be read."""
ASIDE = frozenset({QueueState.QUARANTINED, QueueState.HELD})


class OpenBulk:
    """`is_settled`: no bulk write of this program can change the shop any more. `owner` marks those of this engine."""

    def __init__(self, deps: Deps, journal: Journal, owner: str) -> None:
        self._deps = deps
        self._journal = journal
        self.owner = owner
        self.is_settled = False

    async def look(self) -> None:
        """Ask once, at the start, so that a quiet run need not; what is found is settled by the first run.

        Raises:
            ShopError.
        """
        if not self.is_settled:
            self.is_settled = not await self._deps.shop.open_bulk()

    async def settle(self, brakes: Brakes, epoch: int) -> None:
        """Bring every open bulk write to its end; with the brakes closed it is left for the next run.

        Raises:
            SourceError, ShopError, StoreError, LeaseLost: it may still be running; nothing may be written.
        """
        if self.is_settled or brakes.closed:
            return
        deps = self._deps
        jobs = await deps.shop.open_bulk()
        if jobs:
            read_all = await self._has_to_read_all()
            await deps.disk(deps.ledger.set_fact, FACT_READ_ALL, "settling")
            for job in jobs:
                over = await self._end(job, brakes)
                if over is None:
                    return
                read_all |= not over.complete or not await self._doubt(over.touched, epoch)
            if not read_all:
                await self.all_read()
        self.is_settled = True

    async def cancel_ours(self) -> None:
        """End what this engine has running, because somebody wants nothing more to be written.

        Which products it was is in the queue already. When it cannot be ended now, the next run does it first.
        """
        mark = f"rms-{self.owner}-"
        try:
            for job in await self._deps.shop.open_bulk():
                if (job.identifier or "").startswith(mark):
                    await self._deps.shop.settle_bulk(job, cancel=True)
        except ConsoleError as error:
            self._journal.log(
                "WARN",
                DETECTOR,
                "The bulk write could not be ended; the next run does it: {message}",
                message=str(error),
            )
        else:
            self.is_settled = True

    async def is_to_be_read(self) -> bool:
        """Whether the whole shop is to be read now: a bulk write is over that does not tell all that it wrote to."""
        return self.is_settled and await self._has_to_read_all()

    async def all_read(self) -> None:
        await self._deps.disk(self._deps.ledger.set_fact, FACT_READ_ALL, None)

    async def _has_to_read_all(self) -> bool:
        return await self._deps.disk(self._deps.ledger.get_fact, FACT_READ_ALL) is not None

    async def _end(self, job: BulkJob, brakes: Brakes) -> BulkSettlement | None:
        """Return the bulk write once it is over; None when somebody stopped the waiting."""
        deps = self._deps
        self._journal.log(
            "WARN",
            DETECTOR,
            "A bulk write of an earlier run is still open ({mark}): it is ended first",
            mark=job.identifier,
        )
        over = await unless_closed(brakes, deps.clock, deps.shop.settle_bulk(job, cancel=False), PATIENCE_S)
        if over is None and not brakes.closed:
            over = await unless_closed(brakes, deps.clock, deps.shop.settle_bulk(job, cancel=True))
        if over is not None:
            self._journal.log(
                "INFO", DETECTOR, "The bulk write is over: it wrote to {count} products", count=len(over.touched)
            )
        return over

    async def _doubt(self, touched: Sequence[BulkTouched], epoch: int) -> bool:
        """Queue these products to be read before they are written; no when the ledger does not know them all."""
        deps = self._deps
        stored = await deps.disk(deps.ledger.styles_of_products, [one.product_id for one in touched])
        named = [(one, stored.get(one.product_id) or style_key(one.style)) for one in touched]
        styles = sorted({style for _, style in named if style is not None})
        known = await deps.disk(deps.ledger.products, styles)
        items = sorted({variant.item_id for product in known.values() for variant in product.variants})
        now = deps.clock.now()
        await deps.disk(deps.ledger.enqueue, [QueueKey(item, QueueReason.RECONCILE) for item in items], None, now)
        entries = await deps.disk(deps.ledger.entries, items)
        doubts = tuple(_doubtful(entry) for entry in entries)
        await deps.disk(deps.ledger.settle, Settlement(epoch, 0, now, postponed=doubts))
        return all(style in known for _, style in named)


def in_doubt(entry: QueueEntry, message: str) -> Postponed:
    """Return the entry as due at once, its product to be read before it is written."""
    return Postponed(
        entry.item_id, entry.version, QueueState.RETRYING, VERIFYING, message, entry.attempts, None, doubt=True
    )


def _doubtful(entry: QueueEntry) -> Postponed:
    """Return the entry in doubt; one that was set aside or held stays so."""
    message = sentence("written by a bulk operation of an earlier run: read before it is written again")
    found = in_doubt(entry, message)
    if entry.state not in ASIDE:
        return found
    return replace(found, state=entry.state, code=entry.code, message=entry.message, next_try_at=entry.next_try_at)
