"""The pushing half of a cycle: the only place that puts the pure stages and the ports together."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.contract.events import EventName
from rms_console.contract.records import Hold, QueueState
from rms_console.contract.settings import EngineSettings
from rms_console.contract.state import Mode
from rms_console.domain.policy import Policy
from rms_console.domain.unseen import Reviewed
from rms_console.engine.brakes import Brakes, unless_closed
from rms_console.engine.bulkpush import BulkPusher, choose
from rms_console.engine.closing import Closing
from rms_console.engine.crowd import Crowd, together
from rms_console.engine.deps import Deps
from rms_console.engine.inflight import InFlight
from rms_console.engine.intake import Load
from rms_console.engine.job import Job, Tally
from rms_console.engine.journal import DETECTOR, PUSHER, Journal
from rms_console.engine.limits import within
from rms_console.engine.openbulk import OpenBulk
from rms_console.engine.productpush import ProductPusher
from rms_console.engine.recorder import Part, Recorder
from rms_console.engine.retry import VERIFYING
from rms_console.engine.stockpush import StockPusher
from rms_console.errors import ShopOutcomeUnknown, ShopRejected
from rms_console.locale import sentence

ROUNDS = 4
"""Plan, push, plan again: creation, stock, publishing and leaving never need more."""


class Pass:
    """Pushes one load. `brakes`, `tally`, `jobs`, `by_bulk` and `batch` may be read from outside while it runs."""

    def __init__(
        self,
        deps: Deps,
        journal: Journal,
        recorder: Recorder,
        in_flight: InFlight,
        settings: EngineSettings,
        policy: Policy,
        load: Load,
        brakes: Brakes,
        open_bulk: OpenBulk,
    ) -> None:
        self._deps = deps
        self._journal = journal
        self._recorder = recorder
        self._in_flight = in_flight
        self._settings = settings
        self._load = load
        self.brakes = brakes
        self.tally = Tally()
        self.batch = 0
        self.by_bulk = False
        self._products = ProductPusher(deps.shop, policy, self.brakes, deps.clock.now)
        self._stock = StockPusher(deps, policy.stock, self.brakes)
        self._bulk = BulkPusher(deps, journal, recorder, self._products, brakes, open_bulk)
        self._aside = frozenset(item.item_id for item in load.postponed)
        self._crowd = Crowd(brakes, in_flight)
        self._closing = Closing(deps, journal, recorder, settings, load, self.tally)
        self.jobs = [self._job(style) for style in load.plans]

    async def run(self) -> Tally:
        """Push everything in the load; each product's outcome is recorded as soon as it is known.

        Raises:
            StoreError, LeaseLost: nothing more is pushed; what was not recorded is read back after the next start.
        """
        load = self._load
        self.tally.items_found = len(load.taken)
        self.tally.quarantined += load.quarantined
        self.tally.held += sum(item.state is QueueState.HELD for item in load.postponed)
        for item in load.postponed:
            if item.state is QueueState.RETRYING and item.code != VERIFYING:
                self.tally.fail(item.code)
            elif item.state is QueueState.QUARANTINED:
                self.tally.codes[item.code] = self.tally.codes.get(item.code, 0) + 1
                self._tell_aside(item.item_id, item.style or "", item.code, item.message)
        opened = tuple(load.guarded.opened)
        await self._recorder.commit(
            Part(
                settled=load.settled,
                postponed=load.postponed,
                holds=opened,
                overtaken_holds=tuple(load.guarded.overtaken),
            )
        )
        for hold in opened:
            self._tell_held(hold)
        if self._settings.mode is Mode.OBSERVE:
            await self._crowd.each(self.jobs, self._closing.observe)
        else:
            await self._push()
        self.tally.unfinished = sum(not job.done for job in self.jobs)
        return self.tally

    @property
    def done(self) -> int:
        return sum(job.done for job in self.jobs)

    def _job(self, style: str) -> Job:
        load = self._load
        work, plan, product = load.works[style], load.plans[style], load.products.get(style)
        in_doubt, doubt = load.in_doubt(style), self._in_flight.doubt(style)
        return Job(
            work,
            load.entries_of(style),
            plan,
            product,
            self._deps.clock.monotonic(),
            read_first=in_doubt,
            in_doubt=in_doubt,
            intended=doubt.intended,
            late_stock=doubt.late,
            unanswered=doubt.unanswered,
            claimed=doubt.new,
            reviewed=Reviewed(work, plan, product, load.guarded.reply),
        )

    def _tell_aside(self, item_id: int, style: str, code: str, message: str) -> None:
        self._journal.publish(
            EventName.ITEM_QUARANTINED, "WARN", item_id=item_id, style=style, code=code, message=message
        )
        self._journal.log(
            "WARN",
            DETECTOR,
            "Item {item} set aside (CCOD: {style}): {message}",
            item=item_id,
            style=style,
            message=message,
        )

    def _tell_held(self, hold: Hold) -> None:
        told = hold.reason.told()
        self._journal.publish(EventName.PRODUCT_HELD, "WARN", style=hold.style, kind=hold.kind.value, message=told)
        self._journal.log("WARN", DETECTOR, "Held for a yes (CCOD: {style}): {message}", style=hold.style, message=told)

    async def _push(self) -> None:
        by_style = {job.style: job for job in self.jobs}
        for style in self._in_flight.suspects(by_style):
            await self._suspect(by_style[style])
        apart = self._in_flight.apart(style for style, job in by_style.items() if not job.done)
        waiting = {style for group in apart for style in group}
        fresh = [job for job in self.jobs if job.style not in waiting and not job.done]
        bulk = choose(fresh, self._settings.bulk_from, self._aside)
        self.by_bulk = bool(bulk)
        if bulk:
            chosen = {job.style for job in bulk}
            singly = [job for job in fresh if job.style not in chosen]
            await together(self.brakes, self._push_bulk(bulk), self._push_marked(singly))
            fresh = bulk
        await self._push_marked(fresh)
        for group in apart:
            if not self.brakes.closed:
                await self._push_marked([by_style[style] for style in group])

    async def _push_bulk(self, jobs: Sequence[Job]) -> None:
        """Send what a bulk mutation can send of these; the rest of their plans is for single calls afterwards."""
        await self._crowd.each([job for job in jobs if job.product is None], self._products.look_up)
        await self._bulk.push(jobs, self._aside)

    async def _suspect(self, job: Job) -> None:
        """Look first at what was in flight when the engine last went down; what took it down goes no more."""
        job.read_first = job.in_doubt = job.was_in_flight = True
        if self._in_flight.is_poison(job.style):
            job.error = _brought_down()
            await self._finish(job)
            self._in_flight.end([job.style])
            await self._in_flight.rest()

    async def _push_marked(self, jobs: Sequence[Job]) -> None:
        busy = [job for job in jobs if job.read_first or not job.plan.is_empty]
        quiet = [job for job in jobs if not job.read_first and job.plan.is_empty]
        await self._crowd.each(quiet, self._closing.finish)
        if not busy:
            return
        await self._crowd.each_marked([job for job in busy if job.read_first], self._products.look_first)
        for number in range(ROUNDS):
            await self._round([job for job in busy if not job.done], first=number == 0)
            if self.brakes.closed or all(job.done for job in busy):
                break
        await self._give_up([job for job in busy if not job.done])
        self._in_flight.end(job.style for job in busy if job.may_be_forgotten)
        await self._in_flight.rest()

    async def _round(self, jobs: Sequence[Job], first: bool) -> None:
        """Stock of all products in few calls, then each product's operations; who is through is recorded."""
        stocked = [job for job in jobs if not job.is_stopped and job.plan.stock]
        plans = [job.plan for job in stocked]
        for plan in plans:
            await self._in_flight.begin(plan, plans)
        await self._stock.push(stocked)
        await self._crowd.each([job for job in jobs if job.lost_sight], self._products.look_again)
        await self._crowd.each([job for job in jobs if job.is_stopped or not job.plan.operations], self._settle)
        work = sorted((job for job in jobs if not job.done and job.plan.operations), key=lambda job: job.priority)
        size = max(1, self._settings.batch_size)
        batches = [work[i : i + size] for i in range(0, len(work), size)]
        if self._settings.batch_delay_s > 0:
            await self._in_turn(batches, first)
            return
        # Without a delay batches are a count, not a barrier: the pace is set by points, and a barrier wastes them.
        for number, batch in enumerate(batches, start=1):
            self._batch_started(number, len(batches), len(batch), first)
        await self._crowd.each_marked(work, self._push_one)

    async def _in_turn(self, batches: Sequence[Sequence[Job]], first: bool) -> None:
        for number, batch in enumerate(batches, start=1):
            if self.brakes.closed:
                return
            self._batch_started(number, len(batches), len(batch), first)
            await self._crowd.each_marked(batch, self._push_one)
            if number < len(batches):
                await unless_closed(self.brakes, self._deps.clock, self._deps.clock.sleep(self._settings.batch_delay_s))

    def _batch_started(self, number: int, batches: int, products: int, first: bool) -> None:
        if not first:
            return
        self.batch = number
        self.tally.batches = max(self.tally.batches, batches)
        told = {"batch": number, "batches": batches, "products": products}
        self._journal.publish(EventName.BATCH_STARTED, capacity=max(1, self._settings.batch_size), **told)
        self._journal.log("INFO", DETECTOR, "Starting batch {batch}/{batches} ({products} products)", **told)

    async def _push_one(self, job: Job) -> None:
        await self._deps.pacer.room()
        if self.brakes.closed:
            return
        if self._settings.detailed_log:
            self._journal.log("INFO", PUSHER, "Product: {title} (CCOD: {style})", title=job.title, style=job.style)
        try:
            await within(self._deps.clock, self._settings.operation_timeout_s, self._products.push(job))
        except TimeoutError:
            job.error = _endless(self._settings.operation_timeout_s)
        except Exception as error:
            job.error = error  # a defect that one product shows must not stop the others
        await self._settle(job)

    async def _settle(self, job: Job) -> None:
        """Plan again from what was confirmed; nothing left to send, or an error, ends the job."""
        if not job.is_stopped:
            if self.brakes.closed:
                return
            self._products.replan(job)
        if job.is_stopped or job.plan.is_empty:
            await self._finish(job)
            if job.may_be_forgotten:
                self._in_flight.end([job.style])

    async def _finish(self, job: Job) -> None:
        self._in_flight.keep(job.style, job.doubt)
        await self._closing.finish(job)

    async def _give_up(self, jobs: Sequence[Job]) -> None:
        """Stopped half way: what was confirmed and what is in doubt is recorded, entries stay due. Restless: later."""
        for job in jobs:
            if not job.is_stopped and not self.brakes.closed:
                job.error = _restless()
            elif not job.is_stopped and (job.may_come_late or (job.was_in_flight and job.was_read)):
                job.error = ShopOutcomeUnknown(sentence("the run ended while a request was unanswered"))
            if job.is_stopped:
                await self._finish(job)
            elif job.touched:
                await self._closing.confirm(job)


def _brought_down() -> ShopRejected:
    return ShopRejected(sentence("the engine went down each time this product was pushed"), code="crashed-engine")


def _endless(limit_s: float) -> ShopOutcomeUnknown:
    return ShopOutcomeUnknown(sentence("no end within {seconds} s", seconds=f"{limit_s:g}"), code="operation-timeout")


def _restless() -> ShopOutcomeUnknown:
    return ShopOutcomeUnknown(sentence("the shop keeps differing from what was written"), code="restless")
