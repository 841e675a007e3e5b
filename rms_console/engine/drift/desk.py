"""The engine's own comparisons with the shop: begun nightly or when asked, beside the cycles, mended between them."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from rms_console.contract.drift import DriftPad, DriftReport, DriftRun, DriftView
from rms_console.contract.events import EventName
from rms_console.engine.compare import Comparison, Miss
from rms_console.engine.detector import FACT_RESTORED
from rms_console.engine.drift import reporting
from rms_console.engine.drift.audit import SAME
from rms_console.engine.drift.mending import Mender
from rms_console.engine.drift.reporting import FACT_COMPARED_UP_TO
from rms_console.engine.drift.resting import past
from rms_console.engine.drift.running import STALE, Comparing, begin_anew
from rms_console.engine.drift.short import ShortComparisons, give_back
from rms_console.engine.journal import DETECTOR
from rms_console.engine.wakes import Wake
from rms_console.errors import ConsoleError, StoreError
from rms_console.locale import mark, sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

TRIES: Final = 3
RETRY_S: Final = 60.0
WAIT_S: Final = 5.0
NO_END: Final = mark("The comparison with the shop came to no end: {problem}")


class DriftDesk:
    """Runs one comparison of everything at a time. `report`: the latest one; None before the first.

    `short`: those of single products beside it.
    """

    def __init__(self, engine: EngineService, comparison: Comparison) -> None:
        self._engine = engine
        comparison.noted = self.note_missed
        self._pad: DriftPad | None = None
        self._opening = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._missed: Counter[Miss] = Counter()
        self._has_begun = False
        self.mender = Mender(engine, self)
        self.short = ShortComparisons(engine, self)
        self.run: DriftRun | None = None
        self.report: DriftReport | None = None
        if engine.deps.open_drift is not None:
            engine.wakes.ring(Wake.DRIFT)

    # Life

    async def begin(self) -> None:
        """Remember the latest report, and go on with what was not finished; only once."""
        deps = self._engine.deps
        if deps.open_drift is None or self._has_begun:
            return
        self._has_begun = True
        try:
            before = await deps.disk(reporting.kept, deps.ledger)
            pad = await self.opened()
            kept = await deps.disk(pad.load) if pad is not None else None
        except StoreError as error:
            self._tell_trouble(error)
            return
        # Meanwhile somebody may have asked for one already: that one stands.
        self.report = self.report or before
        if kept is None or kept.stage == "done" or self.is_busy:
            return
        if kept.stage == "heal":
            is_fresh = deps.clock.now() - datetime.fromisoformat(kept.read_at or kept.began_at) <= STALE
            self.run = kept if is_fresh else None
            self._engine.wakes.ring(Wake.DRIFT)
            return
        self._start(_begun_again(kept, deps.clock.now()), awaits_reconcile=False)

    async def close(self) -> None:
        """Stop; what was not finished stays on the pad."""
        await self.short.close()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._pad is not None:
            await give_back(self._engine.deps, self._pad)
            self._pad = None

    # Asking

    def ask(self, run_id: str, reason: str, by: str = "", *, heal: bool = True, awaits_reconcile: bool = False) -> bool:
        """Begin to compare everything; return whether it began: no while another one is on, or without a pad.

        `awaits_reconcile`: first the comparison of store and ledger comes to its end.
        """
        if self._engine.deps.open_drift is None or self.is_busy:
            return False
        now = self._engine.deps.clock.now().isoformat()
        self._start(DriftRun(run_id, reason, now, by, heal, is_verify=not awaits_reconcile), awaits_reconcile)
        return True

    @property
    def is_busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def note_missed(self, missed: Mapping[Miss, int]) -> None:
        """The comparison with RMS alone found what the fast path had not seen, and queued it."""
        self._missed.update(missed)

    def view(self) -> DriftView:
        run = self.run if self.is_busy or (self.run and self.run.stage == "heal") else None
        last = self.report or DriftReport()
        return DriftView(
            stage=run.stage if run else "",
            run_id=run.run_id if run else "",
            compared=run.compared if run else 0,
            last_run_id=last.run_id,
            last_at=last.ended_at,
            last_found=last.found,
            last_waiting=last.waiting,
            last_variants=last.variants,
            last_problem=last.problem,
        )

    # Comparing

    def _start(self, run: DriftRun, awaits_reconcile: bool) -> None:
        self.run = run
        self._task = asyncio.ensure_future(self.guarded(partial(self._compare_all, run, awaits_reconcile), run))

    async def guarded(self, work: Callable[[], Awaitable[None]], run: DriftRun) -> None:
        """A comparison that breaks in a way nobody foresaw is told, and ends nothing else."""
        try:
            await work()
        except ConsoleError as error:
            self._tell_trouble(error)
            self._tell_end(run, "failed", str(error))
        except Exception as error:
            self._engine.journal.bug(DETECTOR, error)
            self._tell_end(run, "failed", type(error).__name__)

    async def _compare_all(self, wanted: DriftRun, awaits_reconcile: bool) -> None:
        engine, deps, pad = self._engine, self._engine.deps, await self.opened()
        if pad is None:
            return
        while self._must_wait(awaits_reconcile):
            await deps.clock.sleep(WAIT_S)
        kept = await deps.disk(pad.load)
        run = self.run = await deps.disk(begin_anew, pad, kept, wanted, deps.clock.now())
        before = await past(deps)
        problem = await self._bring_to_end(run, pad)
        # What is noted while the report is written belongs to the next one.
        noted = self._missed.copy()
        missed = {SAME[miss].value: count for miss, count in noted.items()}
        report = await deps.disk(reporting.report_of, run, pad, deps.clock.now(), missed)
        report = dataclasses.replace(report, problem=problem)
        if not problem:
            self._missed -= noted
            if before.watermark is not None:
                await deps.disk(deps.ledger.set_fact, FACT_COMPARED_UP_TO, before.watermark.encode())
            await deps.disk(deps.ledger.set_fact, FACT_RESTORED, None)
            run.stage, run.after_style = ("heal" if run.heal and report.found else "done"), ""
            await deps.disk(pad.save, run)
        await self._publish(report)
        if run.stage == "heal" and not problem:
            engine.wakes.ring(Wake.DRIFT)
        else:
            self.end(run, report)

    def _must_wait(self, awaits_reconcile: bool) -> bool:
        """Whether both ends are yet to be reached, or another engine writes, or the comparison with RMS goes on."""
        engine = self._engine
        return engine.world is None or engine.standby.holds_back or (awaits_reconcile and engine.reconciler.is_due)

    async def _bring_to_end(self, run: DriftRun, pad: DriftPad) -> str:
        """Return why it could not be brought to its end; empty when it was."""
        engine, deps = self._engine, self._engine.deps
        for attempt in range(1, TRIES + 1):
            try:
                policy = engine.mending.known_world().policy
                comparing = Comparing(
                    deps,
                    pad,
                    policy,
                    engine.settings.zone,
                    await past(deps),
                    engine.look,
                    # The comparison with RMS that a full sync is has looked for these, and queued them.
                    strangers=run.is_verify,
                )
                await comparing.run(run)
            except ConsoleError as error:
                if attempt == TRIES:
                    return str(error)
                await deps.clock.sleep(RETRY_S)
            else:
                return ""
        return ""

    async def _publish(self, report: DriftReport) -> None:
        engine = self._engine
        self.report = report
        await engine.deps.disk(reporting.keep, engine.deps.ledger, report)
        bad = bool(report.found or report.problem)
        engine.journal.publish(
            EventName.DRIFT_REPORTED,
            "WARN" if bad else "INFO",
            run_id=report.run_id,
            found=report.found,
            waiting=report.waiting,
            compared=report.compared,
            problem=report.problem,
        )
        if report.problem:
            engine.journal.log("WARN", DETECTOR, NO_END, problem=report.problem)
            return
        engine.journal.log(
            "WARN" if bad else "INFO",
            DETECTOR,
            "Store and shop compared ({reason}): {compared} items, {found} differences, {waiting} more are known",
            reason=report.reason,
            compared=report.compared,
            found=report.found,
            waiting=report.waiting,
        )

    def end(self, run: DriftRun, report: DriftReport) -> None:
        if report.problem:
            self._tell_end(run, "failed", report.problem)
            return
        note = sentence(
            "{found} {found:difference|differences}, {waiting} known", found=report.found, waiting=report.waiting
        )
        self._tell_end(run, "done", note)

    def _tell_end(self, run: DriftRun, result: str, note: str) -> None:
        """Tell the end of a command; what the engine began by itself nobody waits for."""
        if run.is_verify:
            self._engine.followups.ended(run.run_id, result, note)

    async def opened(self) -> DriftPad | None:
        """Return the lasting pad. Several may ask at once, and it can be opened only once."""
        deps = self._engine.deps
        async with self._opening:
            if self._pad is None and deps.open_drift is not None:
                self._pad = await deps.disk(deps.open_drift, True)
        return self._pad

    def _tell_trouble(self, error: Exception) -> None:
        self._engine.journal.log("WARN", DETECTOR, NO_END, problem=str(error))


def _begun_again(kept: DriftRun, at: datetime) -> DriftRun:
    """Return a run that was not finished as one that begins now: the same to whoever waits for it."""
    return DriftRun(kept.run_id, kept.reason, at.isoformat(), kept.by, kept.heal, is_verify=kept.is_verify)
