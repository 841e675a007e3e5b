"""The end of a product's way through a cycle: decided, recorded in one transaction, then told."""

from __future__ import annotations

import dataclasses

from rms_console.contract.events import EventName
from rms_console.contract.records import Postponed, ProductRecord, QueueEntry, QueueState, SaleBoundary, Settled
from rms_console.contract.settings import EngineSettings
from rms_console.domain.acknowledge import acknowledge_leaving
from rms_console.domain.changes import describe
from rms_console.domain.held_stock import HeldStock, held_stock
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.zone import to_utc
from rms_console.engine import heldstock, strays
from rms_console.engine.delays import delays
from rms_console.engine.deleted import set_aside
from rms_console.engine.deps import Deps
from rms_console.engine.intake import Load
from rms_console.engine.job import Job, Tally
from rms_console.engine.journal import PUSHER, Journal
from rms_console.engine.recorder import Part, Recorder
from rms_console.engine.retry import GUARD_FIRST, VERIFYING, RetryDecision, decide, guard_first, verify_later

WAITS_FOR_LIVE = "observe-mode"
"""The code of entries that were planned but not sent; going live makes them due."""


class Closing:
    """Records how each job ended. A job ends once: later calls change nothing."""

    def __init__(
        self, deps: Deps, journal: Journal, recorder: Recorder, settings: EngineSettings, load: Load, tally: Tally
    ) -> None:
        self._deps = deps
        self._journal = journal
        self._recorder = recorder
        self._settings = settings
        self._load = load
        self._tally = tally
        self._aside = {item.item_id for item in load.postponed}
        self._unfinished = load.styles_by_item()
        self._put_off: set[int] = set()
        self._held: dict[int, HeldStock] = {}
        self._perhaps_in: dict[int, str] = {}

    async def finish(self, job: Job) -> None:
        """Record the job's outcome: settled, or postponed with the reason of its error."""
        if job.done:
            return
        job.done = True
        aside = await set_aside(self._deps, job)
        self._put_off |= {entry.item_id for entry in aside}
        part = Part(product=self._confirmed(job), created=int(job.created), boundaries=self._boundaries(job))
        part.tombstones = list(job.tombstones)
        if job.product is None and job.style in self._load.products:
            part.forgotten = job.style
        decision = self._end_of(job)
        if decision is not None:
            part.postponed = self._postponed(job, decision)
            part.postponed += await strays.witnesses(self._deps, job, decision, bool(part.postponed))
        else:
            part.postponed = await self._kept_back(job)
            await self._let_go(job, part)
            part.applied_holds = self._load.guarded.used.get(job.style, ())
        part.postponed = [*part.postponed, *aside]
        part.record = self._record(job)
        await self._recorder.commit(part)
        self._tally.add(job, through=not job.is_put_off)
        self._tell_deleted(job)
        self._tell(job, part)

    async def observe(self, job: Job) -> None:
        """Record what would be sent; the entries wait until the shop is written to."""
        if job.done:
            return
        job.done = True
        changes = describe(job.plan, job.product)
        part = Part()
        if job.plan.is_empty:
            part.postponed = await self._kept_back(job)
            self._tally.planned += bool(part.postponed)
            await self._let_go(job, part)
            part.boundaries = self._boundaries(job)
        else:
            message = "planned, not sent: the engine observes"
            waits = RetryDecision(QueueState.HELD, WAITS_FOR_LIVE, message, 0, None)
            part.postponed = self._postponed(job, waits)
            part.record = ProductRecord(job.style, job.title, "planned", len(changes), 0.0, changes=changes)
            self._tally.planned += 1
        await self._recorder.commit(part)
        if not job.plan.is_empty:
            self._journal.publish(EventName.PRODUCT_PLANNED, style=job.style, title=job.title, changes=len(changes))

    async def confirm(self, job: Job) -> None:
        """Record what the shop confirmed of a job that was stopped half way; its entries stay due."""
        part = Part(product=self._confirmed(job), created=int(job.created), tombstones=list(job.tombstones))
        await self._recorder.commit(part)
        self._tally.add(job, through=False)

    def _end_of(self, job: Job) -> RetryDecision | None:
        """Return why the job's entries wait; None: they are done."""
        if job.error is not None:
            return self._decide(job, job.error)
        if job.is_put_off:
            return guard_first(_attempts(job), self._deps.clock.now(), not job.is_sure)
        return None if job.is_sure else verify_later(self._deps.clock.now())

    def _decide(self, job: Job, error: Exception) -> RetryDecision:
        decision = decide(error, _attempts(job), self._settings.max_attempts, self._deps.clock.now())
        return dataclasses.replace(decision, doubt=decision.doubt or job.may_come_late or job.was_in_flight)

    async def _let_go(self, job: Job, part: Part) -> None:
        """Settle the entries that are done; those of which all is done but a quantity that is held back wait for it."""
        product = part.product or job.product
        if product is not None:
            held = held_stock(product, self._settings.policy.stock, self._load.at or self._deps.clock.now())
            self._held |= {one.item_id: one for one in held}
            part.postponed += await heldstock.unlisted(self._deps, job.style, held, self._load.entries)
        for entry in self._done(job):
            if entry.item_id in self._held:
                part.postponed.append(heldstock.until_over(entry, self._held[entry.item_id], job.style))
            else:
                part.settled.append(Settled(entry.item_id, entry.version))

    def _done(self, job: Job) -> list[QueueEntry]:
        """Return the entries that are done. One that moves to another style has two products to get through."""
        done = []
        for entry in job.entries:
            waiting = self._unfinished[entry.item_id]
            waiting.discard(job.style)
            if not waiting and entry.item_id not in self._aside and entry.item_id not in self._put_off:
                done.append(entry)
        return done

    async def _kept_back(self, job: Job) -> list[Postponed]:
        """Return the entries that wait because the guard held a part of this product's plan.

        Where none here is of an item that is held, one that is has an entry elsewhere in the queue, or all of these
        remember the hold: a yes must find somebody. One that only left the product would wait for nothing.
        """
        kept = self._load.guarded.kept.get(job.style)
        if kept is None:
            return []
        if kept.item_ids and kept.item_ids.isdisjoint(entry.item_id for entry in job.entries):
            ledger = self._deps.ledger
            if await self._deps.disk(ledger.entries, sorted(kept.item_ids)):
                return []
        waiting = kept.entries(job.entries, self._aside | self._put_off)
        self._put_off |= {entry.item_id for entry in waiting}
        self._tally.held += len(waiting)
        return waiting

    def _postponed(self, job: Job, decision: RetryDecision) -> list[Postponed]:
        """Return the entries that wait. Of those that an error of another product put off already the error stands."""
        kept = self._aside
        if decision.state is QueueState.RETRYING:
            kept = kept - job.work.price_kept - job.work.doubted.keys()
        if decision.code in (VERIFYING, GUARD_FIRST):
            kept = kept | self._put_off
        waiting = [entry for entry in job.entries if entry.item_id not in kept]
        self._put_off |= {entry.item_id for entry in waiting}
        return [
            Postponed(
                entry.item_id,
                entry.version,
                decision.state,
                decision.code,
                decision.message,
                decision.attempts,
                decision.next_try_at,
                self._style_of(entry, job, decision.doubt),
                doubt=decision.doubt,
            )
            for entry in waiting
        ]

    def _style_of(self, entry: QueueEntry, job: Job, doubt: bool) -> str:
        """Return the style to note: while a creation is in doubt, that in which the item may have been left behind.

        The style that the row names now is looked into anyway, so that an earlier one is the one to remember.
        """
        item_id = entry.item_id
        if entry.doubt and entry.style and not _has(self._load.products.get(entry.style), item_id):
            return entry.style
        if doubt and not _has(job.product, item_id):
            self._perhaps_in[item_id] = job.style
        return self._perhaps_in.get(item_id, job.style)

    def _confirmed(self, job: Job) -> AcknowledgedProduct | None:
        if job.product is None or job.is_put_off:
            # Put off, nothing of it has left: who was marked as gone would be passed over by the guard.
            return job.product
        marked = {variant.item_id for variant in job.product.variants if variant.was_web_item}
        rows = self._load.rows
        web = frozenset(item for item in job.work.item_ids if item in rows and rows[item].has_web_mark(item in marked))
        return acknowledge_leaving(job.product, job.work, web)

    def _boundaries(self, job: Job) -> dict[int, tuple[SaleBoundary, ...]]:
        zone = self._settings.zone
        return {
            item: tuple(SaleBoundary(item, to_utc(local, zone)) for local in locals_)
            for item, locals_ in job.work.boundaries.items()
        }

    def _record(self, job: Job) -> ProductRecord | None:
        if job.error is None and not job.touched:
            return None
        decision = self._decide(job, job.error) if job.error else None
        return ProductRecord(
            job.style,
            job.title,
            _result(job),
            self._variants(job),
            self._deps.clock.monotonic() - job.started,
            decision.code if decision else "",
            decision.message if decision else "",
            tuple(job.changes),
        )

    @staticmethod
    def _variants(job: Job) -> int:
        return len(job.work.desired.variants) if job.work.desired is not None else len(job.work.leaving)

    def _tell_deleted(self, job: Job) -> None:
        self._tally.quarantined += len(job.barred)
        for item_id, bar in job.barred.items():
            self._tally.codes[bar.code] = self._tally.codes.get(bar.code, 0) + 1
            self._journal.publish(
                EventName.ITEM_QUARANTINED, "WARN", item_id=item_id, style=job.style, code=bar.code, message=bar.message
            )
        for message in dict.fromkeys(bar.message for bar in job.barred.values()):
            self._journal.log(
                "WARN", PUSHER, "Deleted in the shop (CCOD: {style}): {message}", style=job.style, message=message
            )

    def _tell(self, job: Job, part: Part) -> None:
        if job.error is None:
            if job.is_put_off:
                self._journal.log(
                    "INFO", PUSHER, "Found otherwise than remembered (CCOD: {style}): guarded first", style=job.style
                )
            elif job.touched:
                self._journal.publish(
                    EventName.PRODUCT_SYNCED,
                    style=job.style,
                    title=job.title,
                    variants=self._variants(job),
                    created=job.created,
                    **delays(job, self._deps.clock, self._settings.zone),
                )
                if self._settings.detailed_log:
                    self._journal.log(
                        "INFO",
                        PUSHER,
                        "Product synced: {title} (CCOD: {style}, {variants} variants)",
                        title=job.title,
                        style=job.style,
                        variants=self._variants(job),
                    )
            return
        record = part.record
        code, message = (record.code, record.message) if record else ("", "")
        self._tally.fail(code)
        aside = any(item.state is QueueState.QUARANTINED for item in part.postponed)
        self._tally.quarantined += len(part.postponed) if aside else 0
        self._journal.publish(
            EventName.PRODUCT_FAILED, "ERROR" if aside else "WARN", style=job.style, code=code, message=message
        )
        self._journal.log(
            "ERROR" if aside else "WARN",
            PUSHER,
            "Product not synced (CCOD: {style}): {message}",
            style=job.style,
            message=message,
        )


def _attempts(job: Job) -> int:
    return max((entry.attempts for entry in job.entries), default=0)


def _has(product: AcknowledgedProduct | None, item_id: int) -> bool:
    return product is not None and any(variant.item_id == item_id for variant in product.variants)


def _result(job: Job) -> str:
    if job.error is not None:
        return "failed"
    if job.created:
        return "created"
    return "left" if job.work.desired is None else "updated"
