"""When the engine works, in what portions, and how it mends itself."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from rms_console.config.kinds import AnyCase, Flag, Real, Section, Text, Whole
from rms_console.contract.state import Mode

OFF = "off"
_DAY_S = 86_400


def _clock_time(value: object) -> object:
    """Return a TOML time (02:30:00) as the text it is kept as."""
    return value.strftime("%H:%M") if isinstance(value, time) else value


def _valid_clock_time(text: str) -> str:
    if text.lower() in ("", OFF):
        return OFF
    try:
        at = time.fromisoformat(text.zfill(5))
    except ValueError:
        raise ValueError(f"'{text}' is no time of day; allowed: HH:MM from 00:00 to 23:59, or off") from None
    return at.strftime("%H:%M")


ClockTime = Annotated[Text, BeforeValidator(_clock_time), AfterValidator(_valid_clock_time)]


class SyncSection(Section):
    """[sync]: the cycle."""

    enabled: Flag = Field(default=True, description="Scheduled cycles. Off: only what a person triggers.")
    mode: Annotated[Mode, AnyCase] = Field(
        default=Mode.OBSERVE,
        description="observe: detects, plans and records, sends nothing. live: writes to the shop.",
    )
    interval_minutes: Real = Field(
        default=5.0, ge=0.01, le=1440, description="Minutes between cycles; fractions are allowed."
    )
    watch_s: Real = Field(
        default=0.0, ge=0, le=3600, description="Seconds between cheap looks for a change between cycles; 0 = none."
    )
    startup_delay_s: Real = Field(default=0.0, ge=0, le=_DAY_S, description="Seconds to wait before the first cycle.")
    batch_size: Whole = Field(default=10, ge=1, le=1000, description="Products in a batch.")
    max_concurrent_jobs: Whole = Field(
        default=3, ge=0, le=100, description="Requests in flight at most; 0 = as many as the shop's budget carries."
    )
    batch_delay_s: Real = Field(default=0.0, ge=0, le=3600, description="Seconds between batches.")
    timeout_minutes: Real = Field(
        default=30.0, gt=0, le=1440, description="Minutes after which a cycle is stopped cleanly and goes on next time."
    )
    operation_timeout_s: Real = Field(default=600.0, ge=1, le=7200, description="Seconds that one operation may take.")
    max_items_per_run: Whole = Field(
        default=500,
        ge=1,
        le=100_000,
        description="Changed items that one cycle takes; the rest wait for the next, at once.",
    )
    bulk_from: Whole = Field(
        default=1000,
        ge=0,
        le=100_000,
        description="Creations, or price changes, in a run from which Shopify does them in bulk (max_items_per_run"
        " bounds it); 0 = never.",
    )
    include_zero_stock: Flag = Field(default=False, description="Items without stock may become new products too.")
    force_update: Flag = Field(default=False, description="Send also what has not changed.")
    incremental_hours: Real = Field(default=24.0, ge=0, le=8760, description="Hours the very first cycle looks back.")
    progress: Flag = Field(default=True, description="Show how far a running cycle has come.")
    full_sync_at: ClockTime = Field(
        default="02:00",
        description="Time of day (HH:MM, in the store's zone) of the nightly full comparison; off = none.",
    )
    sweep_minutes: Real = Field(
        default=60.0,
        ge=0,
        le=10_080,
        description="Minutes over which one comparison by value of everything in the shop is spread; 0 = only nightly.",
    )

    heal: Annotated[Literal["all", "rms", "none"], AnyCase] = Field(
        default="all",
        description="What is mended by itself after comparing the shop: all; rms (not what was edited there); none.",
    )

    @property
    def full_sync_hour(self) -> int | None:
        return None if self.full_sync_at == OFF else int(self.full_sync_at[:2])

    @property
    def full_sync_minute(self) -> int:
        return 0 if self.full_sync_at == OFF else int(self.full_sync_at[3:])


class HealthSection(Section):
    """[health]: looking after the engine itself."""

    interval_s: Real = Field(default=300.0, ge=1, le=_DAY_S, description="Seconds between health checks.")


class LockSection(Section):
    """[lock]: one cycle at a time."""

    enabled: Flag = Field(
        default=True, description="Lock a running cycle. Two engines on one state folder are refused either way."
    )
    timeout_s: Real = Field(default=1800.0, ge=1, le=_DAY_S, description="Seconds that one cycle may hold the lock.")
    retry_attempts: Whole = Field(
        default=3, ge=0, le=100, description="Attempts to get the lock before a cycle is given up."
    )


class LeaseSection(Section):
    """[lease]: who may write when a standby waits on another machine."""

    ttl_s: Real = Field(
        default=30.0, ge=3, le=3600, description="Seconds that the Redis lease lasts; renewed at a third of it."
    )


class RecoverySection(Section):
    """[recovery]: coming back from a fault without a person."""

    enabled: Flag = Field(
        default=True, description="Recover automatically. Off: the state stays ERROR until a person acts."
    )
    check_interval_s: Real = Field(
        default=300.0, ge=1, le=_DAY_S, description="Seconds between the supervisor's checks."
    )
    probe_s: Real = Field(default=30.0, ge=0.1, le=3600, description="Seconds between probes of a broken connection.")
    max_attempts: Whole = Field(
        default=5, ge=1, le=1000, description="Quick attempts; slow ones go on after them, with an alert."
    )
    backoff_multiplier: Real = Field(
        default=2.0, ge=1, le=10, description="Growth of the wait from attempt to attempt."
    )
