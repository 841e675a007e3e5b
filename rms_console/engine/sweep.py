"""The value sweep: compares all that the shop has with RMS, a slice at a time, whatever stamps and versions say.

It is spread over its period so that the heavy view is never asked for much at once, and it rests at least twenty
times as long as a slice took. It begins with a look for deleted rows, which costs RMS next to nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rms_console.contract.events import EventName
from rms_console.contract.settings import EngineSettings
from rms_console.contract.snapshot import SweepView
from rms_console.domain.policy import Policy
from rms_console.engine.compare import Compared, Comparison, Miss
from rms_console.engine.deps import Deps
from rms_console.engine.journal import DETECTOR, Journal
from rms_console.engine.reconcile import IDS_A_READ, SLICE
from rms_console.engine.wakes import Wake

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

REST_RATIO = 20.0
SHORTEST_REST_S = 1.0
RETRY_S = 60.0
FACT_SWEEP = "sweep"


@dataclass(slots=True)
class Round:
    """One sweep from the lowest ItemID to the highest. Times are ISO texts: the round is kept as JSON."""

    began_at: str
    after: int = -1
    items: int = 0
    """Acknowledged items when it began: how many slices the period is divided into."""
    checked: int = 0
    queued: int = 0
    missed: dict[str, int] = field(default_factory=dict)
    ended_at: str | None = None

    def add(self, compared: Compared) -> None:
        self.checked += compared.checked
        self.queued += compared.queued
        self.missed = dict(Counter(self.missed) + Counter({miss.value: n for miss, n in compared.missed.items()}))


class Sweeper:
    def __init__(self, deps: Deps, journal: Journal, comparison: Comparison) -> None:
        self._deps = deps
        self._journal = journal
        self._comparison = comparison
        self._now: Round | None = None
        self._last: Round | None = None
        self._has_looked = False
        self.next_at: datetime | None = None
        """When the next slice is due; None while the sweep is off, or before the first."""

    async def load(self) -> None:
        """Remember where the last process was."""
        text = await self._deps.disk(self._deps.ledger.get_fact, FACT_SWEEP)
        kept = json.loads(text) if text else {}
        self._now = Round(**kept["now"]) if kept.get("now") else None
        self._last = Round(**kept["last"]) if kept.get("last") else None

    def begin(self) -> datetime:
        """Return when the first step is due: at once, to find what was deleted while no engine ran."""
        self.next_at = self._deps.clock.now()
        return self.next_at

    async def step(self, policy: Policy, settings: EngineSettings) -> int:
        """Compare the next slice and set the time of the one after it; return how many items were queued.

        Raises:
            SourceError, StoreError: the slice is compared again next time.
        """
        clock, period_s = self._deps.clock, settings.sweep_s
        began = clock.monotonic()
        # Set first, so that a slice that fails is tried again.
        self.next_at = clock.now() + timedelta(seconds=RETRY_S)
        queued = await self._work(replace(policy, force_update=False), settings)
        self.next_at = self._next(period_s, clock.monotonic() - began) if period_s > 0 else None
        return queued

    async def look_for_deleted(self, policy: Policy, zone: str) -> Compared:
        """Find acknowledged items whose row is gone from `Item`, and queue those not yet dealt with.

        Raises:
            SourceError, StoreError: nothing was changed.
        """
        deps, found, after = self._deps, Compared(), -1
        while ids := await deps.disk(deps.ledger.known_item_ids, after, IDS_A_READ):
            after = ids[-1]
            found.checked += len(ids)
            missing = sorted(await deps.sql(deps.source.missing, ids))
            for start in range(0, len(missing), SLICE):
                one = await self._comparison.known(missing[start : start + SLICE], policy, zone)
                found.queued += one.queued
                found.missed += one.missed
        return found

    def view(self) -> SweepView:
        """Return the last finished round and how far the present one is."""
        last, now = self._last, self._now
        return SweepView(
            began_at=_time(now.began_at) if now else None,
            done_ratio=min(1.0, now.checked / now.items) if now and now.items else None,
            last_at=_time(last.ended_at) if last and last.ended_at else None,
            checked=last.checked if last else 0,
            queued=last.queued if last else 0,
            missed=dict(last.missed) if last else {},
            next_at=self.next_at,
        )

    async def _work(self, policy: Policy, settings: EngineSettings) -> int:
        """Look for deleted rows when a process or a round begins, else compare a slice."""
        if self._has_looked and self._now is not None and settings.sweep_s > 0:
            queued = await self._slice(self._now, policy, settings.zone)
        elif not self._has_looked or settings.sweep_s > 0:
            queued = await self._look(policy, settings)
        else:
            return 0
        await self._save()
        return queued

    async def _look(self, policy: Policy, settings: EngineSettings) -> int:
        deleted = await self.look_for_deleted(policy, settings.zone)
        items, deleted.checked = deleted.checked, 0
        now = self._deps.clock.now()
        is_early = self._last is not None and _time(self._last.began_at) + timedelta(seconds=settings.sweep_s) > now
        if self._now is None and items and settings.sweep_s > 0 and (self._has_looked or not is_early):
            self._now = Round(now.isoformat(), items=items)
        if self._now is not None:
            self._now.add(deleted)
        self._has_looked = True
        return deleted.queued

    async def _slice(self, now: Round, policy: Policy, zone: str) -> int:
        ids = await self._deps.disk(self._deps.ledger.known_item_ids, now.after, SLICE)
        compared = await self._comparison.known(ids, policy, zone) if ids else Compared()
        now.add(compared)
        if len(ids) == SLICE:
            now.after = ids[-1]
        else:
            self._end_round(now)
        return compared.queued

    def _end_round(self, now: Round) -> None:
        now.ended_at = self._deps.clock.now().isoformat()
        self._last, self._now = now, None
        missed = {f"missed_{miss.value}": now.missed.get(miss.value, 0) for miss in Miss}
        self._journal.publish(EventName.COMPARED, reason="sweep", checked=now.checked, queued=now.queued, **missed)
        if now.queued:
            self._journal.log(
                "WARN",
                DETECTOR,
                "Value sweep: {queued} of {checked} items had changed unnoticed (joined table {joined}, no stamp "
                "{unstamped}, deleted {deleted})",
                queued=now.queued,
                checked=now.checked,
                joined=now.missed.get(Miss.JOINED_TABLE, 0),
                unstamped=now.missed.get(Miss.NO_STAMP, 0),
                deleted=now.missed.get(Miss.DELETED, 0),
            )

    def _next(self, period_s: float, took_s: float) -> datetime:
        """Return when the next slice is due: at its share of the period, and never without a rest."""
        now, rest_s = self._deps.clock.now(), max(SHORTEST_REST_S, REST_RATIO * took_s)
        if self._now is None:
            began = _time(self._last.began_at) if self._last else now
            return max(began + timedelta(seconds=period_s), now + timedelta(seconds=rest_s))
        slices = self._now.items // SLICE + 1
        return now + timedelta(seconds=max(rest_s, period_s / (slices + 1)))

    async def _save(self) -> None:
        kept: Mapping[str, object] = {
            "now": asdict(self._now) if self._now else None,
            "last": asdict(self._last) if self._last else None,
        }
        await self._deps.disk(self._deps.ledger.set_fact, FACT_SWEEP, json.dumps(kept))


async def turn(engine: EngineService) -> None:
    """Take the next step unless something keeps the engine from reading or from sending; set the time of the next.

    Raises:
        SourceError, StoreError: the step is taken again.
    """
    sweeper, world = engine.sweeper, engine.world
    hindered = world is None or engine.pause is not None or engine.recovery.fault is not None
    if hindered or engine.reconciler.is_due:
        engine.timetable.sweep_at(engine.deps.clock.now() + timedelta(seconds=RETRY_S))
        return
    try:
        queued = await sweeper.step(engine.mending.known_world().policy, engine.settings)
    finally:
        engine.timetable.sweep_at(sweeper.next_at)
    if queued:
        engine.wakes.ring(Wake.MORE)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
