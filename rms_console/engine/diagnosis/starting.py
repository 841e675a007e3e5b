"""Why nothing begins: switched off, an end that is not reached, the wrong zone, somebody else's lock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from rms_console.contract.snapshot import EngineSnapshot
from rms_console.contract.state import EngineState, Health, LockStatus, Mode
from rms_console.domain.findings import Finding
from rms_console.engine.diagnosis.facts import Facts, fail, offset_of, ok, warn
from rms_console.locale import mark

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
LONG_START: Final = timedelta(minutes=5)
LEAST_SILENCE_S: Final = 900.0
"""So long no run need be worrying, however short the interval."""


def engine(facts: Facts) -> Iterator[Finding]:
    """Say whether an engine answers, and whether it works."""
    seen = facts.seen
    if facts.ledger_problem:
        yield warn(
            mark("The engine runs, and cannot tell how it is"),
            mark("what keeps it from that stands with the ledger"),
        )
    elif seen is None:
        yield fail(
            mark("No engine answers for this shop"),
            mark("start it: `rms-console`, or `rms-console --no-ui` for a service; app.log says why it ended"),
        )
    elif seen.state is EngineState.STOPPED:
        yield fail(mark("The engine has stopped"), mark("start it again; app.log says why it ended"))
    elif seen.fault is not None:
        yield fail(
            mark("The engine cannot work ({code}): {problem}"),
            mark("{hint}; it goes on trying by itself") if seen.fault.hint else mark("it goes on trying by itself"),
            code=seen.fault.code,
            problem=seen.fault.message,
            hint=seen.fault.hint,
            attempt=seen.fault.attempt,
        )
    elif seen.state is EngineState.STARTING and facts.now - seen.since_at > LONG_START:
        minutes = (facts.now - seen.since_at) // timedelta(minutes=1)
        yield warn(
            mark("The engine has been starting for {minutes} minutes"),
            mark("the last step in app.log (STARTUP, DATABASE, SHOPIFY) is the one it waits for"),
            minutes=minutes,
        )
    else:
        yield ok(mark("The engine works (state {state})"), state=seen.state.value)


def enabled(facts: Facts) -> Iterator[Finding]:
    """Say whether runs begin by themselves."""
    flag = facts.flag("sync.enabled") if facts.seen is None else facts.seen.enabled
    if flag is False:
        yield fail(
            mark("Scheduled runs are off (sync.enabled = false)"),
            mark("set sync.enabled = true (ENABLE_SCHEDULED_SYNC); until then only `trigger` runs"),
        )
    elif flag:
        yield ok(mark("Scheduled runs are on"))


def last_run(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether runs follow each other as they should."""
    if not seen.enabled or seen.pause is not None or seen.fault is not None or seen.state is EngineState.STARTING:
        return
    began = seen.progress.started_at if seen.progress is not None else seen.last_check_at
    # The last run may be of the process before: an engine that was just started has missed nothing yet.
    if began is None and seen.lock.since_at is None:
        return
    silent_s = (facts.now - max(one for one in (began, seen.lock.since_at, LONG_AGO) if one)).total_seconds()
    most_s = max(LEAST_SILENCE_S, 2 * seen.interval_s)
    if silent_s > most_s:
        yield fail(
            mark("No run for {minutes} minutes; one is due every {interval} minutes"),
            mark("run one by hand (`rms-console trigger`); if it does not come, stop the engine and start it again"),
            minutes=round(silent_s / 60),
            interval=f"{seen.interval_s / 60:g}",
        )
    elif seen.last_check_at is not None:
        yield ok(mark("The last run began {minutes} min ago"), minutes=round(silent_s / 60))


def rms(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether RMS is reached."""
    yield from _link(
        facts, "rms", "RMS", mark("`rms-console check` says what is wrong: address, login, driver, rights")
    )


def shopify(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether the shop is reached."""
    remedy = mark("`rms-console check` says what is wrong: network, token, scopes, API version")
    yield from _link(facts, "shopify", "Shopify", remedy)


def _link(facts: Facts, name: str, shown: str, remedy: str) -> Iterator[Finding]:
    view = facts.link(name)
    if view is None:
        return
    told = {"name": shown, "seconds": "?" if view.latency_s is None else f"{view.latency_s:.2f}"}
    if view.health is Health.DOWN:
        yield fail(mark("{name} is not reached: {detail}"), remedy, **told, detail=view.detail or "?")
    elif view.health is Health.SLOW:
        yield warn(mark("{name} answers slowly ({seconds} s)"), remedy, **told)
    elif view.health is Health.UNKNOWN:
        yield warn(mark("{name} was not reached yet"), remedy, **told)
    elif view.health is Health.GOOD:
        yield ok(mark("{name} answers ({seconds} s)"), **told)


def redis(facts: Facts) -> Iterator[Finding]:
    """Say what Redis does for this engine; nothing where nobody set it up."""
    if not facts.text("redis.url"):
        return
    view = facts.link("redis")
    if view is not None and view.health is Health.DOWN:
        yield fail(
            mark("Redis is not reached: {detail}"),
            mark("check redis.url, its port and the network"),
            detail=view.detail or "?",
        )
    elif view is not None and view.health in (Health.GOOD, Health.SLOW):
        yield ok(mark("Redis answers"))
    else:
        yield warn(
            mark("Redis was not asked yet"),
            mark("the engine asks it when it starts: is one running?"),
        )


def time_zone(facts: Facts) -> Iterator[Finding]:
    """Say whether the store's zone is known and agrees with RMS's server and with the shop."""
    name = facts.zone or facts.text("store.timezone")
    if not name:
        return
    mine = offset_of(name, facts.now)
    remedy = mark("set store.timezone to the store's own zone, for instance America/Costa_Rica")
    if mine is None:
        yield fail(mark("The time zone {zone} is not known"), remedy, zone=name)
        return
    theirs = facts.rms_offset_minutes
    shop = offset_of(facts.shop_zone, facts.now)
    if theirs is not None and timedelta(minutes=theirs) != mine:
        yield warn(
            mark("The RMS server's clock is {theirs} h from UTC, the store's zone {zone} {mine} h"),
            remedy,
            zone=name,
            theirs=f"{theirs / 60:+g}",
            mine=f"{mine / timedelta(hours=1):+g}",
        )
    elif shop is not None and shop != mine:
        yield warn(mark("The shop's zone is {shop}, the store's {zone}"), remedy, zone=name, shop=facts.shop_zone)
    elif facts.settings and not facts.text("store.timezone") and facts.seen is not None and not facts.seen.demo:
        yield warn(mark("store.timezone is not set: this machine's zone {zone} is used"), remedy, zone=name)
    else:
        yield ok(mark("The store's zone is {zone}"), zone=name)


def mode(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether anything is sent at all."""
    if seen.mode is Mode.OBSERVE:
        yield warn(
            mark("The engine observes: changes are found and planned, nothing is sent to the shop"),
            mark("look at `rms-console plan`, then `rms-console go-live`"),
        )
    else:
        yield ok(mark("Changes are sent to the shop"))


def lock(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether this engine may write."""
    told = {"owner": seen.lock.owner or "?", "host": seen.lock.host or "?", "pid": seen.lock.pid or "?"}
    if seen.lock.status is LockStatus.HELD_BY_OTHER and facts.text("redis.url"):
        yield ok(mark("This engine stands by: {owner} writes the shop"), **told)
    elif seen.lock.status is LockStatus.HELD_BY_OTHER:
        yield fail(
            mark("Another engine holds the lock: {owner} on {host}, process {pid}"),
            mark("keep one engine a shop: stop the other one, then this one goes on"),
            **told,
        )
    elif seen.lock.status is LockStatus.HELD:
        yield ok(mark("This engine holds the lock of the shop"))


def api(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether scripts and other consoles can reach the engine."""
    endpoint = facts.surroundings.endpoint if facts.surroundings is not None else None
    if facts.flag("api.enabled") is False:
        yield warn(
            mark("The control API is off: no script, no command and no other console reaches this engine"),
            mark("set api.enabled = true"),
        )
    elif endpoint is not None and endpoint.problem:
        yield warn(
            mark("The control API is not served: {problem}"),
            mark("free the port, or choose another one in api.port, and start again"),
            problem=endpoint.problem,
        )
    elif endpoint is not None and endpoint.boot_id == seen.boot_id and endpoint.url:
        yield ok(mark("The control API answers at {url}"), url=endpoint.url)
    elif facts.surroundings is not None:
        yield warn(
            mark("The control API of this engine is not announced: scripts and other consoles do not find it"),
            mark("start the engine again; if it stays so, app.log says why"),
        )


def settings(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say how many warnings the settings and the two ends gave."""
    if not seen.warnings:
        yield ok(mark("The settings do not contradict each other"))
        return
    yield warn(
        mark("Warnings about the settings: {count}; the first: {first}"),
        mark("`rms-console check` lists them with what to do"),
        count=len(seen.warnings),
        first=seen.warnings[0],
    )
