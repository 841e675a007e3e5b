"""Items whose quantity waits for the shop's own sales: on the list, with the reason, until the grace is over.

Without an entry nothing would ask again for what RMS says: the row need not change, and comparisons may be off. It is
no trouble and waits for nobody's yes: it counts as what a comparison found, so that it makes no backlog look old.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rms_console.contract.records import Postponed, QueueEntry, QueueKey, QueueReason, QueueState
from rms_console.domain.held_stock import HeldStock
from rms_console.engine.deps import Deps
from rms_console.locale import sentence

STOCK_HELD = "stock-held"
"""The code of entries that wait because the shop sold what RMS may not know of yet."""


def until_over(entry: QueueEntry, held: HeldStock, style: str) -> Postponed:
    """Return an entry of which all is done but the quantity."""
    facts = {"wanted": held.wanted, "present": held.present}
    text = sentence("RMS says {wanted}, the shop has {present} and may have sold the rest: left to it for now", **facts)
    return Postponed(
        entry.item_id,
        entry.version,
        QueueState.HELD,
        STOCK_HELD,
        text,
        0,
        held.until,
        style,
        reason=QueueReason.RECONCILE,
    )


async def unlisted(deps: Deps, style: str, held: Iterable[HeldStock], listed: Collection[int]) -> list[Postponed]:
    """Return entries for the items held that are not `listed` and have none yet: reading a product back finds such.

    Raises:
        StoreError.
    """
    missed = {one.item_id: one for one in held if one.item_id not in listed}
    if not missed:
        return []
    known = {entry.item_id for entry in await deps.disk(deps.ledger.entries, sorted(missed))}
    new = sorted(missed.keys() - known)
    if not new:
        return []
    keys = [QueueKey(item_id, QueueReason.RECONCILE) for item_id in new]
    await deps.disk(deps.ledger.enqueue, keys, None, deps.clock.now())
    entries = await deps.disk(deps.ledger.entries, new)
    return [until_over(entry, missed[entry.item_id], style) for entry in entries]
