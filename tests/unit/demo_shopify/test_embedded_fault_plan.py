"""Faults by rate and by the hour, for the live demo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from rms_console.demo.shopify import CALM, MILD, ROUGH, Fault, FaultKind, FaultPlan, FaultRates, RequestInfo
from tests.unit.demo_shopify.harness import Bench, Clock


def request(number: int, *, is_mutation: bool = True) -> RequestInfo:
    return RequestInfo(number, "2026-10", is_mutation, ("productSet",), {})


def faults(plan: FaultPlan, numbers: Iterable[int]) -> list[Fault | None]:
    return [plan(request(number)) for number in numbers]


def kinds(found: Iterable[Fault | None]) -> Counter[str]:
    return Counter(fault.kind.value for fault in found if fault is not None)


def test_without_rates_nothing_happens() -> None:
    assert kinds(faults(FaultPlan(), range(1000))) == {}


@pytest.mark.parametrize(
    ("rates", "kind"),
    [
        (FaultRates(lost_ratio=0.2), FaultKind.DROP_AFTER),
        (FaultRates(reset_ratio=0.2), FaultKind.DROP_BEFORE),
        (FaultRates(cut_ratio=0.2), FaultKind.CUT),
        (FaultRates(truncated_ratio=0.2), FaultKind.TRUNCATED),
        (FaultRates(html_ratio=0.2), FaultKind.HTML),
        (FaultRates(error_ratio=0.2), FaultKind.STATUS),
        (FaultRates(late_ratio=0.2), FaultKind.LATE),
        (FaultRates(slow_ratio=0.2), FaultKind.DELAY),
    ],
)
def test_each_rate_does_its_fault_that_often(rates: FaultRates, kind: FaultKind) -> None:
    plan = FaultPlan(rates)
    found = kinds(faults(plan, range(5000)))
    assert set(found) == {kind.value}
    assert 850 <= found[kind.value] <= 1150
    assert plan.counts == found


def test_the_same_seed_does_the_same_and_another_does_not() -> None:
    once, again, other = (faults(FaultPlan(ROUGH, seed=seed), range(500)) for seed in (1, 1, 2))
    assert once == again
    assert once != other


def test_switching_changes_nothing_of_what_comes_later() -> None:
    rates = FaultRates(lost_ratio=0.3, error_ratio=0.2)
    whole = faults(FaultPlan(rates), range(200))
    plan = FaultPlan(rates, active=False)
    assert faults(plan, range(100)) == [None] * 100
    plan.active = True
    assert faults(plan, range(100, 200)) == whole[100:]


def test_rates_may_change_while_it_runs() -> None:
    plan = FaultPlan(CALM)
    assert kinds(faults(plan, range(100))) == {}
    plan.rates = FaultRates(lost_ratio=1.0)
    assert kinds(faults(plan, range(100))) == {"drop_after": 100}


def test_w12_an_outage_lasts_as_long_as_it_was_asked_for() -> None:
    clock = Clock()
    plan = FaultPlan(monotonic=clock.monotonic, active=False)
    plan.outage_for(60)
    assert set(kinds(faults(plan, range(20)))) == {"status", "drop_before"}
    assert plan.counts["outage"] == 20
    was_out = plan.is_out
    clock.seconds = 60
    assert (was_out, plan.is_out) == (True, False)
    assert kinds(faults(plan, range(20))) == {}


def test_w12_an_outage_may_be_ended() -> None:
    plan = FaultPlan()
    plan.outage_for(3600)
    plan.end()
    assert kinds(faults(plan, range(20))) == {}


def test_w10_a_burst_throttles_everything_for_a_while() -> None:
    clock = Clock()
    plan = FaultPlan(FaultRates(burst_ratio=0.01, burst_s=10), monotonic=clock.monotonic)
    number = next(number for number in range(1000) if plan(request(number)) is not None)
    assert kinds(faults(plan, range(2000, 2050))) == {"throttled": 50}
    clock.seconds = 10
    plan.rates = CALM
    assert plan(request(number)) is None


def test_a_query_that_would_be_run_late_is_merely_lost() -> None:
    plan = FaultPlan(FaultRates(late_ratio=1.0))
    fault = plan(request(1, is_mutation=False))
    assert fault is not None
    assert fault.kind is FaultKind.DROP_BEFORE


def test_w12_a_503_was_never_applied() -> None:
    found = [fault for fault in faults(FaultPlan(FaultRates(error_ratio=1.0)), range(500)) if fault]
    assert {fault.status for fault in found} == {500, 502, 503, 504}
    assert not any(fault.applied for fault in found if fault.status == 503)
    assert any(fault.applied for fault in found)


@pytest.mark.parametrize("rates", [{"lost_ratio": 0.6, "cut_ratio": 0.5}, {"lost_ratio": -0.1}])
def test_ratios_that_cannot_be_are_refused(rates: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="ratios"):
        FaultRates(**rates)


def over_time(rates: FaultRates) -> list[Fault | None]:
    """Return what befalls 2,000 requests at ten a second."""
    clock = Clock()
    plan = FaultPlan(rates, monotonic=clock.monotonic)
    found: list[Fault | None] = []
    for number in range(2000):
        found.append(plan(request(number)))
        clock.seconds += 0.1
    return found


def test_presets_do_what_they_say() -> None:
    mild, rough = (kinds(over_time(rates)) for rates in (MILD, ROUGH))
    assert 0.04 <= mild.total() / 2000 <= 0.2
    assert 0.2 <= rough.total() / 2000 <= 0.6
    assert {"drop_after", "cut", "html", "late", "status", "delay", "throttled"} <= set(rough)


def test_a_plan_is_a_hook_of_a_shop() -> None:
    bench = Bench()
    bench.shop.faults = FaultPlan(FaultRates(lost_ratio=1.0), monotonic=bench.clock.monotonic)
    fault = bench.shop.faults(request(1))
    assert fault is not None
    assert fault.kind is FaultKind.DROP_AFTER
