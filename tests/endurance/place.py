"""A whole engine on a virtual clock, for long lives: nothing in the world around it grows by itself."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import json
import os
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from rms_console.adapters.logs.rolling import RollingFile
from rms_console.contract.commands import Command, Reply, Request
from rms_console.contract.ports import LogLine
from rms_console.contract.settings import EngineSettings
from rms_console.demo.shopify import EmbeddedShop, ShopSettings
from rms_console.demo.shopify.model import Variant
from rms_console.errors import StoreBusy
from tests.engine.world import ACTOR
from tests.simulation.clockwork import SimClock, VirtualLoop
from tests.simulation.line import Line
from tests.simulation.process import PROCESS, Process, make_task
from tests.simulation.store import Store
from tests.simulation.truth import Wanted, truth_of

T = TypeVar("T")
LOCATION = "Bodega"
LOG_BYTES, LOG_KEPT = 400_000, timedelta(days=4)
"""Small, so that some days show that the oldest files go."""
SHOWN_DIFFERENCES = 10


class LongLoop(VirtualLoop):
    """A virtual loop for lives that take millions of turns."""

    def __init__(self, clock: SimClock) -> None:
        super().__init__(clock)
        self._most = 10**12


class LastLines(deque[LogLine]):
    """A log sink that keeps the newest lines, and writes all to a file of the program's own kind."""

    def __init__(self, folder: Path, clock: SimClock) -> None:
        super().__init__(maxlen=500)
        self._clock = clock
        self._is_closed = False
        self._file = RollingFile(folder / "app.log", LOG_BYTES, LOG_KEPT, clock.now)

    def write(self, line: LogLine) -> None:
        self.append(line)
        if self._is_closed:
            return  # from what is left of a process that was killed
        told = {"timestamp": self._clock.now().isoformat(), "level": line.level, "message": line.template}
        self._file.append(json.dumps(told | {"facts": dict(line.facts)}, default=str).encode() + b"\n")
        now = self._clock.now().timestamp()
        os.utime(self._file.path, (now, now))  # the file is as old as this world says

    def close(self) -> None:
        self._is_closed = True
        self._file.close()

    def told(self) -> list[str]:
        return [f"{line.level} {line.template} {dict(line.facts)}" for line in self]


class Life(Process):
    """A process of the simulation without the simulation's endless memory."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.log = LastLines(self.state.parent / "logs", self.clock)  # type: ignore[assignment]

    def _let_go(self) -> None:
        super()._let_go()
        self.lines().close()

    def lines(self) -> LastLines:
        log: Any = self.log
        assert isinstance(log, LastLines)
        return log


class Place:
    """One store, one shop, a line between and an engine. `make_line` makes the line, with its faults."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        settings: EngineSettings,
        make_line: Callable[[EmbeddedShop, Random, Callable[[str], None]], Line] | None = None,
        restore_points_per_s: float = 100.0,
    ) -> None:
        self.settings = settings
        self.clock = SimClock()
        self.loop = LongLoop(self.clock)
        self.loop.set_task_factory(make_task)
        self.loop.set_exception_handler(lambda loop, context: None)
        self.fired: Counter[str] = Counter()
        self.state = folder / "state"
        self.state.mkdir()
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.disk_troubles = 0
        """So many of the next writes of the ledger fail."""
        self.store = Store(folder, self.clock, settings.zone, "auto", Random(f"rms {seed}"), self.fire)
        self.shop = EmbeddedShop(
            ShopSettings(
                locations=(LOCATION,),
                zone=settings.zone,
                now=self.clock.real,
                monotonic=self.clock.monotonic,
                restore_points_per_s=restore_points_per_s,
                index_lag_s=30.0,
                ledger_size=200,
            )
        )
        dice = Random(f"line {seed}")
        self.line = make_line(self.shop, dice, self.fire) if make_line else Line(self.shop, dice, self.fire, _unheard)
        self.process: Life | None = None
        self._numbers = iter(range(1, 10**9))
        self.loop.alarms, self.loop.ring = self._alarm_s, self._ring

    def fire(self, kind: str) -> None:
        self.fired[kind] += 1

    def _disk_trouble(self, name: str) -> None:
        if self.disk_troubles:
            self.disk_troubles -= 1
            raise StoreBusy("the ledger is locked by another program")

    def _alarm_s(self) -> float | None:
        return self.process.alarm_s() if self.process is not None and self.process.is_alive else None

    def _ring(self) -> None:
        if self.process is not None and self.process.is_alive:
            self.process.context.run(self.process.timer.run_due)

    @property
    def alive(self) -> Life:
        """The process that runs.

        Raises:
            RuntimeError: none does; the newest lines of its log say why.
        """
        process = self.process
        if process is None or not process.is_alive:
            told = process.lines().told()[-3:] if process is not None else []
            raise RuntimeError(f"no engine runs: {process and process.ended} {told}")
        return process

    async def begin(self) -> Life:
        """Start a process on what is there."""
        self.process = Life(
            self.state,
            self.settings,
            clock=self.clock,
            line=self.line,
            source=self.store.source,
            disk_trouble=self._disk_trouble,
            died=lambda: None,
        )
        await self.process.begin()
        return self.process

    async def ask(self, request: Request) -> Reply | None:
        """Send a command to the engine that runs."""
        process = self.alive
        command = Command(f"c{next(self._numbers)}", ACTOR, request)
        context = contextvars.copy_context()
        context.run(PROCESS.set, process)
        reply: Reply | None = await context.run(self.loop.create_task, process.engine.send(command))
        return reply

    def waiting(self) -> int:
        """Return how many entries of the queue are to be sent, now or later."""
        counts = self.alive.real_ledger.queue_counts(self.clock.now())
        return counts.waiting + counts.retrying

    async def settled(self, within_s: float) -> bool:
        """Let time pass until the queue is empty; False when it is not within that many seconds."""
        end = self.clock.seconds + within_s
        while self.clock.seconds < end:
            await asyncio.sleep(60)
            if not self.waiting() and not self.alive.engine.reconciler.is_due:
                return True
        return False

    def differences(self) -> list[str]:
        """Return how the shop differs from RMS: twins, what is missing, what has another value."""
        return differences(self.store, self.shop, self.clock, self.settings.zone)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what some work gives, in this place's time."""
        asyncio.set_event_loop(self.loop)
        return self.loop.run_until_complete(work)

    def close(self) -> None:
        if self.process is not None and self.process.is_alive:
            self.process.kill("the end")
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        asyncio.set_event_loop(None)
        self.store.close()
        self.process = None
        gc.collect()


@contextlib.contextmanager
def quick_folder() -> Iterator[Path]:
    """Lend a folder in memory where the system has one: nobody cuts the power here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="endurance-", dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def differences(store: Store, shop: EmbeddedShop, clock: SimClock, zone: str) -> list[str]:
    """Return how a shop differs from RMS, one text each. Goods without stock need not be there."""
    truth = truth_of(store.rows(), clock.real(), zone, 1)
    found, styles = [], Counter[str]()
    homes: dict[tuple[str, str], list[Variant]] = {}
    for product in shop.products():
        field = product.metafields.get(("rms", "ccod"))
        styles[field.value if field else "?"] += 1
        for variant in product.variants:
            homes.setdefault((field.value if field else "?", variant.sku or "?"), []).append(variant)
    found += [f"{count} products of {style}" for style, count in styles.items() if count > 1 or style == "?"]
    for one in truth.wanted.values():
        found += _differs(one, homes.pop((one.style, one.sku), []))
    for (style, sku), variants in homes.items():
        found += [f"{sku} of {style} is sold, RMS does not offer it" for one in variants if stock_of(one)]
    return found


def _differs(one: Wanted, variants: Sequence[Variant]) -> Iterator[str]:
    if len(variants) > 1:
        yield f"{len(variants)} variants of item {one.item_id}"
    if not variants and one.stock[0]:
        yield f"item {one.item_id} is not in the shop"
    for variant in variants:
        got: tuple[Decimal | None, Decimal | None] = (variant.price, variant.compare_at_price)
        if got != (one.price, one.compare_at):
            yield f"item {one.item_id} costs {got}, RMS says {one.price} / {one.compare_at}"
        if stock_of(variant) != one.stock[0]:
            yield f"item {one.item_id} has stock {stock_of(variant)}, RMS says {one.stock[0]}"


def stock_of(variant: Variant) -> int:
    return sum(level.on_hand for level in variant.item.levels.values() if level.is_active)


def _unheard() -> None:
    return None
