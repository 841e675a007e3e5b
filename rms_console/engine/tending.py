"""What a person does to keep the engine in order: look at the connections now, see alerts, clear a dead lock."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rms_console.contract.commands import Accepted, AckAlerts, Command, ProbeConnections, Refused, ReleaseLock, Reply
from rms_console.contract.events import EventName
from rms_console.contract.snapshot import ConnectionView
from rms_console.contract.state import Health, LockStatus
from rms_console.engine.journal import Journal
from rms_console.engine.wakes import Wake
from rms_console.errors import ConsoleError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

PROBE_WITHIN_S: Final = 20.0
WELL: Final = (Health.GOOD, Health.SLOW)
CONFIRM: Final = "release"


async def probe(engine: EngineService, command: Command, request: ProbeConnections) -> Reply:
    """Ask both ends now and tell how each answered. It changes nothing of what the engine is at."""
    wanted = {"rms": request.test_rms, "shopify": request.test_shopify, "redis": request.test_redis}
    names = [name for name, is_wanted in wanted.items() if is_wanted]
    await asyncio.gather(*(_probe(engine, name) for name in names if name != "redis"))
    if "redis" in names:
        with suppress(ConsoleError):
            await engine.standby.probe()
    facts: dict[str, str | int | float | bool | None] = {}
    bad = []
    for view in engine.links.views:
        if view.name in names:
            facts |= _facts(view)
            bad += [view.name] if view.health is Health.DOWN else []
    if bad:
        told = sentence("no good answer from {names}", names=", ".join(bad))
    else:
        told = sentence("all connections that are set up answer")
    return Accepted(command.command_id, told, facts)


async def _probe(engine: EngineService, name: str) -> None:
    before = engine.links.view(name).health
    try:
        async with asyncio.timeout(PROBE_WITHIN_S):
            await engine.startup.probe("rms" if name == "rms" else "shop")
    except ConsoleError as error:
        engine.links.mark(name, Health.DOWN, None, error.message)
    except TimeoutError:
        engine.links.mark(name, Health.DOWN, None, sentence("no answer in {seconds} s", seconds=PROBE_WITHIN_S))
    if engine.links.view(name).health is before:
        # A change was told already; who asked wants to hear that nothing changed, too.
        tell_connection(engine.journal, engine.links.view(name))


def tell_connection(journal: Journal, view: ConnectionView) -> None:
    """Publish how a dependency answered."""
    journal.publish(
        EventName.CONNECTION_CHANGED,
        "WARN" if view.health is Health.DOWN else "INFO",
        name=view.name,
        health=view.health.value,
        latency_s=view.latency_s,
        detail=view.detail,
    )


def _facts(view: ConnectionView) -> dict[str, str | int | float | bool | None]:
    is_known = view.health not in (Health.OFF, Health.UNKNOWN)
    return {
        f"{view.name}_ok": view.health in WELL if is_known else None,
        f"{view.name}_health": view.health.value,
        f"{view.name}_latency_s": view.latency_s,
        f"{view.name}_detail": view.detail,
    }


async def ack(engine: EngineService, command: Command, request: AckAlerts) -> Reply:
    """Mark alerts as seen."""
    marked = engine.alerts.ack(request.alert_ids, command.actor.name)
    if not marked:
        told = sentence("there is no such alert that nobody has seen")
        return Refused(command.command_id, "not-found", told)
    return Accepted(
        command.command_id, sentence("{count} {count:alert|alerts} seen", count=len(marked)), {"count": len(marked)}
    )


async def release_lock(engine: EngineService, command: Command, request: ReleaseLock) -> Reply:
    """Take the shop over from an engine elsewhere; else remove what a process that died left of its lock.

    Raises:
        LeaseError: it cannot be removed. ShopError: the shop did not say who claims it.
    """
    if request.confirm != CONFIRM:
        told = sentence('write "release" to confirm')
        return Refused(command.command_id, "invalid", told)
    taken = await engine.fence.take_over()
    if taken is not None:
        told = sentence("the shop is claimed for this engine; {host} no longer writes it", host=taken.host)
        engine.wakes.ring(Wake.SCHEDULE)
        return Accepted(command.command_id, told, {"host": taken.host})
    lease = engine.deps.lease
    owner, status = lease.owner(), lease.status()
    if owner is None or status is LockStatus.AVAILABLE:
        return Refused(command.command_id, "not-found", sentence("nobody holds the lock"))
    facts = {"pid": owner.pid, "host": owner.host, "since": owner.since_at.strftime("%Y-%m-%d %H:%M:%S UTC")}
    if status is LockStatus.HELD:
        told = sentence("this engine itself holds the lock (process {pid} on {host}, since {since})", **facts)
        return Refused(command.command_id, "lock-alive", told, sentence("stop the engine to give it back"))
    if status is LockStatus.HELD_BY_OTHER:
        told = sentence("process {pid} on {host} holds the lock since {since} and is alive", **facts)
        return Refused(command.command_id, "lock-alive", told, sentence("stop that process first"))
    lease.forget_dead()
    told = sentence("what process {pid} on {host} left of its lock is removed", **facts)
    return Accepted(command.command_id, told, {"pid": owner.pid, "host": owner.host})
