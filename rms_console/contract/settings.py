"""The engine's own settings, as a plain value. SETTINGS.md's names and defaults; `config` fills it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time

from rms_console.contract.state import Mode
from rms_console.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """When a person is told."""

    enabled: bool = True
    consecutive_errors: int = 5
    performance_s: float = 300.0
    motor_stopped_s: float = 900.0
    oldest_unsent_s: float = 1800.0
    memory_percent: float = 80.0
    orphan_lock_s: float = 7200.0
    cooldown_s: float = 1800.0
    """So long after a message the next one of the same kind waits."""
    quiet_from: time | None = None
    quiet_to: time | None = None
    """Between these, in the store's time, only what is critical is sent; None: always."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Everything the engine needs to know. Times in seconds unless the name says otherwise."""

    shop: str
    api_version: str = "2026-10"
    mode: Mode = Mode.OBSERVE
    zone: str = "UTC"
    """IANA name of the store's time zone."""
    policy: Policy = field(default_factory=Policy)
    enabled: bool = True
    interval_s: float = 300.0
    watch_s: float = 0.0
    startup_delay_s: float = 0.0
    batch_size: int = 10
    max_concurrent_jobs: int = 3
    batch_delay_s: float = 0.0
    timeout_s: float = 1800.0
    operation_timeout_s: float = 600.0
    max_items_per_run: int = 500
    bulk_from: int = 1000
    """Products of one kind of operation in a run from which they go by a bulk mutation; 0: never."""
    incremental_hours: float = 24.0
    progress: bool = True
    full_sync_hour: int | None = 2
    full_sync_minute: int = 0
    sweep_s: float = 3600.0
    """Over how long one comparison by value of all that the shop has is spread; 0: only within the nightly one."""
    heal: str = "all"
    """Which differences between store and shop the engine mends by itself: all, rms (RMS has moved on), none."""
    lock_enabled: bool = True
    lock_timeout_s: float = 1800.0
    lock_retry_attempts: int = 3
    health_interval_s: float = 300.0
    query_cache: bool = True
    cache_ttl_s: float = 300.0
    recovery_enabled: bool = True
    recovery_check_interval_s: float = 300.0
    recovery_probe_s: float = 30.0
    recovery_max_attempts: int = 5
    recovery_backoff_multiplier: float = 2.0
    max_attempts: int = 5
    """Attempts before an item that keeps failing is set aside."""
    detailed_log: bool = True
    performance_log: bool = True
    alerts: AlertPolicy = field(default_factory=AlertPolicy)
