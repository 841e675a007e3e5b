"""A cycle in which nothing changed: SQL statements to RMS, calls to Shopify, CPU of our process."""

from __future__ import annotations

import asyncio
import time

from rms_console.engine.reporting import Cause
from tests.acceptance.store_file import StoreFile
from tests.bench.bench_site import SETTINGS, catalogue, engine, folder, shop

CYCLES = 50


async def quiet() -> None:
    with folder() as place, shop(1e6, 1e7, 0.0) as server:
        store = StoreFile(place / "store.db")
        store.add(catalogue(100, 4))
        async with engine(place, store, server) as made:
            await made.run_once()
            world = made.world
            if world is None:
                raise RuntimeError("the engine did not connect")
            sql, calls = made.deps.source.statements(), made.deps.shop.counters()
            cpu = time.process_time()
            for _ in range(CYCLES):
                await made.runner.run(Cause("schedule"), SETTINGS, world, made.tenure.epoch)
            cpu = time.process_time() - cpu
            after = made.deps.shop.counters()
            print(
                f"a cycle: {(made.deps.source.statements() - sql) / CYCLES:.2f} SQL statements,"
                f" {(after.mutations - calls.mutations) / CYCLES:g} mutations,"
                f" {(after.queries - calls.queries) / CYCLES:g} queries, {1000 * cpu / CYCLES:.1f} ms CPU"
            )


def main() -> None:
    asyncio.run(quiet())
