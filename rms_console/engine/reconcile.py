"""Full comparison, whatever the watermark: puts every item that is, or may be, in the shop into the queue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from rms_console.contract.records import QueueKey, QueueReason
from rms_console.domain.policy import Scope
from rms_console.engine.deps import Deps

SLICE = 5000
FACT_DUE = "reconcile"
"""Set, with the reason, while a comparison is asked for and not yet queued whole: it survives a restart."""


class Reconciler:
    """Queues keys only: reading, planning and pushing them is the cycle's work, at the lowest urgency."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def ask(self, reason: str) -> None:
        await self._deps.disk(self._deps.ledger.set_fact, FACT_DUE, reason or "asked")

    async def due(self) -> str | None:
        return await self._deps.disk(self._deps.ledger.get_fact, FACT_DUE)

    async def enqueue(self, scope: Scope) -> int:
        """Queue every acknowledged item and, where the scope lets them in, the store's; return how many are news.

        Raises:
            SourceError, StoreError: the comparison stays asked for and begins again.
        """
        deps = self._deps
        news = await self._walk(lambda after: deps.disk(deps.ledger.known_item_ids, after, SLICE))
        if scope in (Scope.ALL, Scope.WEB_ITEM):
            only_web = scope is Scope.WEB_ITEM
            news += await self._walk(lambda after: deps.sql(deps.source.item_ids, after, SLICE, only_web))
        await deps.disk(deps.ledger.set_fact, FACT_DUE, None)
        return news

    async def _walk(self, read: Callable[[int], Awaitable[tuple[int, ...]]]) -> int:
        after, news = -1, 0
        while True:
            ids = await read(after)
            if not ids:
                return news
            keys = [QueueKey(item_id, QueueReason.RECONCILE) for item_id in ids]
            news += await self._deps.disk(self._deps.ledger.enqueue, keys, None, self._deps.clock.now())
            after = ids[-1]
