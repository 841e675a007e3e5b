"""A store of 600,000 items and 560,000 view rows: CPU of a quiet cycle, memory of the engine, one sweep.

With and without an index on the stamp or version, by both detections. The engine is a process of its own; the shop is
in this one. With SQL Server the scans are its own work; a file is scanned by us, so this is the dear case.
`RMS_BENCH_FULL=1` also compares every row of the view under scope "all".
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import psutil

from rms_console.contract.records import QueueKey, QueueReason
from rms_console.demo.shopify import RunningShop
from rms_console.domain.policy import FilterPolicy, Scope
from rms_console.engine.memory import settle_memory
from rms_console.engine.reporting import Cause
from rms_console.engine.service import EngineService
from tests.acceptance.store_file import SCHEMA, StoreFile, stamp
from tests.bench.bench_site import engine, folder, policy_of, shop, tuned

ITEMS, HIDDEN, SIZES, ONLINE = 600_000, 40_000, 5, 5_000
QUIET_CYCLES = 30
WAYS = (("rowversion", False), ("rowversion", True), ("last_updated", False), ("last_updated", True))

FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :items)
INSERT INTO Item (ID, ItemLookupCode, Description, LastUpdated, DBTimeStamp, Quantity, Price, style, color, size,
                  family, category)
SELECT i, 'SKU-' || i, 'ZAPATO MONTE VERDE   -  ' || (34 + i % :sizes) || ' -NEGRO',
       strftime('%Y-%m-%d %H:%M:%f', '2024-01-01', '+' || (i * 97) || ' seconds'), i,
       CASE WHEN i < :items - :online THEN 0 ELSE i % 9 + 1 END, 19900.0,
       'ST' || printf('%06d', i / :sizes), 'Negro', CAST(34 + i % :sizes AS TEXT), 'Zapatos', 'Tenis'
FROM n
"""


class BigStore(StoreFile):
    """A store file that was there before; only changed from here."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.zone = "America/Costa_Rica"
        self.versions = True
        self._version = ITEMS


def fill(path: Path, indexed: bool, in_stock: int = ONLINE) -> None:
    """Write the file. The view leaves the first items out, as stores' views do; only the last ones have stock."""
    schema = SCHEMA.format(version="DBTimeStamp INTEGER, ").replace("FROM Item;", f"FROM Item WHERE ID > {HIDDEN};", 1)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")
        db.executescript(schema + "CREATE TABLE Journal (number INTEGER PRIMARY KEY);")
        db.execute(FILL, {"items": ITEMS, "sizes": SIZES, "online": in_stock})
        db.execute("UPDATE Item SET LastUpdated = ? WHERE ID > ?", (stamp(), ITEMS - 50))
        if indexed:
            db.execute("CREATE INDEX by_stamp ON Item (LastUpdated, ID)")
            db.execute("CREATE INDEX by_version ON Item (DBTimeStamp)")


class Unrelated:
    """A till that writes, but no item: the engine cannot know without looking."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self) -> None:
        with closing(sqlite3.connect(self._path)) as db, db:
            db.execute("INSERT INTO Journal DEFAULT VALUES")


async def quiet_ms(made: EngineService, before_each: Any) -> float:
    """Return the CPU of a cycle that finds nothing, in milliseconds."""
    world, spent = made.mending.known_world(), 0.0
    for _ in range(QUIET_CYCLES):
        before_each()
        begun = time.process_time()
        await made.runner.run(Cause("schedule"), made.settings, world, made.tenure.epoch)
        spent += time.process_time() - begun
    return 1000 * spent / QUIET_CYCLES


async def measure(place: Path, detection: str, server: RunningShop) -> dict[str, float]:
    store = BigStore(place / "store.db")
    settings = tuned(policy=policy_of(Scope.CHANGED), max_items_per_run=1000, batch_size=50)
    async with engine(place, store, server, settings, detection=detection) as made:
        await made.run_once()
        deps = made.deps
        keys = [QueueKey(item, QueueReason.MANUAL) for item in range(ITEMS - ONLINE, ITEMS)]
        await deps.disk(deps.ledger.enqueue, keys, None, deps.clock.now())
        world = made.mending.known_world()
        while (await deps.disk(deps.ledger.queue_counts, deps.clock.now())).due:
            await made.runner.run(Cause("backlog"), settings, world, made.tenure.epoch)
        settle_memory()
        statements = deps.source.statements()
        still = await quiet_ms(made, lambda: None)
        asked = (deps.source.statements() - statements) / QUIET_CYCLES
        beside = await quiet_ms(made, Unrelated(store.path).write)
        begun, cpu = time.monotonic(), time.process_time()
        compared = await sweep(made)
        took, cpu = time.monotonic() - begun, time.process_time() - cpu
        memory = memory_mb()
        everything = await compare_all(made) if os.environ.get("RMS_BENCH_FULL") else {}
    return everything | {
        "still_ms": still,
        "beside_ms": beside,
        "statements": asked,
        "memory_mb": memory,
        "swept": compared,
        "sweep_s": took,
        "sweep_cpu_s": cpu,
    }


async def sweep(made: EngineService) -> int:
    policy = made.mending.known_world().policy
    await made.sweeper.step(policy, made.settings)
    while made.sweeper.view().began_at is not None:
        await made.sweeper.step(policy, made.settings)
    return made.sweeper.view().checked


async def compare_all(made: EngineService) -> dict[str, float]:
    """Compare all 560,000 rows under scope "all", where nearly all are sold out: seconds, and memory afterwards."""
    policy = dataclasses.replace(made.mending.known_world().policy, filters=FilterPolicy(scope=Scope.ALL))
    begun = time.monotonic()
    await made.reconciler.ask("bench")
    while await made.reconciler.due() is not None:
        await made.reconciler.advance(policy, made.settings)
    counts = await made.deps.disk(made.deps.ledger.queue_counts, made.deps.clock.now())
    return {"all_s": time.monotonic() - begun, "all_memory_mb": memory_mb(), "all_queued": counts.waiting}


def memory_mb() -> float:
    return float(psutil.Process().memory_info().rss) / (1 << 20)


def in_a_process(place: Path, detection: str, server: RunningShop) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.large", str(place), detection, server.origin]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return cast(dict[str, float], json.loads(done.stdout))


def main() -> None:
    print(f"{ITEMS:,} items, {ITEMS - HIDDEN:,} view rows, {ONLINE:,} online; {QUIET_CYCLES} quiet cycles each")
    for detection, indexed in WAYS:
        with folder() as place, shop(1e6, 1e7, 0.0) as server:
            fill(place / "store.db", indexed)
            got = in_a_process(place, detection, server)
        print(
            f"{detection:12} {'index' if indexed else 'no index':8}: quiet cycle {got['still_ms']:5.1f} ms CPU,"
            f" {got['statements']:.1f} statements; beside other writing {got['beside_ms']:6.1f} ms;"
            f" engine {got['memory_mb']:.0f} MB; sweep of {got['swept']:,.0f} items {got['sweep_s']:.1f} s"
            f" ({got['swept'] / max(got['sweep_cpu_s'], 1e-9):,.0f} items a CPU second)"
        )
        if "all_s" in got:
            print(
                f"{'':23} full comparison, scope all: {got['all_s']:.0f} s, {got['all_queued']:.0f} queued,"
                f" engine {got['all_memory_mb']:.0f} MB"
            )


class Elsewhere:
    """The shop that another process serves."""

    def __init__(self, origin: str) -> None:
        from rms_console.demo.shopify import ShopSettings

        self.origin = origin
        self.shop = type("Shop", (), {"settings": ShopSettings()})()


if __name__ == "__main__":
    there, by, origin = sys.argv[1:]
    figures = asyncio.run(measure(Path(there), by, cast(RunningShop, Elsewhere(origin))))
    print(json.dumps(figures))
