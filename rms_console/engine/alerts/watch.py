"""Looks at the engine from the side of whoever is not looking: silence, failures, slowness, memory, locks, versions."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rms_console.contract.state import EngineState, Mode
from rms_console.domain.versions import version_notice
from rms_console.engine import alerting
from rms_console.engine.alerts import kinds, slowness
from rms_console.engine.alerts.locks import LockWatch
from rms_console.engine.alerts.raising import put
from rms_console.engine.alerts.render import duration, moment
from rms_console.engine.alerts.silence import ENDED, Silence
from rms_console.engine.compare import Miss
from rms_console.engine.drift.reporting import fast_path_faults
from rms_console.engine.recovery import Fault
from rms_console.errors import StoreError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.runner import Finished
    from rms_console.engine.service import EngineService

MEMORY_WELL: Final = 0.95
"""The alert ends when the share falls below this part of its threshold: it must not come and go."""
TOKEN_ENDS: Final = timedelta(hours=2)
"""A token of the shop that lasts a day is renewed at noon: one that ends so soon could not be."""


class AlertWatch:
    """Judges after each run and at each look of the supervisor."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self.fault: Fault | None = None
        """The fault that the latest alert of that sort was about."""
        self.silence = Silence(engine)
        self.locks = LockWatch(engine)
        self._mended = ""
        self._looking: asyncio.Task[None] | None = None

    def how_mended(self) -> str:
        """Return how the latest fault was got over; empty where it is not known."""
        fault, self.fault = self.fault, None
        if fault is None:
            return ""
        cause = fault.view(self._engine.settings).message
        self._mended = sentence(
            "It took {attempts} attempts; the cause was: {cause}", attempts=fault.attempt, cause=cause
        )
        return self._mended

    # After each run

    def run_ended(self, finished: Finished) -> None:
        """Judge how a run went, and the ones before it."""
        engine, view = self._engine, finished.view
        self.locks.run_ended(finished)
        if view.result in ENDED:
            mended, self._mended = self._mended, ""
            engine.alerts.clear(kinds.MOTOR_STOPPED, mended)
            engine.alerts.clear(kinds.CONSECUTIVE_ERRORS)
            self.silence.expect()
        elif engine.consecutive_errors >= engine.settings.alerts.consecutive_errors:
            detail = sentence(
                "{count} runs in a row have failed, the last one with {code}: {note}",
                count=engine.consecutive_errors,
                code=view.error_code or "-",
                note=view.note or "-",
            )
            put(engine, kinds.CONSECUTIVE_ERRORS, detail)
        slowness.judge_runs(engine)

    # At each look of the supervisor

    def look(self) -> None:
        """Look once at all that has no moment of its own; on the engine's loop."""
        alerting.not_working_for_long(self._engine)
        self._memory()
        self._version()
        slowness.judge_active(self._engine)
        self._drift()
        self.locks.look()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look_further())

    async def look_once(self) -> None:
        """Look at what one cycle can know, and keep it. A run before this program began is no business of it.

        Raises:
            StoreError: the token's end, or the queue, could not be read.
        """
        self._memory()
        self._version()
        self._drift()
        await self._look_further()

    def _memory(self) -> None:
        engine, reading = self._engine, self._engine.deps.system.read()
        if not reading.memory_total_bytes:
            return
        percent = 100 * reading.memory_bytes / reading.memory_total_bytes
        most = engine.settings.alerts.memory_percent
        if percent > most:
            detail = sentence(
                "This process uses {used} MB of {total} MB ({percent} %)",
                used=reading.memory_bytes >> 20,
                total=reading.memory_total_bytes >> 20,
                percent=f"{percent:.0f}",
            )
            put(engine, kinds.MEMORY, detail)
        elif percent < most * MEMORY_WELL:
            engine.alerts.clear(kinds.MEMORY)

    def _version(self) -> None:
        engine, world = self._engine, self._engine.world
        if world is None:
            return
        today = engine.deps.clock.now().date()
        notice = version_notice(engine.settings.api_version, world.shop.served_version, today)
        if notice is None or notice.code == "version-preview":
            engine.alerts.clear(kinds.API_VERSION)
            return
        severity = "CRITICAL" if notice.code == "version-over" else ""
        put(engine, kinds.API_VERSION, sentence(notice.template, **notice.facts), severity=severity)

    def _drift(self) -> None:
        """Alert of what only comparisons have found: rows that changed without a stamp, writes that were lost."""
        engine = self._engine
        swept, report = engine.sweeper.view(), engine.drift.report
        missed = swept.missed.get(Miss.NO_STAMP.value, 0)
        faults = fast_path_faults(report) if report is not None else 0
        if missed:
            told = sentence(
                "The latest comparison found {missed} of {checked} items changed without a stamp",
                missed=missed,
                checked=swept.checked,
            )
            put(engine, kinds.DRIFT, told)
        elif report is not None and faults:
            told = sentence(
                "The comparison with the shop found {count} values that the sync had missed or whose write was lost, "
                "of {checked} items",
                count=faults,
                checked=report.compared,
            )
            put(engine, kinds.DRIFT, told)
        else:
            engine.alerts.clear(kinds.DRIFT)

    async def _look_further(self) -> None:
        """Look at what takes the disk to tell."""
        await self._engine.alert_desk.save()
        await self._token()
        await self._oldest()

    async def _token(self) -> None:
        engine, deps = self._engine, self._engine.deps
        around = await deps.disk(deps.surroundings) if deps.surroundings is not None else None
        if around is None or around.token_dies_at is None:
            return
        left = around.token_dies_at - deps.clock.now()
        if left < TOKEN_ENDS:
            at = moment(around.token_dies_at, engine.settings.zone)
            put(engine, kinds.TOKEN_EXPIRING, sentence("It ends at {at}, and a new one could not be had yet", at=at))
        else:
            engine.alerts.clear(kinds.TOKEN_EXPIRING)

    async def _oldest(self) -> None:
        """Look how long the oldest change has waited. What cannot reach the shop anyway is told by other alerts."""
        engine, deps = self._engine, self._engine.deps
        blocked = engine.pause is not None or engine.recovery.fault is not None or not engine.settings.enabled
        if blocked or engine.runner.mode is not Mode.LIVE or engine.machine.state is EngineState.STOPPED:
            engine.alerts.clear(kinds.OLDEST_UNSENT)
            return
        try:
            counts = await deps.disk(deps.ledger.queue_counts, deps.clock.now())
        except StoreError:
            return
        age = timedelta() if counts.oldest_at is None else deps.clock.now() - counts.oldest_at
        if age > timedelta(seconds=engine.settings.alerts.oldest_unsent_s):
            detail = sentence(
                "The oldest change that is not in the shop has waited for {age}; {count} items wait",
                age=duration(age),
                count=counts.waiting + counts.retrying,
            )
            put(engine, kinds.OLDEST_UNSENT, detail)
        else:
            engine.alerts.clear(kinds.OLDEST_UNSENT)
