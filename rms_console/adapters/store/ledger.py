"""The ledger: one thin front over the parts, each of which owns its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from rms_console.adapters.store.adoption import Adoption
from rms_console.adapters.store.alerts import Alerts
from rms_console.adapters.store.audit import Audit
from rms_console.adapters.store.catalogue import Catalogue
from rms_console.adapters.store.counters import CYCLE, EPOCH, Counters
from rms_console.adapters.store.database import Database
from rms_console.adapters.store.facts import Facts
from rms_console.adapters.store.history import History
from rms_console.adapters.store.holds import Holds
from rms_console.adapters.store.opening import FILE_NAME, copied, memory_database, open_database
from rms_console.adapters.store.queue import Queue
from rms_console.adapters.store.sales import Creations, Sales
from rms_console.adapters.store.timings import Timings
from rms_console.adapters.store.watermark import Watermark
from rms_console.contract.adoption import ForeignSku, SkuOwner, Tombstone
from rms_console.contract.alert_port import AlertRecord
from rms_console.contract.records import (
    AuditEntry,
    QueueCounts,
    QueueEntry,
    QueueKey,
    QueueState,
    SaleBoundary,
    Settlement,
    UpcomingSale,
)
from rms_console.contract.sale_port import SaleMoment
from rms_console.contract.snapshot import CycleView
from rms_console.contract.timing_port import TimedHour
from rms_console.domain.holds import Danger, Hold, HoldState
from rms_console.domain.matching import ProductName
from rms_console.domain.position import Position
from rms_console.domain.product import AcknowledgedProduct


def open_ledger(folder: Path) -> SqliteLedger:
    """Open the ledger in `folder`, making both when absent.

    Raises:
        StoreDamaged: the file is no ledger, is damaged, or was written by a newer program.
        StoreFull: the folder cannot be written.
        StoreBusy: another program has the file locked.
    """
    return SqliteLedger(open_database(folder / FILE_NAME))


def open_memory_ledger() -> SqliteLedger:
    """Open a ledger that is gone when closed, for tests and trials."""
    return SqliteLedger(memory_database())


class SqliteLedger:
    """`contract.ports.Ledger` over SQLite. Used by one thread at a time, which need not be the one that opened it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counters = Counters(database)
        self._facts = Facts(database)
        self._watermark = Watermark(database)
        self._sales = Sales(database)
        self._queue = Queue(database, self._watermark, self._counters, self._sales)
        self._holds = Holds(database, self._queue)
        self._catalogue = Catalogue(database)
        self._creations = Creations(database)
        self._adoption = Adoption(database)
        self._history = History(database)
        self._audit = Audit(database)
        self._alerts = Alerts(database)
        self._timings = Timings(database)

    def watermark(self) -> Position | None:
        return self._watermark.get()

    def enqueue(self, keys: Iterable[QueueKey], watermark: Position | None, at: datetime) -> int:
        return self._queue.enqueue(keys, watermark, at)

    def reset_watermark(self, position: Position | None) -> None:
        self._watermark.reset(position)

    def forget_seen(self, before: Position) -> None:
        self._watermark.forget_seen(before)

    def seen_above(self, position: Position) -> frozenset[int]:
        return self._watermark.seen_above(position)

    def forget_seen_of(self, item_ids: Iterable[int]) -> None:
        self._watermark.forget_seen_of(item_ids)

    def take(self, limit: int, at: datetime) -> tuple[QueueEntry, ...]:
        return self._queue.take(limit, at)

    def newest_version(self) -> int:
        return self._queue.newest_version()

    def fresh(self, after: int, limit: int, at: datetime) -> tuple[QueueEntry, ...]:
        return self._queue.fresh(after, limit, at)

    def entries(self, item_ids: Sequence[int]) -> tuple[QueueEntry, ...]:
        return self._queue.entries(item_ids)

    def queue_page(self, states: Sequence[QueueState], limit: int, offset: int) -> tuple[QueueEntry, ...]:
        return self._queue.page(states, limit, offset)

    def queue_counts(self, at: datetime) -> QueueCounts:
        return self._queue.counts(at)

    def release(self, item_ids: Sequence[int], at: datetime) -> int:
        return self._queue.release(item_ids, at)

    def release_code(self, code: str, at: datetime) -> int:
        return self._queue.release_code(code, at)

    def dismiss(self, item_ids: Sequence[int]) -> int:
        return self._queue.dismiss(item_ids)

    def next_try_at(self) -> datetime | None:
        return self._queue.next_try_at()

    def styles_of(self, item_ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
        return self._catalogue.styles_of(item_ids)

    def products(self, styles: Sequence[str]) -> Mapping[str, AcknowledgedProduct]:
        return self._catalogue.products(styles)

    def known_item_ids(self, after_id: int, limit: int) -> tuple[int, ...]:
        return self._catalogue.known_item_ids(after_id, limit)

    def settle(self, settlement: Settlement) -> None:
        """Record a settlement whole, or not at all.

        Raises:
            LeaseLost: the settlement's epoch is older than the ledger's.
        """
        with self._database.transaction():
            self._counters.check_epoch(settlement.epoch)
            self._catalogue.forget(settlement.forgotten_styles)
            self._catalogue.write(settlement.products, settlement.at)
            self._adoption.lift(settlement.products)
            self._adoption.bury(settlement.tombstones)
            self._queue.settle(settlement.settled)
            self._queue.postpone(settlement.postponed)
            self._sales.replace(settlement.boundaries)
            self._history.record_products(settlement.cycle, settlement.at, settlement.records)
            self._creations.add(settlement.created_products, settlement.at)
            self._holds.close(settlement.overtaken_holds, HoldState.OVERTAKEN)
            self._holds.close(settlement.applied_holds, HoldState.APPLIED)
            self._holds.open(settlement.holds, settlement.at)

    def live_holds(self, styles: Sequence[str]) -> tuple[Hold, ...]:
        return self._holds.live(styles)

    def holds_page(self, states: Sequence[HoldState], limit: int, after: int) -> tuple[Hold, ...]:
        return self._holds.page(states, limit, after)

    def decide_holds(
        self, hold_ids: Sequence[int], approve: bool, by: str, reason: str, at: datetime
    ) -> tuple[Hold, ...]:
        return self._holds.decide(hold_ids, approve, by, reason, at)

    def sight(self, sightings: Mapping[Danger, Iterable[str]], at: datetime) -> None:
        self._holds.sight(sightings, at)

    def sighted(self, danger: Danger, since: datetime, other_than: Sequence[str]) -> int:
        return self._holds.sighted(danger, since, other_than)

    def product_count(self) -> int:
        return self._catalogue.count()

    def sample(self, limit: int, other_than: Sequence[int]) -> tuple[int, ...]:
        return self._catalogue.sample(limit, other_than)

    def release_due(self, at: datetime) -> int:
        return self._queue.release_due(at)

    def trial(self) -> SqliteLedger:
        """Return a copy to try things on, gone when closed; the ledger itself may be in use meanwhile."""
        return SqliteLedger(copied(self._database))

    def styles_of_products(self, product_ids: Sequence[str]) -> Mapping[str, str]:
        return self._adoption.styles_of_products(product_ids)

    def remembered(self, after_style: str, limit: int) -> tuple[tuple[str, str], ...]:
        return self._adoption.remembered(after_style, limit)

    def replace_foreign(self, rows: Iterable[ForeignSku]) -> None:
        self._adoption.replace_foreign(rows)

    def foreign(self, keys: Sequence[str]) -> Mapping[str, tuple[ProductName, ...]]:
        return self._adoption.foreign(keys)

    def foreign_styles(self, styles: Sequence[str]) -> Mapping[str, tuple[ProductName, ...]]:
        return self._adoption.foreign_styles(styles)

    def sku_owners(self, skus: Sequence[str]) -> tuple[SkuOwner, ...]:
        return self._adoption.sku_owners(skus)

    def tombstones(self, styles: Sequence[str]) -> tuple[Tombstone, ...]:
        return self._adoption.tombstones(styles)

    def boundaries_due(self, at: datetime) -> tuple[SaleBoundary, ...]:
        return self._sales.due(at)

    def next_boundary_at(self) -> datetime | None:
        return self._sales.next_at()

    def upcoming_sales(self, until: datetime | None, limit: int, offset: int) -> tuple[UpcomingSale, ...]:
        return self._sales.upcoming(until, limit, offset)

    def sale_moments(self, until: datetime | None, limit: int) -> tuple[SaleMoment, ...]:
        return self._sales.moments(until, limit)

    def sale_times(self, item_ids: Sequence[int]) -> dict[int, frozenset[datetime]]:
        return self._sales.of_items(item_ids)

    def count_sales(self, until: datetime | None) -> int:
        return self._sales.count(until)

    def created_since(self, at: datetime) -> int:
        return self._creations.since(at)

    def claim_epoch(self) -> int:
        return self._counters.next(EPOCH)

    def next_cycle_number(self) -> int:
        return self._counters.next(CYCLE)

    def record_cycle(self, cycle: CycleView) -> None:
        self._history.record_cycle(cycle)

    def cycles(self, limit: int, before: int | None) -> tuple[CycleView, ...]:
        return self._history.cycles(limit, before)

    def cycles_since(self, at: datetime) -> tuple[CycleView, ...]:
        return self._history.cycles_since(at)

    def product_history(self, style: str, limit: int, before: int | None = None) -> tuple[Mapping[str, object], ...]:
        return self._history.of_style(style, limit, before)

    def cycle_products(self, cycle: int, limit: int = 500, after: int = 0) -> tuple[Mapping[str, object], ...]:
        return self._history.of_cycle(cycle, limit, after)

    def get_fact(self, name: str) -> str | None:
        return self._facts.get(name)

    def set_fact(self, name: str, value: str | None) -> None:
        self._facts.set(name, value)

    def append_audit(
        self, at: datetime, actor: str, host: str, via: str, action: str, detail: Mapping[str, str]
    ) -> AuditEntry:
        return self._audit.append(at, actor, host, via, action, detail)

    def audit(self, limit: int, before: int | None) -> tuple[AuditEntry, ...]:
        return self._audit.page(limit, before)

    def verify_audit(self) -> int | None:
        return self._audit.verify()

    def alerts(self, limit: int) -> tuple[AlertRecord, ...]:
        return self._alerts.all(limit)

    def save_alerts(self, records: Iterable[AlertRecord]) -> Mapping[str, str]:
        return self._alerts.save(records)

    def ack_alerts(self, alert_ids: Sequence[str], by: str) -> tuple[str, ...]:
        return self._alerts.ack(alert_ids, by)

    def timings(self, since: datetime) -> tuple[TimedHour, ...]:
        return self._timings.since(since)

    def save_timings(self, hours: Iterable[TimedHour], keep_since: datetime) -> None:
        self._timings.save(hours, keep_since)

    def prune(self, keep: timedelta, at: datetime, most: int = 5000) -> int:
        parts = (self._history, self._holds, self._creations)
        return sum(part.prune(at - keep, most) for part in parts)

    def close(self) -> None:
        self._database.close()
