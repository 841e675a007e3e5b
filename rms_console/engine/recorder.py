"""Writes outcomes to the ledger: whole or not at all, many products in one transaction when they come at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from rms_console.contract.adoption import Tombstone
from rms_console.contract.records import (
    Hold,
    Postponed,
    ProductRecord,
    SaleBoundary,
    Settled,
    Settlement,
)
from rms_console.domain.product import AcknowledgedProduct
from rms_console.engine.deps import Deps


@dataclass(slots=True)
class Part:
    """What one product adds to the next transaction."""

    product: AcknowledgedProduct | None = None
    forgotten: str | None = None
    settled: list[Settled] = field(default_factory=list)
    postponed: list[Postponed] = field(default_factory=list)
    boundaries: dict[int, tuple[SaleBoundary, ...]] = field(default_factory=dict)
    record: ProductRecord | None = None
    created: int = 0
    tombstones: list[Tombstone] = field(default_factory=list)
    holds: tuple[Hold, ...] = ()
    overtaken_holds: tuple[int, ...] = ()
    applied_holds: tuple[int, ...] = ()


class Recorder:
    """Whoever comes while a transaction runs shares the next one: durable per product, quick for many."""

    def __init__(self, deps: Deps, epoch: int, cycle: int) -> None:
        self._deps = deps
        self._epoch = epoch
        self._cycle = cycle
        self._parts: list[Part] = []
        self._lock = asyncio.Lock()

    async def commit(self, part: Part) -> None:
        """Return once `part` is durable.

        Raises:
            StoreError: nothing of the pending parts was recorded; they stay pending.
            LeaseLost: another tenure began meanwhile.
        """
        self._parts.append(part)
        async with self._lock:
            parts = list(self._parts)
            if not parts:
                return
            await self._deps.disk(self._deps.ledger.settle, self._merge(parts, self._deps.clock.now()))
            del self._parts[: len(parts)]

    def _merge(self, parts: list[Part], now: datetime) -> Settlement:
        products = {part.product.style: part.product for part in parts if part.product is not None}
        boundaries: dict[int, tuple[SaleBoundary, ...]] = {}
        for part in parts:
            boundaries |= part.boundaries
        return Settlement(
            epoch=self._epoch,
            cycle=self._cycle,
            at=now,
            products=tuple(products.values()),
            forgotten_styles=tuple(part.forgotten for part in parts if part.forgotten is not None),
            settled=tuple(item for part in parts for item in part.settled),
            postponed=tuple(item for part in parts for item in part.postponed),
            boundaries=boundaries,
            records=tuple(part.record for part in parts if part.record is not None)
            + tuple(_record(hold) for part in parts for hold in part.holds),
            created_products=sum(part.created for part in parts),
            tombstones=tuple(stone for part in parts for stone in part.tombstones),
            holds=tuple(hold for part in parts for hold in part.holds),
            overtaken_holds=tuple(number for part in parts for number in part.overtaken_holds),
            applied_holds=tuple(number for part in parts for number in part.applied_holds),
        )


def _record(hold: Hold) -> ProductRecord:
    """Return the entry of the product's history that says what was held of it."""
    told = hold.reason.told()
    return ProductRecord(hold.style, hold.title, "held", len(hold.item_ids), 0.0, hold.kind.code, told, hold.changes)
