"""Products created while answers are lost: each style must be one product, each item one variant, as RMS has them.

Everything but time and the line is the real thing: the engine, its ledger on disk, the client, and a shop that runs
the published schema. Ways: "single" makes each product by a call of its own, "bulk" by bulk mutations of files.
"""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import httpx

from rms_console.contract.settings import EngineSettings
from rms_console.demo.shopify import EmbeddedShop
from rms_console.demo.shopify.asgi import read_request
from rms_console.demo.shopify.faults import RequestInfo
from tests.acceptance.store_file import Shoe
from tests.endurance.place import Place, quick_folder
from tests.engine.world import SETTINGS
from tests.simulation.line import Armed, Line

WAYS = ("single", "bulk")
SIZES = 2
BEFORE, LATE = 0.02, 0.02
"""Of all requests: lost before the shop saw them; of writes: applied some time after the client gave up."""
LATEST_S = 120.0
BULK_FROM = 20
BULKS = 25
"""So many bulk mutations at least, however many products there are: each can lose its answers by itself."""
MOST_S = 30 * 86_400.0


class LossyLine(Line):
    """A line that loses a share of all answers after the shop has done its work, those about files as well."""

    def __init__(self, shop: EmbeddedShop, dice: Random, fired: Callable[[str], None], lost: float) -> None:
        super().__init__(shop, dice, fired, lambda: None)
        self.lost = lost
        self.answers = 0
        self.lost_of: Counter[str] = Counter()
        """By root field: answers lost after the work was done."""
        self.is_fair = False
        """Whether nothing is lost any more."""

    def fault_for(self, info: RequestInfo) -> Armed | None:
        self.answers += 1
        name = self._drawn(info.is_mutation)
        if name is None:
            return None
        self.fired(name)
        if name == "shop.lost_after":
            self.lost_of[info.root_fields[0] if info.root_fields else "?"] += 1
        return Armed(name, delay_s=self.dice.uniform(0.0, LATEST_S))

    def _drawn(self, writes: bool) -> str | None:
        drawn = self.dice.random()
        if self.is_fair:
            return None
        if drawn < self.lost:
            return "shop.lost_after"
        if drawn < self.lost + BEFORE:
            return "shop.lost_before"
        return "shop.late_apply" if writes and drawn < self.lost + BEFORE + LATE else None

    async def _deliver(self, request: httpx.Request, content: bytes) -> httpx.Response:
        answer = await super()._deliver(request, content)
        if read_request(content) is None:
            self.answers += 1
            if not self.is_fair and self.dice.random() < self.lost:
                self.fired("shop.lost_after")
                self.lost_of["file"] += 1
                raise httpx.ReadTimeout("lost", request=request)
        return answer


@dataclass(frozen=True)
class Outcome:
    """What came of it. `wrong`: how the shop differs from RMS, twins among it."""

    way: str
    asked: int
    products: int
    variants: int
    twins: int
    answers: int
    fired: Counter[str]
    lost_of: Counter[str]
    by_field: Counter[str]
    bulk_jobs: int
    wrong: list[str]
    stuck: str
    virtual_s: float
    real_s: float
    log: list[str] = field(default_factory=list, repr=False)

    @property
    def is_good(self) -> bool:
        return not self.wrong and not self.twins and not self.stuck and self.products == self.asked

    def told(self) -> str:
        lost = self.fired["shop.lost_after"]
        fields = ", ".join(f"{name} {count}" for name, count in self.lost_of.most_common(7))
        return "\n".join(
            (
                f"{self.way}: {self.asked:,} products of {SIZES} items asked for, {self.products:,} made with"
                f" {self.variants:,} variants; {self.bulk_jobs} bulk mutations",
                f"  answers {self.answers:,}: lost after the work {lost:,} ({lost / max(1, self.answers):.1%}),"
                f" lost before {self.fired['shop.lost_before']:,}, applied late {self.fired['shop.late_apply']:,}",
                f"  lost after, by field: {fields}",
                f"  duplicates {self.twins}; differences from RMS {len(self.wrong)} {self.wrong[:5]} {self.stuck}",
                f"  {self.virtual_s / 3600:.1f} h of the shop's time, {self.real_s:.0f} s of ours",
                f"  {'PASSED' if self.is_good else 'FAILED'}",
            )
        )


def settings_of(way: str, count: int) -> EngineSettings:
    return dataclasses.replace(
        SETTINGS,
        bulk_from=BULK_FROM if way == "bulk" else 0,
        max_concurrent_jobs=0,
        max_items_per_run=max(2 * BULK_FROM * SIZES, count * SIZES // BULKS),
        timeout_s=7200.0,
        sweep_s=0.0,
        health_interval_s=900.0,
        recovery_check_interval_s=900.0,
    )


def create(count: int, lost: float, way: str, seed: int = 1) -> Outcome:
    """Have `count` products made while a share `lost` of all answers is lost."""
    lines: list[LossyLine] = []

    def make_line(shop: EmbeddedShop, dice: Random, fired: Callable[[str], None]) -> Line:
        lines.append(LossyLine(shop, dice, fired, lost))
        return lines[0]

    begun = time.monotonic()
    with quick_folder() as folder:
        place = Place(folder, seed, settings_of(way, count), make_line, restore_points_per_s=1000.0)
        try:
            place.store.tills.add(_catalogue(count))
            stuck = place.run(_live(place, lines[0]))
            return _outcome(place, lines[0], way, count, stuck, time.monotonic() - begun)
        finally:
            place.close()


def _catalogue(count: int) -> list[Shoe]:
    dice = Random(f"catalogue {count}")
    return [
        Shoe(
            style * 10 + size,
            f"24YM{style:05d}",
            size=str(35 + size),
            price=float(dice.randrange(100, 160) * 100),
            quantity=float(dice.randrange(1, 9)),
        )
        for style in range(1, count + 1)
        for size in range(SIZES)
    ]


async def _live(place: Place, line: LossyLine) -> str:
    """Let the engine work on the bad line until all is settled, then look that nothing comes late."""
    await place.begin()
    # Nothing new is sent once all is there: what comes late comes within the longest delay.
    if not await place.settled(MOST_S):
        return f"{place.waiting()} entries still wait"
    await asyncio.sleep(LATEST_S + 1)
    line.is_fair = True
    if not await place.settled(86_400.0):
        return f"{place.waiting()} entries still wait on a good line"
    aside = place.alive.real_ledger.queue_page((), 10, 0)
    return f"left in the queue: {aside}" if aside else ""


def _outcome(place: Place, line: LossyLine, way: str, count: int, stuck: str, real_s: float) -> Outcome:
    products = place.shop.products()
    titles = Counter(one.title for one in products)
    skus = Counter(variant.sku for one in products for variant in one.variants)
    return Outcome(
        way,
        count,
        len(products),
        sum(skus.values()),
        sum(number - 1 for number in (*titles.values(), *skus.values())),
        line.answers,
        place.fired,
        line.lost_of,
        Counter(place.shop.ledger.by_field),
        sum(job.type == "MUTATION" for job in place.shop.state.bulk_jobs.values()),
        place.differences(),
        stuck,
        place.clock.seconds,
        real_s,
        place.process.lines().told() if place.process else [],
    )


def main(count: int, lost: float, ways: tuple[str, ...] = WAYS, seed: int = 1) -> bool:
    is_good = True
    for way in ways:
        outcome = create(count, lost, way, seed)
        sys.stdout.write(outcome.told() + "\n")
        sys.stdout.flush()
        is_good &= outcome.is_good
    return is_good
