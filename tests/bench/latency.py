"""From a change in RMS to the shop: 60 changes at random moments, each of another item, under a steady poll.

By default with a poll every 2 s, so that it is over in half a minute. `RMS_BENCH_FULL=1` polls every 10 s, as the
figure is stated, and takes two minutes.
"""

from __future__ import annotations

import asyncio
import os
import random
import time

from rms_console.demo.shopify import RunningShop
from rms_console.engine.figures import percentile
from rms_console.engine.memory import settle_memory
from rms_console.engine.service import EngineService
from tests.acceptance.store_file import StoreFile
from tests.bench.bench_site import catalogue, engine, folder, shop, tuned

CHANGES = 60
POLL_S = 10.0 if os.environ.get("RMS_BENCH_FULL") else 2.0
SPAN_S = 10 * POLL_S
LOOK_S = 0.02
PATIENCE_S = 6 * POLL_S


async def loaded(made: EngineService, server: RunningShop) -> None:
    """Wait until the catalogue is in the shop and the engine rests."""
    while True:
        events = await made.events(made.journal.last, 1.0)
        if len(server.shop.products()) >= CHANGES and not events and made.runner.active is None:
            return


async def measure() -> list[float]:
    """Return the seconds that each change took."""
    dice = random.Random(7)
    with folder() as place, shop(latency_s=0.25) as server:
        store = StoreFile(place / "store.db")
        shoes = catalogue(CHANGES, 4)
        store.add(shoes)
        server.shop.latency_s = 0.0
        server.shop.bucket.change(rate=1e7, capacity=1e7)
        settings = tuned(watch_s=POLL_S, interval_s=300.0, max_concurrent_jobs=3)
        async with engine(place, store, server, settings) as made:
            running = asyncio.ensure_future(made.run())
            await loaded(made, server)
            settle_memory()
            server.shop.latency_s = 0.25
            server.shop.bucket.change(rate=100.0, capacity=2000.0)

            async def change(item_id: int, price: float, quantity: float) -> float:
                await asyncio.sleep(dice.uniform(0, SPAN_S))
                await asyncio.to_thread(store.change, item_id, Price=price, Quantity=quantity)
                begun = time.monotonic()
                while time.monotonic() - begun < PATIENCE_S:
                    variant = server.shop.variant(f"SKU-{item_id}")
                    on_hand = server.shop.stock(f"SKU-{item_id}", name="on_hand")
                    if variant is not None and float(variant.price) == price and on_hand == quantity:
                        return time.monotonic() - begun
                    await asyncio.sleep(LOOK_S)
                return PATIENCE_S

            items = [shoe.item_id for shoe in shoes[::4]]
            took = await asyncio.gather(*(change(item, 16000.0 + n, 1.0 + n % 7) for n, item in enumerate(items)))
            made.stop()
            await running
    return list(took)


def main() -> None:
    took = asyncio.run(measure())
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    assert p50 is not None
    assert p99 is not None
    print(
        f"{len(took)} changes of price and stock, poll every {POLL_S:g} s, 250 ms latency:"
        f" p50 {p50:.1f} s, p99 {p99:.1f} s"
        f" ({p50 / POLL_S:.2f} and {p99 / POLL_S:.2f} polls; the poll alone would be 0.50 and 0.99)"
    )
    if POLL_S != 10.0:
        print("shortened: RMS_BENCH_FULL=1 polls every 10 s, the case that the figures are stated for")
