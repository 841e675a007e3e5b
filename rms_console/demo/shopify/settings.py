"""What the embedded shop is like: its name, its plan's budget, its access tokens, its habits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

ALL_SCOPES = (
    "read_products",
    "write_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_publications",
    "write_publications",
)

SUPPORTED_VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")


class Unstocked(StrEnum):
    """What setting a quantity does where the item was never stocked.

    Until 2026-07 the call is refused with ITEM_NOT_STOCKED_AT_LOCATION. In the published schema of 2026-10 that code
    is gone, and a merchant's app saw the call succeed and leave an inactive level, which sells nothing.
    Source: published schemas 2026-07 and 2026-10; community.shopify.dev thread 33834; read 2026-11.
    """

    REFUSE = "refuse"
    INACTIVE = "inactive"


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """One embedded shop. Points and points per second are those of the Standard plan unless given."""

    name: str = "Tienda embebida"
    domain: str = "embedded-store.myshopify.com"
    currency: str = "CRC"
    zone: str = "America/Costa_Rica"
    taxes_included: bool = True
    locations: tuple[str, ...] = ("Bodega principal", "Tienda centro")
    """Names; the first is the primary one."""
    publications: tuple[str, ...] = ("Online Store", "Point of Sale")
    scopes: tuple[str, ...] = ALL_SCOPES
    access_token: str = "shpat_embedded"
    client_id: str = "embedded-client"
    client_secret: str = "shpss_embedded"
    capacity_points: float = 2000.0
    restore_points_per_s: float = 100.0
    max_query_points: int = 1000
    supported_versions: tuple[str, ...] = SUPPORTED_VERSIONS
    """Oldest first. A version that is not among them is answered with the oldest."""
    unstocked: Unstocked = Unstocked.REFUSE
    latency_s: float = 0.0
    index_lag_s: float = 0.0
    """Seconds until a write shows up in searches. Look-ups by id, handle or custom id never lag."""
    max_body_bytes: int = 10_000_000
    max_upload_bytes: int = 104_857_600
    """Of a file of variables for a bulk mutation. Source: the policy in recorded upload targets, read 2026-11."""
    bulk_at_a_time: int = 5
    """Bulk operations of one type that may run at once; before 2026-01 it is one."""
    bulk_start_delay_s: float = 1.0
    bulk_cancel_delay_s: float = 1.0
    bulk_lines_per_s: float = 100.0
    """Lines of a bulk mutation. Shopify publishes no figure; this is what one-by-one mutations reach on Advanced."""
    bulk_rows_per_s: float = 2000.0
    """Objects of a bulk query; 1,432 were seen to take a second or two."""
    bulk_children_apart: bool = False
    """Connections in the payload of a bulk mutation become lines of their own, instead of staying in theirs."""
    bulk_partial_after_cancel: bool = True
    """A canceled bulk operation leaves the lines it had done. Nothing says so of the real shop."""
    ledger_size: int = 2_000
    """How many requests are remembered one by one, with their variables."""
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = utc_now
