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


def test_s8_a_claim_that_went_there_and_back_unwatched_counts_from_its_last_move() -> None:
    """The judge, seed 200569: between two writes the shop was claimed for the other machine and for this one again."""
    steps = [
        Step(0, "till.new_item", 3361533669, 1.0),
        Step(0, "till.new_item", 996531391, 1.0),
        Step(0, "till.new_item", 3505324594, 1.0),
        Step(0, "till.new_item", 294506660, 1.0),
        Step(0, "disk.power_cut", 3115508418, 300.0),
        Step(0, "process.killed_at_step", 1338695655, 300.0),
        Step(0, "till.stock", 365845438, 120.0),
        Step(0, "machines.died", 4205131082, 5.0),
        Step(0, "shop.user_errors", 1492209203, 1.0),
        Step(0, "machines.claim_stolen", 1995302509, 1.0),
        Step(0, "till.stock", 3277306506, 30.0),
    ]
    result = run_seed(200569, steps)
    assert result.fired["machines.claim_stolen"]
    assert not result.violations
