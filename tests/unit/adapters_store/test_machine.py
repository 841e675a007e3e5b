"""The machine's clock and what our process uses of the machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from rms_console.adapters.clock import SystemClock
from rms_console.adapters.system import PsutilSystem, memory_total_bytes


async def test_the_system_clock_tells_utc_and_goes_on() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.009
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


def work_for(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_the_first_reading_has_no_cpu_figure() -> None:
    system = PsutilSystem()
    first = system.read()
    assert first.cpu_percent is None
    assert 1024**2 < first.memory_bytes < first.memory_total_bytes
    assert first.threads >= 1


def test_cpu_is_that_of_our_own_process() -> None:
    now = 0.0
    system = PsutilSystem(lambda: now)
    work_for(0.05)
    now = 1.0
    used = system.read().cpu_percent
    assert used is not None
    assert used > 0


def test_whoever_reads_often_gets_the_figure_of_a_whole_second() -> None:
    now = 0.0
    system = PsutilSystem(lambda: now)
    work_for(0.05)
    now = 1.0
    used = system.read().cpu_percent
    now = 1.9
    assert [system.read().cpu_percent for _ in range(20)] == [used] * 20


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("memory.max", id="v2-root"),
        pytest.param("system.slice/rms.service/memory.max", id="v2-own-group"),
        pytest.param("memory/memory.limit_in_bytes", id="v1"),
    ],
)
def test_a_container_s_limit_counts(tmp_path: Path, file: str) -> None:
    own = tmp_path / "cgroup"
    own.write_text("12:pids:/x\n0::/system.slice/rms.service\n")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("104857600\n")
    assert memory_total_bytes(tmp_path, own) == 100 * 1024**2


@pytest.mark.parametrize("limit", ["max\n", "9223372036854771712\n", "", "x"])
def test_no_limit_is_the_machine_s_memory(tmp_path: Path, limit: str) -> None:
    (tmp_path / "memory.max").write_text(limit)
    assert memory_total_bytes(tmp_path, tmp_path / "none") == psutil.virtual_memory().total
