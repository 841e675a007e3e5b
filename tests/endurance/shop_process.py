"""An embedded shop in a process of its own: says its address on one line, serves until its input ends."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve

SETTINGS = ShopSettings(
    locations=("Bodega",), capacity_points=20_000.0, restore_points_per_s=1_000.0, latency_s=0.08, ledger_size=500
)


@contextlib.contextmanager
def shop_elsewhere() -> Iterator[str]:
    """Lend the address of a shop that another process serves."""
    command = [sys.executable, "-m", "tests.endurance.shop_process"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(timeout=30)


if __name__ == "__main__":
    with serve(EmbeddedShop(SETTINGS)) as server:
        sys.stdout.write(f"{server.origin}\n")
        sys.stdout.flush()
        sys.stdin.read()
