"""Values that the ledger keeps or gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from rms_console.contract.adoption import Tombstone
from rms_console.domain.changes import FieldChange as FieldChange
from rms_console.domain.holds import Hold as Hold
from rms_console.domain.holds import HoldState as HoldState
from rms_console.domain.position import Position
from rms_console.domain.product import AcknowledgedProduct


class QueueReason(StrEnum):
    """Why an item is in the queue, the most urgent first."""

    MANUAL = "manual"
    CHANGE = "change"
    SALE = "sale"
    RECONCILE = "reconcile"


class QueueState(StrEnum):
    WAITING = "waiting"
    RETRYING = "retrying"
    QUARANTINED = "quarantined"
    HELD = "held"


QUIET_CODES = frozenset({"not-in-view", "stock-held"})
"""The codes of held entries that wait for nobody: they are looked at again by themselves when their time has come."""


@dataclass(frozen=True, slots=True)
class QueueKey:
    """One item to enqueue. `position` is the version that was seen, None when no change was read (reconcile, sale)."""

    item_id: int
    reason: QueueReason
    position: Position | None = None
    sku: str | None = None


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One queued item. `version` grows with each new change, so that settling an old one cannot drop a newer."""

    item_id: int
    version: int
    reason: QueueReason
    state: QueueState
    enqueued_at: datetime
    attempts: int = 0
    next_try_at: datetime | None = None
    position: Position | None = None
    sku: str | None = None
    style: str | None = None
    code: str = ""
    message: str = ""
    doubt: bool = False
    """A write ended without a clear answer: the shop is read before anything newer goes to this product."""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    waiting: int
    retrying: int
    quarantined: int
    held: int
    reconcile_waiting: int
    oldest_at: datetime | None
    """When the oldest unsettled change (not reconcile, not quarantined, not held) was queued."""
    due: int = 0
    """Waiting or retrying, and due now."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The item is in the shop as RMS has it (or is rightly not there)."""

    item_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Postponed:
    """The item stays in the queue: retried at `next_try_at`, or set aside (quarantined, held) until its row changes."""

    item_id: int
    version: int
    state: QueueState
    code: str
    message: str
    attempts: int
    next_try_at: datetime | None = None
    style: str | None = None
    doubt: bool = False
    reason: QueueReason | None = None
    """Why it waits from now on, whatever brought it: all else of it is done, and no doubt is left. None: as before."""


@dataclass(frozen=True, slots=True)
class SaleBoundary:
    item_id: int
    at: datetime
    """Aware UTC: the instant at which the item's price changes without its row changing."""


@dataclass(frozen=True, slots=True)
class UpcomingSale:
    """One boundary with what the ledger knows of its item; None where it does not, as of an item not in the shop yet.

    `sale_price` is known while the sale is on: before that it is in RMS alone.
    """

    at: datetime
    item_id: int
    starts: bool
    """Whether the sale begins then; else it ends."""
    sku: str | None
    style: str | None
    title: str | None
    price: Decimal | None
    """The regular price."""
    sale_price: Decimal | None


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """One product's outcome in a cycle. `result`: created, updated, unchanged, planned, failed, held, left, unknown."""

    style: str
    title: str
    result: str
    variants: int
    duration_s: float
    code: str = ""
    message: str = ""
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one transaction records after pushing: the ledger takes all of it or nothing.

    `epoch` is the fencing token of the tenure that did the work; the ledger refuses an older one.
    """

    epoch: int
    cycle: int
    at: datetime
    products: tuple[AcknowledgedProduct, ...] = ()
    forgotten_styles: tuple[str, ...] = ()
    """Products that no longer exist in the shop or have no items left: dropped from the ledger."""
    settled: tuple[Settled, ...] = ()
    postponed: tuple[Postponed, ...] = ()
    boundaries: Mapping[int, tuple[SaleBoundary, ...]] = field(default_factory=dict)
    """Per item handled: replaces all boundaries of that item."""
    records: tuple[ProductRecord, ...] = ()
    created_products: int = 0
    """Counted against the day's creation brake."""
    holds: tuple[Hold, ...] = ()
    """Newly opened. An open hold on the same aspect of the same product is overtaken by them."""
    overtaken_holds: tuple[int, ...] = ()
    applied_holds: tuple[int, ...] = ()
    """Approved, and sent with this."""
    tombstones: tuple[Tombstone, ...] = ()
    """What was found deleted in the shop; lifted by itself once a product or variant is acknowledged again."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action of a person or of the engine. `digest` covers the entry and the digest of the one before."""

    number: int
    at: datetime
    actor: str
    host: str
    via: str
    action: str
    detail: Mapping[str, str]
    digest: str


@dataclass(frozen=True, slots=True)
class LeaseOwner:
    """Who holds the right to write, as told by the owner file."""

    pid: int
    host: str
    boot_id: str
    since_at: datetime
    epoch: int
