"""When a backlog will be through: from what was measured, with the range in which it honestly lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEAST_ITEMS: Final = 5
"""Runs with fewer items tell nothing of speed: reading and planning take most of their time."""
ONE_RUN_SPREAD: Final = 0.5
"""With a single run nobody knows how far the next may differ: so much either way."""
LOW, HIGH = 0.25, 0.75


@dataclass(frozen=True, slots=True)
class Pace:
    """What one stretch of work achieved."""

    items: int
    seconds: float
    points: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """What the shop gives: points there now, and points a second."""

    available: float
    restore: float


@dataclass(frozen=True, slots=True)
class CatchUp:
    """How long a backlog takes. `low_s` to `high_s`: half of what was measured lies within, or the bound by points."""

    points: float
    likely_s: float
    low_s: float
    high_s: float


def catch_up(items: int, measured: Sequence[Pace], bucket: Bucket, known_points: float | None = None) -> CatchUp | None:
    """Return how long `items` will take; None without anything measured, unless there are none.

    `known_points`: what they cost, where a plan of them tells; else as many points an item as were paid.
    No estimate is below what the points alone take.
    """
    if not items:
        return CatchUp(0.0, 0.0, 0.0, 0.0)
    useful = [pace for pace in measured if pace.items >= LEAST_ITEMS and pace.seconds > 0]
    if not useful:
        return None
    done = sum(pace.items for pace in useful)
    per_item = sum(pace.seconds for pace in useful) / done
    slowness = sorted(pace.seconds / pace.items for pace in useful)
    if len(useful) == 1:
        low, high = per_item * (1 - ONE_RUN_SPREAD), per_item * (1 + ONE_RUN_SPREAD)
    else:
        low, high = min(per_item, _quantile(slowness, LOW)), max(per_item, _quantile(slowness, HIGH))
    points = known_points if known_points is not None else items * sum(pace.points for pace in useful) / done
    least = seconds_for(points, bucket)
    return CatchUp(points, max(least, items * per_item), max(least, items * low), max(least, items * high))


def seconds_for(points: float, bucket: Bucket) -> float:
    """Return how long the shop takes to give so many points: those that are there cost no time."""
    return max(0.0, points - max(0.0, bucket.available)) / bucket.restore if bucket.restore > 0 else 0.0


def _quantile(ranked: Sequence[float], share: float) -> float:
    return ranked[round(share * (len(ranked) - 1))]
