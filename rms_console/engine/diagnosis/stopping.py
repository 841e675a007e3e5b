"""Why it stops: time-outs of the database, the shop's limits, memory, locks left behind, starts without end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from rms_console.contract.snapshot import EngineSnapshot
from rms_console.contract.state import LockStatus
from rms_console.domain.findings import Finding
from rms_console.engine.diagnosis.facts import Facts, fail, ok, warn
from rms_console.locale import mark

TIMEOUTS: Final = frozenset({"rms-timeout", "rms-locked", "rms-hung", "rms-pool-exhausted", "rms-deadlock"})
MANY_STARTS: Final = 5
MEMORY_PERCENT: Final = 80.0
"""Where no setting says."""


def ledger(facts: Facts) -> Iterator[Finding]:
    """Say whether the engine's own memory can be used."""
    if facts.ledger_problem:
        yield fail(
            mark("The ledger cannot be used: {problem}"),
            mark("make room on the disk of the state folder, and let no other program open the ledger"),
            problem=facts.ledger_problem,
        )


def database_timeouts(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether reads of RMS ended for want of time."""
    found = {code: count for code, count in errors_by_code(facts, seen).items() if code in TIMEOUTS}
    if found:
        yield warn(
            mark("RMS did not answer in time in 24 hours: {count} ({codes})"),
            mark("raise sync.interval_minutes, and look for long transactions and missing indexes on the server"),
            count=sum(found.values()),
            codes=", ".join(sorted(found)),
        )
    elif facts.cycles:
        yield ok(mark("No time-out of the database in 24 hours"))


def rate_limit(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether runs ended because the shop asked for a pause."""
    ended = sum(cycle.error_code == "shop-throttled" for cycle in facts.cycles)
    if ended:
        yield warn(
            mark("Runs that ended because Shopify asked to wait, in 24 hours: {count}"),
            mark("another app uses the shop's points too: lower sync.max_concurrent_jobs, or run that app at night"),
            count=ended,
        )
    elif facts.cycles:
        yield ok(mark("No run ended at Shopify's limit in 24 hours"))


def memory(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether this process has the memory it needs."""
    system = seen.system
    if not system.memory_total_bytes:
        return
    percent = 100 * system.memory_bytes / system.memory_total_bytes
    most = facts.number("alerts.memory_percent") or MEMORY_PERCENT
    told = {"used": system.memory_bytes >> 20, "total": system.memory_total_bytes >> 20, "percent": f"{percent:.0f}"}
    if percent > most:
        yield fail(
            mark("This process uses {used} MB of {total} MB ({percent} %): the system may end it"),
            mark("lower sync.max_items_per_run, or give the machine more memory; start the engine again meanwhile"),
            **told,
        )
    else:
        yield ok(mark("Memory: {used} MB of {total} MB ({percent} %)"), **told)


def orphan_lock(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether a lock was left behind, or is held for longer than a run may take."""
    if seen.lock.status is LockStatus.ORPHAN:
        yield fail(
            mark("A process that died left the lock behind ({owner} on {host}, process {pid})"),
            mark("release it on the lock page of the console, or start the engine again"),
            owner=seen.lock.owner or "?",
            host=seen.lock.host or "?",
            pid=seen.lock.pid or "?",
        )
    else:
        yield ok(mark("No lock was left behind"))


def stuck_run(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether the present run takes longer than a run may."""
    minutes = facts.number("sync.timeout_minutes")
    if seen.progress is None or minutes is None:
        return
    taken = facts.now - seen.progress.started_at
    if taken > timedelta(minutes=minutes):
        yield fail(
            mark("Run {number} has been going for {taken} minutes; it may take {most}"),
            mark("cancel it (`c` in the console); if it does not end, stop the engine and start it again"),
            number=seen.progress.cycle,
            taken=taken // timedelta(minutes=1),
            most=f"{minutes:g}",
        )


def restarts(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether the engine starts again and again."""
    starts = sum(facts.now - at < timedelta(hours=24) for at in facts.starts)
    if starts > MANY_STARTS:
        yield warn(
            mark("The engine was started {count} times in 24 hours"),
            mark("app.log says before each STARTUP why it ended; look at the service's restart rule too"),
            count=starts,
        )


def console_lost(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether a console on this engine went away."""
    for alert in seen.alerts:
        if alert.kind == "console_lost":
            yield warn(
                mark("The console was lost: {detail}"),
                mark("nothing to do for the sync: it goes on; a service (`--no-ui`) needs no terminal"),
                detail=alert.detail,
            )


def errors_by_code(facts: Facts, seen: EngineSnapshot) -> dict[str, int]:
    """Return how often each code ended or troubled a run: of 24 hours, or since the start, whichever tells more."""
    counted: dict[str, int] = {}
    for cycle in facts.cycles:
        if cycle.error_code:
            counted[cycle.error_code] = counted.get(cycle.error_code, 0) + max(1, cycle.errors + cycle.quarantined)
    for code, count in seen.errors_by_type.items():
        counted[code] = max(counted.get(code, 0), count)
    return counted
