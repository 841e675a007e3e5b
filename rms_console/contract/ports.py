"""Ports to the world. One adapter and one in-memory twin each; one test suite runs over both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from rms_console.contract.ledger_port import Ledger as Ledger
from rms_console.contract.records import LeaseOwner
from rms_console.contract.state import LockStatus
from rms_console.domain.matching import ListedItem
from rms_console.domain.operations import Operation, StockWrite
from rms_console.domain.position import Position
from rms_console.domain.product import ObservedProduct
from rms_console.domain.rows import ChangesRead, RowsRead, SourceFacts

if TYPE_CHECKING:
    from rms_console.contract.bulk import BulkJob, BulkOutcome, BulkSettlement, BulkWrite


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How often a connection was asked for, and how often one had to be opened for it."""

    checkouts: int
    opened: int

    @property
    def reuse_ratio(self) -> float | None:
        """Share of check-outs served by an open connection, 0-1; None before the first."""
        return None if not self.checkouts else max(0, self.checkouts - self.opened) / self.checkouts


class Source(Protocol):
    """RMS. Blocking: called off the loop, by one thread at a time.

    Raises (all): SourceUnavailable, SourceSchemaChanged, SourceDenied. A failed read never looks like an empty one.
    """

    def probe(self) -> SourceFacts:
        """Look at the database: which detection serves and why, which columns are there, the server's clock."""
        ...

    def starting_point(self, back_hours: float) -> Position:
        """Return the position from which everything stamped within the last `back_hours` will be read."""
        ...

    def read_changes(self, after: Position, limit: int) -> ChangesRead:
        """Return at most `limit` changed keys above `after` in order, cheap columns of `Item` only.

        With `last_updated` detection the caller passes the watermark; the overlap window is the source's own doing.
        """
        ...

    def read_items(self, item_ids: Sequence[int]) -> RowsRead:
        """Return whole items by ItemID. Any number of ids: the source chunks them below the parameter limit."""
        ...

    def item_ids(self, after_id: int, limit: int, web_only: bool) -> tuple[int, ...]:
        """Return ItemIDs above `after_id` in order, from `Item` alone; with `web_only` those marked WebItem."""
        ...

    def missing(self, item_ids: Sequence[int]) -> frozenset[int]:
        """Return those of these ItemIDs that are no longer in `Item`. Any number of ids; the view is not touched."""
        ...

    def list_items(self, after_id: int, limit: int) -> tuple[ListedItem, ...]:
        """Return items above `after_id` in order with their SKUs, cheaply; one without an SKU has an empty one."""
        ...

    def find_items(self, styles: Sequence[str], skus: Sequence[str]) -> tuple[int, ...]:
        """Return the ItemIDs of styles (CCOD) and SKUs as a person typed them (padding ignored)."""
        ...

    def statements(self) -> int:
        """Return how many SQL statements were sent since the start."""
        ...

    def pool_use(self) -> PoolUse:
        """Return what was asked of the connection pool since the start."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ThrottleStatus:
    """What Shopify says of its bucket with an answer, in points and points per second."""

    maximum_points: float
    available_points: float
    restore_points_per_s: float


class Reservation(Protocol):
    """Points set aside for one request in flight."""

    def settle(self, actual_points: float | None, status: ThrottleStatus | None) -> None:
        """Report the answer: the real cost (None: not charged) and the bucket as Shopify sees it."""
        ...


class CostGate(Protocol):
    """Lets a request go when its predicted cost fits the bucket and a place in flight is free."""

    def reserve(self, points: float, priority: int) -> AbstractAsyncContextManager[Reservation]:
        """Wait until `points` fit, more urgent (lower) `priority` first, then in order of arrival."""
        ...

    def throttled(self, requested_points: float, status: ThrottleStatus | None) -> float:
        """Report a THROTTLED answer; return the seconds to wait before the same request again."""
        ...


PRIORITY_INTERACTIVE = 0
PRIORITY_CHANGE = 10
PRIORITY_BACKLOG = 20


@dataclass(frozen=True, slots=True)
class ShopLocation:
    location_id: str
    name: str
    is_active: bool
    is_primary: bool


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What a look at the shop found."""

    name: str
    domain: str
    currency: str
    zone: str
    taxes_included: bool | None
    locations: tuple[ShopLocation, ...]
    """Active ones, the primary first."""
    served_version: str | None
    """From `X-Shopify-API-Version`."""
    server_time: datetime | None = None
    """Shopify's own clock as it answered, to the second; None where the answer does not tell."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A sales channel that products can be published to, by the name the merchant sees."""

    publication_id: str
    name: str


@dataclass(frozen=True, slots=True)
class VariantIds:
    """Ids that Shopify gave a variant, matched to the RMS item they were made for."""

    item_id: int
    variant_id: str
    inventory_item_id: str


@dataclass(frozen=True, slots=True)
class StockRefusal:
    """One stock row Shopify refuses. `code` is Shopify's."""

    row: StockWrite
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Applied:
    """The operation took effect.

    For created products and variants the new ids; for a stock call which rows were stale (compare-and-set failed:
    read them back and decide) and which were refused. Rows in neither took effect.
    """

    product_id: str | None = None
    variants: tuple[VariantIds, ...] = ()
    stale: tuple[StockWrite, ...] = ()
    refused: tuple[StockRefusal, ...] = ()
    points: float = 0.0


@dataclass(frozen=True, slots=True)
class ShopCounters:
    """Since the start, for the cycle's figures."""

    mutations: int = 0
    queries: int = 0
    points: float = 0.0
    throttled: int = 0


class Shop(Protocol):
    """Shopify. Awaits on the engine's loop; pacing and THROTTLED are dealt with inside.

    One exception to that: ShopThrottled comes out of any call that had to wait longer than an operation may take, or
    met a daily limit. Nothing was applied then, and it is no failed attempt.

    Raises (all): ShopUnavailable (certainly not applied), ShopOutcomeUnknown (read back), ShopRejected (user errors),
    ShopDenied (token, scope, version).
    """

    async def describe(self) -> ShopFacts: ...

    async def scopes(self) -> tuple[str, ...]:
        """Return the access scopes that the shop granted us, in alphabetical order; write_x includes read_x."""
        ...

    async def count_products(self) -> int:
        """Return how many products the shop has, whatever their status."""
        ...

    async def count_ours(self) -> int:
        """Return how many products carry our custom id: the trace of an engine that worked on this shop before."""
        ...

    async def publications(self) -> tuple[Publication, ...]:
        """Return the channels that products can be published to. Needs the scope read_publications."""
        ...

    async def prepare(self) -> None:
        """Make sure the unique id metafield definition exists. Asks first; makes it once."""
        ...

    async def find_product(self, style: str, *, priority: int) -> ObservedProduct | None:
        """Return the product that carries this custom id, with all its variants and stock, or None."""
        ...

    async def read_product(self, product_id: str, *, priority: int) -> ObservedProduct | None:
        """Return the product, or None when it no longer exists."""
        ...

    async def read_stock(
        self, rows: Sequence[tuple[str, str]], *, priority: int
    ) -> Mapping[tuple[str, str], int | None]:
        """Return the quantity, of the configured name, per (inventory item id, location id).

        None: the item is not stocked there.
        """
        ...

    async def apply(self, operation: Operation, *, key: str, priority: int) -> Applied:
        """Send one operation. `key` makes stock calls idempotent: the same key goes only with the same operation."""
        ...

    def read_catalogue(self) -> AsyncIterator[ObservedProduct]:
        """Yield every product of the shop, with variants, stock, options and our metafields, in the shop's order.

        Read by a bulk operation: outside the rate limit, one product in memory at a time, and as everything was when
        it began. Whoever compares must not trust a part: only when the iteration ends without an error was it whole.
        """
        ...

    def run_bulk(self, operations: Iterable[BulkWrite], *, owner: str) -> AsyncIterator[BulkOutcome]:
        """Write many products by bulk operations, outside the rate limit; yield what became of each, in any order.

        At most one operation a product: they are not worked off in order. A creation replaces a product that carries
        its custom id already, so look first (`read_catalogue` tells all). `owner` names this engine (its boot id) in
        the operation's mark. While it runs the products are frozen: nothing else may be written to them.

        Leaving the iteration, or dying, stops nothing at Shopify: `open_bulk` finds what goes on.

        Raises: what every call raises; then nothing took effect of what was not yielded.
        """
        ...

    async def open_bulk(self) -> tuple[BulkJob, ...]:
        """Return the bulk writes of this program that may still change the shop, whichever engine started them.

        To be settled before anything is written: on start, and after taking over from another engine.
        """
        ...

    async def settle_bulk(self, job: BulkJob, *, cancel: bool) -> BulkSettlement:
        """Wait until a bulk write is over (with `cancel` ask Shopify to end it now) and return what it wrote to.

        May wait for hours without `cancel`. An error means that it may still be running.
        """
        ...

    def counters(self) -> ShopCounters: ...

    async def close(self) -> None: ...


class Lease(Protocol):
    """The right to be the one engine of a shop on this machine. Blocking, quick."""

    def acquire(self, boot_id: str) -> None:
        """Take the lock or refuse at once.

        Raises:
            LeaseHeld: another process holds it; the message names it.
        """
        ...

    def owner(self) -> LeaseOwner | None: ...

    def status(self) -> LockStatus:
        """Return whether the lease is free, ours, another's, or left behind by a process that died."""
        ...

    def lives(self, pid: int, since_at: datetime) -> bool:
        """Return whether the process that took something at `since_at` on this machine may still run."""

    def forget_dead(self) -> None:
        """Remove what a process that died left of its lease.

        Raises:
            LeaseHeld: somebody holds it after all.
        """
        ...

    def record_epoch(self, epoch: int) -> None: ...

    def release(self) -> None: ...


class Timer(Protocol):
    """Calls back on the engine's loop. A call-back only enqueues: the work is done elsewhere."""

    def start(self) -> None: ...

    def every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        """Call now and then every `seconds`; the same name again replaces the spacing."""
        ...

    def daily(self, name: str, hour: int, minute: int, zone: str, call: Callable[[], None]) -> None: ...

    def at(self, name: str, when: datetime, call: Callable[[], None]) -> None:
        """Call once at `when` (at once when past); the same name again replaces it."""
        ...

    def cancel(self, name: str) -> None: ...

    def next_at(self, name: str) -> datetime | None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SystemReading:
    memory_bytes: int
    memory_total_bytes: int
    cpu_percent: float | None
    threads: int


class System(Protocol):
    def read(self) -> SystemReading: ...


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line for people, in the order and with the tags of the requirements.

    `template` is the English message with `{placeholders}`; the sink translates the template and fills it from
    `facts`. `service` is the logger's name (ChangeDetector, RMSToShopifySync, SyncMonitor), `tag` a start-up step
    (STARTUP, CONFIG, ... READY) or empty. `record` is a structured metrics record for the JSON file, if any.
    """

    level: str
    service: str
    template: str
    facts: Mapping[str, object] = field(default_factory=dict)
    tag: str = ""
    record: Mapping[str, object] | None = None
    sync_id: str = ""
    """The run during which it was written, if any."""


class LogSink(Protocol):
    """Takes log lines. Never blocks, never raises."""

    def write(self, line: LogLine) -> None: ...
