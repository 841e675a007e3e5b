"""The embedded store: a living till on a SQLite file and a shop on loopback, in a folder of their own."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psutil

from rms_console.demo.rms import LiveStore, StoreEvent, create_store
from rms_console.demo.shopify import EmbeddedShop, RunningShop, ShopSettings, serve

ZONE = "America/Costa_Rica"
SKUS = 2000
SEED = 7
EVENTS_A_MINUTE = 30.0
POINTS = 20_000.0
POINTS_PER_S = 1_000.0
LATENCY_S = 0.08
LEFT: Final = f"rms-console-demo-{re.sub(r'[^A-Za-z0-9_]', '_', platform.node())}-"
"""How the name of a demo's folder begins; its process follows. The machine, as containers may share a folder."""


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


def sweep_left() -> None:
    """Delete the folders of demos that were killed on this machine, where they are this person's own."""
    me = os.getuid() if hasattr(os, "getuid") else None  # Windows keeps a folder for each person
    for folder in Path(tempfile.gettempdir()).glob(f"{LEFT}*"):
        with contextlib.suppress(OSError, ValueError):
            owner, found = int(folder.name.removeprefix(LEFT).partition("-")[0]), folder.lstat()
            is_mine = stat.S_ISDIR(found.st_mode) and me in (None, found.st_uid)
            if is_mine and not psutil.pid_exists(owner):
                shutil.rmtree(folder, ignore_errors=True)


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
    sweep_left()
    with (
        tempfile.TemporaryDirectory(prefix=f"{LEFT}{os.getpid()}-", ignore_cleanup_errors=True) as name,
        serve(shop) as server,
    ):
        store = Embedded(Path(name), server)
        create_store(store.store_file, skus=skus, seed=SEED, zone=ZONE)
        try:
            yield store
        finally:
            store.end()
