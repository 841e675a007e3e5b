"""Durations in buckets: exact to a stated error, added in any order, small on disk."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rms_console.domain.histogram import BUCKETS, LEAST_S, MOST_S, RELATIVE_ERROR, Histogram, merged

durations = st.floats(LEAST_S, MOST_S)
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def of(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def exact(values: list[float], share: float) -> float:
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]


@PATIENT
@given(st.lists(durations, min_size=1, max_size=60), st.sampled_from((0.5, 0.95, 0.99)))
def test_a_percentile_is_within_the_stated_error(values: list[float], share: float) -> None:
    told, right = of(values).percentile(share), exact(values, share)
    assert told is not None
    assert abs(told - right) <= right * RELATIVE_ERROR * (1 + 1e-9)


@PATIENT
@given(st.lists(durations, max_size=40), st.lists(durations, max_size=40))
def test_adding_two_is_as_if_all_had_been_counted_in_one(one: list[float], other: list[float]) -> None:
    assert merged([of(one), of(other)]).encode() == of(one + other).encode() == merged([of(other), of(one)]).encode()


@PATIENT
@given(st.lists(durations, max_size=60))
def test_what_is_stored_comes_back(values: list[float]) -> None:
    again = Histogram.decode(of(values).encode())
    assert again.count == len(values)
    assert again.encode() == of(values).encode()


@pytest.mark.parametrize("value", [0.0, -3.0, 1e-9, 1e12, math.inf])
def test_what_lies_outside_counts_as_the_nearest(value: float) -> None:
    told = of([value]).percentile(0.5)
    assert told == pytest.approx(LEAST_S if value < 1 else MOST_S, rel=RELATIVE_ERROR * 1.01)


def test_what_is_no_number_is_not_counted() -> None:
    assert of([math.nan]).count == 0
    assert of([]).percentile(0.5) is None


@pytest.mark.parametrize("stored", [b"", b"\x02", b"\x01\x05", b"\x01\xff", b"\x01\xff\xff\x03\x01"])
def test_what_is_no_histogram_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="histogram"):
        Histogram.decode(stored)


def test_its_size_is_bounded_whatever_comes() -> None:
    rng = random.Random(1)
    wide = of([math.exp(rng.uniform(math.log(LEAST_S), math.log(MOST_S))) for _ in range(100_000)])
    assert len(wide.encode()) <= 1 + 3 * BUCKETS
    usual = of([rng.lognormvariate(0, 0.5) for _ in range(10_000)])
    assert len(usual.encode()) < 250
