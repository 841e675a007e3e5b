"""When a backlog is through: measured, with an honest range, and nothing where nothing is known."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rms_console.domain.catchup import Bucket, Pace, catch_up, seconds_for

PLENTY = Bucket(1_000_000.0, 100.0)
EMPTY = Bucket(0.0, 100.0)


def test_without_anything_measured_nothing_is_told() -> None:
    assert catch_up(100, [], PLENTY) is None
    assert catch_up(100, [Pace(1, 60.0, 10.0), Pace(50, 0.0, 10.0)], PLENTY) is None


def test_nothing_waits_takes_no_time() -> None:
    found = catch_up(0, [], EMPTY)
    assert found is not None
    assert (found.points, found.likely_s, found.low_s, found.high_s) == (0.0, 0.0, 0.0, 0.0)


def test_speed_and_points_are_those_that_were_measured() -> None:
    found = catch_up(1000, [Pace(100, 20.0, 300.0), Pace(100, 30.0, 500.0)], PLENTY)
    assert found is not None
    assert found.points == pytest.approx(4000.0)
    assert found.likely_s == pytest.approx(250.0)
    assert found.low_s == pytest.approx(200.0)
    assert found.high_s == pytest.approx(300.0)


def test_a_single_run_gives_a_wide_range() -> None:
    found = catch_up(1000, [Pace(100, 20.0, 300.0)], PLENTY)
    assert found is not None
    assert (found.low_s, found.likely_s, found.high_s) == pytest.approx((100.0, 200.0, 300.0))


def test_no_estimate_is_quicker_than_the_points_allow() -> None:
    found = catch_up(1000, [Pace(100, 1.0, 1000.0), Pace(100, 2.0, 1000.0)], EMPTY)
    assert found is not None
    assert (found.low_s, found.likely_s, found.high_s) == pytest.approx((100.0, 100.0, 100.0))


def test_a_plan_tells_more_of_the_points_than_what_was_usual() -> None:
    found = catch_up(1000, [Pace(100, 20.0, 300.0)], EMPTY, known_points=50.0)
    assert found is not None
    assert found.points == 50.0


def test_points_that_are_there_cost_no_time() -> None:
    assert seconds_for(500.0, Bucket(600.0, 100.0)) == 0.0
    assert seconds_for(500.0, Bucket(100.0, 100.0)) == pytest.approx(4.0)
    assert seconds_for(500.0, Bucket(-100.0, 100.0)) == pytest.approx(5.0)


paces = st.builds(Pace, st.integers(5, 1000), st.floats(0.1, 1000), st.floats(0, 10_000))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 100_000), st.lists(paces, min_size=1, max_size=20))
def test_the_estimate_lies_within_its_range(items: int, measured: list[Pace]) -> None:
    found = catch_up(items, measured, EMPTY)
    assert found is not None
    assert seconds_for(found.points, EMPTY) <= found.low_s <= found.likely_s <= found.high_s
