"""Judges whether a figure grows: the slope of a straight line through its samples, and a bound that is stated."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure may do over the time it is watched.

    `growth`: by how much the fitted line may rise, in the figure's unit; `share`: the same as a share of its median.
    The larger of the two counts. `most`: what its median may be at most, None: anything.
    """

    name: str
    unit: str
    growth: float = 0.0
    share: float = 0.0
    most: float | None = None
    shown_by: float = 1.0

    def judge(self, samples: Sequence[tuple[float, float]]) -> Verdict:
        """Return the verdict on (time, value) pairs; at least three are needed."""
        values = [value for _, value in samples]
        middle, grown = statistics.median(values), rise(samples)
        allowed = max(self.growth, self.share * middle)
        is_flat = grown <= allowed and (self.most is None or middle <= self.most)
        return Verdict(self, values[0], values[-1], middle, max(values), grown, allowed, is_flat)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a figure did: in its own unit, `grown` along the fitted line from the first sample to the last."""

    bound: Bound
    first: float
    last: float
    middle: float
    highest: float
    grown: float
    allowed: float
    is_flat: bool

    def told(self) -> str:
        by, bound = self.bound.shown_by, self.bound
        most = "" if bound.most is None else f"; median at most {bound.most / by:,.2f}"
        return (
            f"  {bound.name:<22} {self.first / by:>10,.2f} -> {self.last / by:>10,.2f} {bound.unit:<5}"
            f" median {self.middle / by:,.2f}, highest {self.highest / by:,.2f},"
            f" grown {self.grown / by:+,.2f} of {self.allowed / by:,.2f} allowed{most}"
            f"  {'flat' if self.is_flat else 'GROWS' if self.grown > self.allowed else 'TOO MUCH'}"
        )


def rise(samples: Sequence[tuple[float, float]]) -> float:
    """Return by how much a line through the samples rises from the first one's time to the last's.

    The slope is the median of those between all pairs (Theil-Sen): a morning right after a crash, when little is in
    memory, does not tilt it.

    Raises:
        ValueError: fewer than three samples, or all of one time.
    """
    if len(samples) < 3:
        raise ValueError("a slope needs three samples")
    pairs = combinations(samples, 2)
    slopes = [(late[1] - early[1]) / (late[0] - early[0]) for early, late in pairs if late[0] != early[0]]
    if not slopes:
        raise ValueError("samples of one instant have no slope")
    return statistics.median(slopes) * (samples[-1][0] - samples[0][0])
