"""One life of the program: a whole engine with its tasks, which can be killed at any turn of the loop."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from rms_console.adapters.lease import FileLease
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.adapters.store import SqliteLedger, open_ledger, open_survey
from rms_console.adapters.store.drift import ENGINE_FILE, open_drift_pad
from rms_console.adapters.store.mark import FileMark
from rms_console.adapters.store.opening import FILE_NAME
from rms_console.adapters.store.rescue import Opened, open_or_begin_anew, put_aside, salvaged_facts
from rms_console.contract.drift import DriftPad
from rms_console.contract.ports import Ledger, Source
from rms_console.contract.settings import EngineSettings
from rms_console.engine.deps import Deps
from rms_console.engine.ledger_watch import Mishap, Why, begin_anew
from rms_console.engine.pace import Pacer
from rms_console.engine.service import EngineService
from tests.engine.world import DOMAIN, Death, Killed, Machine, Memory, MortalLedger
from tests.inline import InlineOffload
from tests.simulation.clockwork import SimClock
from tests.simulation.line import Line, Wire
from tests.twins.timer import ManualTimer

FULL = 2
"""SQLite's number for `synchronous = FULL`."""
PROCESS: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)


def make_task(loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> asyncio.Task[Any]:
    """Make tasks so that each process knows its own: they die with it."""
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **more)
    process = PROCESS.get()
    if process is not None:
        process.tasks[task] = None
        task.add_done_callback(process.forget)
    return task


class KeptMark(FileMark):
    """Knows the mark as it was before the last time it was written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.before: bytes | None = None

    def write(self, values: Mapping[str, Any]) -> None:
        self.before = self._path.read_bytes() if self._path.exists() else None
        super().write(values)


class Process:
    """Builds an engine on what lies in `state`, and runs it. `ended`: why it is no more, empty while it runs."""

    def __init__(
        self,
        state: Path,
        settings: EngineSettings,
        *,
        clock: SimClock,
        line: Line,
        source: object,
        disk_trouble: Callable[[str], None],
        died: Callable[[], None],
        machine: str = "",
    ) -> None:
        self.state = state
        self.settings = settings
        self.clock = clock
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.death = Death()
        self.timer = ManualTimer(clock)
        self.wire = Wire(line, self.death, self)
        self.log = Memory()
        self.ended = ""
        self.main: asyncio.Task[None] | None = None
        self.machine = machine
        """Names the machine in the shop's claim; empty: there is only this one, and nobody claims anything."""
        self.woke_at: float | None = None
        self.mark = KeptMark(self.state)
        self.synchronous = FULL
        """How the program has its ledger synced. The simulation itself does not wait for a disk."""
        self.pads: list[DriftPad] = []
        self._source = source
        self._disk_trouble = disk_trouble
        self._died = died

    async def begin(self) -> None:
        """Open the engine and let it run.

        Raises:
            LeaseHeld, StoreError: it could not begin, and is gone again.
        """
        token = PROCESS.set(self)
        self.context = contextvars.copy_context()
        try:
            try:
                self.real_ledger = self._begun(open_or_begin_anew(self.state, self.clock.now()))
            except BaseException:
                self.ended = "could not open its ledger"
                raise
            self.ledger = MortalLedger(self.real_ledger, self.death)
            self.ledger.trouble = self._disk_trouble
            self.lease = FileLease(self.state, self.clock)
            self.engine = EngineService(self._deps(), self.settings)
            if self.machine:
                self.engine.fence.host = self.machine
            opening = asyncio.get_running_loop().create_task(self.engine.open())
            try:
                await opening
            except BaseException as error:
                was_killed = bool(self.ended)
                self.ended = "could not begin"
                self._let_go()
                if was_killed and isinstance(error, asyncio.CancelledError):
                    raise Killed("while it began") from None
                raise
            self.main = asyncio.get_running_loop().create_task(self.engine.run())
            self.main.add_done_callback(self._over)
        finally:
            PROCESS.reset(token)

    def _deps(self) -> Deps:
        settings = self.settings
        pacer = Pacer(self.clock, settings.max_concurrent_jobs)
        self.client = ShopifyShop(
            DOMAIN,
            "shpat_embedded",
            gate=pacer,
            clock=self.clock,
            quantity_name=settings.policy.stock.quantity_name,
            operation_timeout_s=settings.operation_timeout_s,
            transport=self.wire,
        )
        return Deps(
            source=cast(Source, self._source),
            shop=self.client,
            ledger=cast(Ledger, self.ledger),
            lease=self.lease,
            clock=self.clock,
            timer=self.timer,
            system=Machine(),
            pacer=pacer,
            log=self.log,
            sql=InlineOffload(),
            disk=InlineOffload(),
            source_name="rms.db",
            settings_name="simulation",
            version="simulation",
            open_survey=open_survey,
            open_drift=self._open_drift,
            mark=self.mark,
            renew_ledger=self._renew,
            claims=self.client.claims if self.machine else None,
            installation=self.machine or "this",
        )

    def _open_drift(self, lasting: bool) -> DriftPad:
        self.pads.append(open_drift_pad(self.state / ENGINE_FILE if lasting else None, busy_s=0.0))
        return self.pads[-1]

    def _renew(self, damage: str) -> Ledger:
        facts = salvaged_facts(self.state / FILE_NAME)
        self.real_ledger.close()
        aside = put_aside(self.state, self.clock.now())
        self.real_ledger = self._begun(Opened(open_ledger(self.state), damage, aside, facts))
        self.ledger._ledger = self.real_ledger
        return cast(Ledger, self.ledger)

    def _begun(self, opened: Opened) -> SqliteLedger:
        self.synchronous = int(opened.ledger._database.scalar("PRAGMA synchronous"))
        opened.ledger._database.rows("PRAGMA synchronous = OFF")
        if opened.aside is not None:
            begin_anew(opened.ledger, Mishap(Why.DAMAGED, opened.damage, str(opened.aside)), opened.facts)
        return opened.ledger

    # The end

    def forget(self, task: asyncio.Task[Any]) -> None:
        self.tasks.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            self.failed(task.exception())

    def failed(self, error: BaseException | None) -> None:
        """Death at a recorded step takes the whole process with it."""
        if isinstance(error, Killed) and not self.ended:
            self._died()
            self.kill("killed at a step")

    def _over(self, task: asyncio.Task[None]) -> None:
        if not self.ended:
            self.ended = "ended"
            self._let_go()

    def kill(self, how: str) -> None:
        """End at once: nothing more reaches the shop or the disk from here."""
        if self.ended:
            return
        self.ended = how
        self.death.dead = True
        self.timer.stop()
        for task in list(self.tasks):
            task.cancel()
        self._let_go()

    def _let_go(self) -> None:
        """Give back what the system takes back from a process that is gone."""
        self.timer.stop()
        self.lease.release()
        self.real_ledger.close()
        for pad in self.pads:
            pad.close()
        self.death.dead = True

    def mark_before(self) -> bytes | None:
        """Return what the mark held before it was written last; nobody has it synced."""
        return self.mark.before

    def freeze(self) -> None:
        """Stand still, as after SIGSTOP: nothing is sent, heard or timed until `thaw`."""
        self.wire.hold = asyncio.Event()
        self.wire.stood_still = True

    def thaw(self) -> None:
        if self.wire.hold is not None:
            self.wire.hold.set()
            self.wire.hold = None
            self.woke_at = self.clock.seconds

    @property
    def is_alive(self) -> bool:
        return not self.ended

    @property
    def is_at_work(self) -> bool:
        """Whether it lives and is done with beginning: it has its lock and its engine runs."""
        return self.is_alive and self.main is not None

    # What the world looks at

    def alarm_s(self) -> float | None:
        """Return in how many seconds a timer is due."""
        if not self.timer.is_running or self.wire.hold is not None:
            return None
        times = [at for name in self.timer.names if (at := self.timer.next_at(name)) is not None]
        return max(0.0, (min(times) - self.clock.now()).total_seconds()) if times else None
