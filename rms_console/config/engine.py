"""From settings to what the engine and the pure stages take."""

from __future__ import annotations

import warnings
from datetime import time
from typing import TYPE_CHECKING

import tzlocal

from rms_console.config.sections.timing import OFF
from rms_console.contract.settings import AlertPolicy, EngineSettings
from rms_console.domain.policy import FilterPolicy, GuardPolicy, MappingPolicy, Policy, StockPolicy
from rms_console.errors import ConfigError

if TYPE_CHECKING:
    from rms_console.config.settings import Settings


def missing_keys(settings: Settings) -> tuple[str, ...]:
    """Return, in words, what an engine cannot do without and nobody has set. The demo brings its own."""
    shopify, rms = settings.shopify, settings.rms
    needed = {
        "shopify.shop (SHOPIFY_SHOP_URL): the shop": bool(shopify.shop),
        "shopify.token (SHOPIFY_ACCESS_TOKEN), or shopify.client_id and shopify.client_secret: the way in": bool(
            shopify.token or (shopify.client_id and shopify.client_secret)
        ),
        "rms.host (RMS_DB_HOST), or rms.url: the database": bool(rms.host or rms.url),
        "rms.database (RMS_DB_NAME): the name of the database": bool(rms.database or rms.url or not rms.host),
    }
    return () if settings.is_demo else tuple(text for text, is_there in needed.items() if not is_there)


def store_zone(settings: Settings, machine_zone: str | None = None) -> str:
    """Return the store's time zone: the one set, else the one handed in, else this machine's, else UTC."""
    return settings.store.timezone or machine_zone or _local_zone()


def _local_zone() -> str:
    try:
        with warnings.catch_warnings():
            # tzlocal warns where the machine's files contradict each other; it still names one.
            warnings.simplefilter("ignore")
            return tzlocal.get_localzone_name() or "UTC"
    except (LookupError, ValueError, OSError):
        return "UTC"


def engine_settings(settings: Settings, machine_zone: str | None = None) -> EngineSettings:
    """Return the engine's settings.

    Raises:
        ConfigError: something that an engine cannot do without is not set.
    """
    missing = missing_keys(settings)
    if missing:
        told = "".join(f"\n  {text}" for text in missing)
        raise ConfigError(f"these settings are missing; nothing was started:{told}")
    sync, recovery, lock, log = settings.sync, settings.recovery, settings.lock, settings.log
    return EngineSettings(
        shop=settings.shopify.shop,
        api_version=settings.shopify.api_version,
        mode=sync.mode,
        zone=store_zone(settings, machine_zone),
        policy=policy(settings),
        enabled=sync.enabled,
        interval_s=sync.interval_minutes * 60,
        watch_s=sync.watch_s,
        startup_delay_s=sync.startup_delay_s,
        batch_size=sync.batch_size,
        max_concurrent_jobs=sync.max_concurrent_jobs,
        batch_delay_s=sync.batch_delay_s,
        timeout_s=sync.timeout_minutes * 60,
        operation_timeout_s=sync.operation_timeout_s,
        max_items_per_run=sync.max_items_per_run,
        bulk_from=sync.bulk_from,
        incremental_hours=sync.incremental_hours,
        progress=sync.progress,
        full_sync_hour=sync.full_sync_hour,
        full_sync_minute=sync.full_sync_minute,
        sweep_s=sync.sweep_minutes * 60,
        heal=sync.heal,
        lock_enabled=lock.enabled,
        lock_timeout_s=lock.timeout_s,
        lock_retry_attempts=lock.retry_attempts,
        health_interval_s=settings.health.interval_s,
        query_cache=settings.rms.query_cache,
        cache_ttl_s=settings.rms.cache_ttl_s,
        recovery_enabled=recovery.enabled,
        recovery_check_interval_s=recovery.check_interval_s,
        recovery_probe_s=recovery.probe_s,
        recovery_max_attempts=recovery.max_attempts,
        recovery_backoff_multiplier=recovery.backoff_multiplier,
        detailed_log=log.detailed,
        performance_log=log.performance,
        alerts=_alerts(settings),
    )


def _alerts(settings: Settings) -> AlertPolicy:
    chosen = settings.alerts
    return AlertPolicy(
        enabled=chosen.enabled,
        consecutive_errors=chosen.consecutive_errors,
        performance_s=chosen.performance_s,
        motor_stopped_s=chosen.motor_stopped_minutes * 60,
        oldest_unsent_s=chosen.oldest_unsent_minutes * 60,
        memory_percent=chosen.memory_percent,
        orphan_lock_s=chosen.orphan_lock_hours * 3600,
        cooldown_s=chosen.cooldown_minutes * 60,
        quiet_from=_time_of(chosen.quiet_from),
        quiet_to=_time_of(chosen.quiet_to),
    )


def _time_of(text: str) -> time | None:
    return None if text == OFF else time.fromisoformat(text)


def policy(settings: Settings) -> Policy:
    """Return the store's choices for the pure stages. The engine adds the shop's currency and its locations."""
    stock, guard = settings.stock, settings.guard
    return Policy(
        mapping=_mapping(settings),
        filters=_filters(settings),
        stock=StockPolicy(
            quantity_name=stock.quantity_name,
            conflict=stock.conflict,
            conflict_grace_hours=stock.conflict_grace_hours,
            safety=stock.safety,
        ),
        guard=GuardPolicy(
            max_created=guard.max_created,
            max_changed_percent=guard.max_changed_percent,
            max_changed_products=guard.max_changed_products,
            percent_from_products=guard.percent_from_products,
            window_minutes=guard.window_minutes,
            price_jump_percent=guard.price_jump_percent,
            price_mass_percent=guard.price_mass_percent,
            max_removed_variants=guard.max_removed_variants,
            max_missing_percent=guard.max_missing_percent,
        ),
        force_update=settings.sync.force_update,
    )


def _mapping(settings: Settings) -> MappingPolicy:
    chosen = settings.mapping
    return MappingPolicy(
        option_names=chosen.option_names,
        default_color=chosen.default_color,
        default_size=chosen.default_size,
        title_max=chosen.title_max,
        tax=chosen.tax,
        tax_percent=chosen.tax_percent,
        status=chosen.status,
        vendor_from=chosen.vendor_from,
        product_type_from=chosen.product_type_from,
        tags_from=chosen.tags_from,
        metafields_from=chosen.metafields_from,
        metafield_namespace=chosen.metafield_namespace,
        custom_id_key=chosen.custom_id_key,
        locations=chosen.locations,
        publications=chosen.publish_to,
        sale_end_midnight_is_whole_day=chosen.sale_end_midnight_is_whole_day,
        ownership={str(field): owner for field, owner in chosen.ownership.items()},
    )


def _filters(settings: Settings) -> FilterPolicy:
    chosen = settings.filter
    return FilterPolicy(
        include_zero_stock=settings.sync.include_zero_stock,
        excluded_families=frozenset(chosen.excluded_families),
        excluded_categories=frozenset(chosen.excluded_categories),
        min_price=chosen.min_price,
        max_price=chosen.max_price,
        when_gone=chosen.when_gone,
        when_excluded=chosen.when_excluded,
        when_price_bad=chosen.when_price_bad,
        when_deleted=chosen.when_deleted_in_shop,
        scope=settings.scope.create,
    )
