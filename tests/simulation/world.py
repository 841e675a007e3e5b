"""Everything one seed is about: the store, the shop, the line between, the folder of state, and who runs on them."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import hashlib
import json
import math
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from rms_console.adapters.shopify.claims import KEY
from rms_console.contract.commands import Command, Reply, Request
from rms_console.contract.settings import EngineSettings
from rms_console.demo.shopify import EmbeddedShop, ShopSettings
from rms_console.demo.shopify.model import Level
from rms_console.demo.shopify.shop import GraphQLRequest
from rms_console.domain.holds import HoldState
from rms_console.domain.policy import Conflict, Deleted, FilterPolicy, GuardPolicy, MappingPolicy, Policy, StockPolicy
from rms_console.domain.policy import Scope as CreateScope
from rms_console.domain.product import Status
from rms_console.errors import ConsoleError
from tests.engine.world import ACTOR, SETTINGS, Killed, Machine
from tests.engine_adopt.merchant import Merchant
from tests.simulation.clockwork import SimClock, VirtualLoop
from tests.simulation.line import SENDER, Line
from tests.simulation.order import Order
from tests.simulation.process import PROCESS, Process
from tests.simulation.store import Store
from tests.simulation.watching import Watch

__all__ = ["Machine", "Options", "Sim", "options_of"]

MACHINES = ("one", "two")
_DOCUMENTS: OrderedDict[str, Any] = OrderedDict()
"""Parsed and validated documents, the same for all worlds."""

GUARD = GuardPolicy(max_created=0, max_changed_products=3, percent_from_products=100, window_minutes=15.0)
"""Small enough to bite in a small catalogue."""


@dataclass(frozen=True)
class Options:
    """What the world of a seed is like."""

    settings: EngineSettings
    detection: str
    locations: tuple[str, ...]
    lag_s: float
    restore_points: float


def options_of(seed: int) -> Options:
    """Return the world of a seed; what happens in it is decided by other dice."""
    dice = Random(f"options {seed}")
    sweep_s = dice.choice([900.0, 900.0, 0.0])
    policy = Policy(
        mapping=MappingPolicy(status=dice.choice([Status.ACTIVE, Status.DRAFT])),
        filters=FilterPolicy(
            scope=CreateScope.ALL,
            include_zero_stock=dice.random() < 0.3,
            when_deleted=dice.choice([Deleted.RECREATE, Deleted.RESPECT]),
        ),
        stock=StockPolicy(
            conflict=dice.choice([Conflict.LOWER, Conflict.LOWER, Conflict.RMS]), conflict_grace_hours=0.5
        ),
        guard=GUARD,
    )
    settings = dataclasses.replace(
        SETTINGS,
        zone=dice.choice(["America/Costa_Rica", "America/Santiago", "Europe/Madrid", "UTC"]),
        policy=policy,
        interval_s=dice.choice([120.0, 300.0, 600.0, 600.0]),
        watch_s=dice.choice([0.0, 0.0, 0.0, 60.0]),
        max_concurrent_jobs=dice.choice([0, 1, 3]),
        batch_size=dice.choice([1, 3, 10]),
        max_items_per_run=dice.choice([500, 500, 3]),
        sweep_s=sweep_s,
        timeout_s=1800.0,
        operation_timeout_s=dice.choice([60.0, 600.0]),
        full_sync_hour=dice.choice([None, 2]) if sweep_s else None,
        bulk_from=0,
        health_interval_s=900.0,
        recovery_check_interval_s=900.0,
    )
    return Options(
        settings,
        dice.choice(["auto", "auto", "last_updated"]),
        dice.choice([("Bodega",), ("Bodega", "Tienda")]),
        dice.choice([0.0, 0.0, 30.0]),
        dice.choice([100.0, 100.0, 50.0]),
    )


@dataclass(frozen=True, slots=True)
class Held:
    """What a variant looks like in the shop, as far as we own it."""

    style: str
    sku: str
    price: str
    compare_at: str | None
    on_hand: tuple[tuple[int, int], ...]

    @property
    def money(self) -> tuple[Decimal, Decimal | None]:
        return Decimal(self.price), None if self.compare_at is None else Decimal(self.compare_at)

    def told(self) -> str:
        stock = "+".join(str(units) for _, units in self.on_hand)
        return f"{self.style}/{self.sku} {self.price}{f' ({self.compare_at})' if self.compare_at else ''} x{stock}"


Watcher = Callable[[str, "Held | None", "Held | None"], None]


A_PID = re.compile(r"(\b(?:pid|compareDigest)\W+)[0-9a-f]+")
"""A claim names the process, and the number of that no seed decides; nor what the shop makes of it."""


class SeenShop(EmbeddedShop):
    """The embedded shop; tells what each request of the engine changed."""

    heard: Callable[[GraphQLRequest, dict[str, Any]], None] = staticmethod(lambda request, body: None)
    changed: Watcher = staticmethod(lambda variant, before, after: None)

    def answer(
        self, request: GraphQLRequest, version: str, *, throttle: bool = False, origin: str | None = None
    ) -> dict[str, Any]:
        if "mutation" not in request.query[:200]:
            body = super().answer(request, version, throttle=throttle, origin=origin)
            self.heard(request, body)
            return body
        before = self.held()
        body = super().answer(request, version, throttle=throttle, origin=origin)
        after = self.held()
        for variant in sorted(before.keys() | after.keys(), key=lambda name: (len(name), name)):
            if before.get(variant) != after.get(variant):
                self.changed(variant, before.get(variant), after.get(variant))
        self.heard(request, body)
        return body

    def held(self) -> dict[str, Held]:
        found = {}
        for product in self.state.products.values():
            field = product.metafields.get(("rms", "ccod"))
            style = field.value if field else ""
            for variant in product.variants:
                compare_at = variant.compare_at_price
                found[variant.id] = Held(
                    style,
                    variant.sku or "",
                    str(variant.price),
                    None if compare_at is None else str(compare_at),
                    tuple(sorted((n, level.on_hand) for n, level in variant.item.levels.items() if level.is_active)),
                )
        return found


class Sim:
    """The world. `trace` is its history, `violations` what must not be, `fired` which faults really happened."""

    def __init__(self, folder: Path, seed: int, has_machines: bool = False) -> None:
        self.seed = seed
        self.has_machines = has_machines
        """Whether there are two machines, so that the engine claims the shop before it writes."""
        self.folder = folder
        self.options = options_of(seed)
        self.settings = self.options.settings
        self.clock = SimClock()
        self.loop = VirtualLoop(self.clock)
        self.fired: Counter[str] = Counter()
        self.trace: list[str] = []
        self.violations: list[str] = []
        self.dice = Random(f"world {seed}")
        self.machine = MACHINES[0]
        """Where the engine is meant to run."""
        self.moved_at: float | None = None
        """When it was meant to run on the other one, the last time."""
        self.heir_read_at = -1.0
        """When whoever took over read the shop; RMS may have been down, or the engine paused."""
        for name in MACHINES:
            self._folder_of(name).mkdir()
        self.store = Store(
            folder, self.clock, self.settings.zone, self.options.detection, Random(f"rms {seed}"), self.fire
        )
        self.shop = SeenShop(
            ShopSettings(
                locations=self.options.locations,
                zone=self.settings.zone,
                now=self.clock.real,
                monotonic=self.clock.monotonic,
                index_lag_s=self.options.lag_s,
                restore_points_per_s=self.options.restore_points,
                ledger_size=200,
            )
        )
        self.shop._executor._prepared = _DOCUMENTS
        self.shop.heard = self._heard
        self.shop.changed = self._changed
        self.merchant = Merchant(self.shop)
        self.line = Line(self.shop, Random(f"line {seed}"), self.fire, self._asked)
        self.disk_armed: list[tuple[str, Exception]] = []
        self.process: Process | None = None
        self._beginning = asyncio.Lock()
        self.made: list[Process] = []
        """Kept to the end: what is collected as rubbish ends at an instant that no seed decides."""
        self.others: list[Process] = []
        """Processes that should not be there: frozen ones, thawed ones, second engines."""
        self.numbers = iter(range(1, 1_000_000))
        self.next_item = 1
        self.is_quiet = False
        self.store.source.hides = self._hidden
        self.open_items: dict[int, Any] = {}
        """Items whose row a transaction holds open."""
        self.deleted_styles: set[str] = set()
        """Styles of which the merchant deleted something."""
        self.hand_titles: dict[str, str] = {}
        self.copies: dict[str, str] = {}
        """Products made by hand with one of our SKUs."""
        self.lowered: dict[str, float] = {}
        """SKU -> when the shop shipped some of it last."""
        self.sold_at: dict[str, list[float]] = {}
        """SKU -> when the shop shipped a piece of it, each time."""
        self.fails_bulk = False
        self.drift: set[tuple[str, str]] = set()
        """SKU or style, and field: changed by hand since the engine wrote it last. It learns of that when it writes."""
        self.known_skus: dict[int, str] = {}
        self.forced_until = -1.0
        self.paused_at: float | None = None
        self.observed_at: float | None = None
        self.told_on: dict[str, str] = {}
        """"pause" or "observe" -> the machine whose engine was told so last."""
        self.observing: set[str] = set()
        """Machines on which the engine was told to observe, or may have been, and not yet to write again."""
        self.approved: set[str] = set()
        """Styles of which a person approved a hold."""
        self.tainted: set[int] = set()
        """Items that changed without a stamp: only a comparison by value finds that."""
        self.taint_all = False
        self.stock_history: dict[str, list[tuple[float, int]]] = {}
        """SKU -> what RMS said of its stock, and when."""
        self.hidden_at: dict[str, float] = {}
        """SKU -> when a reply of RMS lacked it last."""
        self.stock_unknown: set[str] = set()
        self.stock_all = False
        self.ever_moved: set[tuple[str, str]] = set()
        """SKUs of which the shop ever sold something, and "stock"."""
        self.watch = Watch(self)
        self.order = Order(self)
        self.store.source.read = self.order.sample
        self.notes: dict[str, Any] = {}
        """What acts remember of themselves until a later one, or the end."""
        self.loop.alarms, self.loop.ring = self._alarm_s, self._ring

    # Telling

    def _asked(self) -> None:
        self.watch.request()

    def fire(self, kind: str) -> None:
        self.fired[kind] += 1
        self.tell(f"! {kind}")

    def tell(self, text: str) -> None:
        self.trace.append(f"{self.clock.seconds:10.3f} {text}")

    def wrong(self, law: str, text: str) -> None:
        told = f"{law}: {text}"
        if told not in self.violations:
            self.violations.append(told)
            self.tell(f"VIOLATION {told}")

    def _heard(self, request: GraphQLRequest, body: dict[str, Any]) -> None:
        # The address of a bulk operation's file holds a secret that the shop draws for itself.
        told = [request.variables, None if "ulkOperation" in request.query else body]
        text = A_PID.sub(r"\1", json.dumps(told, sort_keys=True, default=str))
        digest = hashlib.sha256(text.encode())
        if self.fails_bulk and "bulkOperationRunQuery" in request.query:
            self.fails_bulk = False
            self.fire("shop.bulk_fails")
        wire = SENDER.get()
        is_heir = wire is not None and wire.process is self.process and wire.process.machine
        if is_heir and "bulkOperationRunQuery" in request.query:
            self._heir_reads()
        self.watch.claim()
        name = request.query.partition("(")[0].partition("{")[0].strip()[:40]
        self.tell(f"> {name} {digest.hexdigest()[:12]}")

    def _heir_reads(self) -> None:
        """Note the first whole reading of the shop since a machine took over: paused, it comes after the pause."""
        if self.moved_at is not None and self.heir_read_at < self.moved_at:
            self.heir_read_at = self.clock.seconds

    def _changed(self, variant: str, before: Held | None, after: Held | None) -> None:
        """Something that we own moved by a request of the engine."""
        told = f"  {variant.rpartition('/')[2]} {before and before.told()} -> {after and after.told()}"
        self.tell(told)
        if after is not None and before is None:
            self.watch.created(after)
        if after is not None:
            self.order.written(before, after)
        if after is None or before is None:
            return
        if (before.price, before.compare_at) != (after.price, after.compare_at):
            self.drift.discard((after.sku, "price"))
        if before.on_hand != after.on_hand:
            self.drift.discard((after.sku, "stock"))
        self.watch.changed(before, after)

    @property
    def lost_ledger(self) -> bool:
        """Whether the ledger was lost, or put back from a copy, at some time."""
        return any(self.fired[kind] for kind in ("disk.torn", "disk.lost", "disk.old_copy"))

    def total_of(self, style: str) -> int:
        """Return the units that a style has in the shop."""
        return sum(units for held in self.shop.held().values() if held.style == style for _, units in held.on_hand)

    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()

    def _hidden(self, item_ids: Iterable[int]) -> None:
        """A reply of RMS lacked items: whether they left nobody can tell before the next comparison."""
        hidden = set(item_ids)
        self.tainted |= hidden
        self.hidden_at |= {f"SKU-{item}": self.clock.seconds for item in hidden}
        self.order.hidden(hidden)

    def note_lowered(self, sku: str) -> None:
        self.lowered[sku] = self.clock.seconds
        self.sold_at.setdefault(sku, []).append(self.clock.seconds)

    def note_decided(self, hold_ids: tuple[int, ...], approve: bool) -> None:
        """Remember what a person says yes to."""
        process = self.process
        if process is None or not process.is_alive or not approve:
            return
        for hold in process.real_ledger.holds_page((HoldState.OPEN, HoldState.REJECTED), 1000, 0):
            if hold.hold_id in hold_ids:
                self.approved.add(hold.style)

    def note_stock(self, item: int, quantity: object) -> None:
        """Remember what RMS says of an item's stock."""
        if isinstance(quantity, int | float):
            said = (self.clock.seconds, max(0, math.floor(quantity)))
            self.stock_history.setdefault(f"SKU-{item}", []).append(said)
        else:
            self.stock_unknown.add(f"SKU-{item}")

    # Time

    def _everybody(self) -> list[Process]:
        return [one for one in (self.process, *self.others) if one is not None and one.is_alive]

    def _alarm_s(self) -> float | None:
        return min((at for one in self._everybody() if (at := one.alarm_s()) is not None), default=None)

    def _ring(self) -> None:
        for one in self._everybody():
            if one.wire.hold is None:
                one.context.run(one.timer.run_due)

    def notice_jump(self) -> None:
        """Do what the program's own timer does once it sees that the clock was set: repeating calls begin anew."""
        for one in self._everybody():
            timer = one.timer
            for name in timer._spacing_s:
                timer._jobs[name].next_at = self.clock.now()

    # Processes

    def disk_trouble(self, name: str) -> None:
        if self.disk_armed:
            kind, error = self.disk_armed.pop(0)
            self.fire(kind)
            raise error

    @property
    def state(self) -> Path:
        """The folder of the machine on which the engine is meant to run."""
        return self._folder_of(self.machine)

    def _folder_of(self, machine: str) -> Path:
        return self.folder / f"state-{machine}"

    def claim_owner(self) -> str:
        """Return which machine the shop is claimed for; empty: none."""
        field = next((one for (_, key), one in self.shop.state.shop.metafields.items() if key == KEY), None)
        return str(json.loads(field.value)["owner"]) if field is not None else ""

    def new_process(self, machine: str = "") -> Process:
        machine = machine or self.machine
        made = Process(
            self._folder_of(machine),
            self.settings,
            clock=self.clock,
            line=self.line,
            source=self.store.source,
            disk_trouble=self.disk_trouble,
            died=lambda: self.fire("process.killed_at_step"),
            machine=machine if self.has_machines else "",
        )
        self.made.append(made)
        return made

    async def ensure_process(self, tries: int = 40) -> None:
        """Have one engine running; starting it may take several tries. One at a time does that."""
        async with self._beginning:
            await self._ensure_process(tries)

    async def _ensure_process(self, tries: int) -> None:
        for _ in range(tries):
            if self.process is not None and self.process.is_alive:
                return
            self.process = self.new_process()
            try:
                await self.process.begin()
                self.tell("engine started")
            except (ConsoleError, Killed) as error:
                self.tell(f"start failed: {type(error).__name__}")
                await asyncio.sleep(5)
        if self.process is None or not self.process.is_alive:
            self.wrong("G6", "the engine cannot be started any more")

    async def ask(self, request: Request) -> Reply | None:
        """Send a command to the engine that runs; None where it died meanwhile, or there is none."""
        process = self.process
        if process is None or not process.is_alive:
            return None
        command = Command(f"c{next(self.numbers)}", ACTOR, request)
        reply: Reply | None = await self.inside(process, process.engine.send(command))
        self.tell(f"? {type(request).__name__} {type(reply).__name__}")
        return reply

    async def inside(self, process: Process, work: Coroutine[Any, Any, Any]) -> Any:
        """Return what some work gives that belongs to the process and dies with it."""
        context = contextvars.copy_context()
        context.run(PROCESS.set, process)
        task = context.run(self.loop.create_task, work)
        await asyncio.wait([task])
        if task.cancelled() or task.exception() is not None:
            return None
        return task.result()

    # Looking in

    def level(self, sku: str, place: int | None = None) -> Level | None:
        variant = self.shop.variant(sku)
        if variant is None or not variant.item.levels:
            return None
        return variant.item.levels.get(place) if place else next(iter(variant.item.levels.values()))

    def mutations(self) -> int:
        """Return how often the engine wrote; beginning a bulk query is a mutation that changes nothing."""
        return self.shop.ledger.mutations - self.shop.ledger.by_field["bulkOperationRunQuery"]

    def item_ids(self) -> list[int]:
        return [int(row["ItemID"]) for row in self.store.rows()]

    def close(self) -> None:
        for one in self._everybody():
            one.kill("the end of the world")
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        self.store.close()
