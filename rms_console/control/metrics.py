"""The figures of the engine for Prometheus: every name in one table, so that dashboards can be tested against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from rms_console.contract.snapshot import ConnectionView, EngineSnapshot
from rms_console.contract.state import EngineState, Health, LockStatus

PREFIX: Final = "rms_console_"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SEVERITIES: Final = ("INFO", "WARN", "CRITICAL")
_REACHED: Final = {Health.GOOD: 1.0, Health.SLOW: 1.0, Health.DOWN: 0.0}

Samples = Iterable[tuple[tuple[str, ...], float]]
"""Values of the labels, in the order of the figure's label names, each with its value."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric: `read` returns its samples at one instant, none where there is no data."""

    name: str
    help: str
    read: Callable[[EngineSnapshot], Samples]
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"


def exposition(snapshot: EngineSnapshot) -> bytes:
    """Return the figures of one instant in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_OfInstant(snapshot))
    return generate_latest(registry)


class _OfInstant(Collector):
    """Hands the registry what one snapshot says. A figure without data is left out, never 0."""

    def __init__(self, snapshot: EngineSnapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        for figure in FIGURES:
            samples = tuple(figure.read(self._snapshot))
            if samples:
                family = CounterMetricFamily if figure.kind == "counter" else GaugeMetricFamily
                metric = family(figure.name, figure.help, labels=figure.labels)
                for values, value in samples:
                    metric.add_metric(values, value)
                yield metric


def _one(value: float | bool | None) -> Samples:
    return () if value is None else (((), float(value)),)


def _present(values: Iterable[tuple[str, float | None]]) -> Samples:
    return tuple(((name,), float(value)) for name, value in values if value is not None)


def _time(at: datetime | None) -> Samples:
    return _one(None if at is None else at.timestamp())


def _info(now: EngineSnapshot) -> Samples:
    return (((now.version, now.mode.value, now.shop.shop, str(now.demo).lower()), 1.0),)


def _drift(now: EngineSnapshot) -> Samples:
    drift = now.drift
    return _present([("news", drift.last_found), ("known", drift.last_waiting)]) if drift.last_at else ()


def _compared_at(now: EngineSnapshot) -> Samples:
    return _one(datetime.fromisoformat(now.drift.last_at).timestamp() if now.drift.last_at else None)


def _queue(now: EngineSnapshot) -> Samples:
    queue = now.queue
    return _present(
        [
            ("waiting", queue.waiting),
            ("retrying", queue.retrying),
            ("quarantined", queue.quarantined),
            ("held", queue.held),
        ]
    )


def _cycle_seconds(now: EngineSnapshot) -> Samples:
    return _present(
        [
            ("avg", now.today.avg_s),
            ("fastest", now.today.fastest_s),
            ("slowest", now.today.slowest_s),
            ("p95", now.rates.p95_s),
            ("p99", now.rates.p99_s),
            ("last", None if now.last_cycle is None else now.last_cycle.duration_s),
        ]
    )


def _durations(now: EngineSnapshot) -> Samples:
    return tuple(
        ((one.timed, share), value)
        for one in now.insight.timings
        for share, value in (("p50", one.p50_s), ("p95", one.p95_s), ("p99", one.p99_s))
        if value is not None
    )


def _links(now: EngineSnapshot, value: Callable[[ConnectionView], float | None]) -> Samples:
    return _present((link.name, value(link)) for link in now.connections)


def _points(now: EngineSnapshot, value: float) -> Samples:
    """Return a figure of the bucket; none before the shop told its size."""
    return _one(value if now.bucket.maximum_points else None)


def _alerts(now: EngineSnapshot) -> Samples:
    present = Counter(alert.severity for alert in now.alerts)
    return _present((severity, present[severity]) for severity in SEVERITIES)


def _figure(name: str, help_: str, read: Callable[[EngineSnapshot], Samples], *labels: str) -> Figure:
    return Figure(PREFIX + name, help_, read, labels, "counter" if name.endswith("_total") else "gauge")


FIGURES: Final[tuple[Figure, ...]] = (
    _figure("info", "What runs: always 1.", _info, "version", "mode", "shop", "demo"),
    _figure(
        "state",
        "1 for the state the engine is in, 0 for the others.",
        lambda now: _present((state.value, state is now.state) for state in EngineState),
        "state",
    ),
    _figure("healthy", "1 while the engine can work and no connection is down.", lambda now: _one(now.is_healthy)),
    _figure(
        "last_proven_timestamp_seconds",
        "When a value was last read back from the shop as RMS has it.",
        lambda now: _time(now.insight.proven.last.read_at if now.insight.proven.last is not None else None),
    ),
    _figure("proven", "1 while nothing speaks against it.", lambda now: _one(now.insight.proven.is_well)),
    _figure("paused", "1 while a person has paused the engine.", lambda now: _one(now.pause is not None)),
    _figure(
        "oldest_unsent_seconds",
        "Age of the oldest change that is not in the shop; none with an empty queue.",
        lambda now: _one(now.queue.oldest_unsent_s),
    ),
    _figure("queue_items", "Items in the queue.", _queue, "state"),
    _figure("drift_values", "Values that differed between store and shop when last compared.", _drift, "state"),
    _figure("drift_compared_timestamp_seconds", "When store and shop were last compared.", _compared_at),
    _figure(
        "watermark_lag_seconds", "How far reading is behind the database.", lambda now: _one(now.source.watermark_lag_s)
    ),
    _figure(
        "cycles_today",
        "Runs since the store's midnight.",
        lambda now: _present([("ok", now.today.ok), ("failed", now.today.failed)]),
        "result",
    ),
    _figure("items_today", "Changed items since the store's midnight.", lambda now: _one(now.today.items)),
    _figure("products_today", "Products synced since the store's midnight.", lambda now: _one(now.today.products)),
    _figure(
        "variants_created_today",
        "Variants created since the store's midnight.",
        lambda now: _one(now.today.variants_created),
    ),
    _figure("mutations_today", "Writes to the shop since the store's midnight.", lambda now: _one(now.today.mutations)),
    _figure(
        "success_ratio",
        "Runs without failure of all runs today, 0 to 1.",
        lambda now: _one(None if now.today.success_rate is None else now.today.success_rate / 100),
    ),
    _figure(
        "cycle_seconds",
        "Time of runs: today's with changes (avg, fastest, slowest), of 24 h (p95, p99), the last.",
        _cycle_seconds,
        "stat",
    ),
    _figure("items_per_hour", "Changed items of the last 60 minutes.", lambda now: _one(now.rates.items_per_hour)),
    _figure(
        "load_ratio", "Time of the last run of the interval, 0 to 1.", lambda now: _one(now.rates.current_load_ratio)
    ),
    _figure(
        "cache_hit_ratio",
        "Look-ups of reference data that needed no request.",
        lambda now: _one(now.rates.cache_hit_ratio),
    ),
    _figure(
        "db_reuse_ratio",
        "Uses of the database served by an open connection.",
        lambda now: _one(now.rates.db_reuse_ratio),
    ),
    _figure(
        "api_usage_ratio",
        "Points spent of points restored over the last hour.",
        lambda now: _one(now.rates.api_usage_ratio),
    ),
    _figure(
        "batch_utilization_ratio",
        "Products in batches of the batches' capacity.",
        lambda now: _one(now.rates.batch_utilization_ratio),
    ),
    _figure(
        "duration_seconds",
        "Of the last 24 hours: runs (cycle), from RMS to the shop (latency), in the queue, questions to RMS, requests.",
        _durations,
        "timed",
        "share",
    ),
    _figure(
        "loop_lag_p99_seconds",
        "99th percentile of how late the engine's loop is.",
        lambda now: _one(now.rates.loop_lag_p99_s),
    ),
    _figure(
        "connection_up",
        "1 while a connection answers, 0 while it is down.",
        lambda now: _links(now, lambda link: _REACHED.get(link.health)),
        "name",
    ),
    _figure(
        "connection_latency_seconds",
        "Time of the last answer of a connection.",
        lambda now: _links(now, lambda link: link.latency_s),
        "name",
    ),
    _figure(
        "bucket_available_points",
        "Points left in the shop's bucket.",
        lambda now: _points(now, now.bucket.available_points),
    ),
    _figure(
        "bucket_maximum_points",
        "Size of the shop's bucket in points.",
        lambda now: _points(now, now.bucket.maximum_points),
    ),
    _figure(
        "bucket_restore_points_per_second",
        "Points that the shop restores a second.",
        lambda now: _points(now, now.bucket.restore_points_per_s),
    ),
    _figure("throttled_today", "Requests the shop asked to wait with.", lambda now: _one(now.bucket.throttled_today)),
    _figure("spent_points_today", "Points spent.", lambda now: _one(now.bucket.spent_points_today)),
    _figure("requests_in_flight", "Requests the shop has not answered yet.", lambda now: _one(now.bucket.in_flight)),
    _figure(
        "lock_held",
        "1 while this engine holds the right to write.",
        lambda now: _one(now.lock.status is LockStatus.HELD),
    ),
    _figure("lease_epoch", "Number of the present holding of the right to write.", lambda now: _one(now.lock.epoch)),
    _figure("alerts", "Alerts that are so now.", _alerts, "severity"),
    _figure(
        "errors_total", "Errors since the start, by type.", lambda now: _present(now.errors_by_type.items()), "type"
    ),
    _figure("consecutive_errors", "Failed runs in a row.", lambda now: _one(now.consecutive_errors)),
    _figure("last_check_timestamp_seconds", "When the last run began.", lambda now: _time(now.last_check_at)),
    _figure("next_check_timestamp_seconds", "When the next run is due.", lambda now: _time(now.next_check_at)),
    _figure("memory_bytes", "Memory of the process.", lambda now: _one(now.system.memory_bytes)),
    _figure("memory_total_bytes", "Memory of the machine.", lambda now: _one(now.system.memory_total_bytes)),
    _figure(
        "cpu_percent", "Processor time of the process, percent of one core.", lambda now: _one(now.system.cpu_percent)
    ),
)
"""Every metric of /metrics, in the order in which it is told."""
