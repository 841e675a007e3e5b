"""What RMS wants in the shop and the ledger does not know: looked for where the scope lets items in unasked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from rms_console.contract.drift import Difference
from rms_console.contract.records import QueueEntry
from rms_console.domain.assemble import StyleWork
from rms_console.domain.drift import DriftCause, DriftKind
from rms_console.domain.policy import Policy, Scope
from rms_console.domain.zone import to_local
from rms_console.engine.barring import find_bars
from rms_console.engine.deps import Deps
from rms_console.engine.drift.examining import WAITS
from rms_console.engine.parts import assemble_in_parts
from rms_console.engine.widen import Gathered, gather

Differences = list[Difference]


class Strangers:
    def __init__(self, deps: Deps, policy: Policy, zone: str) -> None:
        self._deps = deps
        self._policy = policy
        self._zone = zone

    @property
    def may_come(self) -> bool:
        return self._policy.filters.scope in (Scope.ALL, Scope.WEB_ITEM)

    async def look(self, after: int, limit: int) -> tuple[int | None, list[Difference]]:
        """Return the last ItemID of the next slice (None: there is none) and which of its items are missing.

        Raises:
            SourceError, StoreError.
        """
        deps = self._deps
        ids = await deps.sql(deps.source.item_ids, after, limit, self._policy.filters.scope is Scope.WEB_ITEM)
        if not ids:
            return None, []
        known = await deps.disk(deps.ledger.styles_of, ids)
        strangers = tuple(item for item in ids if item not in known)
        return ids[-1], await self._missing(strangers) if strangers else []

    async def _missing(self, item_ids: tuple[int, ...]) -> list[Difference]:
        deps = self._deps
        gathered = await gather(deps, item_ids)
        entries = {entry.item_id: entry for entry in await deps.disk(deps.ledger.entries, item_ids)}
        barred = await find_bars(deps, gathered, self._policy, entries, _anyone)
        now_local = to_local(deps.clock.now(), self._zone)
        assembly = await assemble_in_parts(gathered, self._policy, now_local, _anyone, barred)
        return _told(assembly.works, frozenset(item_ids), entries)


async def homeless(deps: Deps, works: Iterable[StyleWork], gathered: Gathered, asked: AbstractSet[int]) -> Differences:
    """Return which of these known items belong in a product by now that the shop never had.

    Where they are known they may be closed already, and then nothing there differs.

    Raises:
        StoreError.
    """
    nowhere = [work for work in works if work.style not in gathered.products]
    if not nowhere:
        return []
    entries = {entry.item_id: entry for entry in await deps.disk(deps.ledger.entries, sorted(asked))}
    # A run may have made one since, and settled what it waited for.
    made = await deps.disk(deps.ledger.products, [work.style for work in nowhere])
    return _told([work for work in nowhere if work.style not in made], asked, entries)


def _told(works: Iterable[StyleWork], asked: AbstractSet[int], entries: Mapping[int, QueueEntry]) -> Differences:
    return [
        Difference(
            DriftKind.MISSING,
            DriftCause.NEVER_CREATED,
            work.style,
            variant.item_id,
            variant.sku,
            title=work.desired.title,
            waiting=WAITS[entries[variant.item_id].state] if variant.item_id in entries else "",
        )
        for work in works
        if work.desired is not None
        for variant in work.desired.variants
        if variant.item_id in asked and variant.item_id not in work.price_kept
    ]


def _anyone(item_id: int) -> bool:
    return True
