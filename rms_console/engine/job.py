"""One product's way through a cycle, and the cycle's sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rms_console.contract.adoption import Tombstone
from rms_console.contract.ports import PRIORITY_BACKLOG, PRIORITY_CHANGE, PRIORITY_INTERACTIVE
from rms_console.contract.records import FieldChange, QueueEntry, QueueReason
from rms_console.domain.assemble import Bar, StyleWork
from rms_console.domain.operations import ProductPlan
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.unseen import Reviewed
from rms_console.engine.doubts import Doubt, LateStock, Quantities, Unanswered
from rms_console.engine.retry import VERIFYING

PRIORITIES = {
    QueueReason.MANUAL: PRIORITY_INTERACTIVE,
    QueueReason.CHANGE: PRIORITY_CHANGE,
    QueueReason.SALE: PRIORITY_CHANGE,
    QueueReason.RECONCILE: PRIORITY_BACKLOG,
}


@dataclass(slots=True)
class Job:
    """One product being brought to the shop. `product` is what the shop has confirmed so far."""

    work: StyleWork
    entries: list[QueueEntry]
    plan: ProductPlan
    product: AcknowledgedProduct | None
    started: float
    read_first: bool = False
    in_doubt: bool = False
    """An earlier write went unanswered: it may take effect late, on top of what this cycle writes."""
    was_in_flight: bool = False
    """The engine went down over this product: what it sent then may take effect late, as in doubt."""
    intended: Quantities = field(default_factory=dict)
    """The stock that the engine may have written just before it went down over this product."""
    may_come_late: bool = False
    """A write of this cycle went unanswered and was not seen in the shop."""
    late_stock: LateStock = field(default_factory=dict)
    """What unanswered creations of this product write, should they come late."""
    unanswered: Unanswered = field(default_factory=dict)
    """What unanswered stock calls set, should they have been taken."""
    claimed: Mapping[int, str] = field(default_factory=dict)
    """ItemID -> SKU of what the engine may have created just before it went down."""
    lost_sight: bool = False
    """The shop no longer has something of this product that we remember: it is read before the plan goes on."""
    reviewed: Reviewed | None = None
    """What the guard looked at and let pass."""
    has_learned: bool = False
    """Whether the shop turned out to hold something else than the guard was told."""
    is_put_off: bool = False
    """The plan made from that does harm that the guard has not looked at: nothing of it is sent before it has."""
    error: Exception | None = None
    done: bool = False
    created: bool = False
    touched: bool = False
    read_backs: int = 0
    was_read: bool = False
    """Whether the shop told in this cycle what it holds of the product."""
    variants_created: int = 0
    variants_updated: int = 0
    stock_rows: int = 0
    items: set[int] = field(default_factory=set)
    """Items of which the shop confirmed something in this cycle."""
    changes: list[FieldChange] = field(default_factory=list)
    tombstones: list[Tombstone] = field(default_factory=list)
    """What of this product was found deleted in the shop."""
    barred: dict[int, Bar] = field(default_factory=dict)
    """The items that this sets aside, each with the words."""

    @property
    def may_be_forgotten(self) -> bool:
        """Whether the list of what is in flight need not name it any more. A suspect not looked at stays one."""
        return self.was_read or not self.read_first

    @property
    def doubt(self) -> Doubt | None:
        """What of it is still in doubt at its end; None when it is sure."""
        if self.error is None and self.is_sure:
            return None
        return Doubt(self.intended, self.unanswered, self.late_stock, self.claimed)

    @property
    def is_stopped(self) -> bool:
        """Whether nothing more of it is sent in this cycle."""
        return self.error is not None or self.is_put_off

    @property
    def style(self) -> str:
        return self.work.style

    @property
    def title(self) -> str:
        if self.work.desired is not None:
            return self.work.desired.title
        return (self.product.title if self.product else None) or self.style

    @property
    def is_sure(self) -> bool:
        """Whether nothing older can come on top of what the shop holds now."""
        if self.may_come_late or self.was_in_flight:
            return False
        seen_unchanged = all(entry.code == VERIFYING for entry in self.entries if entry.doubt) and not self.touched
        return not self.in_doubt or seen_unchanged

    @property
    def priority(self) -> int:
        return min((PRIORITIES[entry.reason] for entry in self.entries), default=PRIORITY_BACKLOG)


@dataclass(slots=True)
class Tally:
    """A cycle's sums."""

    items_found: int = 0
    items_synced: int = 0
    products_synced: int = 0
    products_created: int = 0
    variants_created: int = 0
    variants_updated: int = 0
    stock_rows: int = 0
    variants_touched: int = 0
    errors: int = 0
    quarantined: int = 0
    held: int = 0
    planned: int = 0
    batches: int = 0
    unfinished: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    def add(self, job: Job, through: bool = True) -> None:
        """Add what was done of a product; `through`: it is what it should be."""
        if through and job.error is None and job.touched:
            self.products_synced += 1
            self.items_synced += len(job.entries)
        self.products_created += job.created
        self.variants_created += job.variants_created
        self.variants_updated += job.variants_updated
        self.stock_rows += job.stock_rows
        self.variants_touched += len(job.items)

    def fail(self, code: str) -> None:
        self.errors += 1
        self.codes[code] = self.codes.get(code, 0) + 1
