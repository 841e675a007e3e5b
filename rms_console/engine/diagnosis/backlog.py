"""Whether the shop is as RMS is: what waits, since when, why; and the room and the clocks that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from rms_console.contract.check import FolderFacts
from rms_console.contract.snapshot import EngineSnapshot
from rms_console.domain.findings import Finding, Level
from rms_console.domain.soundness import judge_rms_clock, judge_shop_clock
from rms_console.domain.zone import to_local
from rms_console.engine.diagnosis.facts import Facts, fail, offset_of, ok, warn
from rms_console.locale import mark

OLD_S, VERY_OLD_S = 600.0, 3600.0
HELD_BACK_S, LONG_HELD_BACK_S = 600.0, 3600.0
LONG_PAUSE: Final = timedelta(hours=24)
SCARCE_BYTES, LEAST_BYTES = 1 << 30, 100 << 20


def unsent(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say how old the oldest change is that the shop does not have."""
    age_s = seen.queue.oldest_unsent_s
    told = {"minutes": "0" if age_s is None else f"{age_s / 60:.0f}", "count": seen.queue.waiting + seen.queue.retrying}
    remedy = mark("the other findings say what holds it up; `rms-console queue list` shows what waits")
    message = mark("The oldest change has waited {minutes} min for the shop; items waiting: {count}")
    if age_s is None:
        yield ok(mark("Nothing waits for the shop"))
    elif age_s > max(VERY_OLD_S, 4 * seen.interval_s):
        yield fail(message, remedy, **told)
    elif age_s > max(OLD_S, 2 * seen.interval_s):
        yield warn(message, remedy, **told)
    else:
        yield ok(message, **told)


def watermark(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say for how long an open transaction has kept the watermark back."""
    lag_s = seen.source.watermark_lag_s
    if lag_s is None:
        return
    told = {"minutes": f"{lag_s / 60:.0f}"}
    message = mark("A transaction open in RMS has kept the watermark back for {minutes} minutes")
    remedy = mark("look who keeps it open (DBCC OPENTRAN); changes arrive all the same, and are read again")
    if lag_s > LONG_HELD_BACK_S:
        yield fail(message, remedy, **told)
    elif lag_s > HELD_BACK_S:
        yield warn(message, remedy, **told)
    else:
        yield ok(mark("Every change in RMS up to the last look is in the queue"))


def holds(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say what waits for a person's yes."""
    if not seen.queue.held:
        yield ok(mark("Nothing waits for a person's yes"))
        return
    since = facts.most_held_at
    hours = None if since is None else (facts.now - since) // timedelta(hours=1)
    told = {"count": seen.queue.held, "hours": "?" if hours is None else hours}
    remedy = mark("look at them (`8` in the console, or `rms-console holds list`), and say yes or no")
    if hours:
        yield warn(mark("Items that wait for a person's yes: {count}, the oldest for {hours} h"), remedy, **told)
    else:
        yield warn(mark("Items that wait for a person's yes: {count}"), remedy, **told)


def paused(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say since when the engine is paused, by whom and why."""
    pause = seen.pause
    if pause is None:
        yield ok(mark("The engine is not paused"))
        return
    for_s = facts.now - pause.since_at
    told = {"by": pause.by, "hours": for_s // timedelta(hours=1), "minutes": for_s // timedelta(minutes=1) % 60}
    told |= {"reason": pause.reason or "-", "since": pause.since_at.isoformat(timespec="minutes")}
    message = mark("Paused by {by} for {hours} h {minutes} min ({reason}): nothing reaches the shop")
    remedy = mark("resume when the reason is gone (`r` in the console, or `rms-console resume`)")
    yield fail(message, remedy, **told) if for_s > LONG_PAUSE else warn(message, remedy, **told)


def disk(facts: Facts) -> Iterator[Finding]:
    """Say whether ledger and log have room: one finding, of the worse folder."""
    folders = facts.surroundings.folders if facts.surroundings is not None else {}
    judged = [_folder(one) for one in folders.values()]
    worst = (Level.FAIL, Level.WARN, Level.OK)
    yield from sorted(judged, key=lambda finding: worst.index(finding.level))[:1]


def _folder(folder: FolderFacts) -> Finding:
    told = {"folder": folder.path, "free": _size(folder.free_bytes)}
    if not folder.is_writable:
        return fail(mark("{folder} cannot be written"), mark("give the engine's account the right to write it"), **told)
    if folder.free_bytes < LEAST_BYTES:
        return fail(mark("{folder} has {free} left"), mark("make room: without it nothing is sent"), **told)
    if folder.is_network:
        return warn(
            mark("{folder} lies on another machine ({kind}): locks there are not certain"),
            mark("choose a folder of this machine (--state-dir, --log-dir)"),
            **told,
            kind=folder.file_system or "?",
        )
    if folder.free_bytes < SCARCE_BYTES:
        return warn(mark("{folder} has {free} left"), mark("make room before it is full"), **told)
    return ok(mark("{folder} has {free} left"), **told)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 30):.1f} GB" if size_bytes >= 1 << 30 else f"{size_bytes >> 20} MB"


def rms_clock(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Compare the clock of RMS's server with the store's time: sales begin and end by it."""
    reading = facts.rms_clock
    if reading is not None and offset_of(facts.zone, facts.now) is not None:
        yield judge_rms_clock(reading.theirs, to_local(reading.ours, facts.zone), facts.zone)


def shop_clock(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Compare this machine's clock with Shopify's."""
    if facts.shop_clock is not None:
        yield judge_shop_clock(facts.shop_clock.theirs, facts.shop_clock.ours)
