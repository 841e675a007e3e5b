"""The engine's state as a short list of facts, for a screen, for paper and for a voice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rms_console.commands.backlog import backlog_text
from rms_console.commands.figures import HEALTH, LOCK, Row, age, clock, step
from rms_console.commands.proof import proof_row
from rms_console.commands.reaching import Words, fits
from rms_console.commands.wording import word
from rms_console.contract.api import StatusBody
from rms_console.contract.snapshot import CycleView, EngineSnapshot
from rms_console.control.client import EngineClient
from rms_console.errors import LinkError
from rms_console.locale import mark
from rms_console.locale.retelling import retell

UNKNOWN: Final = "UNKNOWN"
"""The state of an engine that runs and cannot be asked."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the status. `steady`: what a listener is told when it changes; None tells nothing new."""

    label: str
    text: str
    steady: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A status, and what more an engine of our own version tells."""

    body: StatusBody
    more: EngineSnapshot | None
    at: datetime


def read_seen(client: EngineClient, now: datetime) -> Seen:
    body: StatusBody = fits(StatusBody, client.get("/sync/monitor/status"), client.url)
    more: EngineSnapshot | None = None
    with contextlib.suppress(LinkError):
        more = client.snapshot()
    return Seen(body, more, more.at if more else now)


def status_facts(seen: Seen, words: Words) -> tuple[Fact, ...]:
    """Return the facts, the most important first."""
    return (
        _state(seen, words),
        *_trouble(seen, words),
        _unsent(seen, words),
        *_queue(seen, words),
        *_backlog(seen, words),
        *_mode(seen, words),
        *_times(seen, words),
        *_links(seen, words),
        *_proof(seen, words),
        _steady(words.phrase("Lock"), word(words.language, LOCK, seen.body.lock_status)),
        *_alerts(seen, words),
    )


def as_rows(facts: Sequence[Fact]) -> list[Row]:
    return [(fact.label, fact.text) for fact in facts]


def _steady(label: str, text: str) -> Fact:
    return Fact(label, text, text)


def _state(seen: Seen, words: Words) -> Fact:
    body, more = seen.body, seen.more
    if body.status == UNKNOWN:
        return _steady(words.phrase("Engine"), words.phrase("runs, but does not answer"))
    well = words.phrase("well" if body.is_healthy else "NOT WELL")
    told = f"{body.status}, {well}"
    if more is None or more.progress is None:
        return _steady(words.phrase("Engine"), told)
    run = more.progress
    done = words.phrase("{done} of {total} {total:product|products}", done=run.products_done, total=run.products_total)
    return Fact(words.phrase("Engine"), f"{told}, {done}" if run.products_total else told, told)


def _trouble(seen: Seen, words: Words) -> Iterator[Fact]:
    body, more = seen.body, seen.more
    if more is not None and more.pause is not None:
        pause = more.pause
        told = words.phrase("by {by} since {at}", by=pause.by, at=clock(pause.since_at, words, seen.at))
        if pause.until_at is not None:
            told += ", " + words.phrase("until {at}", at=clock(pause.until_at, words, seen.at))
        yield _steady(words.phrase("Paused"), f"{told}: {pause.reason}" if pause.reason else told)
    elif body.paused_by:
        yield _steady(words.phrase("Paused"), words.phrase("by {by}", by=body.paused_by))
    if more is not None and more.fault is not None:
        fault = more.fault
        yield _steady(words.phrase("Problem"), f"{fault.code}: {retell(words.language, fault.message)}")
        if fault.hint:
            yield _steady(words.phrase("What to do"), retell(words.language, fault.hint))
    elif body.problem:
        yield _steady(words.phrase("Problem"), body.problem)


def _unsent(seen: Seen, words: Words) -> Fact:
    label, oldest = words.phrase("Oldest unsent"), seen.body.oldest_unsent_s
    if oldest is not None:
        return Fact(label, age(oldest), step(oldest))
    return _steady(label, words.phrase("nothing waits"))


def _queue(seen: Seen, words: Words) -> Iterator[Fact]:
    names = (
        ("waiting", mark("{count} waiting")),
        ("retrying", mark("{count} to retry")),
        ("quarantined", mark("{count} set aside")),
        ("held", mark("{count} held for a yes")),
    )
    queue = seen.body.queue
    told = [words.phrase(template, count=queue[name]) for name, template in names if queue.get(name)]
    if queue:
        yield _steady(words.phrase("Queue"), ", ".join(told) or words.phrase("empty"))


def _backlog(seen: Seen, words: Words) -> Iterator[Fact]:
    backlog = seen.body.backlog
    if backlog is not None and (told := backlog_text(backlog, words, seen.at)):
        yield Fact(words.phrase("Catch-up"), told, "late" if backlog.exceeds_interval else None)


def _mode(seen: Seen, words: Words) -> Iterator[Fact]:
    mode = seen.body.mode
    if mode == "observe":
        yield _steady(words.phrase("Mode"), words.phrase("observe: nothing is sent to the shop"))
    elif mode:
        yield _steady(words.phrase("Mode"), mode)


def _times(seen: Seen, words: Words) -> Iterator[Fact]:
    body, now = seen.body, seen.at
    last = clock(body.last_check, words, now)
    if body.last_check is not None:
        last += f" ({_ago(now - body.last_check, words)})"
    cycle = seen.more.last_cycle if seen.more else None
    yield Fact(words.phrase("Last check"), f"{last}, {body.last_sync_duration}" if body.last_sync_duration else last)
    if cycle is not None:
        told = run_text(cycle, words)
        # A run that found nothing is no news.
        news = told if cycle.items_found or cycle.errors else None
        yield Fact(words.phrase("Last run"), told, news and f"{cycle.number}: {news}")
    if body.next_check is not None:
        yield Fact(words.phrase("Next check"), clock(body.next_check, words, now))
    count = words.phrase("{items} {items:item|items}", items=body.items_processed_today)
    yield Fact(words.phrase("Today"), count)


def run_text(cycle: CycleView, words: Words) -> str:
    """Return what one run did: its result, its counts, and its note."""
    told = words.phrase(
        "{result}, {items} {items:item|items}, {products} {products:product|products}, {errors} {errors:error|errors}",
        result=cycle.result,
        items=cycle.items_found,
        products=cycle.products_synced,
        errors=cycle.errors,
    )
    return f"{told}: {retell(words.language, cycle.note)}" if cycle.note else told


def _links(seen: Seen, words: Words) -> Iterator[Fact]:
    if seen.more is None:
        return
    for link in seen.more.connections:
        told = word(words.language, HEALTH, link.health.value)
        slow = told if link.latency_s is None else f"{told}, {1000 * link.latency_s:.0f} ms"
        why = f": {retell(words.language, link.detail)}" if link.health.value == "down" and link.detail else ""
        yield Fact(link.name, slow + why, told + why)


def _proof(seen: Seen, words: Words) -> Iterator[Fact]:
    proven = seen.body.proof
    if proven is not None:
        label, told = proof_row(proven, words, seen.at)
        # A new proof is no news; the lack of one is.
        yield Fact(label, told, proven.state)


def _alerts(seen: Seen, words: Words) -> Iterator[Fact]:
    for alert in seen.more.alerts if seen.more else ():
        yield _steady(words.phrase("Alert"), f"{alert.severity}: {retell(words.language, alert.title)}")


def _ago(passed: timedelta, words: Words) -> str:
    return words.phrase("{age} ago", age=age(passed.total_seconds()))
