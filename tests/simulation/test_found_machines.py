"""Defects around two machines, found by the simulation, each as the smallest story that shows it."""

from __future__ import annotations

from tests.simulation.running import run_seed
from tests.simulation.story import Step


def test_g6_a_second_engine_that_waits_for_the_lock_goes_with_the_machine_that_burns_down() -> None:
    """G6, seed 100188: it got the lock of the machine that was gone, and stood for the engine of the other one."""
    steps = [
        Step(0, "till.new_item", 2196490607, 0.0),
        Step(0, "lock.second_engine", 3569191090, 0.0),
        Step(0, "machines.died", 3785853388, 120.0),
        Step(1, "process.killed_at_step", 2888054858, 30.0),
    ]
    result = run_seed(100188, steps)
    assert sum("engine started" in line for line in result.trace) == 2, "one on each machine"
    assert not result.violations


def test_a_pause_is_of_the_engine_that_was_told_not_of_the_one_that_gets_the_shop_after_it() -> None:
    """S8, seed 100405: the paused engine ended in order and gave the shop back; another machine waited for it."""
    steps = [
        Step(0, "till.new_item", 3098717548, 200.0),
        Step(0, "machines.second_engine", 3399708435, 0.0),
        Step(0, "operator.pause", 2101354847, 1.0),
        Step(0, "process.cancelled", 1813494022, 5.0),
    ]
    result = run_seed(100405, steps)
    assert result.fired["operator.pause"]
    assert result.fired["process.cancelled"]
    assert not result.violations
