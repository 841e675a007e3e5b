"""The engine: one loop that takes one reason at a time, and the port through which every face meets it."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from rms_console.contract.commands import Command, Reply
from rms_console.contract.events import Event, EventName
from rms_console.contract.queries import Page, Query
from rms_console.contract.records import QueueCounts
from rms_console.contract.settings import EngineSettings
from rms_console.contract.snapshot import EngineSnapshot, PauseView
from rms_console.contract.state import EngineState
from rms_console.engine import (
    alerting,
    answers,
    handling,
    health,
    ledger_renewal,
    once,
    pausing,
    status,
    supervisor,
    sweep,
    tending,
    working,
)
from rms_console.engine.alerts.book import AlertBook
from rms_console.engine.alerts.desk import AlertDesk
from rms_console.engine.alerts.watch import AlertWatch
from rms_console.engine.compare import Comparison
from rms_console.engine.deps import Deps
from rms_console.engine.detector import Detector
from rms_console.engine.diagnosis.starts import note_start
from rms_console.engine.drift.desk import DriftDesk
from rms_console.engine.fence import Fence
from rms_console.engine.figures import DAY, Figures
from rms_console.engine.followups import Followups
from rms_console.engine.inflight import InFlight
from rms_console.engine.insight import Insight
from rms_console.engine.journal import DETECTOR, MONITOR, Journal
from rms_console.engine.ledger_watch import LedgerWatch
from rms_console.engine.links import Links
from rms_console.engine.machine import Machine
from rms_console.engine.makeway import MakeWay
from rms_console.engine.mending import Mending
from rms_console.engine.reconcile import Reconciler
from rms_console.engine.recovery import Recovery
from rms_console.engine.reference import Reference
from rms_console.engine.reporting import Cause
from rms_console.engine.retention import Retention
from rms_console.engine.runner import Finished, Runner
from rms_console.engine.standby import Standby
from rms_console.engine.startup import Startup
from rms_console.engine.tenure import Tenure
from rms_console.engine.timetable import Timetable
from rms_console.engine.trends import Trends
from rms_console.engine.wakes import Wake, Wakes
from rms_console.engine.world import World, complete_policy
from rms_console.errors import SourceUnavailable, StoreDamaged, StoreError

HUNG_HINT = "the log says what it was waiting for; the next run begins again"
GRACE_S = 8.0
"""How long what is in flight may take to settle once the engine is asked to stop."""
URGENT = (Wake.STOP, Wake.MANUAL)
"""What a comparison makes way for."""


class EngineService:
    """Implements `EnginePort`. Its parts are public to its neighbours in this package, to nobody else."""

    def __init__(self, deps: Deps, settings: EngineSettings) -> None:
        self.deps = deps
        self.settings = settings
        self.boot_id = uuid.uuid4().hex
        self.journal = Journal(deps.clock, deps.log)
        self.machine = Machine(deps.clock.now, self._state_changed)
        self.links = Links(deps.clock, lambda view: tending.tell_connection(self.journal, view))
        self.recovery, self.figures = Recovery(), Figures()
        self.trends = Trends(deps.clock, deps.shop.counters)
        self.insight = Insight(self)
        self.alerts = AlertBook(deps.clock, self.journal)
        self.alert_desk, self.alert_watch = AlertDesk(self), AlertWatch(self)
        self.followups = Followups(self)
        self.wakes = Wakes()
        self.tenure = Tenure(deps, self.boot_id)
        self.ledger_watch = LedgerWatch(deps, self.journal, self.tenure)
        self.detector = Detector(deps, self.journal)
        comparison = Comparison(deps, self.journal, self.look)
        self.reconciler = Reconciler(deps, self.journal, comparison, lambda: self.wakes.is_pending(*URGENT))
        self.sweeper = sweep.Sweeper(deps, self.journal, comparison)
        self.retention = Retention(deps)
        self.drift = DriftDesk(self, comparison)
        self.in_flight, self.startup = InFlight(deps), Startup(deps, self.journal, self.links)
        self.reference = Reference(deps, self.startup.look)
        self.runner = Runner(
            deps, self.journal, self.detector, self.reconciler, self.in_flight, self.reference, self.boot_id
        )
        self.runner.make_way = MakeWay(deps, self.wakes, self._read_on)
        self.fence, self.standby = Fence(self), Standby(self)
        self.runner.before_writing = self.fence.hold
        self.runner.on_push = lambda: self.machine.move(EngineState.PROCESSING)
        self.mending = Mending(self)
        self.timetable = Timetable(deps, self.wakes, lambda: supervisor.check(self))
        self.world: World | None = None
        self.pause: PauseView | None = None
        self.manual: list[Cause] = []
        self.counts: QueueCounts | None = None
        """The queue as it was after the latest run."""
        self.waits_for_schedule = False
        """Whether a person cancelled the latest run: what is left of it does not begin again by itself."""
        self.warnings: tuple[str, ...] = ()
        self.consecutive_errors = 0
        self.errors_by_type: Counter[str] = Counter()
        self.is_previewing = False
        """Whether somebody looks at what a full comparison would do: one at a time."""
        self.is_stopping = False
        self._task: asyncio.Task[None] | None = None
        self._handling: asyncio.Task[None] | None = None

    # The port

    async def snapshot(self) -> EngineSnapshot:
        return await status.snapshot(self)

    async def events(self, after: int, wait_s: float) -> Sequence[Event]:
        return await self.journal.after(after, wait_s)

    async def ask(self, query: Query) -> Page:
        return await answers.answer(self, query)

    async def send(self, command: Command) -> Reply:
        return await handling.handle(self, command)

    # Life

    async def open(self) -> None:
        """Take the lock and remember what was.

        Raises:
            LeaseHeld: another engine owns this shop's state. StoreError: the ledger cannot be used.
        """
        deps = self.deps
        self.startup.announce(self.settings, deps.log_level)
        self.alert_watch.locks.find()
        await self.tenure.begin(self.settings.shop, self.settings.lock_retry_attempts)
        try:
            await self._recall()
        except StoreDamaged as damaged:
            if not ledger_renewal.can_renew(self, damaged):
                raise
            # Opening it did not show the damage. Without this no start would ever come further than here.
            with suppress(StoreError):
                self.pause = await pausing.load(self)
            await ledger_renewal.renew(self, damaged)
            await self._recall()
        deps.pacer.max_in_flight = self.settings.max_concurrent_jobs

    async def _recall(self) -> None:
        """Read from the ledger what was before.

        Raises:
            StoreError: it cannot be used.
        """
        deps = self.deps
        await self.ledger_watch.begin()
        await self.alert_desk.load()
        self.figures.load(await deps.disk(deps.ledger.cycles_since, deps.clock.now() - DAY))
        await self.insight.load()
        self.pause = await pausing.load(self)
        self.detector.watermark = await deps.disk(deps.ledger.watermark)
        await self.in_flight.load()
        await self.sweeper.load()

    async def run(self) -> None:
        """Run until stopped. The caller has called `open`. What goes wrong is recovered from, never raised."""
        self._task = asyncio.current_task()
        await note_start(self.deps)
        self.timetable.begin(self.settings)
        self.timetable.sweep_at(self.sweeper.begin())
        pausing.watch(self)
        self.alert_watch.silence.expect()
        if self.deps.loop_lag is not None:
            self.deps.loop_lag.begin()
        try:
            await self.mending.connect()
            while not self.is_stopping:
                await self._guarded(await self.wakes.next())
        except asyncio.CancelledError:
            self.give_up()
            if not self.is_stopping:
                raise
            self.journal.log(
                "WARN", MONITOR, "Stopped with requests in flight: they are read back after the next start"
            )
        finally:
            self._task = None  # what is given back now has bounds of its own: the grace cuts nothing of it short
            await self.close()

    async def run_once(self) -> Finished:
        """Connect and run one cycle: see `once.run_once`."""
        return await once.run_once(self)

    async def run_cycle(self, cause: Cause, world: World, stopped: str = "") -> Finished:
        finished = await self.runner.run(cause, self.settings, world, self.tenure.epoch, stopped)
        self.figures.add(finished.view)
        await self.ledger_watch.note()
        return finished

    def stop(self) -> None:
        """Ask the engine to settle what is in flight and end; from the loop's own thread."""
        if self.is_stopping:
            return
        self.is_stopping = True
        self.runner.ask("stop")
        self.wakes.ring(Wake.STOP)
        asyncio.get_running_loop().call_later(GRACE_S, lambda: self._task and self._task.cancel())

    async def close(self) -> None:
        """Give everything back: timers, lock, connections. Waiting callers are released."""
        self.machine.move(EngineState.STOPPED)
        self.journal.log("INFO", DETECTOR, "Engine stopped")
        self.deps.timer.stop()
        if self.deps.loop_lag is not None:
            self.deps.loop_lag.end()
        await self.drift.close()
        self.followups.stopped()
        await asyncio.gather(self.alert_desk.close(), self.insight.close())
        self.journal.close()
        await self.fence.let_go()
        await self.deps.shop.close()
        self.tenure.end()

    # Work

    async def _guarded(self, wake: Wake) -> None:
        """Handle one reason as a task of its own, so that the supervisor can give it up."""
        self._handling = asyncio.ensure_future(self._handle(wake))
        await asyncio.wait([self._handling])
        if self._handling.cancelled():
            fault = SourceUnavailable("a run did not come to its end", code="run-hung", hint=HUNG_HINT)
            self.mending.fail(fault)
            finished = await self.runner.end_given_up(fault)
            if finished is not None:
                self.figures.add(finished.view)
                working.note_end(self, finished)
                self.followups.run_ended(finished)

    def give_up(self) -> None:
        """Cancel what the engine is doing; what was in flight is read back by the next run."""
        if self._handling is not None:
            self._handling.cancel()

    async def _handle(self, wake: Wake) -> None:
        try:
            if wake is Wake.HEALTH:
                await health.check(self)
            elif wake is Wake.RECOVER:
                await self.mending.recover()
            elif wake is Wake.RESUME:
                await pausing.end_if_due(self)
            elif wake is Wake.SWEEP:
                await sweep.turn(self)
            elif wake is not Wake.STOP:
                await working.work(self, wake)
        except Exception as error:
            # The loop is the one place that catches what nobody knows: a bug must be loud and must not end the sync.
            self.mending.fail(error)

    async def look(self) -> None:
        """Read changes into the queue, and nothing more."""
        if self.world is None:
            return
        poll = await self.detector.poll(self.world.source.detection, self.settings.incremental_hours)
        self.reconciler.is_due |= poll.first

    async def _read_on(self) -> None:
        """Read what is new while a run pushes: changes, and sale windows that opened or closed."""
        await self.look()
        await self.runner.queue_sales()

    async def rest(self, more: bool = False) -> None:
        """Say what comes next: more work at once (where `more`), a retry or a sale window at its time, else idle."""
        deps = self.deps
        before, counts = self.counts, await deps.disk(deps.ledger.queue_counts, deps.clock.now())
        self.counts = counts
        alerting.queue_seen(self, before, counts)
        self.trends.sample(status.bucket_ratio(self), counts)
        if more and (counts.due or self.reconciler.is_due) and self.pause is None:
            self.wakes.ring(Wake.MORE)
        await self.timetable.plan_next()
        if self.pause is not None or self.standby.holds_back:
            self.machine.move(EngineState.PAUSED)
            return
        self.machine.move(EngineState.RUNNING if counts.waiting + counts.retrying else EngineState.IDLE)

    def _state_changed(self, before: EngineState, after: EngineState) -> None:
        self.journal.publish(EventName.STATE_CHANGED, before=before.value, after=after.value)
        alerting.state_changed(self, after)

    def tell_console_lost(self, reason: str) -> None:
        """Alert whoever looks next that the console is gone; from the engine's loop. The engine goes on."""
        alerting.console_lost(self, reason)

    def apply(self, settings: EngineSettings) -> None:
        """Take new settings over while running; what cannot change while running keeps its value."""
        self.settings = settings
        self.deps.pacer.max_in_flight = settings.max_concurrent_jobs
        if self.world is not None:
            self.world = complete_policy(settings.policy, self.world.source, self.world.shop)
            self.reference.learned(self.world)
        self.timetable.begin(settings)
        self.timetable.sweep_at(self.sweeper.begin())
        self.journal.publish(EventName.SETTING_CHANGED)
