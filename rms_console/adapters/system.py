"""What this process uses of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

from rms_console.contract.ports import SystemReading

CGROUP_ROOT = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")
CPU_OVER_S: Final = 1.0
"""The least time over which processor use is measured: over a few milliseconds it is 0 or 100 by chance."""


class PsutilSystem:
    """`contract.ports.System` for our own process.

    `cpu_percent` is of one core (two busy cores are 200), over a second at least: who reads more often gets the same
    figure again. None in the first second, which has none.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._process = psutil.Process()
        self._process.cpu_percent(None)
        self._seconds = seconds
        self._since = seconds()
        self._cpu: float | None = None

    def read(self) -> SystemReading:
        now = self._seconds()
        if now - self._since >= CPU_OVER_S:
            self._cpu, self._since = self._process.cpu_percent(None), now
        with self._process.oneshot():
            return SystemReading(
                memory_bytes=self._process.memory_info().rss,
                memory_total_bytes=memory_total_bytes(),
                cpu_percent=self._cpu,
                threads=self._process.num_threads(),
            )


def memory_total_bytes(cgroup_root: Path = CGROUP_ROOT, own_cgroup: Path = OWN_CGROUP) -> int:
    """Return the memory this process may use: the machine's, or its container's where that is less."""
    limits = [limit for limit in _cgroup_limits(cgroup_root, own_cgroup) if limit is not None]
    return min([int(psutil.virtual_memory().total), *limits])


def _cgroup_limits(root: Path, own: Path) -> list[int | None]:
    """Return what control groups say, of version 2 (own group, and the root as a container sees it) and of version 1.

    Source: kernel.org, "Control Group v2" (memory.max) and "Memory Resource Controller" (limit_in_bytes), read 2026-11.
    """
    files = [root / "memory.max", root / "memory" / "memory.limit_in_bytes"]
    files += [root / path.lstrip("/") / "memory.max" for path in _own_paths(own)]
    return [_limit(file) for file in files]


def _own_paths(own: Path) -> list[str]:
    """Return the paths of our groups under version 2, from lines like `0::/system.slice/x.service`."""
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
    return [line.partition("::")[2] for line in lines if line.startswith("0::")]


def _limit(file: Path) -> int | None:
    """Return the bytes in a limit file; None where there is none (no such file, `max`)."""
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
