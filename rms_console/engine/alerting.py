"""Which of what happens in the engine a person is alerted of. One-time timers only: what is well costs nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rms_console.contract.records import QueueCounts
from rms_console.contract.state import EngineState
from rms_console.engine.alertbook import CRITICAL, INFO, WARN
from rms_console.engine.journal import MONITOR
from rms_console.errors import ConsoleError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

PAUSED: Final = "paused"
NOT_WORKING: Final = "not_working"
CONSOLE_LOST: Final = "console_lost"
QUARANTINE_GREW: Final = "quarantine_grew"
API_NOT_SERVED: Final = "api_not_served"
NOT_WORKING_AFTER: Final = timedelta(minutes=2)
REMIND_EVERY: Final = timedelta(hours=1)
_TROUBLE: Final = (EngineState.ERROR, EngineState.RECOVERING)
_WORK: Final = (EngineState.IDLE, EngineState.RUNNING, EngineState.PROCESSING)


def state_changed(engine: EngineService, after: EngineState) -> None:
    """Begin or end the wait after which an engine that does not work is worth an alert."""
    timer, name = engine.deps.timer, f"alert-{NOT_WORKING}"
    if after in _TROUBLE:
        if timer.next_at(name) is None:
            timer.at(name, engine.deps.clock.now() + NOT_WORKING_AFTER, lambda: _not_working(engine))
    elif after is not EngineState.STOPPED:
        timer.cancel(name)
        if after in _WORK and engine.recovery.fault is None:
            engine.alerts.clear(NOT_WORKING)


def _not_working(engine: EngineService) -> None:
    fault = engine.recovery.fault
    if fault is None or engine.machine.state not in _TROUBLE:
        return
    view = fault.view(engine.settings)
    hint = fault.error.hint if isinstance(fault.error, ConsoleError) else ""
    engine.alerts.raise_(
        NOT_WORKING,
        CRITICAL,
        sentence("Nothing is synced"),
        sentence("{code}: {message}", code=view.code, message=view.message),
        hint or sentence("Look at the log; the engine goes on trying by itself"),
    )


def pause_changed(engine: EngineService) -> None:
    """Begin reminding of a pause each hour, or end it."""
    name = f"alert-{PAUSED}"
    if engine.pause is None:
        engine.deps.timer.cancel(name)
        engine.alerts.clear(PAUSED)
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
    engine.alerts.raise_(
        PAUSED,
        WARN,
        sentence("Still paused"),
        detail,
        sentence("Resume when the reason is gone: changes are queued, none reaches the shop"),
        again=True,
    )
    pause_changed(engine)


def queue_seen(engine: EngineService, before: QueueCounts | None, counts: QueueCounts) -> None:
    """Tell that more was set aside than before; what was so when the process began is known from the queue."""
    if not counts.quarantined:
        engine.alerts.clear(QUARANTINE_GREW)
    elif before is not None and counts.quarantined > before.quarantined:
        engine.alerts.raise_(
            QUARANTINE_GREW,
            WARN,
            sentence("Items were set aside"),
            sentence(
                "{news} more, {count} in all",
                news=counts.quarantined - before.quarantined,
                count=counts.quarantined,
            ),
            sentence("The queue says of each what is wrong: mend it in RMS, or dismiss it"),
            again=True,
        )


def console_lost(engine: EngineService, reason: str) -> None:
    """Note that the console on this engine's process is gone; the engine goes on."""
    engine.alerts.raise_(
        CONSOLE_LOST,
        INFO,
        sentence("The console was lost"),
        reason,
        sentence("Nothing to do for the sync: it goes on. Open the console again to watch it"),
    )
    engine.journal.log("WARN", MONITOR, "The console was lost ({reason}); the sync goes on", reason=reason)


def console_back(engine: EngineService) -> None:
    """A console is there again."""
    engine.alerts.clear(CONSOLE_LOST)


def api_not_served(engine: EngineService, problem: str) -> None:
    """Note that nobody can reach the engine from outside; the engine goes on."""
    engine.alerts.raise_(
        API_NOT_SERVED,
        CRITICAL,
        sentence("The control API is not served"),
        problem,
        sentence("Free the port, or set another one as api.port; the sync itself goes on"),
    )
    engine.journal.log("CRITICAL", MONITOR, "The control API is not served: {problem}", problem=problem)


def api_served(engine: EngineService, url: str) -> None:
    """The engine can be reached from outside."""
    engine.alerts.clear(API_NOT_SERVED)
    engine.journal.log("INFO", MONITOR, "Control API at {url}", url=url)
