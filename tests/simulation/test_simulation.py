"""Whole lives on a virtual clock: the laws hold, every fault fires, one seed is one history."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from tests.simulation.acts import fault_kinds
from tests.simulation.campaign import Campaign, kept_seeds, run_many, workers
from tests.simulation.running import run_seed
from tests.simulation.shrinking import shrink
from tests.simulation.story import WIDE_FROM, Step, story_of

SEEDS = 300
TWO_MACHINES = 303000
"""A seed with two machines, which claim the shop."""
MOST_S = 150.0
"""Begin no further seeds after this: a loaded machine runs fewer, and says how many."""
FEWEST = 30
ENOUGH = 200
"""So many seeds must have run before a fault that never fired says something."""


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    kept = kept_seeds()
    both = chain.from_iterable(zip(range(SEEDS // 2), range(WIDE_FROM, WIDE_FROM + SEEDS // 2), strict=True))
    seeds = (*kept, *(seed for seed in both if seed not in kept))
    return run_many(seeds, os.cpu_count() or 1, until_s=MOST_S)


def test_g1_to_g8_hold_in_every_world(campaign: Campaign) -> None:
    """G1 to G8, over whatever happened: run a failing seed again with `python -m tests.simulation --seed S`."""
    told = {result.seed: result.violations for result in campaign.failed}
    assert not told
    assert campaign.seeds >= FEWEST, f"only {campaign.seeds} seeds within {MOST_S:.0f} s"


def test_every_kind_of_fault_fires(campaign: Campaign, record_property: Callable[[str, object], None]) -> None:
    """At least forty kinds, and each was really met: what never fires proves nothing."""
    record_property("seeds", campaign.seeds)
    record_property("seeds_a_minute", round(campaign.a_minute))
    assert len(fault_kinds()) >= 40
    silent = [kind for kind in fault_kinds() if not campaign.fired[kind]]
    if campaign.seeds < ENOUGH:
        pytest.skip(f"only {campaign.seeds} seeds ran within {MOST_S:.0f} s on this machine; silent so far: {silent}")
    assert not silent


@pytest.mark.parametrize("seed", [1, 6])
def test_one_seed_is_one_history(seed: int) -> None:
    """The same seed gives the same history, to the last request."""
    assert run_seed(seed).digest == run_seed(seed).digest


def test_one_seed_is_one_history_in_every_process() -> None:
    """The number of the process is in the shop's claim, and is not part of the history."""
    with workers(2) as pool:
        first, second = pool.map(run_seed, [TWO_MACHINES] * 2)
    assert "WriteClaim" in "".join(first.trace)
    assert first.digest == second.digest


def test_a_history_is_the_same_in_any_process() -> None:
    """A failing seed can be run again by its command, wherever."""
    told = set()
    for hashing in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hashing}
        command = [sys.executable, "-m", "tests.simulation", "--seed", "2"]
        root = Path(__file__).parents[2]
        told.add(subprocess.run(command, cwd=root, env=environment, capture_output=True, check=True).stdout)
    assert len(told) == 1
    assert b"history" in told.pop()


def test_a_failing_story_is_cut_down_to_what_fails() -> None:
    story = story_of(3)
    guilty = {story[4], story[9]}

    def fails(steps: object) -> bool:
        return isinstance(steps, list | tuple) and guilty.issubset(steps)

    assert set(shrink(story, fails)) == guilty


def test_stories_differ_from_seed_to_seed() -> None:
    stories: set[tuple[Step, ...]] = {story_of(seed) for seed in range(50)}
    assert len(stories) == 50
