"""From the start of the process to its first look at RMS, as a whole process, against an empty Python."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve
from tests.acceptance.site import Site
from tests.acceptance.store_file import StoreFile
from tests.bench.bench_site import catalogue

RUNS = 5


def first_poll(site: Site) -> float:
    begun = time.monotonic()
    process = site.start()
    try:
        for line in process.stdout or ():
            if "Asking for changes since" in line:
                return time.monotonic() - begun
        raise RuntimeError("the engine ended before it looked at RMS")
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="rms-bench-") as name, serve(EmbeddedShop(ShopSettings())) as server:
        store = StoreFile(Path(name) / "store.db")
        store.add(catalogue(20, 4))
        site = Site(Path(name), store, server)
        site.once()
        took = [first_poll(site) for _ in range(RUNS)]
        empty = []
        for _ in range(RUNS):
            begun = time.monotonic()
            subprocess.run([sys.executable, "-c", "pass"], check=True)
            empty.append(time.monotonic() - begun)
    ours, base = statistics.median(took), statistics.median(empty)
    print(f"restart to first poll: {ours:.2f} s (median of {RUNS}), {ours / base:.0f} x an empty Python ({base:.3f} s)")
