"""The campaigns' side of the shop's program."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from rms_console.demo.shopify import ShopSettings
from tests.acceptance.site import clean_environment


@dataclass(frozen=True)
class Facts:
    """What settings files need to know of a shop."""

    settings: ShopSettings = field(default_factory=ShopSettings)


class Steered:
    """A program beside us that is steered by JSON lines; its end is the end of our pipe. Also a context manager.

    `said`: its first line.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._module = module
        command = [sys.executable, "-m", module, *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean_environment()
        )
        self._lock = threading.Lock()
        self.said = self._read()

    def ask(self, do: str, **values: Any) -> dict[str, Any]:
        """Do one of the things that the program can do; return what it says."""
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
            raise RuntimeError(f"{self._module} is gone")
        values: dict[str, Any] = json.loads(line)
        return values

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class ShopProcess(Steered):
    """A shop that runs beside the engines: see `shop_program.Steering`. `origin`, `other_origin`: its doors."""

    def __init__(self, latency_s: float = 0.0) -> None:
        super().__init__("tests.campaign.shop_program", str(latency_s))
        self.shop = Facts()
        self.port = int(self.said["port"])
        self.origin = f"http://127.0.0.1:{self.port}"
        self.other_origin = f"http://127.0.0.1:{self.said['other_port']}"
