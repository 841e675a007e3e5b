"""Notices that prices were worked out for an instant that has not come yet: the time of day was set back since.

A price is worked out for an instant, and what opened or closed a sale up to then is let go as passed. A machine that
begins hours ahead until its clock is set right would leave the sales of those hours out. Whatever was worked out is
right again by itself once that instant has really come; so a clock that is a little off needs nothing.

What failed in those hours is put off until a time that is as far ahead: that is tried at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from rms_console.contract.records import QueueState
from rms_console.engine import reconcile
from rms_console.engine.deps import Deps
from rms_console.engine.journal import DETECTOR, Journal
from rms_console.engine.retry import LONGEST_WAIT_S

FACT_PRICED_AT = "priced_at"
"""The latest instant for which prices were worked out. It lies in the ledger: whoever did so may be gone."""
SLACK = timedelta(minutes=1)
LONGEST = timedelta(seconds=2 * LONGEST_WAIT_S)
"""No failure puts an item off for so long; where the shop asks for more, it is asked once more."""
ENTRIES_A_READ = 1000


class PriceClock:
    def __init__(self, deps: Deps, journal: Journal) -> None:
        self._deps = deps
        self._journal = journal

    async def look(self) -> None:
        """Have all prices compared anew where they were worked out for later than it is now."""
        deps, latest, now = self._deps, await self._latest(), self._deps.clock.now()
        if latest is None or latest - now <= SLACK:
            return
        # Asked for first, so that a crash in between cannot lose it.
        await reconcile.ask(deps, "clock set back")
        await self._try_again(now)
        await self._keep(now)
        minutes = f"{(latest - now) / timedelta(minutes=1):.0f}"
        self._journal.log(
            "WARN",
            DETECTOR,
            "The clock was set back by about {minutes} minutes: all prices are compared, as sales begin and end by it",
            minutes=minutes,
        )

    async def priced(self, at: datetime) -> None:
        """Remember that prices were worked out for `at`, before anything that follows from them is recorded."""
        latest = await self._latest()
        if latest is None or latest < at:
            await self._keep(at)

    async def _try_again(self, now: datetime) -> None:
        """Make due what waits for its next try until a time that only the clock that was ahead can have set."""
        deps, put_off, seen = self._deps, list[int](), 0
        while entries := await deps.disk(deps.ledger.queue_page, (QueueState.RETRYING,), ENTRIES_A_READ, seen):
            put_off += [one.item_id for one in entries if one.next_try_at and one.next_try_at - now > LONGEST]
            seen += len(entries)
        if put_off:
            await deps.disk(deps.ledger.release, put_off, now)

    async def _latest(self) -> datetime | None:
        text = await self._deps.disk(self._deps.ledger.get_fact, FACT_PRICED_AT)
        return datetime.fromisoformat(text) if text else None

    async def _keep(self, at: datetime) -> None:
        await self._deps.disk(self._deps.ledger.set_fact, FACT_PRICED_AT, at.isoformat())
