"""The figures of the requirements, each defined once (DESIGN, "Figures"). Without data a figure is None."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rms_console.contract.snapshot import CycleView, RatesView, TodayView

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


class Figures:
    """The cycles of the last 24 hours, in memory, and what follows from them."""

    def __init__(self) -> None:
        self._cycles: deque[CycleView] = deque()

    def load(self, cycles: Iterable[CycleView]) -> None:
        self._cycles = deque(sorted(cycles, key=lambda cycle: cycle.number))

    def add(self, cycle: CycleView) -> None:
        self._cycles.append(cycle)
        while self._cycles and cycle.started_at - self._cycles[0].started_at > DAY:
            self._cycles.popleft()

    @property
    def cycles(self) -> tuple[CycleView, ...]:
        """Return them, oldest first."""
        return tuple(self._cycles)

    @property
    def last(self) -> CycleView | None:
        return self._cycles[-1] if self._cycles else None

    def today(self, day_start: datetime, going: CycleView | None = None) -> TodayView:
        """Return the day's sums; `going`: the latest run that sent anything, as far as it came, which counts once."""
        if going is not None and (going.started_at < day_start or (self.last and self.last.number >= going.number)):
            going = None
        return today([cycle for cycle in self._cycles if cycle.started_at >= day_start], going)

    def rates(self, now: datetime, day_start: datetime, interval_s: float) -> RatesView:
        recent = [cycle for cycle in self._cycles if now - cycle.started_at <= HOUR]
        times = [cycle.duration_s for cycle in self._cycles if cycle.result != "SKIP"]
        worked = [cycle for cycle in self._cycles if cycle.items_found and cycle.started_at >= day_start]
        return RatesView(
            items_per_hour=float(sum(c.items_done for c in recent)) if recent else None,
            avg_batch_s=_mean([c.duration_s / c.batches for c in worked if c.batches]),
            p95_s=percentile(times, 0.95),
            p99_s=percentile(times, 0.99),
            avg_24h_s=_mean(times),
            best_s=min(times, default=None),
            worst_s=max(times, default=None),
            current_load_ratio=self._load(interval_s),
        )

    def _load(self, interval_s: float) -> float | None:
        if self.last is None or interval_s <= 0:
            return None
        return min(1.0, self.last.duration_s / interval_s)


def today(cycles: Sequence[CycleView], going: CycleView | None = None) -> TodayView:
    """Return the day's sums over the cycles of that day.

    What a run that is on has brought to the shop counts at once, the run itself when it ends.
    """
    ran = [cycle for cycle in cycles if cycle.result != "SKIP"]
    done = ran if going is None else [*ran, going]
    failed = sum(cycle.result == "FAIL" for cycle in ran)
    worked = [cycle.duration_s for cycle in ran if cycle.items_found]
    return TodayView(
        runs=len(ran),
        ok=len(ran) - failed,
        failed=failed,
        success_rate=round(100.0 * (len(ran) - failed) / len(ran), 1) if ran else None,
        items=sum(cycle.items_done for cycle in done),
        products=sum(cycle.products_synced for cycle in done),
        products_created=sum(cycle.products_created for cycle in done),
        variants_created=sum(cycle.variants_created for cycle in done),
        mutations=sum(cycle.mutations for cycle in done),
        avg_s=_mean(worked),
        fastest_s=min(worked, default=None),
        slowest_s=max(worked, default=None),
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which `share` (0-1) of `values` lie (nearest rank), None without values."""
    if not values:
        return None
    ranked = sorted(values)
    return ranked[min(len(ranked), max(1, math.ceil(share * len(ranked)))) - 1]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
