"""Whether the shop is equal to the store, by the latest comparison of both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from rms_console.contract.snapshot import EngineSnapshot
from rms_console.domain.findings import Finding
from rms_console.engine.diagnosis.facts import Facts, ok, warn
from rms_console.locale import mark

OLD: Final = timedelta(days=3)


def latest(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say what the latest comparison of store and shop found, and how old it is."""
    drift = seen.drift
    if not drift.last_at:
        return
    age = facts.now - datetime.fromisoformat(drift.last_at)
    told = {
        "found": drift.last_found,
        "waiting": drift.last_waiting,
        "variants": drift.last_variants,
        "hours": max(0, age // timedelta(hours=1)),
    }
    if drift.last_problem:
        yield warn(
            mark("The latest comparison of store and shop came to no end: {problem}"),
            mark("see that RMS and Shopify answer, then run `rms-console verify`"),
            problem=drift.last_problem,
        )
    elif drift.last_found:
        yield warn(
            mark("Store and shop differed in {found} values {hours} hours ago, and {waiting} more are known"),
            mark("look at the differences (`V` in the console), mend them there or with `rms-console verify --fix`"),
            **told,
        )
    elif age > OLD:
        yield warn(
            mark("Store and shop were last compared {hours} hours ago"),
            mark("set sync.full_sync_at, or run `rms-console verify`"),
            **told,
        )
    else:
        yield ok(
            mark("Store and shop were equal {hours} hours ago ({variants} variants, {waiting} known to wait)"), **told
        )
