"""A month of a plausible store on a virtual clock: what an engine holds and keeps must not grow with its age.

Every hour has its pace: nothing moves at night but the comparison; by day tills sell, take back, receive, reprice,
open and close sales, now and then bring a new model; once in a while something fails, for minutes or an hour, and
now and then the process dies and begins anew. History is kept for four days here, so that a month shows that it is.

Measured every morning before the store opens. Flat: a line through the mornings from day `FROM_DAY` to the last
rises by no more than the bound. What belongs to the goods (products, variants) is judged for each item of RMS.
"""

from __future__ import annotations

import asyncio
import dataclasses
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

from rms_console.contract.commands import DecideHolds, Request, RetryItems
from rms_console.contract.records import QueueState
from rms_console.contract.settings import EngineSettings
from rms_console.domain.holds import HoldState
from rms_console.domain.policy import FilterPolicy, GuardPolicy, Policy
from rms_console.domain.policy import Scope as CreateScope
from rms_console.errors import ConsoleError
from tests.acceptance.store_file import Shoe, stamp
from tests.endurance.holding import Holding, holding
from tests.endurance.measures import Bound, Verdict
from tests.endurance.place import Place, quick_folder
from tests.engine.world import SETTINGS
from tests.simulation.line import Armed

FROM_DAY = 5
OPENS, CLOSES = 9, 20
MORNING = 7
HOUR_S = 3600.0
MB = float(1 << 20)
TILL = ("sell",) * 70 + ("take_back",) * 5 + ("receive",) * 12 + ("reprice",) * 6 + ("sale",) * 6 + ("retire",) * 1
FAULTS = ("lost_answers", "outage", "store_down", "throttled", "killed", "disk", "bulk_prices")
FAULTS_A_DAY = 1.5
"""On average."""
GOODS = ("rows.products", "rows.variants", "rows.stock", "rows.seen")
GOODS_FOR_AN_ITEM = 1.1
BOUNDS = (
    Bound("engine_objects", "", growth=1500.0, share=0.08),
    Bound("engine_bytes", "MB", growth=0.3 * MB, share=0.08, shown_by=MB),
    Bound("others", "", growth=1500.0, share=0.01),
    Bound("tasks", "", growth=1.0, most=8.0),
    Bound("handles", "", growth=1.0),
    Bound("memory", "MB", growth=10 * MB, shown_by=MB),
    Bound("ledger", "MB", growth=0.3 * MB, share=0.1, shown_by=MB),
    Bound("wal", "MB", growth=0.5 * MB, most=40 * MB, shown_by=MB),
    Bound("log", "MB", growth=0.4 * MB, share=0.05, shown_by=MB),
    Bound("events", "", growth=2000.0, most=2000.0),
    Bound("alerts", "", growth=3.0, most=10.0),
    Bound("rows.cycles", "", growth=50.0, share=0.1),
    Bound("rows.product_records", "", growth=100.0, share=0.25),
    Bound("rows.queue", "", growth=60.0),
    Bound("rows.holds", "", growth=60.0),
    Bound("rows.sightings", "", growth=80.0),
    Bound("rows.boundaries", "", growth=20.0),
    Bound("rows.creations", "", growth=4.0),
    Bound("rows.facts", "", growth=2.0),
    Bound("rows.alerts", "", growth=500.0, most=520.0),
)
"""The ledger keeps 500 past alerts, and the audit trail as long as it is: it grows by what people ask for only."""
AUDIT_A_COMMAND = 1.2


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a month is. `kept`: how long its engine keeps history."""

    days: int = 30
    from_day: int = FROM_DAY
    styles: int = 60
    sizes: int = 3
    changes_a_day: int = 300
    kept: timedelta = timedelta(days=4)


def settings() -> EngineSettings:
    guard = GuardPolicy(max_created=0, max_changed_products=60, percent_from_products=1000)
    return dataclasses.replace(
        SETTINGS,
        policy=Policy(filters=FilterPolicy(scope=CreateScope.ALL), guard=guard),
        interval_s=600.0,
        max_concurrent_jobs=0,
        bulk_from=50,
        timeout_s=1800.0,
        sweep_s=4 * HOUR_S,
        full_sync_hour=2,
        health_interval_s=900.0,
        recovery_check_interval_s=900.0,
    )


class Month:
    """The life of one store. `mornings` is what was measured."""

    def __init__(self, place: Place, seed: int, shape: Shape) -> None:
        self.place = place
        self.shape = shape
        self.dice = Random(f"days {seed}")
        self.next_item = 1
        self.changes = self.commands = 0
        self.spoilt: set[int] = set()
        """Items whose price is wrong until the morning."""
        self.happened: Counter[str] = Counter()
        self.mornings: list[Holding] = []
        self.wrong: list[str] = []
        self.real_s: list[float] = []
        """Of our time, for each day."""

    async def live(self) -> None:
        self._new_models(self.shape.styles)
        await self._started()
        await self.place.settled(HOUR_S)
        await self._until(MORNING)
        for day in range(1, self.shape.days + 1):
            begun = time.monotonic()
            await self._day()
            self.real_s.append(time.monotonic() - begun)
            await self._look(day)

    async def _day(self) -> None:
        """From one morning to an hour before the next."""
        dice = self.dice
        faults = sorted(dice.uniform(0, 23) for _ in range(_poisson(dice, FAULTS_A_DAY)))
        for hour in range(23):
            moments: list[tuple[float, str]] = [(at - hour, "fault") for at in faults if hour <= at < hour + 1]
            if OPENS <= (MORNING + hour) % 24 < CLOSES:
                often = _poisson(dice, self.shape.changes_a_day / (CLOSES - OPENS))
                moments += [(dice.random(), dice.choice(TILL)) for _ in range(often)]
            if (MORNING + hour) % 24 == OPENS:
                moments.append((0.5, "new_model"))
                moments.append((0.6, "decide"))
            passed = 0.0
            for at, what in sorted(moments):
                await asyncio.sleep((at - passed) * HOUR_S)
                passed = at
                await self._happen(what)
            await asyncio.sleep((1.0 - passed) * HOUR_S)

    async def _happen(self, what: str) -> None:
        name = self.dice.choice(FAULTS) if what == "fault" else what
        self.happened[name] += 1
        work = getattr(self, f"_{name}")()
        if asyncio.iscoroutine(work):
            task = self.place.loop.create_task(work)
            await asyncio.sleep(0)
            if task.done():
                task.result()

    async def _until(self, hour: int) -> None:
        """Sleep until the store's clock says this hour."""
        local = self.place.clock.real().astimezone(ZoneInfo(self.place.settings.zone))
        then = local.replace(hour=hour, minute=0, second=0, microsecond=0)
        if then <= local:
            then += timedelta(days=1)
        await asyncio.sleep((then - local).total_seconds())

    async def _look(self, day: int) -> None:
        """Measure; and see that the shop is as RMS says, once what failed was tried again."""
        place = self.place
        await self._started()
        if not await place.settled(HOUR_S):
            self.wrong.append(f"day {day}: {place.waiting()} entries still wait in the morning")
        aside = {entry.item_id for entry in place.alive.real_ledger.queue_page(tuple(QueueState), 10_000, 0)}
        found = [one for one in place.differences() if not any(f"item {item} " in one for item in aside)]
        self.wrong += [f"day {day}: {one}" for one in found[:3]]
        self.mornings.append(holding(place, day, self.changes))
        await self._until(MORNING)

    async def _started(self) -> None:
        """Have an engine running; its history is kept for the time of this test."""
        while self.place.process is None or not self.place.process.is_alive:
            try:
                await self.place.begin()
            except ConsoleError:
                await asyncio.sleep(30)
        self.place.alive.engine.retention.keep = self.shape.kept

    # The store

    def _new_models(self, count: int) -> None:
        dice = self.dice
        shoes = []
        for _ in range(count):
            style = f"24YM{self.next_item:05d}"
            price = self._price()
            for size in range(self.shape.sizes):
                stock = float(dice.randrange(0, 12))
                shoes.append(Shoe(self.next_item, style, size=str(35 + size), price=price, quantity=stock))
                self.next_item += 1
        self.place.store.tills.add(shoes)
        self.changes += len(shoes)

    def _change(self, item: int, **values: object) -> None:
        self.changes += 1
        self.place.store.tills.change(item, **values)

    def _item(self) -> tuple[int, int]:
        """Return any item, and its stock."""
        with self.place.store.tills.till.transaction() as writer:
            item = self.dice.randrange(1, self.next_item)
            ((stock,),) = writer.rows("SELECT Quantity FROM Item WHERE ID = ?", item)
            return item, int(stock)

    def _sell(self) -> None:
        item, stock = self._item()
        if stock > 0:
            self._change(item, Quantity=float(stock - 1))

    def _take_back(self) -> None:
        item, stock = self._item()
        self._change(item, Quantity=float(stock + 1))

    def _receive(self) -> None:
        item, stock = self._item()
        self._change(item, Quantity=float(stock + (self.dice.randrange(4, 9) if stock < 6 else 0)))

    def _reprice(self) -> None:
        self._change(self._item()[0], Price=self._price())

    def _price(self) -> float:
        return float(self.dice.randrange(100, 200) * 100)

    def _sale(self) -> None:
        """A sale that opens within a day and ends within another."""
        now, zone, dice = self.place.clock.real(), self.place.settings.zone, self.dice
        opens = now + timedelta(hours=dice.uniform(-1, 24))
        closes = opens + timedelta(hours=dice.uniform(1, 24))
        dates = {"SaleStartDate": stamp(opens, zone), "SaleEndDate": stamp(closes, zone)}
        self._change(self._item()[0], SalePrice=float(dice.randrange(80, 99) * 100), SaleType=1, **dates)

    def _retire(self) -> None:
        self._change(self._item()[0], Inactive=self.dice.choice([0, 1]))

    def _new_model(self) -> None:
        self._new_models(1)

    # The person

    async def _decide(self) -> None:
        """In the morning somebody puts wrong prices right, decides what is held and has everything tried again."""
        place = self.place
        for item in sorted(self.spoilt):
            self._change(item, Price=self._price())
        self.spoilt.clear()
        if place.process is None or not place.process.is_alive:
            return
        ledger = place.alive.real_ledger
        holds = tuple(hold.hold_id for hold in ledger.holds_page((HoldState.OPEN,), 1000, 0))
        if holds:
            cut = self.dice.randrange(len(holds) + 1)
            await self._ask(DecideHolds(holds[:cut], True, "bien"))
            await self._ask(DecideHolds(holds[cut:], False, "no"))
        await self._ask(RetryItems())

    async def _ask(self, request: Request) -> None:
        self.commands += 1
        await self.place.ask(request)

    # What goes wrong

    def _lost_answers(self) -> None:
        self.place.line.armed += [Armed("shop.lost_after", times=5, mutations_only=False), Armed("shop.late_apply")]

    async def _outage(self) -> None:
        self.place.line.outage = True
        await asyncio.sleep(self.dice.uniform(60, 4000))
        self.place.line.outage = False

    async def _store_down(self) -> None:
        self.place.store.source.gone = "rms.down"
        await asyncio.sleep(self.dice.uniform(60, 4000))
        self.place.store.source.gone = ""

    async def _throttled(self) -> None:
        self.place.line.throttles = True
        await asyncio.sleep(self.dice.uniform(30, 600))
        self.place.line.throttles = False

    async def _killed(self) -> None:
        """The power goes; the machine is back some minutes later."""
        process = self.place.process
        if process is not None and process.is_alive:
            process.kill("the power went")
            await asyncio.sleep(self.dice.uniform(10, 900))
        await self._started()

    def _disk(self) -> None:
        self.place.disk_troubles += self.dice.choice([1, 3])

    def _bulk_prices(self) -> None:
        """An import with a lost decimal comma, of some dozen items: the guard stops it."""
        for _ in range(self.dice.randrange(5, 30)):
            item, _stock = self._item()
            self.spoilt.add(item)
            self._change(item, Price=self.dice.choice([100.0, 150.0, 1_500_000.0]))


def _poisson(dice: Random, mean: float) -> int:
    """Return how often something happens that happens `mean` times on average."""
    passed, number = dice.expovariate(1.0), 0
    while passed < mean:
        passed += dice.expovariate(1.0)
        number += 1
    return number


@dataclass(frozen=True)
class Told:
    """What a month came to."""

    seed: int
    verdicts: tuple[Verdict, ...]
    wrong: tuple[str, ...]
    happened: Counter[str]
    real_s: float
    changes: int
    last: Holding

    @property
    def is_good(self) -> bool:
        return not self.wrong and all(one.is_flat for one in self.verdicts)


def live_month(seed: int, shape: Shape = Shape()) -> Told:
    """Live the month of a seed."""
    begun = time.monotonic()
    with quick_folder() as folder:
        place = Place(folder, seed, settings())
        try:
            month = Month(place, seed, shape)
            place.run(month.live())
        finally:
            place.close()
    mornings = [one for one in month.mornings if one.day >= shape.from_day]
    verdicts = [bound.judge([(one.day, one.figure(bound.name)) for one in mornings]) for bound in BOUNDS]
    last, items = month.mornings[-1], month.next_item - 1
    wrong = [*month.wrong, *_of_the_goods(last, items)]
    if last.rows["audit"] > 2 + AUDIT_A_COMMAND * month.commands:
        wrong.append(f"{last.rows['audit']} entries in the audit trail for {month.commands} commands")
    real_s = time.monotonic() - begun
    return Told(seed, tuple(verdicts), tuple(wrong), month.happened, real_s, month.changes, last)


def _of_the_goods(last: Holding, items: int) -> Iterator[str]:
    for name in GOODS:
        if last.figure(name) > GOODS_FOR_AN_ITEM * items:
            yield f"{last.figure(name):.0f} {name} for {items} items"


def main(days: int, seeds: int, first: int, jobs: int, minutes: float) -> bool:
    """Live the months of some seeds, each in a process of its own, so that memory is measured anew.

    `minutes`: so long new ones are begun; 0: until all are done.
    """
    shape, begun = Shape(days=days), time.monotonic()
    worst: dict[str, Verdict] = {}
    told: list[Told] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool:
        for group in range(first, first + seeds, jobs):
            if minutes and time.monotonic() - begun > minutes * 60:
                break
            several = range(group, min(group + jobs, first + seeds))
            for month in pool.map(live_month, several, [shape] * len(several)):
                told.append(month)
                _note(month, worst)
    bad = sum(not month.is_good for month in told)
    _say(f"the worst of {len(told)} seeds, from day {shape.from_day} to day {days}:")
    for one in worst.values():
        _say(one.told())
    _say(f"FAILED: {bad} of {len(told)}" if bad or not told else f"PASSED: {len(told)} months")
    return bool(told) and not bad


def _note(month: Told, worst: dict[str, Verdict]) -> None:
    for one in month.verdicts:
        before = worst.get(one.bound.name)
        if before is None or _share(one) > _share(before):
            worst[one.bound.name] = one
    growing = [one.told().strip() for one in month.verdicts if not one.is_flat]
    faults = sum(month.happened[name] for name in FAULTS)
    _say(
        f"seed {month.seed}: {'flat' if month.is_good else 'FAILED'}, {month.changes} changes, {faults} faults,"
        f" {month.real_s:.0f} s {growing or ''} {month.wrong[:3] or ''}".rstrip()
    )


def _share(verdict: Verdict) -> float:
    return verdict.grown / max(verdict.allowed, 1e-9)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
