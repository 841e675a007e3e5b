"""The bucket's arithmetic."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rms_console.contract.ports import ThrottleStatus
from rms_console.engine.pace import Bucket, seconds_until_affordable
from rms_console.errors import ShopRejected

FULL = Bucket(maximum=2000.0, level=2000.0, restore=100.0, at=10.0)


def test_it_refills_with_time_and_never_above_its_rim() -> None:
    half = Bucket(2000.0, 1000.0, 100.0, at=10.0)
    assert half.later(12.0).level == 1200.0
    assert half.later(60.0).level == 2000.0


def test_a_clock_that_stands_still_or_goes_back_refills_nothing() -> None:
    half = Bucket(2000.0, 1000.0, 100.0, at=10.0)
    assert half.later(10.0).level == 1000.0
    assert half.later(5.0).level == 1000.0


def test_the_wait_is_what_is_missing_over_what_is_restored() -> None:
    nearly_empty = Bucket(2000.0, 8.0, 100.0, at=10.0)
    assert seconds_until_affordable(nearly_empty, 58.0, 10.0) == pytest.approx(0.5)
    assert seconds_until_affordable(nearly_empty, 58.0, 10.3) == pytest.approx(0.2)
    assert seconds_until_affordable(nearly_empty, 8.0, 10.0) == 0.0


def test_w11_nothing_restored_means_waiting_without_end() -> None:
    assert seconds_until_affordable(Bucket(2000.0, 8.0, 0.0, at=0.0), 10.0, 99.0) == math.inf


def test_a_cost_above_the_full_bucket_is_refused() -> None:
    with pytest.raises(ShopRejected) as refused:
        seconds_until_affordable(FULL, 2001.0, 10.0)
    assert refused.value.code == "operation-too-large"
    assert seconds_until_affordable(FULL, 2000.0, 10.0) == 0.0


def test_w11_a_report_changes_the_limits_and_pulls_the_level_between_its_bounds() -> None:
    report = ThrottleStatus(maximum_points=1000.0, available_points=400.0, restore_points_per_s=50.0)
    too_high = FULL.corrected(report, lowest=300.0, highest=380.0, now=10.0)
    too_low = Bucket(2000.0, 5.0, 100.0, 10.0).corrected(report, lowest=300.0, highest=380.0, now=10.0)
    fitting = Bucket(2000.0, 350.0, 100.0, 10.0).corrected(report, lowest=300.0, highest=380.0, now=10.0)
    assert (too_high.level, too_low.level, fitting.level) == (380.0, 300.0, 350.0)
    assert (fitting.maximum, fitting.restore) == (1000.0, 50.0)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(level=st.floats(-500, 2000), cost=st.floats(0, 2000), restore=st.floats(1, 2000))
def test_after_the_wait_the_cost_fits(level: float, cost: float, restore: float) -> None:
    bucket = Bucket(2000.0, level, restore, at=0.0)
    wait = seconds_until_affordable(bucket, cost, 0.0)
    assert bucket.later(wait).level >= cost - 1e-3
