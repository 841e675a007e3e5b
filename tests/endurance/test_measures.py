"""The judge: flat is flat, and what grows is said to grow."""

from __future__ import annotations

from random import Random

import pytest

from tests.endurance.measures import Bound, rise


def test_noise_is_flat_and_a_slow_leak_is_not() -> None:
    dice = Random(1)
    noise = [(float(at), 100.0 + dice.uniform(-3, 3)) for at in range(100)]
    bound = Bound("memory", "MB", growth=4.0)
    assert bound.judge(noise).is_flat
    leak = [(at, value + at * 0.1) for at, value in noise]
    verdict = bound.judge(leak)
    assert not verdict.is_flat
    assert 8 < verdict.grown < 12
    assert "GROWS" in verdict.told()


def test_a_share_of_the_median_may_be_more_than_the_fixed_growth() -> None:
    line = [(float(at), 1000.0 + at) for at in range(50)]
    assert not Bound("rows", "", growth=10.0).judge(line).is_flat
    assert Bound("rows", "", growth=10.0, share=0.05).judge(line).is_flat


def test_a_steady_figure_may_still_be_too_high() -> None:
    verdict = Bound("lag", "s", growth=1.0, most=0.25).judge([(float(at), 0.5) for at in range(9)])
    assert not verdict.is_flat
    assert "TOO MUCH" in verdict.told()


def test_two_samples_are_no_line() -> None:
    with pytest.raises(ValueError, match="three"):
        rise([(0.0, 1.0), (1.0, 2.0)])
    with pytest.raises(ValueError, match="instant"):
        rise([(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)])
