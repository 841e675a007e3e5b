"""The API models read the requirements' own examples and write them back with the same keys and values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from rms_console.contract import api
from rms_console.contract.commands import FullSync, ProbeConnections, SetInterval, Trigger

STATUS = {
    "status": "RUNNING",
    "last_check": "2025-01-30T15:45:00Z",
    "next_check": "2025-01-30T15:50:00Z",
    "items_processed_today": 145,
    "last_sync_duration": "2.3s",
    "is_healthy": True,
    "lock_status": "available",
}
STATS = {
    "summary": {
        "total_runs_today": 288,
        "successful_runs": 286,
        "failed_runs": 2,
        "success_rate": 99.3,
        "items_processed_today": 1420,
        "avg_processing_time": "2.1s",
    },
    "performance": {
        "items_per_hour": 85,
        "avg_batch_time": "1.8s",
        "fastest_sync": "0.9s",
        "slowest_sync": "4.2s",
        "current_load": "low",
    },
    "health": {
        "database_connectivity": "good",
        "shopify_connectivity": "good",
        "memory_usage": "45%",
        "cpu_usage": "12%",
        "lock_status": "available",
    },
}
PERFORMANCE = {
    "current_performance": {
        "avg_execution_time": "2.1s",
        "items_per_minute": 6.8,
        "throughput_per_hour": 85,
        "memory_usage": "145MB",
        "cpu_usage": "12%",
    },
    "historical_performance": {
        "best_time": "0.9s",
        "worst_time": "8.3s",
        "avg_last_24h": "2.3s",
        "p95_response_time": "3.1s",
        "p99_response_time": "4.8s",
    },
    "efficiency_metrics": {
        "cache_hit_rate": "87%",
        "db_connection_reuse": "95%",
        "api_rate_limit_usage": "45%",
        "batch_utilization": "78%",
    },
}


def covers(whole: Any, part: Any) -> bool:
    """Whether every key and value of `part` stands in `whole`."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and covers(whole[key], part[key]) for key in part)
    return bool(whole == part)


@pytest.mark.parametrize(
    ("model", "example"),
    [(api.StatusBody, STATUS), (api.StatsBody, STATS), (api.PerformanceBody, PERFORMANCE)],
    ids=["status", "stats", "performance-metrics"],
)
def test_the_examples_of_the_requirements_fit(model: type[BaseModel], example: dict[str, Any]) -> None:
    written = json.loads(model.model_validate(example).model_dump_json())
    assert covers(written, example)


def test_the_request_examples_become_commands() -> None:
    trigger = api.TriggerRequest.model_validate({"force": True, "batch_size": 10, "include_zero_stock": False})
    assert trigger.to_request() == Trigger(force=True, batch_size=10, include_zero_stock=False)
    assert api.TriggerRequest().to_request() == Trigger()
    assert api.IntervalRequest.model_validate({"interval_minutes": 10}).to_request() == SetInterval(10)
    full = {"reason": "Manual full sync requested", "include_zero_stock": False}
    assert api.FullSyncRequest.model_validate(full).to_request() == FullSync("Manual full sync requested", False)
    tests = {"test_rms": True, "test_shopify": True, "test_redis": True}
    assert api.ConnectivityRequest.model_validate(tests).to_request() == ProbeConnections()
    items = api.SyncItemsRequest(ccods=["24YM05051"], skus=["A-1"])
    assert items.to_request() == Trigger(styles=("24YM05051",), skus=("A-1",))


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (api.IntervalRequest, {"interval_minutes": 0}),
        (api.IntervalRequest, {"interval_minutes": "soon"}),
        (api.IntervalRequest, {}),
        (api.TriggerRequest, {"batch_size": 0}),
        (api.TriggerRequest, {"forse": True}),
    ],
)
def test_requests_that_mean_nothing_are_refused(model: type[BaseModel], body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(body)


def test_figures_have_the_form_of_the_examples() -> None:
    assert (api.seconds_text(2.34), api.percent_text(0.452), api.megabytes_text(145 << 20)) == ("2.3s", "45%", "145MB")
    assert (api.seconds_text(None), api.percent_text(None), api.megabytes_text(None)) == (None, None, None)
    assert [api.load_word(ratio) for ratio in (None, 0.1, 0.5, 0.9)] == [None, "low", "medium", "high"]
