"""Reaching both ends, and getting over it when one of them is gone: fast tries first, slow ones for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rms_console.contract.state import EngineState
from rms_console.engine import ledger_renewal
from rms_console.engine.journal import DETECTOR, MONITOR
from rms_console.engine.standby import is_of_redis
from rms_console.engine.wakes import Wake
from rms_console.engine.world import World
from rms_console.errors import ConsoleError, SourceUnavailable

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService


class Mending:
    def __init__(self, engine: EngineService) -> None:
        self._engine = engine

    async def connect(self) -> None:
        """Reach both ends; a failure is noted and tried again later."""
        await self._engine.standby.begin()
        try:
            await self.reach()
        except ConsoleError as error:
            self.fail(error)
        else:
            await self._engine.rest(more=self._engine.settings.enabled)

    async def reach(self) -> None:
        """Reach both ends or say which one is gone.

        Raises:
            SourceError, ShopError, ConfigError: which end, why, and what to do.
        """
        engine = self._engine
        engine.world = await engine.startup.connect(engine.settings)
        engine.reference.learned(engine.world)
        engine.warnings = (*engine.deps.settings_warnings, *engine.world.warnings)
        await engine.runner.look_for_bulk(await engine.runner.follow_mode(engine.settings))
        engine.startup.ready(engine.settings)

    def known_world(self) -> World:
        """Return both ends as found.

        Raises:
            SourceUnavailable: they were not reached yet.
        """
        if self._engine.world is None:
            raise SourceUnavailable("RMS and the shop were not reached yet")
        return self._engine.world

    async def recover(self) -> None:
        """Try to get over the present fault; a failure sets the time of the next try."""
        engine = self._engine
        fault = engine.recovery.fault
        if fault is None:
            return
        engine.journal.log("INFO", MONITOR, "Trying again (attempt {attempt})", attempt=fault.attempt + 1)
        try:
            if ledger_renewal.can_renew(engine, fault.error):
                await ledger_renewal.renew(engine, fault.error)
            if engine.world is None or fault.needs_person:
                # Whoever mended it may have changed more than that: look at everything anew.
                await self.reach()
            elif fault.side in ("rms", "shop"):
                await engine.startup.probe(fault.side)
            elif is_of_redis(fault.error):
                engine.standby.check_reached()
        except ConsoleError as error:
            self.fail(error)
            return
        engine.recovery.over()
        # What waits only because this end was gone need not wait out its own back-off.
        await engine.deps.disk(engine.deps.ledger.release_code, fault.code, engine.deps.clock.now())
        outage = (engine.deps.clock.now() - fault.since) / timedelta(minutes=1)
        engine.journal.log(
            "INFO",
            MONITOR,
            "Recovered after {attempts} attempts, {minutes} minutes; the cause was: {cause}",
            attempts=fault.attempt,
            minutes=f"{outage:.1f}",
            cause=str(fault.error),
        )
        await engine.rest()
        engine.wakes.ring(Wake.SCHEDULE)
        if engine.manual:
            engine.wakes.ring(Wake.MANUAL)

    def fail(self, error: Exception) -> None:
        """Note trouble, say it once with what to do, and set the time of the next try."""
        engine = self._engine
        is_news = engine.recovery.begin(error, engine.deps.clock.now(), engine.settings)
        fault = engine.recovery.fault
        if fault is None:
            return
        if not is_news:
            pass
        elif isinstance(error, ConsoleError):
            engine.journal.log("ERROR", DETECTOR, "{code}: {message}", code=error.code, message=str(error))
        else:
            engine.journal.bug(DETECTOR, error)
        engine.machine.move(EngineState.PAUSED if engine.pause else engine.recovery.state(engine.settings))
        if fault.next_try_at is not None:
            engine.timetable.recover_at(fault.next_try_at)
