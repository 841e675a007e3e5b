"""Builds the snapshot: the engine at one instant, for every face alike."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rms_console.contract.audit_head import audit_head
from rms_console.contract.records import QueueCounts
from rms_console.contract.snapshot import (
    CONTRACT_VERSION,
    BucketView,
    EngineSnapshot,
    ProgressView,
    QueueView,
    RatesView,
    ShopView,
    SourceView,
    SystemView,
    TodayView,
)
from rms_console.contract.state import EngineState, Health
from rms_console.domain.zone import day_start
from rms_console.engine.reporting import show
from rms_console.engine.rights import lock_view, standby_view

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService


async def snapshot(engine: EngineService) -> EngineSnapshot:
    """Return the engine at this instant.

    Raises:
        StoreError: the ledger cannot be read.
    """
    deps, settings, now = engine.deps, engine.settings, engine.deps.clock.now()
    counts = await deps.disk(deps.ledger.queue_counts, now)
    fault, last, start = engine.recovery.fault, engine.figures.last, day_start(now, settings.zone)
    engine.trends.sample(bucket_ratio(engine), counts)
    return EngineSnapshot(
        contract=CONTRACT_VERSION,
        boot_id=engine.boot_id,
        event=engine.journal.last,
        at=now,
        demo=deps.demo,
        version=deps.version,
        state=engine.machine.state,
        since_at=engine.machine.since,
        mode=engine.runner.mode or settings.mode,
        enabled=settings.enabled,
        is_healthy=_healthy(engine),
        zone=settings.zone,
        interval_s=settings.interval_s,
        watch_s=settings.watch_s,
        source=_source(engine, now),
        shop=_shop(engine),
        queue=_queue(counts, now),
        bucket=_bucket(engine),
        lock=lock_view(engine),
        today=today(engine, start),
        rates=rates(engine, now, start),
        system=_system(engine),
        connections=engine.links.views,
        last_check_at=last.started_at if last else None,
        next_check_at=deps.timer.next_at("interval"),
        next_sale_at=deps.timer.next_at("sale"),
        last_cycle=last,
        progress=_progress(engine),
        pause=engine.pause or standby_view(engine),
        fault=fault.view(settings) if fault else None,
        alerts=engine.alerts.present,
        warnings=engine.warnings,
        audit=await deps.disk(audit_head, deps.ledger),
        consecutive_errors=engine.consecutive_errors,
        errors_by_type=dict(engine.errors_by_type),
        sweep=engine.sweeper.view(),
        drift=engine.drift.view(),
        insight=engine.insight.view(counts),
    )


def _healthy(engine: EngineService) -> bool:
    down = any(link.health is Health.DOWN for link in engine.links.views)
    working = engine.machine.state not in (EngineState.ERROR, EngineState.STOPPED, EngineState.RECOVERING)
    return working and not down and engine.insight.canary.view().is_well


def _source(engine: EngineService, now: datetime) -> SourceView:
    world, mark = engine.world, engine.detector.watermark
    return SourceView(
        url=engine.deps.source_name,
        detection=world.source.detection.value if world else None,
        detection_reason=world.source.detection_reason if world else "",
        watermark=show(mark) if mark else None,
        watermark_lag_s=engine.detector.lag_s(now),
        encryption=world.source.encryption if world else "",
    )


def _shop(engine: EngineService) -> ShopView:
    world = engine.world
    if world is None:
        return ShopView(engine.settings.shop, "", "", "", None)
    places = tuple((place.location_id, place.name) for place in world.shop.locations)
    return ShopView(
        engine.settings.shop,
        world.shop.name,
        world.shop.currency,
        engine.settings.api_version,
        world.shop.served_version,
        places,
    )


def today(engine: EngineService, day_start: datetime) -> TodayView:
    """Return the sums of the store's day, what the run that is on has done so far included."""
    return engine.figures.today(day_start, engine.runner.so_far())


def rates(engine: EngineService, now: datetime, day_start: datetime) -> RatesView:
    """Return the figures of pace and effort; what is not known yet is None."""
    deps, spent = engine.deps, engine.deps.shop.counters()
    pace = deps.pacer.view() if spent.queries + spent.mutations else None
    return replace(
        engine.figures.rates(now, day_start, engine.settings.interval_s),
        items_per_hour=engine.trends.items_per_hour(),
        cache_hit_ratio=engine.reference.hit_ratio,
        db_reuse_ratio=deps.source.pool_use().reuse_ratio,
        api_usage_ratio=engine.trends.api_usage(pace.restore) if pace is not None else None,
        batch_utilization_ratio=engine.trends.batch_utilization(),
        loop_lag_p99_s=deps.loop_lag.p99_s() if deps.loop_lag is not None else None,
    )


def _queue(counts: QueueCounts, now: datetime) -> QueueView:
    age = None if counts.oldest_at is None else max(0.0, (now - counts.oldest_at) / timedelta(seconds=1))
    return QueueView(
        waiting=counts.waiting,
        retrying=counts.retrying,
        quarantined=counts.quarantined,
        held=counts.held,
        oldest_unsent_s=age,
        reconcile_waiting=counts.reconcile_waiting,
    )


def _bucket(engine: EngineService) -> BucketView:
    pace, spent = engine.deps.pacer.view(), engine.deps.shop.counters()
    return BucketView(
        available_points=pace.available,
        maximum_points=pace.maximum,
        restore_points_per_s=pace.restore,
        throttled_today=spent.throttled,
        spent_points_today=spent.points,
        in_flight=pace.in_flight,
        limited_by=pace.limited_by,
    )


def bucket_ratio(engine: EngineService) -> float | None:
    """Return how full the shop's bucket is, 0 to 1; None until the shop has answered once."""
    pace, spent = engine.deps.pacer.view(), engine.deps.shop.counters()
    if not pace.maximum or not spent.queries + spent.mutations:
        return None
    return pace.available / pace.maximum


def _system(engine: EngineService) -> SystemView:
    reading = engine.deps.system.read()
    return SystemView(
        reading.memory_bytes, reading.memory_total_bytes, reading.cpu_percent, os.getpid(), reading.threads
    )


def _progress(engine: EngineService) -> ProgressView | None:
    run, push = engine.runner.active, engine.runner.current
    if run is None or not engine.settings.progress:
        return None
    return ProgressView(
        cycle=run.number,
        sync_id=run.sync_id,
        trigger=run.cause.trigger,
        stage=engine.runner.stage,
        started_at=run.started_at,
        products_done=push.done if push else 0,
        products_total=len(push.jobs) if push else 0,
        batch=push.batch if push else 0,
        batches=push.tally.batches if push else 0,
        failed=push.tally.errors if push else 0,
    )
