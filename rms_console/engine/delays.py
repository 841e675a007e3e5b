"""How long a product's changes took from RMS to the shop."""

from __future__ import annotations

from datetime import datetime, timedelta

from rms_console.contract.events import Fact
from rms_console.contract.ports import Clock
from rms_console.contract.records import QueueEntry, QueueReason
from rms_console.domain.position import parse_stamp
from rms_console.domain.zone import to_utc
from rms_console.engine.job import Job

SECOND = timedelta(seconds=1)


def delays(job: Job, clock: Clock, zone: str) -> dict[str, Fact]:
    """Return how many changed items the product had and, of its changes, what the oldest one had to wait.

    `waited_s`: from being read until its turn came. `latency_s`: from its stamp in RMS until now; from being read where
    RMS keeps no time of changes. Both only of changes: what a comparison, a sale or a person asked for has no such
    time. `stamp`: the newest stamp. `item_id`: one of the items.
    """
    now = clock.now()
    facts: dict[str, Fact] = {"items": len(job.entries), "item_id": job.entries[0].item_id if job.entries else None}
    changes = [entry for entry in job.entries if entry.reason is QueueReason.CHANGE]
    if changes and not any(entry.attempts for entry in changes):
        whole = (now - min(entry.enqueued_at for entry in changes)) / SECOND
        facts["waited_s"] = round(max(0.0, whole - (clock.monotonic() - job.started)), 3)
    if changes:
        facts["latency_s"] = round(max((now - _since(entry, now, zone)) / SECOND for entry in changes), 3)
        facts["stamp"] = max((entry.position.stamp for entry in changes if entry.position is not None), default="")
    return facts


def _since(entry: QueueEntry, now: datetime, zone: str) -> datetime:
    """Return when the change was made. A stamp that lies ahead of our clock tells nothing."""
    if entry.position is None or not entry.position.stamp:
        return entry.enqueued_at
    made = to_utc(parse_stamp(entry.position.stamp), zone)
    return made if made <= now else entry.enqueued_at
