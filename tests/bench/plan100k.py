"""Judging, mapping and planning of 100,000 variants that are in the shop: variants a second, memory, lag of the loop.

First the pure stages as a comparison runs them, slice by slice; then a whole sweep, file and ledger included.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from rms_console.contract.records import Settlement
from rms_console.domain.acknowledge import acknowledge
from rms_console.domain.assemble import assemble
from rms_console.domain.operations import CreateProduct
from rms_console.domain.plan import plan
from rms_console.domain.policy import MappingPolicy, Policy
from rms_console.domain.position import Position
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.rows import ItemRow, RowsRead
from rms_console.engine.compare import PLANS_A_TURN
from rms_console.engine.figures import percentile
from rms_console.engine.memory import settle_memory
from rms_console.engine.parts import assemble_in_parts
from rms_console.engine.reconcile import SLICE
from rms_console.engine.widen import Gathered
from tests.bench.bench_site import POLICY, SETTINGS, engine, folder, shop
from tests.bench.large import BigStore, fill, sweep

VARIANTS, SIZES = 100_000, 8
PLACES = {"Exis00": "gid://shopify/Location/1", "Exis57": "gid://shopify/Location/2"}
RULES: Policy = dataclasses.replace(POLICY, mapping=MappingPolicy(locations=PLACES), currency="CRC")
NOON = datetime.fromisoformat("2026-11-24 12:00:00")
SAMPLE_S = 0.005


def row(number: int) -> ItemRow:
    style, size = divmod(number, SIZES)
    return ItemRow(
        item_id=number + 1,
        position=Position.of_version(number + 1),
        sku=f"{style:06d}NE{36 + size}",
        style=f"ST{style:06d}",
        description=f"TENIS MONTE VERDE   -  {36 + size} -NEGRO   ",
        price=Decimal("22900"),
        stock={"Quantity": Decimal(7), "Exis00": Decimal(5), "Exis57": Decimal(2)},
        family="Zapatos",
        category="Tenis",
        color="NEGRO" if size % 3 else "Negro",
        size=str(36 + size),
        gender="Mujer",
        barcode=f"744{number:010d}",
        manufacturer="MONTE VERDE",
        weight=Decimal("0.7"),
        tax_percent=Decimal(13),
        web_item=True,
    )


def slices(variants: int) -> Iterator[Gathered]:
    """Yield what `gather` would give, slice by slice; nothing of an earlier one is kept."""
    for start in range(0, variants, SLICE // SIZES * SIZES):
        rows = [row(number) for number in range(start, min(variants, start + SLICE // SIZES * SIZES))]
        yield Gathered(in_shop(rows), RowsRead(tuple(rows)))


def in_shop(rows: list[ItemRow]) -> dict[str, AcknowledgedProduct]:
    products = {}
    for work in assemble(RowsRead(tuple(rows)), {}, RULES, NOON, lambda item: True).works:
        (create,) = plan(work, None, RULES, datetime.now(UTC)).operations
        assert isinstance(create, CreateProduct)
        ids = {one.item_id: (f"v{one.item_id}", f"i{one.item_id}") for one in create.product.variants}
        products[work.style] = acknowledge(None, create, f"p{work.style}", ids)
    return products


@dataclass
class Lag:
    """Samples how much later than asked the loop comes back; and how much its own work alone would make it later.

    The latter counts CPU of the loop's thread, so that it is the same on a machine that others use too.
    """

    samples_s: list[float] = field(default_factory=list)
    own_s: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        while True:
            begun, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(SAMPLE_S)
            self.samples_s.append(max(0.0, time.perf_counter() - begun - SAMPLE_S))
            self.own_s.append(max(0.0, time.thread_time() - cpu - SAMPLE_S))

    def p99_ms(self) -> float:
        return 1000 * (percentile(self.samples_s, 0.99) or 0.0)

    def own_p99_ms(self) -> float:
        return 1000 * (percentile(self.own_s, 0.99) or 0.0)


def memory_mb() -> float:
    """Return the most memory this process ever had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024


async def pure() -> tuple[float, float, float]:
    """Return variants a CPU second, lag, and growth of memory from the first tenth to the end."""
    lag, spent, planned, after_a_tenth = Lag(), 0.0, 0, 0.0
    watch = asyncio.ensure_future(lag.watch())
    now = datetime.now(UTC)
    made_before = slices(VARIANTS)
    # Made off the loop: making them is the bench's own work, and none that an engine has.
    while (gathered := await asyncio.to_thread(next, made_before, None)) is not None:
        begun = time.thread_time()
        assembly = await assemble_in_parts(gathered, RULES, NOON, lambda item: False)
        for done, work in enumerate(assembly.works, start=1):
            made = plan(work, gathered.products[work.style], RULES, now)
            planned += len(work.item_ids)
            assert made.is_empty
            if done % PLANS_A_TURN == 0:
                await asyncio.sleep(0)
        spent += time.thread_time() - begun
        if planned >= VARIANTS / 10 and not after_a_tenth:
            after_a_tenth = memory_mb()
    watch.cancel()
    return planned / spent, lag.p99_ms(), memory_mb() - after_a_tenth


async def whole() -> tuple[float, float, int]:
    """Return items a second of a sweep over file and ledger, lag, and how many were compared."""
    with folder() as place, shop(1e6, 1e7, 0.0) as server:
        fill(place / "store.db", indexed=True, in_stock=VARIANTS)
        async with engine(place, BigStore(place / "store.db"), server) as made:
            await made.mending.reach()
            policy = made.mending.known_world().policy
            await remember(made.deps.ledger, policy, made.deps.source, made.tenure.epoch)
            lag = Lag()
            watch = asyncio.ensure_future(lag.watch())
            begun = time.monotonic()
            compared = await sweep(made)
            took = time.monotonic() - begun
            watch.cancel()
            queued = made.sweeper.view().queued
    if queued:
        raise RuntimeError(f"{queued} items differ: the bench compares what is equal")
    return compared / took, lag.p99_ms(), compared


async def remember(ledger: object, policy: Policy, source: object, epoch: int) -> None:
    """Put 100,000 variants into the ledger as the shop would have confirmed them."""
    items = range(600_000 - VARIANTS, 600_000)
    for start in range(0, VARIANTS, 5000):
        read = source.read_items(items[start : start + 5000])  # type: ignore[attr-defined]
        products = []
        for work in assemble(read, {}, policy, NOON, lambda item: True).works:
            (create,) = plan(work, None, policy, datetime.now(UTC)).operations
            assert isinstance(create, CreateProduct)
            ids = {one.item_id: (f"v{one.item_id}", f"i{one.item_id}") for one in create.product.variants}
            products.append(acknowledge(None, create, f"p{work.style}", ids))
        ledger.settle(Settlement(epoch, 0, datetime.now(UTC), products=tuple(products)))  # type: ignore[attr-defined]


async def idle() -> float:
    """Return how late a loop is that has nothing to do: the machine's own share."""
    lag = Lag()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(lag.watch(), 3)
    return lag.p99_ms()


def main() -> None:
    settle_memory()
    print(f"a loop with nothing to do: lag p99 {asyncio.run(idle()):.1f} ms")
    rate, lag_ms, grown = asyncio.run(pure())
    print(
        f"pure stages: {rate:,.0f} variants a CPU second; loop lag p99 {lag_ms:.1f} ms;"
        f" memory grew by {grown:.1f} MB over the last 90 %"
    )
    rate, lag_ms, compared = asyncio.run(whole())
    print(f"a sweep of {compared:,} items: {rate:,.0f} items a second; loop lag p99 {lag_ms:.1f} ms")
    print(f"zone {SETTINGS.zone}; the machine may be shared: a lower figure may be its load")
