"""Every body of the control API, with the key names and formats of the requirements' examples.

Beside each text figure (`"2.3s"`, `"45%"`) stands its number (`..._s`, `..._ratio`). A figure without data is null.
Unknown keys in a request are refused, so that a misspelt one is not silently ignored; answers may grow keys.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StrictBool

from rms_console.contract.api_forms import megabytes_text as megabytes_text
from rms_console.contract.api_forms import percent_text as percent_text
from rms_console.contract.api_forms import seconds_text as seconds_text
from rms_console.contract.commands import FullSync, Pause, ProbeConnections, SetInterval, Trigger
from rms_console.contract.insight_api import Backlog, Proven, Timing

Connectivity = Literal["good", "slow", "down", "off", "unknown"]
Load = Literal["low", "medium", "high"]
LogLevel = Literal["debug", "info", "warn", "warning", "error", "critical"]
LONGEST_PAUSE: Final = timedelta(days=366)


def _sensible_end(at: datetime) -> datetime:
    now = datetime.now(UTC)
    if not now < at <= now + LONGEST_PAUSE:
        raise ValueError("a pause ends in the future, within a year")
    return at


Reason = Annotated[str, Field(max_length=500)]
Code = Annotated[str, Field(min_length=1, max_length=100)]
PauseEnd = Annotated[AwareDatetime, AfterValidator(_sensible_end)]


def load_word(ratio: float | None) -> Load | None:
    """Return the load's word: low below 30 % of the interval, high from 70 %."""
    if ratio is None:
        return None
    return "low" if ratio < 0.3 else "medium" if ratio < 0.7 else "high"


class Request(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid")


class Body(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(extra="allow")


class TriggerRequest(Request):
    """POST /api/v1/sync/monitor/trigger. All optional: a bodyless trigger runs one cycle."""

    force: StrictBool = False
    batch_size: int | None = Field(default=None, ge=1, le=1000, strict=True)
    include_zero_stock: StrictBool | None = None

    def to_request(self) -> Trigger:
        return Trigger(force=self.force, batch_size=self.batch_size, include_zero_stock=self.include_zero_stock)


class SyncItemsRequest(Request):
    """POST /api/v1/sync/items: these styles or SKUs now."""

    ccods: Annotated[list[Code], Field(max_length=200)] = []
    skus: Annotated[list[Code], Field(max_length=200)] = []
    reason: Reason = ""

    def to_request(self) -> Trigger:
        return Trigger(styles=tuple(self.ccods), skus=tuple(self.skus), reason=self.reason)


class IntervalRequest(Request):
    """PUT /api/v1/sync/monitor/interval. Fractions are minutes too: 0.05 is three seconds."""

    interval_minutes: float = Field(ge=0.01, le=1440, strict=True)

    def to_request(self) -> SetInterval:
        return SetInterval(self.interval_minutes)


class PauseRequest(Request):
    """POST /api/v1/sync/monitor/pause, body optional."""

    reason: Reason = ""
    until: PauseEnd | None = None

    def to_request(self) -> Pause:
        return Pause(self.reason, self.until)


class FullSyncRequest(Request):
    """POST /api/v1/sync/monitor/force-full-sync."""

    reason: Reason = "asked through the API"
    include_zero_stock: StrictBool | None = None

    def to_request(self) -> FullSync:
        return FullSync(self.reason, self.include_zero_stock)


class ConnectivityRequest(Request):
    """POST /api/v1/sync/monitor/test-connectivity, body optional."""

    test_rms: StrictBool = True
    test_shopify: StrictBool = True
    test_redis: StrictBool = True

    def to_request(self) -> ProbeConnections:
        return ProbeConnections(self.test_rms, self.test_shopify, self.test_redis)


class Problem(Body):
    """What is wrong with a request, or with the engine: a stable code, words for a person, what to do."""

    code: str
    message: str
    hint: str = ""


class ErrorBody(Body):
    """The answer of every request that could not be served."""

    error: Problem


class ActionBody(Body):
    """The answer of every action: accepted, or refused with the reason."""

    success: bool
    command_id: str
    message: str
    code: str = ""
    hint: str = ""


class StatusBody(Body):
    """GET /api/v1/sync/monitor/status."""

    status: str
    last_check: datetime | None
    next_check: datetime | None
    items_processed_today: int
    last_sync_duration: str | None
    last_sync_duration_s: float | None = None
    is_healthy: bool
    lock_status: str
    mode: str = ""
    oldest_unsent_s: float | None = None
    queue: dict[str, int] = {}
    paused_by: str | None = None
    audit_number: int | None = None
    audit_hash: str | None = None
    problem: str | None = None
    proof: Proven | None = None
    backlog: Backlog | None = None


class StatsSummary(Body):
    total_runs_today: int
    successful_runs: int
    failed_runs: int
    success_rate: float | None
    items_processed_today: int
    avg_processing_time: str | None
    avg_processing_time_s: float | None = None


class StatsPerformance(Body):
    items_per_hour: int | None
    avg_batch_time: str | None
    avg_batch_time_s: float | None = None
    fastest_sync: str | None
    fastest_sync_s: float | None = None
    slowest_sync: str | None
    slowest_sync_s: float | None = None
    current_load: Load | None


class StatsHealth(Body):
    database_connectivity: Connectivity
    shopify_connectivity: Connectivity
    memory_usage: str | None
    memory_usage_ratio: float | None = None
    cpu_usage: str | None
    cpu_usage_ratio: float | None = None
    lock_status: str


class StatsErrors(Body):
    total: int = 0
    consecutive: int = 0
    by_type: dict[str, int] = {}


class StatsBody(Body):
    """GET /api/v1/sync/monitor/stats."""

    summary: StatsSummary
    performance: StatsPerformance
    health: StatsHealth
    errors: StatsErrors = StatsErrors()
    backlog: Backlog | None = None


class CurrentPerformance(Body):
    avg_execution_time: str | None
    avg_execution_time_s: float | None = None
    items_per_minute: float | None
    throughput_per_hour: int | None
    memory_usage: str | None
    memory_usage_bytes: int | None = None
    cpu_usage: str | None
    cpu_usage_ratio: float | None = None


class HistoricalPerformance(Body):
    best_time: str | None
    best_time_s: float | None = None
    worst_time: str | None
    worst_time_s: float | None = None
    avg_last_24h: str | None
    avg_last_24h_s: float | None = None
    p95_response_time: str | None
    p95_response_time_s: float | None = None
    p99_response_time: str | None
    p99_response_time_s: float | None = None


class EfficiencyMetrics(Body):
    cache_hit_rate: str | None
    cache_hit_ratio: float | None = None
    db_connection_reuse: str | None
    db_connection_reuse_ratio: float | None = None
    api_rate_limit_usage: str | None
    api_rate_limit_usage_ratio: float | None = None
    batch_utilization: str | None
    batch_utilization_ratio: float | None = None


class PerformanceBody(Body):
    """GET /api/v1/sync/monitor/performance-metrics?days=7.

    `percentiles`: cycle (a run), latency (from RMS's stamp to the shop), queue (read until its turn), rms (a question),
    shopify (a request), over the last `days` days of the store.
    """

    current_performance: CurrentPerformance
    historical_performance: HistoricalPerformance
    efficiency_metrics: EfficiencyMetrics
    days: int | None = None
    percentiles: dict[str, Timing] = {}
    backlog: Backlog | None = None


class ActivityRow(Body):
    """One finished cycle."""

    sync_id: str
    check_number: int
    trigger: str
    result: str
    started_at: datetime
    duration: str | None
    duration_s: float
    items_found: int
    products_synced: int
    variants_created: int
    errors: int
    note: str = ""


class ActivityBody(Body):
    """GET /api/v1/sync/monitor/recent-activity?limit=20, newest first."""

    activities: list[ActivityRow]
    total: int
    limit: int


class ConfigBody(Body):
    """GET /api/v1/sync/monitor/config: each setting with where it came from; secrets are hidden."""

    settings: dict[str, Any]
    sources: dict[str, str] = {}
    warnings: list[str] = []


class DependencyHealth(Body):
    name: str
    status: Connectivity
    latency: str | None = None
    latency_s: float | None = None
    checked_at: datetime | None = None
    detail: str = ""


class HealthBody(Body):
    """GET /api/v1/sync/monitor/health."""

    status: Literal["HEALTHY", "UNHEALTHY"]
    engine: str
    is_healthy: bool
    dependencies: list[DependencyHealth]
    problems: list[str] = []
    proof: Proven | None = None


class ConnectivityBody(Body):
    """The answer of POST /api/v1/sync/monitor/test-connectivity."""

    success: bool
    results: list[DependencyHealth]


class Finding(Body):
    """One rule that looked, found and advises."""

    code: str
    level: Literal["ok", "warn", "fail"]
    message: str
    what_to_do: str = ""


class DiagnosticsBody(Body):
    """GET /api/v1/sync/monitor/diagnostics."""

    status: str
    findings: list[Finding]


class LogEntry(Body):
    timestamp: datetime
    level: str
    service: str
    message: str
    tag: str = ""


class LogsBody(Body):
    """GET /api/v1/sync/monitor/logs?limit=100&level=info, newest first."""

    logs: list[LogEntry]
    total: int
    limit: int
    level: str


class SystemBody(Body):
    """GET /api/v1/metrics/system."""

    memory_usage_mb: int
    memory_total_mb: int
    memory_usage_percent: float | None
    cpu_usage_percent: float | None
    threads: int
    pid: int


class ErrorSummaryBody(Body):
    """GET /api/v1/metrics/error-summary: most frequent first."""

    total: int
    consecutive: int
    by_type: dict[str, int]


class SystemInfoBody(Body):
    """GET /api/v1/admin/system-info."""

    version: str
    boot_id: str
    shop: str
    zone: str
    mode: str
    demo: bool
    source: str
    detection: str | None
    api_version: str
    served_version: str | None
