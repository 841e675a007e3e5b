"""The port to our own memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from rms_console.contract.adoption import AdoptionLedger
from rms_console.contract.alert_port import AlertLedger
from rms_console.contract.holding import HoldLedger
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
from rms_console.contract.sale_port import SaleLedger
from rms_console.contract.snapshot import CycleView
from rms_console.contract.timing_port import TimingLedger
from rms_console.domain.position import Position
from rms_console.domain.product import AcknowledgedProduct


class Ledger(AdoptionLedger, AlertLedger, HoldLedger, SaleLedger, TimingLedger, Protocol):
    """Our memory, keyed by shop. Blocking: called off the loop, by one thread.

    Raises (all): StoreBusy, StoreFull, StoreDamaged. A write either happened whole or not at all.
    """

    def watermark(self) -> Position | None: ...

    def enqueue(self, keys: Iterable[QueueKey], watermark: Position | None, at: datetime) -> int:
        """Put keys into the durable queue and move the watermark, in one transaction; return how many are news.

        A key whose position was seen before is not news and is not queued again. A new position for a queued item
        raises its version, makes it due at once and releases it from quarantine. The watermark never goes back
        (None: leave it).
        """
        ...

    def reset_watermark(self, position: Position | None) -> None:
        """Set the watermark anew, also backwards (detection changed, database restored); forget seen positions."""
        ...

    def forget_seen(self, before: Position) -> None:
        """Drop seen positions below `before`: the reader never asks for them again."""
        ...

    def seen_above(self, position: Position) -> frozenset[int]:
        """Return the items that were read at a position above this one: while it stays, they may be undone."""
        ...

    def forget_seen_of(self, item_ids: Iterable[int]) -> None:
        """Drop the seen positions of these items: a database that went back gives the same ones out once more."""
        ...

    def take(self, limit: int, at: datetime) -> tuple[QueueEntry, ...]:
        """Return at most `limit` due entries, most urgent first, then oldest. They stay queued until settled."""
        ...

    def newest_version(self) -> int:
        """Return the version given last to a queue entry: whatever arrives from now on has a higher one."""
        ...

    def fresh(self, after: int, limit: int, at: datetime) -> tuple[QueueEntry, ...]:
        """Return due entries above version `after`, most urgent first; what a comparison found is not among them."""
        ...

    def entries(self, item_ids: Sequence[int]) -> tuple[QueueEntry, ...]:
        """Return the queue entries of these items, whatever their state."""
        ...

    def queue_page(self, states: Sequence[QueueState], limit: int, offset: int) -> tuple[QueueEntry, ...]: ...

    def queue_counts(self, at: datetime) -> QueueCounts: ...

    def release(self, item_ids: Sequence[int], at: datetime) -> int:
        """Make due again these items that were set aside, held or postponed; return how many.

        For an empty sequence all that were set aside or held.
        """
        ...

    def release_code(self, code: str, at: datetime) -> int:
        """Make due again all entries that were set aside, held or postponed with this code; return how many."""
        ...

    def dismiss(self, item_ids: Sequence[int]) -> int:
        """Take items off the queue until their row changes; return how many."""
        ...

    def next_try_at(self) -> datetime | None:
        """Return when the earliest postponed entry becomes due."""
        ...

    def styles_of(self, item_ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
        """Return the styles under which each of these items is known (two after a move to another style).

        Items never acknowledged are left out.
        """
        ...

    def products(self, styles: Sequence[str]) -> Mapping[str, AcknowledgedProduct]: ...

    def known_item_ids(self, after_id: int, limit: int) -> tuple[int, ...]:
        """Return acknowledged ItemIDs above `after_id`, in order."""
        ...

    def settle(self, settlement: Settlement) -> None:
        """Record a settlement in one transaction.

        Raises:
            LeaseLost: the settlement's epoch is older than the ledger's.
        """
        ...

    def boundaries_due(self, at: datetime) -> tuple[SaleBoundary, ...]: ...

    def next_boundary_at(self) -> datetime | None: ...

    def upcoming_sales(self, until: datetime | None, limit: int, offset: int) -> tuple[UpcomingSale, ...]:
        """Return boundaries not passed yet, the soonest first, with what is known of their items."""
        ...

    def count_sales(self, until: datetime | None) -> int:
        """Return how many boundaries there are up to `until` (None: in all)."""
        ...

    def created_since(self, at: datetime) -> int:
        """Return how many products were created since `at`."""
        ...

    def claim_epoch(self) -> int:
        """Begin a new tenure: return the next fencing token, durably."""
        ...

    def next_cycle_number(self) -> int: ...

    def record_cycle(self, cycle: CycleView) -> None: ...

    def cycles(self, limit: int, before: int | None) -> tuple[CycleView, ...]: ...

    def cycles_since(self, at: datetime) -> tuple[CycleView, ...]: ...

    def product_history(self, style: str, limit: int, before: int | None = None) -> tuple[Mapping[str, object], ...]:
        """Return what was done to a product, entries with a `number` below `before`, the newest first."""
        ...

    def cycle_products(self, cycle: int, limit: int = 500, after: int = 0) -> tuple[Mapping[str, object], ...]:
        """Return what a cycle did to each product, entries with a `number` above `after`, in order."""
        ...

    def get_fact(self, name: str) -> str | None:
        """Return a small durable fact of the engine (pause, mode, location map, ...), as text."""
        ...

    def set_fact(self, name: str, value: str | None) -> None: ...

    def append_audit(
        self, at: datetime, actor: str, host: str, via: str, action: str, detail: Mapping[str, str]
    ) -> AuditEntry: ...

    def audit(self, limit: int, before: int | None) -> tuple[AuditEntry, ...]: ...

    def verify_audit(self) -> int | None:
        """Return None when the chain holds, else the number of the first entry that does not fit."""
        ...

    def prune(self, keep: timedelta, at: datetime, most: int = 5000) -> int:
        """Drop what was noted longer than `keep` ago, at most so many rows of a kind; return how many were dropped.

        Cycles, product records, counts of creations, and holds that are done with; nothing else.
        """
        ...

    def trial(self) -> Ledger:
        """Return a copy to try things on, gone when closed; the ledger itself may be in use meanwhile."""
        ...

    def close(self) -> None: ...
