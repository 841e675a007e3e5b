"""Whether runs take longer than they may, or than they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Final

from rms_console.contract.snapshot import CycleView
from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.raising import put
from rms_console.engine.alerts.render import duration
from rms_console.engine.alerts.silence import ENDED
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

RECENT: Final = 5
"""Runs whose average is compared with what is normal."""
NORMAL_FROM: Final = 10
"""Runs before those without which nobody can say what is normal."""
SLOW_FROM_S: Final = 2.0
"""An average below this bothers nobody, whatever is normal."""
SLOWER, AS_USUAL = 2.0, 1.5


def judge_runs(engine: EngineService) -> None:
    """Judge the latest run by its length, and the latest few by what is normal."""
    longest = engine.settings.alerts.performance_s
    ended = [one for one in engine.figures.cycles if one.result in ENDED]
    if not ended:
        return
    last = ended[-1]
    if last.duration_s > longest:
        took, most = duration(timedelta(seconds=last.duration_s)), duration(timedelta(seconds=longest))
        put(engine, kinds.PERFORMANCE, sentence("The last run took {took} (limit: {most})", took=took, most=most))
        return
    compared = slowdown(ended)
    if compared is not None and compared.ratio >= SLOWER and compared.average_s >= SLOW_FROM_S:
        detail = sentence(
            "Average of the last {runs} runs: {average} s (normal: {normal} s)",
            runs=RECENT,
            average=f"{compared.average_s:.1f}",
            normal=f"{compared.normal_s:.1f}",
        )
        put(engine, kinds.PERFORMANCE, detail)
    elif compared is None or compared.ratio < AS_USUAL or compared.average_s < SLOW_FROM_S:
        engine.alerts.clear(kinds.PERFORMANCE)


def judge_active(engine: EngineService) -> None:
    """Judge the run that is on."""
    run = engine.runner.active
    longest = engine.settings.alerts.performance_s
    if run is not None and engine.deps.clock.monotonic() - run.begun > longest:
        took = duration(timedelta(seconds=engine.deps.clock.monotonic() - run.begun))
        most = duration(timedelta(seconds=longest))
        put(engine, kinds.PERFORMANCE, sentence("A run goes on for {took} (limit: {most})", took=took, most=most))


@dataclass(frozen=True, slots=True)
class Slowdown:
    """The average of the latest runs beside what is normal; `ratio` is the lesser of by run and by item."""

    average_s: float
    normal_s: float
    ratio: float


def slowdown(ended: Sequence[CycleView]) -> Slowdown | None:
    """Return how the latest runs compare with those before; None while too few are known.

    A delivery makes runs longer, and an item no slower: only what is slower by both is slower.
    """
    before, latest = ended[:-RECENT], ended[-RECENT:]
    if len(before) < NORMAL_FROM:
        return None
    average_s, normal_s = sum(one.duration_s for one in latest) / RECENT, median(one.duration_s for one in before)
    an_item = sum(map(_per_item, latest)) / RECENT
    normal_item = median(map(_per_item, before))
    ratio = min(average_s / max(normal_s, 1e-9), an_item / max(normal_item, 1e-9))
    return Slowdown(average_s, normal_s, ratio)


def _per_item(cycle: CycleView) -> float:
    return cycle.duration_s / max(1, cycle.items_found)
