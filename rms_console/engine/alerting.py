"""Which of what happens in the engine a person is alerted of. One-time timers only: what is well costs nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rms_console.contract.records import QueueCounts
from rms_console.contract.state import EngineState
from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.raising import put
from rms_console.engine.journal import MONITOR
from rms_console.engine.recovery import Fault
from rms_console.errors import ConsoleError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

NOT_WORKING_AFTER: Final = timedelta(minutes=2)
REMIND_EVERY: Final = timedelta(hours=1)
_TROUBLE: Final = (EngineState.ERROR, EngineState.RECOVERING)
_WORK: Final = (EngineState.IDLE, EngineState.RUNNING, EngineState.PROCESSING)
_OF_FAULTS: Final = (kinds.CONNECTION_RMS, kinds.CONNECTION_SHOPIFY, kinds.NOT_WORKING)


def state_changed(engine: EngineService, after: EngineState) -> None:
    """Begin or end the wait after which an engine that does not work is worth an alert."""
    timer, name = engine.deps.timer, f"alert-{kinds.NOT_WORKING}"
    if after in _TROUBLE:
        if timer.next_at(name) is None:
            timer.at(name, engine.deps.clock.now() + NOT_WORKING_AFTER, lambda: _not_working(engine))
    elif after is not EngineState.STOPPED:
        timer.cancel(name)
        if after in _WORK and engine.recovery.fault is None:
            fault_is_over(engine)


def not_working_for_long(engine: EngineService) -> None:
    """Put the alert about the present fault in the words of what it is by now."""
    fault = engine.recovery.fault
    if fault is not None and engine.deps.clock.now() - fault.since >= NOT_WORKING_AFTER:
        _not_working(engine)


def _not_working(engine: EngineService) -> None:
    fault = engine.recovery.fault
    if fault is not None and engine.machine.state in _TROUBLE:
        tell_fault(engine, fault)


def fault_is_over(engine: EngineService) -> None:
    """End the alerts about what kept the engine from working."""
    mended = engine.alert_watch.how_mended()
    for kind in _OF_FAULTS:
        engine.alerts.clear(kind, mended)


def tell_fault(engine: EngineService, fault: Fault) -> None:
    """Raise the alert about what keeps the engine from working, and end those about other faults."""
    kind = _kind_of(fault)
    for other in _OF_FAULTS:
        if other != kind:
            engine.alerts.clear(other)
    view = fault.view(engine.settings)
    engine.alert_watch.fault = fault
    put(
        engine,
        kind,
        sentence("{code}: {message}", code=view.code, message=view.message),
        what_to_do=fault.error.hint if isinstance(fault.error, ConsoleError) else "",
    )


def _kind_of(fault: Fault) -> str:
    if fault.needs_person or fault.side == "engine":
        return kinds.NOT_WORKING
    return kinds.CONNECTION_RMS if fault.side == "rms" else kinds.CONNECTION_SHOPIFY


def pause_changed(engine: EngineService) -> None:
    """Begin reminding of a pause each hour, or end it."""
    name = f"alert-{kinds.PAUSED}"
    if engine.pause is None:
        engine.deps.timer.cancel(name)
        engine.alerts.clear(kinds.PAUSED)
        return
    now, since = engine.deps.clock.now(), engine.pause.since_at
    hours = max(0, (now - since) // REMIND_EVERY) + 1
    engine.deps.timer.at(name, since + hours * REMIND_EVERY, lambda: _remind(engine))


def _remind(engine: EngineService) -> None:
    pause = engine.pause
    if pause is None:
        return
    hours = round((engine.deps.clock.now() - pause.since_at) / REMIND_EVERY)
    detail = (
        sentence("Paused by {by} for {hours} h: {reason}", by=pause.by, hours=hours, reason=pause.reason)
        if pause.reason
        else sentence("Paused by {by} for {hours} h", by=pause.by, hours=hours)
    )
    put(engine, kinds.PAUSED, detail, again=True)
    pause_changed(engine)


def queue_seen(engine: EngineService, before: QueueCounts | None, counts: QueueCounts) -> None:
    """Tell that more was set aside or is held than before; what was so when the process began the queue tells."""
    if not counts.held:
        engine.alerts.clear(kinds.HELD)
    elif before is not None and counts.held > before.held:
        told = sentence("{news} more, {count} in all", news=counts.held - before.held, count=counts.held)
        put(engine, kinds.HELD, told, again=True)
    if not counts.quarantined:
        engine.alerts.clear(kinds.QUARANTINE_GREW)
    elif before is not None and counts.quarantined > before.quarantined:
        told = sentence(
            "{news} more, {count} in all",
            news=counts.quarantined - before.quarantined,
            count=counts.quarantined,
        )
        put(engine, kinds.QUARANTINE_GREW, told, again=True)


def console_lost(engine: EngineService, reason: str) -> None:
    """Note that the console on this engine's process is gone; the engine goes on."""
    put(engine, kinds.CONSOLE_LOST, reason)
    engine.journal.log("WARN", MONITOR, "The console was lost ({reason}); the sync goes on", reason=reason)


def api_not_served(engine: EngineService, problem: str) -> None:
    """Note that nobody can reach the engine from outside; the engine goes on."""
    put(engine, kinds.API_NOT_SERVED, problem)
    engine.journal.log("CRITICAL", MONITOR, "The control API is not served: {problem}", problem=problem)


def api_served(engine: EngineService, url: str) -> None:
    """The engine can be reached from outside."""
    engine.alerts.clear(kinds.API_NOT_SERVED)
    engine.journal.log("INFO", MONITOR, "Control API at {url}", url=url)
