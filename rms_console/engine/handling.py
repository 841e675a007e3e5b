"""Commands: each is carried out, or refused with the reason; either way it goes into the audit trail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from rms_console.contract.commands import (
    Accepted,
    AckAlerts,
    CancelCycle,
    ChangeSettings,
    Command,
    DecideHolds,
    DismissItems,
    FullSync,
    HealDrift,
    Pause,
    ProbeConnections,
    Refused,
    ReleaseLock,
    Reload,
    Reply,
    Resume,
    RetryItems,
    SetInterval,
    SetMode,
    Stop,
    Trigger,
    Verify,
)
from rms_console.contract.events import EventName
from rms_console.contract.records import QueueKey, QueueReason
from rms_console.contract.snapshot import PauseView
from rms_console.contract.state import Mode
from rms_console.engine import deciding, modes, pausing, settling, tending
from rms_console.engine.brakes import CANCELLED
from rms_console.engine.drift import asking
from rms_console.engine.journal import MONITOR
from rms_console.engine.reporting import Cause
from rms_console.engine.wakes import Wake
from rms_console.errors import ConsoleError, LeaseHeld, StoreError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService


async def handle(engine: EngineService, command: Command) -> Reply:
    """Carry a command out or refuse it; either way it is in the audit trail."""
    handler = HANDLERS.get(type(command.request))
    if handler is None:
        name = type(command.request).__name__
        return Refused(
            command.command_id, "not-supported", sentence("{name} is not part of this version yet", name=name)
        )
    try:
        reply = await handler(engine, command, command.request)
    except ConsoleError as error:
        reply = Refused(command.command_id, error.code, error.message, error.hint)
    engine.followups.accepted(command, reply)
    try:
        await _audit(engine, command, reply)
        await engine.ledger_watch.note()
    except StoreError as error:
        # What was done is done, and whoever asked must know; that no trace of it is kept is told in the log.
        engine.journal.log("ERROR", MONITOR, "The audit trail cannot be written: {message}", message=str(error))
    engine.followups.handled(command, reply)
    return reply


async def _audit(engine: EngineService, command: Command, reply: Reply) -> None:
    """Keep who asked for what and how it ended; tell it to every face, kept or not."""
    request, actor = command.request, command.actor
    detail = {**_learned(reply), **deciding.audit_detail(command, reply)}
    _tell(engine, command, reply)
    await engine.deps.disk(
        engine.deps.ledger.append_audit,
        engine.deps.clock.now(),
        actor.name,
        actor.host,
        actor.via,
        type(request).__name__,
        detail,
    )


def _learned(reply: Reply) -> dict[str, str]:
    """Return what a command found or changed, where its request alone does not tell: old and new values."""
    return {key: str(fact) for key, fact in reply.facts.items()} if isinstance(reply, Accepted) else {}


def _tell(engine: EngineService, command: Command, reply: Reply) -> None:
    """Tell every face. `result`: accepted or refused; `code`: why it was refused, empty when it was not."""
    engine.journal.publish(
        EventName.COMMAND_HANDLED,
        command_id=command.command_id,
        action=type(command.request).__name__,
        by=command.actor.name,
        result="refused" if isinstance(reply, Refused) else "accepted",
        code=reply.code if isinstance(reply, Refused) else "",
        message=reply.message,
    )


async def _pause(engine: EngineService, command: Command, request: Pause) -> Reply:
    if engine.pause is not None:
        return Refused(command.command_id, "paused", sentence("already paused by {by}", by=engine.pause.by))
    await pausing.begin(
        engine, PauseView(command.actor.name, request.reason, engine.deps.clock.now(), request.until_at)
    )
    return Accepted(command.command_id, sentence("paused: changes are still read and queued, nothing is sent"))


async def _resume(engine: EngineService, command: Command, request: Resume) -> Reply:
    waiting = engine.standby.waiting()
    if engine.pause is None:
        if waiting is not None:
            return _stands_by(command, waiting)
        return Refused(command.command_id, "not-paused", sentence("the engine is not paused"))
    await pausing.end(engine)
    if waiting is not None:
        told = sentence("the pause is over, and it stands by: {message}", message=waiting.message)
        return Accepted(command.command_id, told)
    return Accepted(command.command_id, sentence("resumed: the next run starts now"))


def _stands_by(command: Command, waiting: LeaseHeld) -> Refused:
    """Return the answer of a standby to whoever wants it to write: for whom it waits, and when that ends."""
    told = sentence("it is not paused, it stands by: {message}", message=waiting.message)
    return Refused(command.command_id, waiting.code, told, waiting.hint)


def _paused(pause: PauseView) -> str:
    if not pause.reason:
        return sentence("paused by {by}", by=pause.by)
    return sentence("paused by {by}: {reason}", by=pause.by, reason=pause.reason)


async def _trigger(engine: EngineService, command: Command, request: Trigger) -> Reply:
    if engine.pause is not None and not request.force:
        return Refused(command.command_id, "paused", _paused(engine.pause), sentence("resume first, or force it"))
    waiting = engine.standby.waiting()
    if waiting is not None:
        return _stands_by(command, waiting)
    items: tuple[int, ...] = ()
    if request.styles or request.skus:
        deps = engine.deps
        items = await deps.sql(deps.source.find_items, request.styles, request.skus)
        if not items:
            asked = ", ".join(request.styles + request.skus)
            told = sentence("RMS has no item {asked}", asked=asked)
            return Refused(command.command_id, "not-found", told, sentence("check the spelling"))
        keys = [QueueKey(item, QueueReason.MANUAL) for item in items]
        await deps.disk(deps.ledger.enqueue, keys, None, deps.clock.now())
    engine.manual.append(
        Cause(
            "manual",
            command.actor.name,
            request.reason,
            items,
            request.batch_size,
            request.include_zero_stock,
            forced=request.force,
            command_id=command.command_id,
        )
    )
    engine.wakes.ring(Wake.MANUAL)
    if engine.recovery.fault is not None:
        # Somebody thinks that it works again: look now. The run follows when it does.
        engine.wakes.ring(Wake.RECOVER)
    return Accepted(command.command_id, sentence("a run starts now"), {"items": len(items)})


async def _full_sync(engine: EngineService, command: Command, request: FullSync) -> Reply:
    if engine.pause is not None:
        return Refused(command.command_id, "paused", _paused(engine.pause), sentence("resume first"))
    waiting = engine.standby.waiting()
    if waiting is not None:
        return _stands_by(command, waiting)
    await engine.reconciler.ask(request.reason)
    engine.manual.append(
        Cause(
            "full sync",
            command.actor.name,
            request.reason,
            include_zero_stock=request.include_zero_stock,
            command_id=command.command_id,
        )
    )
    engine.drift.ask(f"{command.command_id}-shop", request.reason, command.actor.name, awaits_reconcile=True)
    engine.wakes.ring(Wake.MANUAL)
    return Accepted(command.command_id, sentence("the full comparison starts now"))


async def _stop(engine: EngineService, command: Command, request: Stop) -> Reply:
    engine.stop()
    return Accepted(command.command_id, sentence("stopping: what is in flight is settled first"))


async def _cancel(engine: EngineService, command: Command, request: CancelCycle) -> Reply:
    if not engine.runner.ask(CANCELLED):
        return Refused(command.command_id, "idle", sentence("no run is on now"))
    return Accepted(command.command_id, sentence("the run ends after the products in flight"))


async def _decide(engine: EngineService, command: Command, request: deciding.Decision) -> Reply:
    """Retry, dismiss, approve, reject; what is due by it goes with a cycle that starts now."""
    deps = engine.deps
    reply = await deps.disk(deciding.decide, deps.ledger, command, request, deps.clock.now())
    if isinstance(reply, Accepted) and not isinstance(request, DismissItems):
        engine.waits_for_schedule = False
        engine.wakes.ring(Wake.RETRY)
    return reply


async def _mode(engine: EngineService, command: Command, request: SetMode) -> Reply:
    deps = engine.deps
    if request.mode not in tuple(Mode):
        return Refused(
            command.command_id,
            "invalid",
            sentence("{mode}: allowed are {modes}", mode=request.mode, modes=", ".join(Mode)),
        )
    mode, now = Mode(request.mode), deps.clock.now()
    if mode is Mode.LIVE and deps.fingerprint is not None and engine.runner.mode is not Mode.LIVE:
        present = await deps.disk(deps.fingerprint)
        obstacle = await deps.disk(modes.obstacle, deps.ledger, present, now)
        if obstacle is not None:
            return Refused(command.command_id, obstacle.code, *obstacle.told("en"))
    changed = await deps.disk(modes.choose, deps.ledger, engine.settings.mode, mode)
    if mode is Mode.OBSERVE:
        engine.runner.ask("observe")
    engine.wakes.ring(Wake.SCHEDULE)
    told = sentence("the mode is {mode}" if changed else "the mode is {mode} already", mode=mode)
    return Accepted(command.command_id, told)


HANDLERS: dict[type[Any], Callable[[Any, Command, Any], Awaitable[Reply]]] = {
    Pause: _pause,
    Resume: _resume,
    Trigger: _trigger,
    FullSync: _full_sync,
    SetInterval: settling.interval,
    ChangeSettings: settling.change,
    Reload: settling.reload,
    Stop: _stop,
    CancelCycle: _cancel,
    RetryItems: _decide,
    DismissItems: _decide,
    DecideHolds: _decide,
    SetMode: _mode,
    AckAlerts: tending.ack,
    ProbeConnections: tending.probe,
    ReleaseLock: tending.release_lock,
    Verify: asking.verify,
    HealDrift: asking.heal,
}
