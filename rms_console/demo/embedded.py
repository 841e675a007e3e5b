"""The embedded store: a living till on a SQLite file and a shop on loopback, in a folder of their own."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from rms_console.demo.rms import LiveStore, StoreEvent, create_store
from rms_console.demo.shopify import EmbeddedShop, RunningShop, ShopSettings, serve

ZONE = "America/Costa_Rica"
SKUS = 2000
SEED = 7
EVENTS_A_MINUTE = 30.0
POINTS = 20_000.0
POINTS_PER_S = 1_000.0
LATENCY_S = 0.08


class Embedded:
    """One running embedded store. The till begins to sell with `begin`."""

    def __init__(self, folder: Path, server: RunningShop) -> None:
        self.folder = folder
        self.store_file = folder / "store.db"
        self.rms_url = f"sqlite:///{self.store_file.as_posix()}"
        self.zone = ZONE
        self.shop = server.shop
        self.shop_domain = server.shop.settings.domain
        self.token = server.shop.settings.access_token
        self.origin = server.origin
        self._stop = threading.Event()
        self._till: threading.Thread | None = None

    @property
    def is_selling(self) -> bool:
        return self._till is not None

    def begin(self, tell: Callable[[StoreEvent], None], events_a_minute: float = EVENTS_A_MINUTE) -> None:
        """Let the till work on a thread of its own; `tell` gets each thing that happens, on that thread."""
        live = LiveStore(self.store_file, seed=SEED, zone=ZONE, speed=events_a_minute)
        self._till = threading.Thread(target=live.run, args=(self._stop, tell), name="till", daemon=True)
        self._till.start()

    def end(self) -> None:
        self._stop.set()
        if self._till is not None:
            self._till.join(timeout=5)


@contextlib.contextmanager
def embedded(skus: int = SKUS) -> Iterator[Embedded]:
    """Lend an embedded store; everything about it is gone afterwards."""
    shop = EmbeddedShop(
        ShopSettings(
            zone=ZONE,
            capacity_points=POINTS,
            restore_points_per_s=POINTS_PER_S,
            latency_s=LATENCY_S,
        )
    )
    with (
        tempfile.TemporaryDirectory(prefix="rms-console-demo-", ignore_cleanup_errors=True) as name,
        serve(shop) as server,
    ):
        store = Embedded(Path(name), server)
        create_store(store.store_file, skus=skus, seed=SEED, zone=ZONE)
        try:
            yield store
        finally:
            store.end()
