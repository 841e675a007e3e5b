"""Values and helpers for the ledger's tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from rms_console.adapters.store import SqliteLedger, open_ledger, open_memory_ledger
from rms_console.adapters.store.database import Database
from rms_console.contract.records import (
    Postponed,
    QueueEntry,
    QueueKey,
    QueueReason,
    QueueState,
    SaleBoundary,
    Settled,
    Settlement,
)
from rms_console.domain.position import Position
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant, Metafield, Status

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
MAIN, SECOND = "gid://shopify/Location/1", "gid://shopify/Location/2"
KINDS = ("memory", "file")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[SqliteLedger]:
    """A ledger of a kind (memory, file), closed at the end."""
    ledger = open_memory_ledger() if kind == "memory" else open_ledger(folder)
    try:
        yield ledger
    finally:
        ledger.close()


def database_of(ledger: SqliteLedger) -> Database:
    """The database below a ledger, to look at its statements or to damage what it keeps."""
    return ledger._database


def crash_copy(folder: Path, target: Path) -> Path:
    """What a process started after a `kill -9` now would find: the files as the system has them."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("ledger.db", "ledger.db-wal"):
        if (folder / name).exists():
            shutil.copyfile(folder / name, target / name)
    return target


def key(
    item_id: int, version: int | None = None, reason: QueueReason = QueueReason.CHANGE, sku: str | None = None
) -> QueueKey:
    """A key at a row version; without one the position is unknown."""
    return QueueKey(item_id, reason, None if version is None else Position.of_version(version), sku)


def entry(ledger: SqliteLedger, item_id: int) -> QueueEntry:
    (found,) = ledger.entries([item_id])
    return found


def queued(ledger: SqliteLedger) -> tuple[int, ...]:
    """All queued items, in whatever state."""
    return tuple(sorted(one.item_id for one in ledger.queue_page((), 1_000_000, 0)))


def postpone(ledger: SqliteLedger, one: QueueEntry, state: QueueState, next_try_at: datetime | None = None) -> None:
    """Settle an entry as put off."""
    delay = Postponed(one.item_id, one.version, state, "price-bad", "price is 0", one.attempts + 1, next_try_at)
    ledger.settle(Settlement(epoch=0, cycle=1, at=NOW, postponed=(delay,)))


def done(ledger: SqliteLedger, entries: Sequence[QueueEntry]) -> None:
    """Settle entries as done at the versions given."""
    settled = tuple(Settled(one.item_id, one.version) for one in entries)
    ledger.settle(Settlement(epoch=0, cycle=1, at=NOW, settled=settled))


def variant(
    item_id: int, stock: Mapping[str, int | None] | None = None, price: str = "22123.90"
) -> AcknowledgedVariant:
    return AcknowledgedVariant(
        item_id=item_id,
        variant_id=f"gid://shopify/ProductVariant/{item_id}",
        inventory_item_id=f"gid://shopify/InventoryItem/{item_id}",
        sku=f"SKU-{item_id}",
        options=("Rojo", "23.5"),
        price=Decimal(price),
        stock={MAIN: 3, SECOND: None} if stock is None else stock,
    )


def product(style: str, *item_ids: int) -> AcknowledgedProduct:
    """A product whose every field is filled."""
    return AcknowledgedProduct(
        style=style,
        product_id=f"gid://shopify/Product/{style}",
        variants=tuple(variant(item_id) for item_id in item_ids),
        title="Zapato «niño»",
        description_html="<p>Ñandú</p>",
        vendor="KENNETH COLE",
        product_type="Tenis",
        tags=("Zapatos", "Niño"),
        status=Status.DRAFT,
        metafields=(Metafield("rms", "family", "single_line_text_field", "Zapatos"),),
        option_names=("Color", "Talla"),
        published=("gid://shopify/Publication/1",),
        status_before_leaving=Status.ACTIVE,
        created_by_us=False,
    )


def boundaries(item_id: int, *at: datetime) -> dict[int, tuple[SaleBoundary, ...]]:
    return {item_id: tuple(SaleBoundary(item_id, moment) for moment in at)}
