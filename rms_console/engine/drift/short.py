"""Comparisons of single products, beside the cycles and beside a comparison of everything.

Each product is read by itself, which costs the shop far more than a bulk result does. So few of them run side by
side, and of few products; whoever wants more compares everything.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from rms_console.contract.drift import DriftPad, DriftReport, DriftRun
from rms_console.engine.deps import Deps
from rms_console.engine.drift import reporting
from rms_console.engine.drift.resting import past
from rms_console.engine.drift.running import Comparing
from rms_console.errors import StoreError

if TYPE_CHECKING:
    from rms_console.engine.drift.desk import DriftDesk
    from rms_console.engine.service import EngineService

MOST_AT_ONCE: Final = 4
MOST_REPORTS: Final = 20
"""Reports that are kept for whoever asked."""


class ShortComparisons:
    """`reports`: by the run's id, the latest ones."""

    def __init__(self, engine: EngineService, desk: DriftDesk) -> None:
        self._engine = engine
        self._desk = desk
        self._tasks: set[asyncio.Task[None]] = set()
        self.reports: dict[str, DriftReport] = {}

    @property
    def is_full(self) -> bool:
        return len(self._tasks) >= MOST_AT_ONCE

    def begin(self, run: DriftRun) -> bool:
        """Compare the styles that a run names; return whether it began: no without pads."""
        if self._engine.deps.open_drift is None:
            return False
        task = asyncio.ensure_future(self._desk.guarded(partial(self._compare, run), run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def close(self) -> None:
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _compare(self, run: DriftRun) -> None:
        engine, deps = self._engine, self._engine.deps
        policy = engine.mending.known_world().policy
        async with _passing_pad(deps) as pad:
            comparing = Comparing(deps, pad, policy, engine.settings.zone, await past(deps), engine.look)
            await comparing.only(run, run.styles)
            report = await deps.disk(reporting.report_of, run, pad, deps.clock.now(), {})
        if run.heal and report.found:
            styles = sorted({one.style for one in report.differences if one.is_mendable})
            report = dataclasses.replace(report, healing=len(styles))
            self._desk.mender.heal(styles)
        self.reports[run.run_id] = report
        while len(self.reports) > MOST_REPORTS:
            self.reports.pop(next(iter(self.reports)))
        self._desk.end(run, report)


@asynccontextmanager
async def _passing_pad(deps: Deps) -> AsyncIterator[DriftPad]:
    """Give a pad that is gone afterwards."""
    assert deps.open_drift is not None
    pad = await deps.disk(deps.open_drift, False)
    try:
        yield pad
    finally:
        await give_back(deps, pad)


async def give_back(deps: Deps, pad: DriftPad) -> None:
    """Close a pad. It is a scratch pad: what it lacks is read again, so one that cannot be closed hinders nothing."""
    with suppress(StoreError):
        await deps.disk(pad.close)
