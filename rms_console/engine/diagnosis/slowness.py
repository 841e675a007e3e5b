"""Why it is slow: the portions, the spacing, connections opened anew, a column without an index, a busy machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rms_console.contract.snapshot import EngineSnapshot
from rms_console.domain import soundness
from rms_console.domain.findings import Finding, Level
from rms_console.engine.diagnosis.facts import Facts, fail, ok, warn
from rms_console.locale import mark

HIGH_LOAD, FULL_LOAD = 0.7, 1.0
SLOW_BATCH_S: Final = 60.0
BUSY_PERCENT: Final = 80.0
LAGGING_S: Final = 0.25
BACKLOG: Final = 100


def cycle_time(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Compare what runs take with the time between two."""
    took_s = seen.rates.p95_s
    if took_s is None or seen.interval_s <= 0:
        return
    ratio = took_s / seen.interval_s
    told = {"took": f"{took_s:.1f}", "interval": f"{seen.interval_s:g}"}
    remedy = mark("raise sync.interval_minutes, or lower sync.max_items_per_run")
    message = mark("Of 20 runs one takes {took} s or more; there is one every {interval} s")
    if ratio >= FULL_LOAD:
        yield fail(message, remedy, **told)
    elif ratio >= HIGH_LOAD:
        yield warn(message, remedy, **told)
    else:
        yield ok(mark("Runs take {took} s at most (19 of 20); there is one every {interval} s"), **told)


def batch_size(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether batches are too large for what they take."""
    size, took_s = facts.number("sync.batch_size"), seen.rates.avg_batch_s
    if size is None or took_s is None:
        return
    told = {"size": round(size), "took": f"{took_s:.1f}", "half": max(1, round(size) // 2)}
    if took_s > SLOW_BATCH_S and size > 1:
        yield warn(
            mark("A batch of {size} products takes {took} s"), mark("lower sync.batch_size, to {half} say"), **told
        )
    else:
        yield ok(mark("A batch of {size} products takes {took} s"), **told)


def pace(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether a setting holds a backlog back that the shop would take."""
    if seen.queue.waiting < BACKLOG or seen.pause is not None:
        return
    told = {"count": seen.queue.waiting}
    if seen.bucket.limited_by == "batch_delay":
        yield warn(
            mark("Items held back by sync.batch_delay_s: {count}"),
            mark("set sync.batch_delay_s = 0: the shop's limit is kept without it"),
            **told,
        )
    elif seen.bucket.limited_by == "jobs":
        yield warn(
            mark("Items held back by sync.max_concurrent_jobs: {count}"),
            mark("set sync.max_concurrent_jobs = 0: as many as the shop's points carry"),
            **told,
        )


def pooling(facts: Facts) -> Iterator[Finding]:
    """Say whether connections are kept open."""
    flag = facts.flag("rms.pooling")
    if flag is False:
        yield warn(
            mark("Connections to RMS are opened anew for each read (rms.pooling = false)"),
            mark("set rms.pooling = true (SYNC_USE_CONNECTION_POOLING)"),
        )
    elif flag:
        yield ok(mark("Connections to RMS are kept open"))


def index(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether looks for changes cost RMS too much, which an index on their column would mend."""
    if facts.look_s is None:
        return
    watches = 0 < seen.watch_s < seen.interval_s
    between_s = seen.watch_s if watches else seen.interval_s
    where = "sync.watch_s" if watches else "sync.interval_minutes"
    found = soundness.judge_pace(facts.look_s, between_s, where)
    if found.level is Level.OK:
        yield found
        return
    column = "DBTimeStamp" if seen.source.detection == "rowversion" else "LastUpdated"
    yield warn(
        found.message,
        mark("set {where} to {least} s or more, or ask for an index on Item.{column}"),
        **found.facts,
        where=where,
        column=column,
    )


def load(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say whether this machine leaves the engine room to work."""
    cpu, lag_s = seen.system.cpu_percent, seen.rates.loop_lag_p99_s
    if lag_s is not None and lag_s > LAGGING_S:
        yield warn(
            mark("The engine's loop waits up to {lag} s for its turn"),
            mark("something else keeps this machine busy: look at its processes, or move the engine"),
            lag=f"{lag_s:.2f}",
        )
    elif cpu is not None and cpu > BUSY_PERCENT:
        yield warn(
            mark("This process uses {percent} % of a processor"),
            mark("raise sync.interval_minutes, or lower sync.max_items_per_run"),
            percent=f"{cpu:.0f}",
        )
    elif cpu is not None:
        yield ok(mark("This process uses {percent} % of a processor"), percent=f"{cpu:.0f}")
