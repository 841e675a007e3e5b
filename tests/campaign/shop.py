"""The campaigns' side of the shop's program."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from rms_console.demo.shopify import ShopSettings
from tests.acceptance.site import clean_environment


@dataclass(frozen=True)
class Facts:
    """What settings files need to know of a shop."""

    settings: ShopSettings = field(default_factory=ShopSettings)


class ShopProcess:
    """A shop that runs beside the engines. Also a context manager that ends it. `origin`, `other_origin`: its doors."""

    def __init__(self, latency_s: float = 0.0) -> None:
        self.shop = Facts()
        command = [sys.executable, "-m", "tests.campaign.shop_program", str(latency_s)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean_environment()
        )
        self._lock = threading.Lock()
        ports = self._read()
        self.port = int(ports["port"])
        self.origin = f"http://127.0.0.1:{self.port}"
        self.other_origin = f"http://127.0.0.1:{ports['other_port']}"

    def ask(self, do: str, **values: Any) -> dict[str, Any]:
        """Steer the shop, or look at it: see `shop_program.Steering`."""
        with self._lock:
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps({"do": do, **values}) + "\n")
            self.process.stdin.flush()
            return self._read()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the shop's process is gone")
        values: dict[str, Any] = json.loads(line)
        return values

    def __enter__(self) -> ShopProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
