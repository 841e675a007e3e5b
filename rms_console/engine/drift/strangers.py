"""What RMS wants in the shop and the ledger does not know: looked for where the scope lets items in unasked."""

from __future__ import annotations

from rms_console.contract.drift import Difference
from rms_console.domain.drift import DriftCause, DriftKind
from rms_console.domain.policy import Policy, Scope
from rms_console.domain.zone import to_local
from rms_console.engine.barring import find_bars
from rms_console.engine.deps import Deps
from rms_console.engine.drift.examining import WAITS
from rms_console.engine.parts import assemble_in_parts
from rms_console.engine.widen import gather


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
        asked = frozenset(item_ids)
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
            for work in assembly.works
            if work.desired is not None
            for variant in work.desired.variants
            if variant.item_id in asked and variant.item_id not in work.price_kept
        ]


def _anyone(item_id: int) -> bool:
    return True
