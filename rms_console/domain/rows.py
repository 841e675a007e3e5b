"""Rows of RMS in our own words. `adapters/rms` translates the store's column names once, here they are English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from rms_console.domain.columns import AbsentColumn
from rms_console.domain.position import Detection, Position
from rms_console.locale import Sentence, sentence


@dataclass(frozen=True, slots=True)
class ChangedKey:
    """One changed item as the cheap query sees it: no view was touched."""

    item_id: int
    position: Position
    sku: str | None = None


@dataclass(frozen=True, slots=True)
class CellDoubt:
    """One cell of a row that cannot be read. The row stands without it: what hangs on it is left as the shop has it."""

    field: str
    """The attribute of `ItemRow` that it would have filled, and that is None (a flag: False) instead."""
    column: str
    """As the store knows it: `View_Items.Price`."""
    value: str
    reason: str
    """After a colon, without the column's name: "no plain decimal number"."""

    def told(self) -> Sentence:
        return cell_told(self.column, self.value, self.reason)


def cell_told(column: str, value: str, reason: str) -> Sentence:
    """Return where and what a value is, and what is wrong with it; of a whole row's trouble there is no value."""
    if not value:
        return sentence("{column}: {reason}", column=column, reason=reason)
    return sentence("{column} {value}: {reason}", column=column, value=repr(value), reason=reason)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item, complete: Item and the store's view joined on ItemID.

    Text is as stored (padding and all); trimming is the mapping's business. Times are naive and store-local.
    `stock` holds the raw quantity by the view's own column name (`Quantity`, `Exis00`, `Exis57`, ...);
    1900-01-01 sale dates have already become None. A field that could not be read is empty and named in `doubts`:
    without a look there, empty does not mean that RMS says so. SKU, style and quantities are never in doubt.
    """

    item_id: int
    position: Position
    sku: str | None
    style: str | None
    description: str | None
    price: Decimal | None
    sale_price: Decimal | None = None
    sale_start: datetime | None = None
    sale_end: datetime | None = None
    stock: Mapping[str, Decimal] = field(default_factory=dict)
    committed: Decimal = Decimal(0)
    family: str | None = None
    category: str | None = None
    extended_category: str | None = None
    color: str | None = None
    size: str | None = None
    gender: str | None = None
    barcode: str | None = None
    manufacturer: str | None = None
    weight: Decimal | None = None
    tax_percent: Decimal | None = None
    inactive: bool = False
    web_item: bool | None = None
    cannot_be_sold: bool = False
    sale_type: int | None = None
    """Item.SaleType: 1 = on sale by date, 0 = not on sale; None: the database does not say, dates and price decide."""
    doubts: tuple[CellDoubt, ...] = ()

    def has_web_mark(self, before: bool) -> bool:
        """Return whether the item has the WebItem mark; one that cannot be read is as it was `before`."""
        unread = any(doubt.field == "web_item" for doubt in self.doubts)
        return before if unread else bool(self.web_item)


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row without which nobody can say what the item is or how many there are. It is set aside, not dropped."""

    item_id: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class RowsRead:
    """What a read of whole items by ItemID gave. Every id asked for is in exactly one of the four."""

    rows: tuple[ItemRow, ...] = ()
    unreadable: tuple[UnreadableRow, ...] = ()
    hidden: frozenset[int] = frozenset()
    """In `Item`, not in the view: the store's view filters it out."""
    deleted: frozenset[int] = frozenset()
    """Neither in `Item` nor in the view."""


@dataclass(frozen=True, slots=True)
class ChangesRead:
    """One read of changes.

    `keys` may lie beyond `complete_up_to`: they go to the queue, the watermark does not pass it. `more` is true
    when the read stopped at its row limit.
    """

    keys: tuple[ChangedKey, ...]
    complete_up_to: Position
    more: bool
    server_time: datetime
    """Naive, the server's own local clock, read in the same transaction."""
    rereads_from: Position | None = None
    """Later reads give no key below this place: what was seen below it may be forgotten. None: it does not say."""
    highest: Position | None = None
    """The highest place in the database, where it is known for nothing. Below the watermark: it was restored."""
    anchor_lost: bool = False
    """The item that set the watermark is gone, or is back at a stamp of long before: restored, or deleted."""
    vanished: frozenset[int] = frozenset()
    """Items that an earlier read handed over and that are no longer where they must be: rolled back, or deleted."""
    identity: str = ""
    """As in `SourceFacts`: which database this was read from, as far as it can be told."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a probe of the database found."""

    description: str
    detection: Detection
    detection_reason: str
    server_time: datetime
    stock_columns: tuple[str, ...]
    missing_optional: tuple[str, ...] = ()
    taxes_included: bool | None = None
    """From `Configuration.TaxSystem` where it exists; None when the database does not say."""
    identity: str = ""
    """Changes when the database is restored or replaced, as far as it can be told."""
    highest: Position | None = None
    encryption: str = ""
    """How the way to the database is protected: verified; encrypted, unverified; plain. Empty for a file."""
    utc_offset_minutes: int | None = None
    """Of the server's own clock, for people to compare; None where the database has no clock."""
    absent: tuple[AbsentColumn, ...] = ()
    """What could be used and is not there; with what the settings say is not, which `missing_optional` leaves out."""
    versions_serve: bool = False
    """Whether changes can be found by row version here, whichever way is in force."""
