"""A backlog of 600 products: points used of points available, and the time against the requirements' own settings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rms_console.contract.settings import EngineSettings
from tests.acceptance.store_file import StoreFile
from tests.bench.bench_site import catalogue, folder, one_cycle, shop, tuned

PRODUCTS, SIZES = 600, 4
OURS = tuned()
DEFAULTS = tuned(max_concurrent_jobs=3)
THEIRS = tuned(batch_size=10, max_concurrent_jobs=3, batch_delay_s=2.0)


@dataclass(frozen=True)
class Figures:
    seconds: float
    used_ratio: float
    throttled_ratio: float
    failed: int


async def reprice(settings: EngineSettings, points_per_s: float, bucket: float) -> Figures:
    """Load the catalogue unpaced, then reprice and restock every product under the plan's budget."""
    with folder() as place, shop(1e6, 1e7, 0.0) as server:
        store = StoreFile(place / "store.db")
        shoes = catalogue(PRODUCTS, SIZES)
        store.add(shoes)
        await one_cycle(place, store, server, tuned())
        for shoe in shoes:
            store.change(shoe.item_id, Price=17000.0, Quantity=3.0)
        server.shop.bucket.change(rate=points_per_s, capacity=bucket)
        server.shop.latency_s = 0.25
        before = server.shop.ledger.points
        view = await one_cycle(place, store, server, settings)
        seconds = view.duration_s
        available = bucket + points_per_s * seconds
        requests = view.mutations + view.queries + view.throttled
        return Figures(
            seconds, (server.shop.ledger.points - before) / available, view.throttled / max(1, requests), view.errors
        )


def show(name: str, figures: Figures) -> None:
    print(
        f"{name:34} {figures.seconds:6.1f} s  points used/available {figures.used_ratio:.3f}"
        f"  throttled {100 * figures.throttled_ratio:.2f} %  failed {figures.failed}"
    )


def main() -> None:
    print(f"{PRODUCTS} products of {SIZES} variants repriced and restocked, 250 ms latency")
    for plan, rate, bucket in (("Standard", 100.0, 2000.0), ("Plus", 1000.0, 20_000.0)):
        theirs = asyncio.run(reprice(THEIRS, rate, bucket))
        show(f"{plan}: batch 10, 3 jobs, 2 s", theirs)
        for name, settings in (("3 jobs, no delay", DEFAULTS), ("budget decides", OURS)):
            ours = asyncio.run(reprice(settings, rate, bucket))
            show(f"{plan}: {name}", ours)
            print(f"{'':34} {theirs.seconds / ours.seconds:6.2f} x the requirements' own settings")
