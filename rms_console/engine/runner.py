"""One whole cycle: read changes, take what is due, push it, and say how it went."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass

from rms_console.contract.events import EventName
from rms_console.contract.records import QueueKey, QueueReason
from rms_console.contract.settings import EngineSettings
from rms_console.contract.snapshot import CycleView
from rms_console.contract.state import Mode
from rms_console.domain.policy import Policy
from rms_console.engine import modes
from rms_console.engine.brakes import Brakes
from rms_console.engine.closing import WAITS_FOR_LIVE
from rms_console.engine.cycle import Pass
from rms_console.engine.deps import Deps
from rms_console.engine.detector import Detector
from rms_console.engine.inflight import InFlight
from rms_console.engine.intake import Intake, Load
from rms_console.engine.isolating import Isolation
from rms_console.engine.job import Tally
from rms_console.engine.journal import DETECTOR, Journal
from rms_console.engine.ledger_rescue import Rescue
from rms_console.engine.limits import after
from rms_console.engine.makeway import MakeWay
from rms_console.engine.openbulk import OpenBulk
from rms_console.engine.priceclock import PriceClock
from rms_console.engine.reconcile import Reconciler
from rms_console.engine.recorder import Recorder
from rms_console.engine.reference import Reference
from rms_console.engine.reporting import Cause, Ending, Run, show, tell, view_of
from rms_console.engine.world import World
from rms_console.errors import ConsoleError, LeaseError


@dataclass(frozen=True, slots=True)
class Finished:
    """How a cycle ended. `fault` is the trouble of a whole dependency, for the recovery to deal with."""

    view: CycleView
    fault: Exception | None = None
    asked: str = ""
    """Why somebody stopped it early, if so."""
    cause: Cause | None = None
    """What it ran for; None: it was several runs."""


class Runner:
    """Runs cycles, one at a time. `active`, `current` and `mode` may be read from outside: the run, its push, the mode
    that the latest run found in force."""

    def __init__(
        self,
        deps: Deps,
        journal: Journal,
        detector: Detector,
        reconciler: Reconciler,
        in_flight: InFlight,
        reference: Reference,
        owner: str,
    ) -> None:
        self._deps = deps
        self._journal = journal
        self._detector = detector
        self._reconciler = reconciler
        self._in_flight = in_flight
        self._intake = Intake(deps, in_flight.claims)
        self._isolation = Isolation(deps, self._intake)
        self._reference = reference
        self._rescue = Rescue(deps, journal)
        self._price_clock = PriceClock(deps, journal)
        self._open_bulk = OpenBulk(deps, journal, owner)
        self.on_push: Callable[[], object] = lambda: None
        self.before_writing: Callable[[], Awaitable[None]] = _nobody_else
        self.refusal: Callable[[], ConsoleError | None] = lambda: None
        self._prepared = False
        self.mode: Mode | None = None
        self.active: Run | None = None
        self.current: Pass | None = None
        self._brakes: Brakes | None = None
        self._given_up: tuple[Run, Tally] | None = None
        self._pushed: tuple[Run, Tally] | None = None
        self.make_way: MakeWay | None = None
        self.stage = "idle"

    def ask(self, why: str) -> bool:
        """Ask the run that is on to start nothing new, whatever it is at; return whether there is one."""
        if self._brakes is None:
            return False
        self._brakes.ask(why)
        return True

    def so_far(self) -> CycleView | None:
        """Return the latest run that came to sending, as far as it has come; None before the first.

        It stays until the next one sends: between a run's end and its place in the history nothing may be missing.
        """
        if self._pushed is None:
            return None
        (run, tally), deps = self._pushed, self._deps
        return view_of(run, Ending(tally, None, "", 0, deps.clock.monotonic() - run.begun, deps.shop.counters()))

    async def run(
        self, cause: Cause, settings: EngineSettings, world: World, epoch: int, stopped: str = ""
    ) -> Finished:
        """Run one cycle. What goes wrong is in the result; only a ledger that cannot even count runs is raised.

        `stopped`: why it is to send nothing from the start; it reads into the queue all the same.

        Raises:
            StoreError: the cycle could not begin.
        """
        deps = self._deps
        number = await deps.disk(deps.ledger.next_cycle_number)
        settings, world = _narrowed(await self.follow_mode(settings), world, cause)
        watermark = show(self._detector.watermark)
        now, begun = deps.clock.now(), deps.clock.monotonic()
        run = self.active = Run(number, cause, settings, now, begun, deps.shop.counters(), watermark)
        self._journal.sync_id = run.sync_id
        self._journal.publish(EventName.CYCLE_STARTED, number=number, trigger=cause.trigger, sync_id=run.sync_id)
        tally = Tally()
        fault: Exception | None = None
        brakes = self._brakes = Brakes(self.refusal)
        self.refusal()  # looked at in each run, whether or not it comes to a write
        self._in_flight.anew()
        brakes.asked = stopped
        try:
            await self._settle_bulk(run, brakes, epoch)
            if await self._rescue.due() or await self._open_bulk.is_to_be_read():
                self.stage = "comparing"
                await self._rescue.run(world.policy, run.settings.zone, epoch)
                await self._open_bulk.all_read()
            load, world = await self._read(run, world)
            if brakes.closed:
                tally.unfinished, fault = len(load.plans), brakes.fault
            elif load.taken:
                tally, fault = await self._push(load, run, world, epoch, brakes)
        except Exception as error:
            fault = error
        except asyncio.CancelledError:
            self._given_up = (run, self.current.tally if self.current is not None else tally)
            raise
        finally:
            self.stage, self.active = "idle", None
            self._brakes = self.current = None
        if isinstance(fault, LeaseError):
            # Somebody else was at work meanwhile, and may have left something open.
            self._open_bulk.is_settled = False
        return await self._end(run, tally, fault, brakes.asked)

    async def end_given_up(self, fault: Exception) -> Finished | None:
        """Put the run that was cancelled in the middle into the history, as failed by `fault`; None: there is none."""
        if self._given_up is None:
            return None
        (run, tally), self._given_up = self._given_up, None
        return await self._end(run, tally, fault, "")

    async def look_for_bulk(self, settings: EngineSettings) -> None:
        """Ask whether a bulk write was left open. Where nothing may be written nobody asks.

        Raises:
            ShopError.
        """
        if settings.mode is Mode.LIVE:
            await self._open_bulk.look()

    async def _settle_bulk(self, run: Run, brakes: Brakes, epoch: int) -> None:
        """Let nothing older be written by anybody before this run writes. An engine that observes ends nothing."""
        if run.settings.mode is not Mode.LIVE:
            return
        self.stage = "comparing"
        limit = min(run.settings.timeout_s, run.settings.lock_timeout_s)
        with after(self._deps.clock, limit, lambda: brakes.ask("timeout")):
            await self._open_bulk.settle(brakes, epoch)

    def others_wrote(self) -> None:
        """Another engine may have written meanwhile, and left something open."""
        self._open_bulk.is_settled = False

    async def follow_mode(self, settings: EngineSettings) -> EngineSettings:
        """Return the settings with the mode in force now; going live makes due what was only planned before."""
        deps = self._deps
        mode = await deps.disk(modes.in_force, deps.ledger, settings.mode)
        if mode is not self.mode:
            if mode is Mode.LIVE:
                await deps.disk(deps.ledger.release_code, WAITS_FOR_LIVE, deps.clock.now())
            if self.mode is not None:
                self._journal.log("WARN", DETECTOR, "The mode is now {mode}", mode=mode)
                self._journal.publish(EventName.SETTING_CHANGED, mode=mode.value)
            self.mode = mode
        return dataclasses.replace(settings, mode=mode)

    async def _read(self, run: Run, world: World) -> tuple[Load, World]:
        self.stage = "reading"
        self._journal.log("INFO", DETECTOR, "Looking for changes (check #{check})", check=run.number)
        self._journal.log("INFO", DETECTOR, "Asking for changes since {since}", since=run.watermark)
        is_awaited = self.make_way is not None and await self.make_way.begin(run.cause)
        await self._detector.poll(world.source.detection, run.settings.incremental_hours)
        await self._price_clock.look()
        if not is_awaited and await self._reconciler.due() is not None:
            self.stage = "comparing"
            # A location that came back, say, shows in nothing but what is looked up anew.
            world = await self._reference.current(run.settings, world)
            await self._reconciler.advance(world.policy, run.settings)
        await self.queue_sales()
        await self._deps.disk(self._deps.ledger.release_due, self._deps.clock.now())
        counts = await self._deps.disk(self._deps.ledger.queue_counts, self._deps.clock.now())
        if not counts.due and not run.cause.only:
            return Load(), world
        self.stage = "planning"
        _, world = _narrowed(run.settings, await self._reference.current(run.settings, world), run.cause)
        load = await self._take(run, world)
        if load.taken and load.at is not None:
            await self._price_clock.priced(load.at)
        return load, world

    async def queue_sales(self) -> None:
        """Sale windows that opened or closed: the price changed though no row did."""
        deps = self._deps
        due = await deps.disk(deps.ledger.boundaries_due, deps.clock.now())
        if due:
            items = sorted({boundary.item_id for boundary in due})
            keys = [QueueKey(item, QueueReason.SALE) for item in items]
            await deps.disk(deps.ledger.enqueue, keys, None, deps.clock.now())
            self._journal.publish(EventName.SALE_BOUNDARY_PASSED, items=len(items))

    async def _take(self, run: Run, world: World) -> Load:
        only = run.cause.only if self.make_way is None else await self.make_way.ahead(run.cause)
        try:
            return await self._intake.take(run.settings, world.policy, only)
        except ConsoleError:
            raise
        except Exception as error:
            self._journal.bug(DETECTOR, error)
            return await self._isolation.take(run.settings, world.policy, only)

    async def _push(
        self, load: Load, run: Run, world: World, epoch: int, brakes: Brakes
    ) -> tuple[Tally, Exception | None]:
        self.stage = "pushing"
        self.on_push()
        self._journal.log("INFO", DETECTOR, "{count} changed items found in RMS", count=len(load.taken))
        self._journal.log(
            "INFO",
            DETECTOR,
            "{items} items grouped into {products} products (by CCOD)",
            items=len(load.taken),
            products=len(load.works),
        )
        if run.settings.mode is Mode.LIVE:
            await self.before_writing()
            if not self._prepared:
                # Not before something is sent: an engine that observes leaves no trace in the shop.
                await self._deps.shop.prepare()
                self._prepared = True
        recorder = Recorder(self._deps, epoch, run.number)
        push = Pass(
            self._deps,
            self._journal,
            recorder,
            self._in_flight,
            run.settings,
            world.policy,
            load,
            brakes,
            self._open_bulk,
        )
        self.current, way = push, self.make_way
        self._pushed = (run, push.tally)
        limit = min(run.settings.timeout_s, run.settings.lock_timeout_s)
        with after(self._deps.clock, limit, lambda: brakes.ask("timeout")):
            try:
                async with nullcontext() if way is None else way.alongside(push, load, run.cause):
                    await push.run()
            except Exception as error:
                return push.tally, error
        return push.tally, brakes.outage()

    async def _end(self, run: Run, tally: Tally, fault: Exception | None, asked: str) -> Finished:
        deps = self._deps
        duration, left = deps.clock.monotonic() - run.begun, 0
        try:
            counts = await deps.disk(deps.ledger.queue_counts, deps.clock.now())
            left = counts.waiting + counts.retrying
        except ConsoleError as error:
            fault = fault or error
        end = Ending(tally, fault, asked, left, duration, deps.shop.counters())
        view = view_of(run, end)
        try:
            await deps.disk(deps.ledger.record_cycle, view)
        except ConsoleError as error:
            fault = fault or error
        tell(self._journal, run, end, view, show(self._detector.watermark), deps.system.read())
        self._journal.sync_id = ""
        return Finished(view, fault, asked, run.cause)


async def _nobody_else() -> None:
    return None


def _narrowed(settings: EngineSettings, world: World, cause: Cause) -> tuple[EngineSettings, World]:
    """Return settings and world with what the cause changes for this one run."""
    if cause.batch_size is not None:
        settings = dataclasses.replace(settings, batch_size=cause.batch_size)
    if cause.include_zero_stock is not None:
        policy: Policy = world.policy
        filters = dataclasses.replace(policy.filters, include_zero_stock=cause.include_zero_stock)
        world = dataclasses.replace(world, policy=dataclasses.replace(policy, filters=filters))
    return settings, world
