"""A whole engine in one process: a store file, an embedded shop, a ledger, and a clock that moves when told.

Everything is the real thing but time, the wire and death. The wire is httpx's own way into an ASGI application, with
`wire.faults` on it; death is a `Death` that ends the engine at a chosen step, as a power cut would.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sized
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx

from rms_console.adapters.lease import FileLease
from rms_console.adapters.rms import SqlSource, open_source
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.adapters.store import SqliteLedger, open_ledger, open_memory_ledger, open_survey
from rms_console.contract.commands import Actor, Command, Reply, Request
from rms_console.contract.ports import Applied, Ledger, LogLine, Source, SystemReading
from rms_console.contract.queries import Query, Subject
from rms_console.contract.records import QueueEntry, QueueState
from rms_console.contract.settings import EngineSettings
from rms_console.contract.snapshot import CycleView
from rms_console.contract.state import Mode
from rms_console.demo.shopify import EmbeddedShop, ShopSettings
from rms_console.demo.shopify.asgi import ShopApp, read_request
from rms_console.demo.shopify.faults import RequestInfo
from rms_console.demo.shopify.model import Product
from rms_console.domain.operations import Operation
from rms_console.domain.policy import FilterPolicy, GuardPolicy, Policy, Scope
from rms_console.domain.position import Position
from rms_console.domain.rows import ChangesRead
from rms_console.engine.deps import Deps
from rms_console.engine.pace import Pacer
from rms_console.engine.reporting import Cause
from rms_console.engine.runner import Finished
from rms_console.engine.service import EngineService
from tests.acceptance.store_file import ZONE, Shoe, StoreFile, stamp
from tests.inline import InlineOffload
from tests.twins.clock import START, settle
from tests.twins.timer import ManualTimer
from tests.unit.engine_pace.virtual import VirtualClock

T = TypeVar("T")
DOMAIN = "embedded-store.myshopify.com"
ACTOR = Actor("Ana", "caja-1", "test")
UNGUARDED = GuardPolicy(
    max_created=0,
    max_changed_percent=0.0,
    max_changed_products=0,
    price_jump_percent=0.0,
    max_removed_variants=0,
    max_missing_percent=0.0,
)
"""The guard has its own tests; here it would stop what these are about."""
POLICY = Policy(filters=FilterPolicy(scope=Scope.ALL), guard=UNGUARDED)
SETTINGS = EngineSettings(
    shop=DOMAIN,
    mode=Mode.LIVE,
    zone=ZONE,
    policy=POLICY,
    max_concurrent_jobs=0,
    full_sync_hour=None,
    timeout_s=100_000.0,
)


def tuned(settings: EngineSettings = SETTINGS, **changes: Any) -> EngineSettings:
    """Return settings with changes; `policy.filters.scope` and the like are named by their last two words."""
    return dataclasses.replace(settings, **changes)


def with_policy(settings: EngineSettings = SETTINGS, **parts: Mapping[str, Any]) -> EngineSettings:
    """Return settings whose policy differs: `with_policy(guard={"max_created": 2})`."""
    policy = settings.policy
    changed = {name: dataclasses.replace(getattr(policy, name), **values) for name, values in parts.items()}
    return dataclasses.replace(settings, policy=dataclasses.replace(policy, **changed))


def shoes(styles: int, sizes: int = 1, first: int = 1, **values: Any) -> list[Shoe]:
    """Return a catalogue: item `10 * style + size` is size `35 + size` of style `24YM000<style>`."""
    return [
        Shoe(style * 10 + size, f"24YM{style:04d}", size=str(35 + size), **values)
        for style in range(first, first + styles)
        for size in range(1, sizes + 1)
    ]


OPENS, CLOSES = timedelta(hours=2), timedelta(hours=5)


def on_sale(world: World, item_id: int = 11, style: str = "") -> Shoe:
    """Return an item whose sale opens two hours from now and closes after three more."""
    now, zone = world.clock.now(), world.settings.zone
    dates = {"SaleStartDate": stamp(now + OPENS, zone), "SaleEndDate": stamp(now + CLOSES, zone)}
    extra: dict[str, object] = {"SalePrice": 9000.0, "SaleType": 1, **dates}
    return Shoe(item_id, style or f"24YM{item_id // 10:04d}", extra=extra)


class Killed(BaseException):
    """The process is gone. Nothing in the program may catch it."""


class Death:
    """Ends the process at its `at`-th step: before and after each request, before and after each write.

    Once dead, every further step dies too: what still runs in the process reaches neither the shop nor the disk.
    """

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.steps: list[str] = []
        self.dead = False

    def kill(self) -> None:
        """Die here."""
        self.dead = True
        raise Killed

    def step(self, name: str) -> None:
        if not self.dead:
            self.steps.append(name)
        if self.dead or len(self.steps) == self.at:
            self.dead = True
            raise Killed(name)


class FastStore(StoreFile):
    """The store file without waiting for the disk; stamps come from the world's clock."""

    def __init__(self, path: Path, now: Callable[[], datetime], *, versions: bool, zone: str) -> None:
        self._now = now
        super().__init__(path, versions=versions, zone=zone)

    def add(self, items: Iterable[Shoe], at: datetime | None = None) -> None:
        super().add(items, at or self._now())

    def change(self, item_id: int, /, **values: object) -> None:
        values.setdefault("LastUpdated", stamp(self._now(), self.zone))
        super().change(item_id, **values)

    def touch(self, item_ids: Iterable[int]) -> None:
        """Write many rows without changing anything but their stamps."""
        with closing(self._open()) as db, db:
            db.executemany(
                "UPDATE Item SET LastUpdated = ?, DBTimeStamp = ? WHERE ID = ?",
                ((stamp(self._now(), self.zone), self._next(), item_id) for item_id in item_ids),
            )

    def fill(self, items: Iterable[Shoe]) -> None:
        """Add many items in one go."""
        with closing(self._open()) as db, db:
            db.executemany(
                "INSERT INTO Item (ID, ItemLookupCode, Description, LastUpdated, DBTimeStamp, Quantity, Price, style,"
                " color, size, family, category) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'Zapatos', 'Tenis')",
                (
                    (
                        item.item_id,
                        item.sku or f"SKU-{item.item_id}",
                        f"ZAPATO {item.style}",
                        stamp(self._now(), self.zone),
                        self._next(),
                        item.quantity,
                        item.price,
                        item.style,
                        item.color,
                        item.size,
                    )
                    for item in items
                ),
            )

    def rows(self) -> list[sqlite3.Row]:
        with closing(self._open()) as db:
            db.row_factory = sqlite3.Row
            return db.execute("SELECT * FROM Item ORDER BY ID").fetchall()

    def _open(self) -> sqlite3.Connection:
        connection = super()._open()
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        return connection


WireFault = Callable[[RequestInfo], "Lost | None"]


@dataclasses.dataclass(frozen=True)
class Lost:
    """What the wire does to one request."""

    error: Exception
    """What the client sees."""
    applied: bool = False
    """Whether the shop gets it before that."""
    late_s: float | None = None
    """The shop gets it so much later, by the world's clock."""


class Wire(httpx.AsyncBaseTransport):
    """The way to the shop. It may lose requests and answers, deliver late, or be cut."""

    def __init__(self, shop: EmbeddedShop, clock: VirtualClock, death: Death) -> None:
        self._shop = shop
        self._inner = httpx.ASGITransport(app=ShopApp(shop))
        self._clock = clock
        self._death = death
        self.faults: WireFault = lambda info: None
        self.is_cut = False
        self.late: set[asyncio.Task[None]] = set()
        self.requests = 0
        self.latency_s = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._death.step("request")
        if self.is_cut:
            raise httpx.ConnectError("connection refused")
        self.requests += 1
        if self.latency_s:
            await self._clock.sleep(self.latency_s)
        given = read_request(await request.aread())
        lost = self.faults(self._shop.describe(given, "2026-10")) if given else None
        if lost is None or lost.applied:
            response = await self._inner.handle_async_request(request)
            self._death.step("answer")
            if lost is None:
                return response
        elif lost.late_s is not None:
            task = asyncio.ensure_future(self._deliver(request, lost.late_s))
            self.late.add(task)
            task.add_done_callback(self.late.discard)
        raise lost.error

    async def _deliver(self, request: httpx.Request, late_s: float) -> None:
        await self._clock.sleep(late_s)
        again = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        with contextlib.suppress(httpx.TransportError):
            await self._inner.handle_async_request(again)


class Around:
    """The real source with something in its way."""

    def __init__(self, source: SqlSource) -> None:
        self._source = source
        self.before: Callable[[str], None] = lambda name: None
        self.hidden: dict[int, Position] = {}
        """Items of transactions that are still open, with the version they took."""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._source, name)
        if name in ("statements", "close", "pool_use"):
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            self.before(name)
            return method(*args, **kwargs)

        return call

    def read_changes(self, after: Position, limit: int) -> ChangesRead:
        """Give what a server would: rows of open transactions are not there yet, and the watermark stops below them."""
        self.before("read_changes")
        read = self._source.read_changes(after, limit)
        if not self.hidden:
            return read
        keys = tuple(key for key in read.keys if key.item_id not in self.hidden)
        limit_at = min(Position.of_version(position.number - 1) for position in self.hidden.values())
        return dataclasses.replace(read, keys=keys, complete_up_to=max(after, min(read.complete_up_to, limit_at)))


class WatchedShop(ShopifyShop):
    """The real client, which may be told to find fault with an operation before it is sent."""

    trouble: Callable[[Operation], None] = staticmethod(lambda operation: None)

    async def apply(self, operation: Operation, *, key: str, priority: int) -> Applied:
        self.trouble(operation)
        return await super().apply(operation, key=key, priority=priority)


class MortalLedger:
    """The real ledger, in a process that may die before or after any write."""

    WRITES = frozenset(
        {
            "settle",
            "enqueue",
            "set_fact",
            "record_cycle",
            "next_cycle_number",
            "claim_epoch",
            "forget_seen",
            "forget_seen_of",
            "release",
            "append_audit",
        }
    )

    def __init__(self, ledger: SqliteLedger, death: Death) -> None:
        self._ledger = ledger
        self._death = death
        self.trouble: Callable[[str], None] = lambda name: None
        """Called with the name of each write before it is made; what it raises is what the ledger raises."""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._ledger, name)
        if name not in self.WRITES:
            return method

        def write(*args: Any, **kwargs: Any) -> Any:
            self._death.step(f"before {name}")
            self.trouble(name)
            result = method(*args, **kwargs)
            self._death.step(f"after {name}")
            return result

        return write


class Memory(list[LogLine]):
    """A log sink that keeps its lines."""

    def write(self, line: LogLine) -> None:
        self.append(line)

    def text(self) -> str:
        return "\n".join(line.template.format_map(_Facts(line.facts)) for line in self)


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


class Machine:
    """A machine that always has the same load."""

    def read(self) -> SystemReading:
        return SystemReading(100 << 20, 1000 << 20, 1.0, 4)


class World:
    """One store, one shop, one state folder; `engine` is the process that runs on them just now."""

    def __init__(
        self,
        folder: Path,
        *,
        settings: EngineSettings = SETTINGS,
        shop: ShopSettings | None = None,
        versions: bool = True,
        detection: str = "auto",
        start: datetime = START,
        on_disk: bool = False,
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.clock = VirtualClock(start)
        self.store = FastStore(folder / "store.db", self.clock.now, versions=versions, zone=settings.zone)
        asked = shop or ShopSettings(locations=("Bodega",))
        self.shop = EmbeddedShop(
            dataclasses.replace(
                asked,
                now=self.clock.now,
                monotonic=self.clock.monotonic,
                zone=settings.zone,
                capacity_points=max(asked.capacity_points, 100_000.0) if shop is None else asked.capacity_points,
                ledger_size=20_000,
            )
        )
        self.detection = detection
        self.log = Memory()
        self._on_disk = on_disk
        self._numbers = itertools.count(1)
        self._open: list[Callable[[], object]] = []
        self.source: SqlSource = open_source(
            self.store.url, zone=settings.zone, detection=detection, now=self.clock.now, pooling=False
        )
        self.around = Around(self.source)
        self.wrap_source: Callable[[SqlSource], object] = lambda source: self.around
        self.death = Death()
        self._memory: SqliteLedger | None = None

    # The process

    async def start(self, settings: EngineSettings | None = None, death: Death | None = None) -> EngineService:
        """Build an engine on what is there and open it."""
        self.settings = settings or self.settings
        self.death = death or Death()
        self.timer = ManualTimer(self.clock)
        self.wire = Wire(self.shop, self.clock, self.death)
        self.real_ledger = self._ledger()
        self.ledger = MortalLedger(self.real_ledger, self.death)
        self.lease = FileLease(self.folder / "state", self.clock)
        pacer = Pacer(self.clock, self.settings.max_concurrent_jobs)
        self.client = WatchedShop(
            DOMAIN,
            self.shop.settings.access_token,
            gate=pacer,
            clock=self.clock,
            quantity_name=self.settings.policy.stock.quantity_name,
            operation_timeout_s=self.settings.operation_timeout_s,
            transport=self.wire,
        )
        self.engine = EngineService(
            Deps(
                source=cast(Source, self.wrap_source(self.source)),
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
                source_name="store.db",
                settings_name="test",
                version="test",
                open_survey=open_survey,
                **self.extras(),
            ),
            self.settings,
        )
        await self.engine.open()
        return self.engine

    def extras(self) -> dict[str, Any]:
        """Return what a world adds to the engine's parts."""
        return {}

    def _ledger(self) -> SqliteLedger:
        if self._on_disk:
            (self.folder / "state").mkdir(exist_ok=True)
            ledger = open_ledger(self.folder / "state")
            ledger._database.rows("PRAGMA synchronous = OFF")
            return ledger
        if self._memory is None:
            self._memory = open_memory_ledger()
        return self._memory

    async def stop(self) -> None:
        """End the process in order."""
        await self.engine.close()
        await self.collect()

    async def collect(self) -> None:
        """Take away what the process had: its tasks, its files, its lock. A kill does the same."""
        mine = asyncio.current_task()
        for task in asyncio.all_tasks() - {mine}:
            task.cancel()
        await settle()
        self.lease.release()
        if self._on_disk:
            self.real_ledger.close()

    async def restart(self, settings: EngineSettings | None = None, death: Death | None = None) -> EngineService:
        await self.stop()
        return await self.start(settings, death)

    def close(self) -> None:
        self.source.close()
        if self._memory is not None:
            self._memory.close()

    # Work

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` gives; time passes for it where everybody waits."""
        task = asyncio.ensure_future(work)
        await self.idle()
        while not task.done():
            wake = self.clock.next_wake_s
            assert wake is not None, "nobody sleeps, and the work is not done"
            self.clock.advance(wake)
            await self.idle()
        return task.result()

    async def once(self) -> CycleView:
        """Connect and run one cycle that must not fail as a cycle."""
        finished = await self.run(self.engine.run_once())
        if finished.fault is not None:
            raise finished.fault
        return finished.view

    async def cycle(self, cause: Cause | None = None) -> Finished:
        """Run one cycle without looking at both ends first."""
        engine = self.engine
        if engine.world is None:
            await self.run(engine.mending.reach())
        known = engine.mending.known_world()
        return await self.run(engine.runner.run(cause or Cause("test"), engine.settings, known, engine.tenure.epoch))

    async def converge(self, cycles: int = 12) -> int:
        """Run cycles, each when the next entry is due, until nothing is left to do; return how many it took."""
        for number in range(1, cycles + 1):
            await self.cycle()
            counts = self.counts()
            if not counts.waiting + counts.retrying:
                return number
            due = self.real_ledger.next_try_at()
            if due is not None and not counts.due:
                await self.rest((due - self.clock.now()).total_seconds() + 0.01)
        raise AssertionError(f"still at work after {cycles} cycles: {self.entries()}")

    async def rest(self, seconds: float) -> None:
        """Let time pass between cycles."""
        await self.clock.run_for(seconds)

    @contextlib.asynccontextmanager
    async def service(self, settings: EngineSettings | None = None) -> AsyncIterator[EngineService]:
        """Run the engine's own loop; let time pass with `wait`."""
        engine = await self.start(settings)
        task = asyncio.ensure_future(engine.run())
        try:
            await self.idle()
            yield engine
        finally:
            engine.stop()
            await self.idle()
            if not task.done():
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self.collect()

    async def wait(self, seconds: float) -> None:
        """Let time pass for the running engine: timers ring and sleepers wake in their order."""
        end = self.clock.monotonic() + seconds
        await self.idle()
        while True:
            left = end - self.clock.monotonic()
            step = min([left, *self._next_steps()])
            self.clock.advance(max(0.0, step))
            self.timer.run_due()
            await self.idle()
            if left - step <= 1e-9 and not any(after <= 0 for after in self._next_steps()):
                return

    def _next_steps(self) -> Iterator[float]:
        wake = self.clock.next_wake_s
        if wake is not None:
            yield wake
        for name in self.timer.names:
            at = self.timer.next_at(name)
            if at is not None:
                yield (at - self.clock.now()).total_seconds()

    async def idle(self) -> None:
        """Let everybody do what can be done without time passing."""
        # The loop's own queue is the only place that tells for certain that nobody else could run now.
        ready: Sized = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
        turns_without_work = 0
        while turns_without_work < 3:
            await asyncio.sleep(0)
            turns_without_work = 0 if ready or self.timer.run_due() else turns_without_work + 1

    async def send(self, request: Request, actor: Actor = ACTOR) -> Reply:
        return await self.engine.send(Command(f"c{next(self._numbers)}", actor, request))

    # What is there

    def counts(self) -> Any:
        return self.real_ledger.queue_counts(self.clock.now())

    def entries(self, *states: QueueState) -> dict[int, QueueEntry]:
        """Return the queue by item, in these states (any, when none is named)."""
        return {entry.item_id: entry for entry in self.real_ledger.queue_page(states, 10_000, 0)}

    async def history(self, style: str) -> list[dict[str, Any]]:
        """Return what the product's history says, the newest first."""
        return list((await self.engine.ask(Query(Subject.PRODUCT, key=style))).rows)

    def entry(self, item_id: int) -> QueueEntry:
        return self.entries()[item_id]

    def product(self, style: str) -> Product:
        found = self.shop.product_by_style(style)
        assert found is not None, f"{style} is not in the shop"
        return found

    def styles(self) -> list[str]:
        """Return the styles of the shop's products, one entry a product."""
        found = []
        for product in self.shop.products():
            field = product.metafields.get(("rms", "ccod"))
            found.append(field.value if field else f"? {product.title}")
        return sorted(found)

    def price(self, item_id: int) -> tuple[str, str | None]:
        variant = self.shop.variant(f"SKU-{item_id}")
        assert variant is not None, f"item {item_id} is not in the shop"
        compare_at = variant.compare_at_price
        return str(variant.price), None if compare_at is None else str(compare_at)

    def stock(self, item_id: int, location: str | None = None) -> int | None:
        return self.shop.stock(f"SKU-{item_id}", location, name="on_hand")

    def mutations(self) -> int:
        return self.shop.ledger.mutations

    def in_shop(self) -> dict[str, dict[str, tuple[float, int | None]]]:
        """Return style -> SKU -> (price, on hand at the first location); of twins, one wins and `styles` tells."""
        return {
            style: {
                variant.sku or "?": (
                    float(variant.price),
                    self.shop.stock(variant.sku or "?", name="on_hand"),
                )
                for variant in self.product(style).variants
            }
            for style in self.styles()
            if not style.startswith("?")
        }

    def in_store(self) -> dict[str, dict[str, tuple[float, int | None]]]:
        """Return what the shop should hold, worked out from the file by the plainest means."""
        wanted: dict[str, dict[str, tuple[float, int | None]]] = {}
        for row in self.store.rows():
            stock = 0 if row["Inactive"] else max(0, int(row["Quantity"] // 1))
            wanted.setdefault(row["style"], {})[row["ItemLookupCode"]] = (row["Price"], stock)
        return wanted

    def assert_equal(self) -> None:
        """G1, G4: the shop is the store's image; nothing is there twice."""
        styles = self.styles()
        assert len(styles) == len(set(styles)), f"twins: {styles}"
        assert self.in_shop() == self.in_store()

    async def assert_quiet(self) -> None:
        """G8: another cycle, and another comparison, find nothing to send."""
        await self.engine.reconciler.ask("test")
        before = self.mutations()
        for _ in range(3):
            await self.cycle()
        assert self.mutations() == before, self.shop.ledger.entries[-1]


def ahead(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
