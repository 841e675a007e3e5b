"""Many seeds, on all cores: what fired, what broke, how quickly."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from unittest import mock

from tests.simulation.bugs import BUGS
from tests.simulation.running import Result, run_seed
from tests.simulation.shrinking import laws, shrink
from tests.simulation.story import Step

HASHING = "0"
"""PYTHONHASHSEED of every process that runs seeds: see `__main__.with_fixed_hashing`."""
KEPT = Path(__file__).with_name("kept_seeds.txt")


@dataclass
class Campaign:
    """The sum of many seeds."""

    seeds: int = 0
    took_s: float = 0.0
    fired: Counter[str] = field(default_factory=Counter)
    seeds_by_kind: Counter[str] = field(default_factory=Counter)
    failed: list[Result] = field(default_factory=list)

    @property
    def a_minute(self) -> float:
        return 60 * self.seeds / self.took_s if self.took_s else 0.0

    def add(self, result: Result) -> None:
        self.seeds += 1
        self.fired += result.fired
        self.seeds_by_kind.update(result.fired.keys())
        if result.violations:
            self.failed.append(result)


@contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Lend processes in which one seed is one history."""
    with (
        mock.patch.dict(os.environ, {"PYTHONHASHSEED": HASHING}),
        ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool,
    ):
        yield pool


def run_many(
    seeds: Iterable[int], jobs: int, until_s: float | None = None, heard: Callable[[Result], None] | None = None
) -> Campaign:
    """Run seeds, `jobs` at a time, in order; begin no more of them once `until_s` are over."""
    campaign, began = Campaign(), time.monotonic()
    with workers(jobs) as pool:
        for result in pool.map(_until, ((seed, until_s and began + until_s) for seed in seeds)):
            if result is not None:
                campaign.add(result)
                if heard is not None:
                    heard(result)
    campaign.took_s = time.monotonic() - began
    return campaign


def _until(given: tuple[int, float | None]) -> Result | None:
    seed, end = given
    if end is not None and time.monotonic() > end:
        return None
    return run_seed(seed)


def shrunk(result: Result) -> tuple[Step, ...]:
    """Return the smallest story found that breaks one of the same laws."""
    broken = laws(result.violations)
    return shrink(result.steps, lambda steps: bool(broken & laws(run_seed(result.seed, steps).violations)))


def kept_seeds() -> tuple[int, ...]:
    """Return the seeds that failed once."""
    lines = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else []
    return tuple(int(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip())


def keep(result: Result) -> None:
    """Remember a failing seed."""
    if result.seed not in kept_seeds():
        with KEPT.open("a", encoding="utf-8") as file:
            file.write(f"{result.seed}  # {result.violations[0]}\n")


def catches(name: str, seeds: Iterable[int], tries: int) -> tuple[int, str] | None:
    """Return the first seed that catches a bug, and what it saw; None: none of the first that could see it does."""
    candidates = list(islice(BUGS[name].candidates(seeds), tries))
    with BUGS[name].put_back():
        for seed in candidates:
            seen = [told for told in run_seed(seed).violations if told.startswith(BUGS[name].law)]
            if seen:
                return seed, seen[0]
    return None
