"""The environment's names and the keys of console.toml they stand for.

Where two names stand for one key, the one that comes later in this table wins, and a difference is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FULL_SYNC_HOUR: Final = "FULL_SYNC_HOUR"
FULL_SYNC_MINUTE: Final = "FULL_SYNC_MINUTE"

ENVIRONMENT: Final[Mapping[str, str]] = {
    "ENABLE_SCHEDULED_SYNC": "sync.enabled",
    "SYNC_MODE": "sync.mode",
    "SYNC_INTERVAL_MINUTES": "sync.interval_minutes",
    "SYNC_WATCH_SECONDS": "sync.watch_s",
    "SYNC_STARTUP_DELAY_SECONDS": "sync.startup_delay_s",
    "SYNC_HEALTH_CHECK_INTERVAL": "health.interval_s",
    "SYNC_BATCH_SIZE": "sync.batch_size",
    "SYNC_MAX_CONCURRENT_JOBS": "sync.max_concurrent_jobs",
    "SYNC_BATCH_DELAY_SECONDS": "sync.batch_delay_s",
    "SYNC_TIMEOUT_MINUTES": "sync.timeout_minutes",
    "SYNC_OPERATION_TIMEOUT_SECONDS": "sync.operation_timeout_s",
    "SYNC_MAX_ITEMS_PER_RUN": "sync.max_items_per_run",
    "ENABLE_SYNC_LOCK": "lock.enabled",
    "SYNC_LOCK_TIMEOUT_SECONDS": "lock.timeout_s",
    "SYNC_LOCK_RETRY_ATTEMPTS": "lock.retry_attempts",
    "LEASE_TTL_SECONDS": "lease.ttl_s",
    "SYNC_INCLUDE_ZERO_STOCK": "sync.include_zero_stock",
    "SYNC_FORCE_UPDATE": "sync.force_update",
    "RMS_SYNC_INCREMENTAL_HOURS": "sync.incremental_hours",
    "SYNC_USE_CONNECTION_POOLING": "rms.pooling",
    "SYNC_CONNECTION_POOL_SIZE": "rms.pool_size",
    "SYNC_ENABLE_QUERY_CACHE": "rms.query_cache",
    "SYNC_CACHE_TTL_SECONDS": "rms.cache_ttl_s",
    "SYNC_ENABLE_AUTO_RECOVERY": "recovery.enabled",
    "SYNC_RECOVERY_CHECK_INTERVAL": "recovery.check_interval_s",
    "SYNC_MAX_RECOVERY_ATTEMPTS": "recovery.max_attempts",
    "SYNC_RECOVERY_BACKOFF_MULTIPLIER": "recovery.backoff_multiplier",
    "SYNC_ENABLE_DETAILED_LOGGING": "log.detailed",
    "SYNC_LOG_PERFORMANCE_METRICS": "log.performance",
    "SYNC_ENABLE_PROGRESS_TRACKING": "sync.progress",
    "SYNC_EXCLUDED_CATEGORIES": "filter.excluded_categories",
    "SYNC_EXCLUDED_FAMILIES": "filter.excluded_families",
    "SYNC_MIN_PRICE_THRESHOLD": "filter.min_price",
    "SYNC_MAX_PRICE_THRESHOLD": "filter.max_price",
    "SYNC_ENABLE_ALERTS": "alerts.enabled",
    "SYNC_ALERT_ERROR_THRESHOLD": "alerts.consecutive_errors",
    "ALERT_CONSECUTIVE_ERRORS": "alerts.consecutive_errors",
    "SYNC_ALERT_PERFORMANCE_THRESHOLD": "alerts.performance_s",
    "ALERT_PERFORMANCE_THRESHOLD_SECONDS": "alerts.performance_s",
    "ALERT_MOTOR_STOPPED_MINUTES": "alerts.motor_stopped_minutes",
    "ALERT_MEMORY_THRESHOLD_PERCENT": "alerts.memory_percent",
    "ALERT_LOCK_TIMEOUT_HOURS": "alerts.orphan_lock_hours",
    "ALERT_OLDEST_UNSENT_MINUTES": "alerts.oldest_unsent_minutes",
    "ALERT_COOLDOWN_MINUTES": "alerts.cooldown_minutes",
    "ALERT_QUIET_FROM": "alerts.quiet_from",
    "ALERT_QUIET_TO": "alerts.quiet_to",
    "ALERT_CHANNELS": "alerts.channels",
    "ALERT_EMAIL_ENABLED": "alerts.email.enabled",
    "ALERT_EMAIL_TO": "alerts.email.to",
    "ALERT_EMAIL_SUBJECT_PREFIX": "alerts.email.subject_prefix",
    "SMTP_FROM": "alerts.email.sender",
    "SMTP_HOST": "alerts.email.smtp_host",
    "SMTP_PORT": "alerts.email.smtp_port",
    "SMTP_USER": "alerts.email.smtp_user",
    "SMTP_PASSWORD": "alerts.email.smtp_password",
    "SMTP_SECURITY": "alerts.email.smtp_security",
    "SLACK_WEBHOOK_URL": "alerts.slack.webhook_url",
    "SLACK_CHANNEL": "alerts.slack.channel",
    "SLACK_USERNAME": "alerts.slack.username",
    "RMS_DB_HOST": "rms.host",
    "RMS_DB_PORT": "rms.port",
    "RMS_DB_NAME": "rms.database",
    "RMS_DB_USER": "rms.user",
    "RMS_DB_PASSWORD": "rms.password",
    "RMS_DB_DRIVER": "rms.driver",
    "SHOPIFY_SHOP_URL": "shopify.shop",
    "SHOPIFY_ACCESS_TOKEN": "shopify.token",
    "SHOPIFY_API_VERSION": "shopify.api_version",
    "SHOPIFY_CLIENT_ID": "shopify.client_id",
    "SHOPIFY_CLIENT_SECRET": "shopify.client_secret",
    "SHOPIFY_API_BASE": "shopify.api_base",
    "REDIS_URL": "redis.url",
    FULL_SYNC_HOUR: "sync.full_sync_at",
    FULL_SYNC_MINUTE: "sync.full_sync_at",
    "FULL_SYNC_TIMEZONE": "store.timezone",
    "SYNC_SWEEP_MINUTES": "sync.sweep_minutes",
    "SYNC_HEAL": "sync.heal",
    "SYNC_BULK_FROM": "sync.bulk_from",
    "LOG_LEVEL": "log.level",
}

OURS: Final = ("SYNC_", "ENABLE_S", "ALERT_", "RMS_", "SHOPIFY_", "FULL_SYNC_", "SMTP_", "SLACK_", "LEASE_")
"""How our names begin: only among these a slip of the pen is looked for."""

KNOWN_ELSEWHERE: Final = frozenset({"RMS_CONSOLE_TOKEN", "RMS_TEST_DSN"})


def names_of(key: str) -> tuple[str, ...]:
    """Return the environment's names for a key of console.toml."""
    return tuple(name for name, target in ENVIRONMENT.items() if target == key)
