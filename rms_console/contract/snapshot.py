"""The engine at one instant. Figures without data are None, never 0 or invented (DESIGN, "Figures")."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rms_console.contract.audit_head import AuditHead
from rms_console.contract.drift import DriftView
from rms_console.contract.insight import InsightView
from rms_console.contract.rights import RightView
from rms_console.contract.state import EngineState, Health, LockStatus, Mode


@dataclass(frozen=True, slots=True)
class PauseView:
    by: str
    reason: str
    since_at: datetime
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FaultView:
    """Why the engine cannot work, or what it recovers from."""

    code: str
    message: str
    hint: str
    since_at: datetime
    attempt: int = 0
    max_attempts: int = 0
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProgressView:
    """The running cycle. `stage` is one of reading, planning, pushing, recording."""

    cycle: int
    sync_id: str
    trigger: str
    stage: str
    started_at: datetime
    products_done: int
    products_total: int
    batch: int
    batches: int
    failed: int
    in_flight: tuple[str, ...] = ()
    """Styles being pushed right now."""
    eta_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueView:
    waiting: int
    retrying: int
    quarantined: int
    held: int
    oldest_unsent_s: float | None
    """Age of the oldest queued change not yet in the shop; None with an empty queue."""
    oldest_style: str | None = None
    reconcile_waiting: int = 0
    """Of `waiting`: put there by a full comparison, not by a change."""


@dataclass(frozen=True, slots=True)
class ConnectionView:
    name: str
    health: Health
    latency_s: float | None
    checked_at: datetime | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BucketView:
    """Shopify's leaky bucket as last reported, carried forward by its refill rate."""

    available_points: float
    maximum_points: float
    restore_points_per_s: float
    throttled_today: int
    spent_points_today: float
    in_flight: int
    limited_by: str = "nothing"
    """What bounds the pace now: nothing, points, jobs (max_concurrent_jobs), batch_delay."""


@dataclass(frozen=True, slots=True)
class LockView:
    status: LockStatus
    owner: str | None
    host: str | None
    pid: int | None
    since_at: datetime | None
    epoch: int
    enabled: bool = True
    ends_at: datetime | None = None
    """When it ends unless it is renewed; None: it does not end by itself."""
    claim: RightView | None = None
    """The claim in the shop; None: this engine makes none."""
    lease: RightView | None = None
    """The lease in Redis; None: the settings name none."""


@dataclass(frozen=True, slots=True)
class TodayView:
    """Over the store's day."""

    runs: int = 0
    ok: int = 0
    failed: int = 0
    success_rate: float | None = None
    items: int = 0
    products: int = 0
    products_created: int = 0
    variants_created: int = 0
    mutations: int = 0
    avg_s: float | None = None
    fastest_s: float | None = None
    slowest_s: float | None = None


@dataclass(frozen=True, slots=True)
class RatesView:
    items_per_hour: float | None = None
    avg_batch_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None
    avg_24h_s: float | None = None
    best_s: float | None = None
    worst_s: float | None = None
    current_load_ratio: float | None = None
    cache_hit_ratio: float | None = None
    db_reuse_ratio: float | None = None
    api_usage_ratio: float | None = None
    batch_utilization_ratio: float | None = None
    loop_lag_p99_s: float | None = None


@dataclass(frozen=True, slots=True)
class SystemView:
    memory_bytes: int
    memory_total_bytes: int
    cpu_percent: float | None
    pid: int
    threads: int


@dataclass(frozen=True, slots=True)
class CycleView:
    """One finished cycle, as activity lists show it. `result` is OK, PART, FAIL, SKIP."""

    number: int
    sync_id: str
    trigger: str
    by: str
    reason: str
    result: str
    started_at: datetime
    duration_s: float
    items_found: int
    products_synced: int
    products_created: int
    variants_created: int
    variants_updated: int
    stock_rows: int
    mutations: int
    queries: int
    points: float
    throttled: int
    errors: int
    quarantined: int
    held: int
    batches: int
    queue_left: int
    note: str = ""
    error_code: str = ""
    items_synced: int | None = None
    """The changed items of the products that were synced; None: a run of a version that did not count them."""

    @property
    def items_done(self) -> int:
        """Return the items that the day and the hour count: those synced, else (not counted) those found."""
        return self.items_found if self.items_synced is None else self.items_synced


@dataclass(frozen=True, slots=True)
class AlertView:
    alert_id: str
    kind: str
    severity: str
    title: str
    detail: str
    what_to_do: str
    since_at: datetime
    acked_by: str | None = None
    cause: str = ""
    """The likely cause, where one is known."""


@dataclass(frozen=True, slots=True)
class SourceView:
    url: str
    """Without secrets."""
    detection: str | None
    detection_reason: str
    watermark: str | None
    watermark_lag_s: float | None
    encryption: str = ""


@dataclass(frozen=True, slots=True)
class SweepView:
    """The value sweep: how far the present round is, and what the last finished one found."""

    began_at: datetime | None = None
    done_ratio: float | None = None
    last_at: datetime | None = None
    """When the last round ended; the figures below are of that round."""
    checked: int = 0
    queued: int = 0
    missed: dict[str, int] = field(default_factory=dict)
    """Differences that the fast path had missed, by cause: joined_table, no_stamp, deleted."""
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShopView:
    shop: str
    name: str
    currency: str
    api_version: str
    served_version: str | None
    locations: tuple[tuple[str, str], ...] = ()
    """(location id, name), the primary one first."""


@dataclass(frozen=True, slots=True)
class EngineSnapshot:
    """The engine at one instant; `event` is the number of the last event it includes."""

    contract: int
    boot_id: str
    event: int
    at: datetime
    demo: bool
    version: str
    state: EngineState
    since_at: datetime
    mode: Mode
    enabled: bool
    is_healthy: bool
    zone: str
    interval_s: float
    watch_s: float
    source: SourceView
    shop: ShopView
    queue: QueueView
    bucket: BucketView
    lock: LockView
    today: TodayView
    rates: RatesView
    system: SystemView
    connections: tuple[ConnectionView, ...]
    last_check_at: datetime | None = None
    next_check_at: datetime | None = None
    next_sale_at: datetime | None = None
    last_cycle: CycleView | None = None
    progress: ProgressView | None = None
    pause: PauseView | None = None
    fault: FaultView | None = None
    alerts: tuple[AlertView, ...] = ()
    warnings: tuple[str, ...] = ()
    audit: AuditHead | None = None
    consecutive_errors: int = 0
    errors_by_type: dict[str, int] = field(default_factory=dict)
    sweep: SweepView = field(default_factory=SweepView)
    insight: InsightView = field(default_factory=InsightView)
    drift: DriftView = field(default_factory=DriftView)


CONTRACT_VERSION = 1
