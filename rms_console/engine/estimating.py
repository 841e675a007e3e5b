"""When what waits will be through, from what the latest runs achieved and what the run that is on still has to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rms_console.contract.events import Event, EventName
from rms_console.contract.insight import BacklogView
from rms_console.contract.records import QueueCounts
from rms_console.contract.snapshot import CycleView
from rms_console.contract.state import Mode
from rms_console.domain import cost
from rms_console.domain.catchup import Bucket, Pace, catch_up
from rms_console.domain.operations import ProductPlan
from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.raising import put
from rms_console.engine.alerts.render import duration
from rms_console.engine.cycle import Pass
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

RUNS: Final = 40
"""The latest runs that tell of speed."""
MEASURED_FROM_S: Final = 5.0
"""So long a run must have pushed before its own speed counts."""
JUDGED_EVERY_S: Final = 15.0
LATE_FROM_S: Final = 60.0
LATE_SHARE: Final = 1.1
"""What ends within a minute, or little after the interval, is no trouble."""
MOST_CORRECTION: Final = 4.0


@dataclass(slots=True)
class Running:
    """The run that is on, since it was first looked at."""

    number: int
    predicted: dict[str, float]
    done: int
    at: float
    points: float


class Estimator:
    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self._run: Running | None = None
        self._judged = -JUDGED_EVERY_S

    def view(self, counted: QueueCounts | None = None) -> BacklogView | None:
        """Return what waits and when it will be through; `counted`: the queue as it is now, where it is known."""
        engine, counts = self._engine, counted or self._engine.counts
        push = engine.runner.current
        if counts is None and push is None:
            return None
        items = max(_left(push), counts.waiting + counts.retrying if counts is not None else 0)
        found = catch_up(items, self._measured(push), self._bucket(), self._known(push, items))
        limit = self._limit(push, counts, items)
        blocked = limit in ("pause", "fault", "observe")
        likely = None if found is None or blocked else found.likely_s + self._wait_s(counts, push)
        interval = engine.settings.interval_s
        now = engine.deps.clock.now()
        return BacklogView(
            items=items,
            products=_products(push, items, engine.figures.cycles),
            held=counts.held if counts is not None else 0,
            points=None if found is None else round(found.points, 1),
            likely_s=_whole(likely),
            low_s=_whole(None if found is None or blocked else found.low_s),
            high_s=_whole(None if found is None or blocked else found.high_s),
            through_at=None if likely is None or not items else now + timedelta(seconds=round(likely)),
            limited_by=limit,
            interval_s=interval,
            is_late=not blocked
            and found is not None
            and self._elapsed() + found.low_s > max(LATE_FROM_S, interval * LATE_SHARE),
        )

    def hear(self, event: Event) -> None:
        """Judge a run while it pushes, now and then, and when it has ended."""
        if event.name == EventName.CYCLE_FINISHED:
            self._run = None
            self._engine.alerts.clear(kinds.RUN_TOO_LONG)
        elif event.name == EventName.PRODUCT_SYNCED and self._engine.runner.current is not None:
            now = self._engine.deps.clock.monotonic()
            if now - self._judged >= JUDGED_EVERY_S:
                self._judged = now
                self.judge()

    def judge(self) -> None:
        """Warn of a run that cannot end before the next one is due; even its best case is too long."""
        engine, view = self._engine, self.view()
        if view is None or not view.is_late or view.likely_s is None or engine.runner.current is None:
            return
        told = sentence(
            "{items} {items:item takes|items take} about {left} more; a run is due every {interval}",
            items=view.items,
            left=duration(timedelta(seconds=view.likely_s)),
            interval=duration(timedelta(seconds=view.interval_s)),
        )
        put(engine, kinds.RUN_TOO_LONG, told)
        engine.journal.publish(
            EventName.BACKLOG_LATE, "WARN", items=view.items, likely_s=view.likely_s, limited_by=view.limited_by
        )

    def _measured(self, push: Pass | None) -> Sequence[Pace]:
        """Return what the run that is on achieved so far; where that tells too little, the latest runs."""
        present = self._present(push)
        if present is not None:
            return (present,)
        return self.latest_runs()

    def latest_runs(self) -> Sequence[Pace]:
        """Return what the latest runs that wrote something achieved."""
        cycles = [one for one in self._engine.figures.cycles if one.mutations and one.result in ("OK", "PART")]
        return [Pace(one.items_found, one.duration_s, one.points) for one in cycles[-RUNS:]]

    def _present(self, push: Pass | None) -> Pace | None:
        active = self._engine.runner.active
        if push is None or active is None:
            return None
        clock, spent = self._engine.deps.clock, self._engine.deps.shop.counters().points
        if self._run is None or self._run.number != active.number:
            predicted = {job.style: plan_points(job.plan) for job in push.jobs}
            self._run = Running(active.number, predicted, _done(push), clock.monotonic(), spent)
        run = self._run
        seconds, items = clock.monotonic() - run.at, _done(push) - run.done
        return Pace(items, seconds, spent - run.points) if seconds >= MEASURED_FROM_S and items > 0 else None

    def _known(self, push: Pass | None, items: int) -> float | None:
        """Return what the plans of the run will still cost, corrected by what those that are done really did."""
        if push is None or self._run is None or items > _left(push):
            return None
        run = self._run
        left = sum(run.predicted.get(job.style, 0.0) for job in push.jobs if not job.done)
        done = sum(run.predicted.get(job.style, 0.0) for job in push.jobs if job.done)
        paid = self._engine.deps.shop.counters().points - run.points
        ratio = min(MOST_CORRECTION, max(1 / MOST_CORRECTION, paid / done)) if done >= 100 and paid > 0 else 1.0
        return left * ratio

    def _bucket(self) -> Bucket:
        pace = self._engine.deps.pacer.view()
        return Bucket(pace.available, pace.restore)

    def _elapsed(self) -> float:
        run = self._engine.runner.active
        return 0.0 if run is None else self._engine.deps.clock.monotonic() - run.begun

    def _wait_s(self, counts: QueueCounts | None, push: Pass | None) -> float:
        """Return how long nothing will happen: where all that waits is to be tried again later."""
        if push is not None or counts is None or counts.due or not counts.waiting + counts.retrying:
            return 0.0
        at = self._engine.deps.timer.next_at("retry")
        return 0.0 if at is None else max(0.0, (at - self._engine.deps.clock.now()) / timedelta(seconds=1))

    def _limit(self, push: Pass | None, counts: QueueCounts | None, items: int) -> str:
        engine = self._engine
        if engine.pause is not None or engine.standby.holds_back:
            return "pause"
        if engine.recovery.fault is not None:
            return "fault"
        if (engine.runner.mode or engine.settings.mode) is Mode.OBSERVE:
            return "observe"
        if not items:
            return "nothing"
        if push is None:
            return "retry" if self._wait_s(counts, push) else "nothing"
        if engine.settings.batch_delay_s > 0:
            return "batch_delay"
        limit = engine.deps.pacer.view().limited_by
        return "answers" if limit == "nothing" else limit


def plan_points(plan: ProductPlan) -> float:
    """Return what a plan will cost; its stock rows as their share of full calls."""
    stock = cost.MUTATION * len(plan.stock) / cost.STOCK_ROWS_PER_CALL
    return sum(map(cost.predicted_points, plan.operations)) + stock


def _done(push: Pass) -> int:
    return sum(len(job.entries) for job in push.jobs if job.done)


def _left(push: Pass | None) -> int:
    return 0 if push is None else sum(len(job.entries) for job in push.jobs if not job.done)


def _products(push: Pass | None, items: int, cycles: Sequence[CycleView]) -> int | None:
    """Return how many products the items are: counted where a plan tells, else by what was usual; None: not known."""
    if push is not None and items <= _left(push):
        return sum(not job.done for job in push.jobs)
    found = sum(one.items_found for one in cycles if one.products_synced)
    made = sum(one.products_synced for one in cycles)
    return max(1, round(items * made / found)) if items and found else 0 if not items else None


def _whole(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
