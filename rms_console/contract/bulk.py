"""Bulk operations: work that Shopify does by itself for minutes or hours, outside its rate limit.

One goes on when whoever started it is gone. So each carries a mark of this program in its document, and a successor
finds the open ones and settles them before it writes anything newer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rms_console.contract.ports import Applied
from rms_console.domain.operations import CreateProduct, UpdateVariants
from rms_console.errors import ShopError


class BulkStatus(StrEnum):
    """Shopify's BulkOperationStatus."""

    CREATED = "CREATED"
    RUNNING = "RUNNING"
    CANCELING = "CANCELING"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"

    @property
    def is_open(self) -> bool:
        """Whether it may still change the shop."""
        return self in (BulkStatus.CREATED, BulkStatus.RUNNING, BulkStatus.CANCELING)


BulkWrite = CreateProduct | UpdateVariants
"""What can be written in bulk. At most one operation a product: lines are not worked off in order."""


@dataclass(frozen=True, slots=True)
class BulkJob:
    """One bulk operation as Shopify tells of it. `identifier` is our mark in its document, None in somebody else's."""

    bulk_id: str
    identifier: str | None
    is_mutation: bool
    status: BulkStatus
    objects: int
    """Lines done, or objects read, so far."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of one operation: exactly one of `applied` and `error`, which means what it means for one call."""

    operation: BulkWrite
    applied: Applied | None = None
    error: ShopError | None = None


@dataclass(frozen=True, slots=True)
class BulkTouched:
    """A product that a settled operation wrote to. Without a style it carries none of our ids."""

    product_id: str
    style: str | None


@dataclass(frozen=True, slots=True)
class BulkSettlement:
    """A bulk operation that is over: nothing of it can be applied any more.

    `touched`: products to read back. `complete`: those are all; else any product may have been written to.
    """

    job: BulkJob
    touched: tuple[BulkTouched, ...]
    complete: bool
