"""Answers of the requirements' routes from what the engine says: pure, with their key names and formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from rms_console.contract import api
from rms_console.contract.api_forms import short_seconds_text
from rms_console.contract.insight_api import Backlog, Proof, Proven, Timing, TimingDay
from rms_console.contract.lock_api import LockBody, RightBody
from rms_console.contract.rights import RightView
from rms_console.contract.snapshot import ConnectionView, EngineSnapshot
from rms_console.contract.state import EngineState, Health
from rms_console.locale import sentence, told

MEGABYTE: Final = 1 << 20


def status(now: EngineSnapshot, language: str) -> api.StatusBody:
    last_s = None if now.last_cycle is None else round(now.last_cycle.duration_s, 3)
    queue = now.queue
    return api.StatusBody(
        status=now.state.value,
        last_check=whole(now.last_check_at),
        next_check=whole(now.next_check_at),
        items_processed_today=now.today.items,
        last_sync_duration=api.seconds_text(last_s),
        last_sync_duration_s=last_s,
        is_healthy=now.is_healthy,
        lock_status=now.lock.status.value,
        mode=now.mode.value,
        oldest_unsent_s=_rounded(queue.oldest_unsent_s),
        queue={
            "waiting": queue.waiting,
            "retrying": queue.retrying,
            "quarantined": queue.quarantined,
            "held": queue.held,
        },
        paused_by=None if now.pause is None else now.pause.by,
        audit_number=None if now.audit is None else now.audit.number,
        audit_hash=None if now.audit is None else now.audit.digest,
        problem=None if now.fault is None else f"{now.fault.code}: {told(language, now.fault.message)}",
        proof=proof(now, language),
        backlog=backlog(now),
    )


def stats(now: EngineSnapshot) -> api.StatsBody:
    today, rates = now.today, now.rates
    memory, cpu = _usage(now)
    return api.StatsBody(
        summary=api.StatsSummary(
            total_runs_today=today.runs,
            successful_runs=today.ok,
            failed_runs=today.failed,
            success_rate=_rounded(today.success_rate, 1),
            items_processed_today=today.items,
            avg_processing_time=api.seconds_text(today.avg_s),
            avg_processing_time_s=_rounded(today.avg_s),
        ),
        performance=api.StatsPerformance(
            items_per_hour=_count(rates.items_per_hour),
            avg_batch_time=api.seconds_text(rates.avg_batch_s),
            avg_batch_time_s=_rounded(rates.avg_batch_s),
            fastest_sync=api.seconds_text(today.fastest_s),
            fastest_sync_s=_rounded(today.fastest_s),
            slowest_sync=api.seconds_text(today.slowest_s),
            slowest_sync_s=_rounded(today.slowest_s),
            current_load=api.load_word(rates.current_load_ratio),
        ),
        health=api.StatsHealth(
            database_connectivity=_link(now, "rms"),
            shopify_connectivity=_link(now, "shopify"),
            memory_usage=api.percent_text(memory),
            memory_usage_ratio=_rounded(memory),
            cpu_usage=api.percent_text(cpu),
            cpu_usage_ratio=_rounded(cpu),
            lock_status=now.lock.status.value,
        ),
        errors=api.StatsErrors(**errors(now)),
        backlog=backlog(now),
    )


def performance(now: EngineSnapshot) -> api.PerformanceBody:
    today, rates = now.today, now.rates
    cpu = _usage(now)[1]
    a_minute = None if rates.items_per_hour is None else round(rates.items_per_hour / 60, 1)
    return api.PerformanceBody(
        current_performance=api.CurrentPerformance(
            avg_execution_time=api.seconds_text(today.avg_s),
            avg_execution_time_s=_rounded(today.avg_s),
            items_per_minute=a_minute,
            throughput_per_hour=_count(rates.items_per_hour),
            memory_usage=api.megabytes_text(now.system.memory_bytes),
            memory_usage_bytes=now.system.memory_bytes,
            cpu_usage=api.percent_text(cpu),
            cpu_usage_ratio=_rounded(cpu),
        ),
        historical_performance=_history(now),
        backlog=backlog(now),
        efficiency_metrics=api.EfficiencyMetrics(
            cache_hit_rate=api.percent_text(rates.cache_hit_ratio),
            cache_hit_ratio=_rounded(rates.cache_hit_ratio),
            db_connection_reuse=api.percent_text(rates.db_reuse_ratio),
            db_connection_reuse_ratio=_rounded(rates.db_reuse_ratio),
            api_rate_limit_usage=api.percent_text(rates.api_usage_ratio),
            api_rate_limit_usage_ratio=_rounded(rates.api_usage_ratio),
            batch_utilization=api.percent_text(rates.batch_utilization_ratio),
            batch_utilization_ratio=_rounded(rates.batch_utilization_ratio),
        ),
    )


def _history(now: EngineSnapshot) -> api.HistoricalPerformance:
    rates = now.rates
    return api.HistoricalPerformance(
        best_time=api.seconds_text(rates.best_s),
        best_time_s=_rounded(rates.best_s),
        worst_time=api.seconds_text(rates.worst_s),
        worst_time_s=_rounded(rates.worst_s),
        avg_last_24h=api.seconds_text(rates.avg_24h_s),
        avg_last_24h_s=_rounded(rates.avg_24h_s),
        p95_response_time=api.seconds_text(rates.p95_s),
        p95_response_time_s=_rounded(rates.p95_s),
        p99_response_time=api.seconds_text(rates.p99_s),
        p99_response_time_s=_rounded(rates.p99_s),
    )


def timings(kinds: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Timing]:
    """Return percentiles by kind, each with its text; none where the engine keeps none."""
    return {
        name: Timing(
            count=told["count"],
            p50=short_seconds_text(told["p50_s"]),
            p50_s=told["p50_s"],
            p95=short_seconds_text(told["p95_s"]),
            p95_s=told["p95_s"],
            p99=short_seconds_text(told["p99_s"]),
            p99_s=told["p99_s"],
            days=[TimingDay.model_validate(dict(day)) for day in told["days"]],
        )
        for name, told in (kinds or {}).items()
    }


def activity(row: Mapping[str, Any]) -> api.ActivityRow:
    """Return one finished cycle from its row."""
    duration_s = float(row["duration_s"])
    also = ("by", "reason", "products_created", "variants_updated", "stock_rows", "quarantined", "held", "queue_left")
    extras: dict[str, Any] = {name: row[name] for name in also if name in row}
    return api.ActivityRow(
        sync_id=row["sync_id"],
        check_number=row["number"],
        trigger=row["trigger"],
        result=row["result"],
        started_at=_time(row["started_at"]),
        duration=api.seconds_text(duration_s),
        duration_s=round(duration_s, 3),
        items_found=row["items_found"],
        products_synced=row["products_synced"],
        variants_created=row["variants_created"],
        errors=row["errors"],
        note=row.get("note", ""),
        **extras,
    )


def config(rows: Iterable[Mapping[str, Any]], warnings: Iterable[str]) -> api.ConfigBody:
    """Return the settings from their rows, in which secrets are hidden already."""
    listed = tuple(rows)
    return api.ConfigBody(
        settings={row["key"]: row["value"] for row in listed},
        sources={row["key"]: row["source"] for row in listed},
        warnings=list(warnings),
    )


def health(now: EngineSnapshot, language: str) -> api.HealthBody:
    return api.HealthBody(
        status="HEALTHY" if now.is_healthy else "UNHEALTHY",
        engine=now.state.value,
        is_healthy=now.is_healthy,
        dependencies=[dependency(link, language) for link in now.connections],
        problems=list(_problems(now, language)),
        proof=proof(now, language),
    )


def backlog(now: EngineSnapshot) -> Backlog | None:
    """Return what waits and when it will be through; None before the queue was looked at."""
    view = now.insight.backlog
    if view is None:
        return None
    return Backlog(
        items=view.items,
        products=view.products,
        held=view.held,
        points=view.points,
        duration=api.seconds_text(view.likely_s),
        duration_s=view.likely_s,
        range_s=None if view.low_s is None or view.high_s is None else [view.low_s, view.high_s],
        through_at=whole(view.through_at),
        limited_by=view.limited_by,
        exceeds_interval=view.is_late,
    )


def proof(now: EngineSnapshot, language: str) -> Proven:
    """Return whether changes are proven to arrive, and the latest proof."""
    proven, last = now.insight.proven, now.insight.proven.last
    shown = None
    if last is not None:
        shown = Proof(
            item=last.item,
            style=last.style,
            stamp=last.stamp,
            pushed_at=whole(last.pushed_at),
            read_at=last.read_at.replace(microsecond=0),
            latency=short_seconds_text(last.latency_s),
            latency_s=last.latency_s,
            points=last.points,
        )
    return Proven.model_validate({"state": proven.state, "reason": told(language, proven.reason), "last_proven": shown})


def _problems(now: EngineSnapshot, language: str) -> Iterable[str]:
    if now.fault is not None:
        yield f"{now.fault.code}: {told(language, now.fault.message)}"
    if now.state is EngineState.STOPPED:
        yield told(language, sentence("the engine is stopped"))
    for link in now.connections:
        if link.health is Health.DOWN:
            yield f"{link.name}: {told(language, link.detail)}"
    proven = now.insight.proven
    if not proven.is_well:
        since = "" if proven.last is None else f" {proven.last.read_at:%Y-%m-%d %H:%M:%SZ}"
        yield f"{told(language, sentence('not proven since'))}{since}: {told(language, proven.reason)}"
    for alert in now.alerts:
        if alert.severity == "CRITICAL":
            yield f"{told(language, alert.title)}: {told(language, alert.detail)}"


def dependency(link: ConnectionView, language: str) -> api.DependencyHealth:
    return api.DependencyHealth(
        name=link.name,
        status=link.health.value,
        latency=None if link.latency_s is None else f"{1000 * link.latency_s:.0f}ms",
        latency_s=_rounded(link.latency_s),
        checked_at=whole(link.checked_at),
        detail=told(language, link.detail),
    )


def log_entry(row: Mapping[str, Any]) -> api.LogEntry:
    extras = {name: row[name] for name in ("number", "sync_id") if name in row}
    return api.LogEntry(
        timestamp=_time(row["at"]),
        level=row["level"],
        service=row["service"] or "",
        message=row["message"],
        tag=row["tag"] or "",
        **extras,
    )


def lock(now: EngineSnapshot) -> LockBody:
    view = now.lock
    return LockBody(
        lock_status=view.status.value,
        owner=view.owner,
        host=view.host,
        pid=view.pid,
        since=whole(view.since_at),
        age_s=_age_s(view.since_at, now),
        epoch=view.epoch,
        enabled=view.enabled,
        ends_at=whole(view.ends_at),
        left_s=_left_s(view.ends_at, now),
        claim=_right(view.claim, now),
        lease=_right(view.lease, now),
    )


def _right(view: RightView | None, now: EngineSnapshot) -> RightBody | None:
    if view is None:
        return None
    return RightBody(
        state=view.state.value,
        host=view.host,
        pid=view.pid,
        since=whole(view.since_at),
        age_s=_age_s(view.since_at, now),
        number=view.number,
        ends_at=whole(view.ends_at),
        left_s=_left_s(view.ends_at, now),
        seen_at=whole(view.seen_at),
    )


def _age_s(since: datetime | None, now: EngineSnapshot) -> float | None:
    return None if since is None else _rounded(max(0.0, (now.at - since).total_seconds()), 1)


def _left_s(end: datetime | None, now: EngineSnapshot) -> float | None:
    return None if end is None else _rounded(max(0.0, (end - now.at).total_seconds()), 1)


def system(now: EngineSnapshot) -> api.SystemBody:
    memory = _usage(now)[0]
    return api.SystemBody(
        memory_usage_mb=now.system.memory_bytes // MEGABYTE,
        memory_total_mb=now.system.memory_total_bytes // MEGABYTE,
        memory_usage_percent=None if memory is None else round(100 * memory, 1),
        cpu_usage_percent=_rounded(now.system.cpu_percent, 1),
        threads=now.system.threads,
        pid=now.system.pid,
    )


def errors(now: EngineSnapshot) -> dict[str, Any]:
    """Return errors since the start, the most frequent first."""
    ranked = sorted(now.errors_by_type.items(), key=lambda pair: (-pair[1], pair[0]))
    return {"total": sum(now.errors_by_type.values()), "consecutive": now.consecutive_errors, "by_type": dict(ranked)}


def system_info(now: EngineSnapshot) -> api.SystemInfoBody:
    return api.SystemInfoBody(
        version=now.version,
        boot_id=now.boot_id,
        shop=now.shop.shop,
        zone=now.zone,
        mode=now.mode.value,
        demo=now.demo,
        source=now.source.url,
        detection=now.source.detection,
        api_version=now.shop.api_version,
        served_version=now.shop.served_version,
    )


def whole(at: datetime | None) -> datetime | None:
    """Return a time in whole seconds, as the examples write it."""
    return None if at is None else at.replace(microsecond=0)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(microsecond=0)


def _usage(now: EngineSnapshot) -> tuple[float | None, float | None]:
    """Return memory of the machine's and processor time of one core, as ratios."""
    system_, cpu = now.system, now.system.cpu_percent
    memory = system_.memory_bytes / system_.memory_total_bytes if system_.memory_total_bytes else None
    return memory, None if cpu is None else cpu / 100


def _link(now: EngineSnapshot, name: str) -> api.Connectivity:
    return next((link.health.value for link in now.connections if link.name == name), "unknown")


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)


def _count(value: float | None) -> int | None:
    return None if value is None else round(value)
