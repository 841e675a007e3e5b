"""Full comparison of store and ledger, whatever the watermark: slice by slice, going on where it was after a restart.

First what the shop has is compared by value, then, where the scope lets items in, what it lacks is judged. Only what
differs, or is wanted, is queued: a store of 600,000 items does not become a queue of as many.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from rms_console.contract.events import EventName
from rms_console.contract.settings import EngineSettings
from rms_console.domain.policy import Policy, Scope
from rms_console.engine.compare import Compared, Comparison
from rms_console.engine.deps import Deps
from rms_console.engine.journal import DETECTOR, Journal

SLICE = 500
"""Items a slice: one query of the store's view, which takes a second or two whatever it is asked for."""
IDS_A_READ = 5000
STRETCH_S = 15.0
"""So long a comparison may keep a cycle from pushing what it has found."""
FACT_DUE = "reconcile"
"""Set, with the reason, while a comparison is asked for and not yet through: it survives a restart."""
FACT_AT = "reconcile_at"


@dataclass(slots=True)
class Progress:
    """How far a comparison has come: the last ItemID of each half; None: that half is through."""

    known: int | None = -1
    unknown: int | None = -1
    checked: int = 0
    queued: int = 0
    missed: int = 0

    def add(self, compared: Compared) -> None:
        self.checked += compared.checked
        self.queued += compared.queued
        self.missed += sum(compared.missed.values())


async def ask(deps: Deps, reason: str) -> None:
    """Ask for a full comparison. One that is under way looks at what the shop has once more, and then goes on."""
    at = await _load(deps)
    at.known = -1
    await _save(deps, at)
    await deps.disk(deps.ledger.set_fact, FACT_DUE, reason or "asked")


class Reconciler:
    """Asked for by `ask`; cycles `advance` it while it is `due`."""

    def __init__(
        self, deps: Deps, journal: Journal, comparison: Comparison, is_urgent: Callable[[], bool] = lambda: False
    ) -> None:
        self._deps = deps
        self._journal = journal
        self._comparison = comparison
        self._is_urgent = is_urgent
        self.is_due = False

    async def ask(self, reason: str) -> None:
        await ask(self._deps, reason)
        self.is_due = True

    async def due(self) -> str | None:
        reason = await self._deps.disk(self._deps.ledger.get_fact, FACT_DUE)
        self.is_due = reason is not None
        return reason

    async def advance(self, policy: Policy, settings: EngineSettings) -> int:
        """Compare until enough is queued for one cycle, time is up or all is through; return how many were queued.

        Raises:
            SourceError, StoreError: the comparison stays asked for and goes on from the slice that failed.
        """
        clock, begun, queued = self._deps.clock, self._deps.clock.monotonic(), 0
        counts = await self._deps.disk(self._deps.ledger.queue_counts, clock.now())
        if counts.due >= settings.max_items_per_run:
            return 0
        while (reason := await self.due()) is not None:
            at = await _load(self._deps)
            if at.known is None and (at.unknown is None or not _lets_in(policy.filters.scope)):
                await self._end(reason, at)
                break
            compared = await self._slice(at, policy, settings)
            queued += compared.queued
            at.add(compared)
            await _save(self._deps, at)
            enough = queued >= settings.max_items_per_run or clock.monotonic() - begun >= STRETCH_S
            if enough or self._is_urgent():
                break
        return queued

    async def _slice(self, at: Progress, policy: Policy, settings: EngineSettings) -> Compared:
        if at.known is not None:
            ids = await self._deps.disk(self._deps.ledger.known_item_ids, at.known, SLICE)
            at.known = ids[-1] if len(ids) == SLICE else None
            return await self._comparison.known(ids, policy, settings.zone) if ids else Compared()
        return await self._strangers(at, policy, settings)

    async def _strangers(self, at: Progress, policy: Policy, settings: EngineSettings) -> Compared:
        deps, scope = self._deps, policy.filters.scope
        after = at.unknown if at.unknown is not None else -1
        ids = await deps.sql(deps.source.item_ids, after, SLICE, scope is Scope.WEB_ITEM)
        at.unknown = ids[-1] if len(ids) == SLICE else None
        known = await deps.disk(deps.ledger.styles_of, ids)
        strangers = tuple(item for item in ids if item not in known)
        if not strangers:
            return Compared()
        return await self._comparison.unknown(strangers, policy, settings.zone, _anyone)

    async def _end(self, reason: str, at: Progress) -> None:
        await self._deps.disk(self._deps.ledger.set_fact, FACT_AT, None)
        await self._deps.disk(self._deps.ledger.set_fact, FACT_DUE, None)
        self.is_due = False
        self._journal.publish(EventName.COMPARED, reason=reason, checked=at.checked, queued=at.queued, missed=at.missed)
        self._journal.log(
            "INFO",
            DETECTOR,
            "Full comparison done ({reason}): {checked} items compared, {queued} differed",
            reason=reason,
            checked=at.checked,
            queued=at.queued,
        )


def _anyone(item_id: int) -> bool:
    """Asked only where the scope lets every item in."""
    return True


def _lets_in(scope: Scope) -> bool:
    return scope in (Scope.ALL, Scope.WEB_ITEM)


async def _load(deps: Deps) -> Progress:
    text = await deps.disk(deps.ledger.get_fact, FACT_AT)
    return Progress(**json.loads(text)) if text else Progress()


async def _save(deps: Deps, at: Progress) -> None:
    await deps.disk(deps.ledger.set_fact, FACT_AT, json.dumps(asdict(at)))
