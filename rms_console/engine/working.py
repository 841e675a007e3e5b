"""What one reason leads to: a look, a run, or nothing; and what follows from how the run went."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from rms_console.contract.state import EngineState, Health
from rms_console.engine import pausing
from rms_console.engine.brakes import CANCELLED
from rms_console.engine.reporting import Cause
from rms_console.engine.runner import Finished
from rms_console.engine.wakes import Wake

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

AUTOMATIC = frozenset({Wake.SCHEDULE, Wake.SALE, Wake.RECONCILE, Wake.RETRY, Wake.WATCH})
"""What starts no run while the automatic sync is off."""
GOING_ON = frozenset({Wake.RETRY, Wake.MORE, Wake.WATCH})
"""What starts no run after one that a person cancelled: it would be the cancelled one again."""
TRIGGERS = {
    Wake.MANUAL: "manual",
    Wake.SCHEDULE: "schedule",
    Wake.SALE: "sale",
    Wake.RECONCILE: "full sync",
    Wake.RETRY: "retry",
    Wake.MORE: "backlog",
    Wake.WATCH: "watch",
}


async def work(engine: EngineService, wake: Wake) -> None:
    """Do what this reason asks for, as far as pause, faults and settings let it.

    Raises:
        ConsoleError: the changes could not be read or queued; a run's own trouble is dealt with here.
    """
    if wake is Wake.DRIFT:
        await engine.drift.mender.turn()
        return
    await pausing.end_if_due(engine)
    if wake is Wake.RECONCILE:
        await engine.reconciler.ask("nightly")
        if not engine.standby.holds_back:
            # The ledger of a standby is not that of the engine that writes: all would look edited by hand.
            engine.drift.ask(uuid.uuid4().hex, "nightly", awaits_reconcile=True)
    fault = engine.recovery.fault
    if engine.world is None or (fault is not None and fault.side == "rms"):
        return
    is_paused = (engine.pause is not None and not _is_forced(engine, wake)) or engine.standby.holds_back
    if fault is not None or is_paused or (engine.waits_for_schedule and wake in GOING_ON):
        await engine.look()
        engine.standby.rest()
        return
    if wake in AUTOMATIC and not engine.settings.enabled:
        return
    if wake is Wake.WATCH and not await _watch(engine):
        return
    await _cycle(engine, _cause(engine, wake))


def note_end(engine: EngineService, finished: Finished) -> None:
    """Count how a run ended."""
    view = finished.view
    engine.consecutive_errors = engine.consecutive_errors + 1 if view.result == "FAIL" else 0
    if view.error_code:
        engine.errors_by_type[view.error_code] += max(1, view.errors + view.quarantined)
    engine.alert_watch.run_ended(finished)


def _is_forced(engine: EngineService, wake: Wake) -> bool:
    """Whether somebody wants a run although the engine is paused; such a cause goes before the others."""
    if wake is not Wake.MANUAL:
        return False
    engine.manual.sort(key=lambda cause: not cause.forced)
    return bool(engine.manual) and engine.manual[0].forced


def _cause(engine: EngineService, wake: Wake) -> Cause:
    if wake is Wake.MANUAL and engine.manual:
        cause = engine.manual.pop(0)
        if engine.manual:
            engine.wakes.ring(Wake.MANUAL)
        return cause
    return Cause(TRIGGERS[wake])


async def _watch(engine: EngineService) -> bool:
    """Look cheaply; return whether there is work."""
    await engine.look()
    counts = await engine.deps.disk(engine.deps.ledger.queue_counts, engine.deps.clock.now())
    return counts.due > 0 or engine.reconciler.is_due


async def _cycle(engine: EngineService, cause: Cause) -> None:
    if engine.world is None:
        return
    engine.machine.move(EngineState.RUNNING)
    finished = await engine.run_cycle(cause, engine.world)
    engine.world = engine.reference.latest or engine.world
    note_end(engine, finished)
    if finished.fault is not None:
        engine.mending.fail(finished.fault)
        engine.followups.run_ended(finished)
        return
    engine.recovery.well()
    engine.links.mark("rms", Health.GOOD, engine.links.latency("rms"))
    # What somebody cancelled waits for the next scheduled run, or for a person.
    engine.waits_for_schedule = finished.asked == CANCELLED
    await engine.rest(more=not engine.waits_for_schedule)
    engine.followups.run_ended(finished)
