"""A store file, an embedded shop on loopback and an engine over them, in one process."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from rms_console.adapters.clock import SystemClock
from rms_console.adapters.lease import FileLease
from rms_console.adapters.rms import open_source
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.adapters.store import open_ledger
from rms_console.adapters.system import PsutilSystem
from rms_console.adapters.timer import ApschedulerTimer
from rms_console.contract.ports import LogLine
from rms_console.contract.settings import EngineSettings
from rms_console.contract.snapshot import CycleView
from rms_console.contract.state import Mode
from rms_console.demo.shopify import EmbeddedShop, RunningShop, ShopSettings, serve
from rms_console.domain.policy import FilterPolicy, GuardPolicy, Policy, Scope
from rms_console.engine.deps import Deps
from rms_console.engine.offload import ThreadOffload
from rms_console.engine.pace import Pacer
from rms_console.engine.service import EngineService
from tests.acceptance.store_file import ZONE, Shoe, StoreFile

GUARD = GuardPolicy(max_created=0, max_changed_percent=0, max_changed_products=0)
POLICY = Policy(filters=FilterPolicy(scope=Scope.ALL), guard=GUARD)
SETTINGS = EngineSettings(
    shop="embedded-store.myshopify.com",
    mode=Mode.LIVE,
    zone=ZONE,
    policy=POLICY,
    max_concurrent_jobs=0,
    max_items_per_run=5000,
)


class Silent:
    def write(self, line: LogLine) -> None:
        return None


@contextlib.contextmanager
def shop(points_per_s: float = 100.0, bucket: float = 2000.0, latency_s: float = 0.25) -> Iterator[RunningShop]:
    settings = ShopSettings(
        locations=("Bodega",),
        capacity_points=bucket,
        restore_points_per_s=points_per_s,
        latency_s=latency_s,
        ledger_size=100_000,
    )
    with serve(EmbeddedShop(settings)) as server:
        yield server


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rms-bench-") as name:
        yield Path(name)


def catalogue(styles: int, sizes: int) -> list[Shoe]:
    return [
        Shoe(style * 100 + size, f"24YM{style:05d}", size=str(30 + size))
        for style in range(1, styles + 1)
        for size in range(sizes)
    ]


@contextlib.asynccontextmanager
async def engine(
    place: Path,
    store: StoreFile,
    server: RunningShop,
    settings: EngineSettings = SETTINGS,
    detection: str = "auto",
) -> AsyncIterator[EngineService]:
    clock = SystemClock()
    pacer = Pacer(clock, settings.max_concurrent_jobs)
    state = place / "state"
    state.mkdir(exist_ok=True)
    ledger = open_ledger(state)
    source = open_source(store.url, zone=ZONE, detection=detection)
    deps = Deps(
        source=source,
        shop=ShopifyShop(
            settings.shop, server.shop.settings.access_token, gate=pacer, clock=clock, api_base=server.origin
        ),
        ledger=ledger,
        lease=FileLease(state, clock),
        clock=clock,
        timer=ApschedulerTimer(clock),
        system=PsutilSystem(),
        pacer=pacer,
        log=Silent(),
        sql=ThreadOffload("rms"),
        disk=ThreadOffload("ledger"),
        source_name=store.url,
        settings_name="bench",
        version="bench",
    )
    made = EngineService(deps, settings)
    await made.open()
    try:
        yield made
    finally:
        await made.close()
        deps.sql.close()
        deps.disk.close()
        source.close()
        ledger.close()


async def one_cycle(place: Path, store: StoreFile, server: RunningShop, settings: EngineSettings) -> CycleView:
    async with engine(place, store, server, settings) as made:
        finished = await made.run_once()
    if finished.fault is not None:
        raise finished.fault
    return finished.view


def tuned(**changes: object) -> EngineSettings:
    return dataclasses.replace(SETTINGS, **changes)  # type: ignore[arg-type]


def policy_of(scope: Scope) -> Policy:
    return dataclasses.replace(POLICY, filters=FilterPolicy(scope=scope))
