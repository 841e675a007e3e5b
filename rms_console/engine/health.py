"""The health check: looks at the engine and its dependencies and says what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rms_console.contract.events import EventName
from rms_console.contract.snapshot import EngineSnapshot
from rms_console.contract.state import Health
from rms_console.engine.journal import MONITOR
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

SIGNS = {Health.GOOD: "✓", Health.SLOW: "~", Health.DOWN: "✗", Health.OFF: "-", Health.UNKNOWN: "?"}


def proof_text(view: EngineSnapshot) -> str:
    """Return what is proven, in one sentence that can be told in any language."""
    proven = view.insight.proven
    if proven.state == "proven" and proven.last is not None:
        return sentence("{item} was read back", item=proven.last.item)
    return proven.reason or sentence("nothing was read back yet")


async def check(engine: EngineService) -> None:
    """Log one health check in the requirements' order: state, last run, pace, connections, memory, verdict.

    Then drop some of the oldest history.

    Raises:
        StoreError: the ledger cannot be written.
    """
    await engine.insight.check()
    view = await engine.snapshot()
    log = engine.journal.log
    log("INFO", MONITOR, "Health check started")
    level = "INFO" if view.is_healthy else "WARN"
    log(level, MONITOR, "Engine state: {state}", state=view.state)
    if view.last_cycle is not None:
        minutes = (view.at - view.last_cycle.started_at).total_seconds() / 60
        log("INFO", MONITOR, "Last run: {minutes} minutes ago", minutes=f"{minutes:.0f}")
    if view.rates.items_per_hour is not None:
        log("INFO", MONITOR, "Pace: {items} items/hour", items=f"{view.rates.items_per_hour:.0f}")
    names = {"rms": "RMS", "shopify": "Shopify", "redis": "Redis"}
    told = ", ".join(f"{names[link.name]} {SIGNS[link.health]}" for link in view.connections)
    log("INFO", MONITOR, "Connections: {connections}", connections=told)
    log("INFO" if view.insight.proven.is_well else "WARN", MONITOR, "Proof: {proof}", proof=proof_text(view))
    used, total = view.system.memory_bytes, view.system.memory_total_bytes
    log(
        "INFO",
        MONITOR,
        "Memory: {used}MB/{total}MB ({percent}%)",
        used=used >> 20,
        total=total >> 20,
        percent=f"{100 * used / total:.0f}" if total else "?",
    )
    log(level, MONITOR, "Health check done: {verdict}", verdict="HEALTHY" if view.is_healthy else "UNHEALTHY")
    engine.journal.publish(EventName.HEALTH_CHECKED, level, healthy=view.is_healthy)
    await engine.retention.tidy()
