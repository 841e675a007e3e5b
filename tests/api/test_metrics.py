"""The metrics: one table of names; what is not known is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rms_console.contract.snapshot import AlertView, BucketView, EngineSnapshot, RatesView, TodayView
from rms_console.contract.state import EngineState
from rms_console.control.metrics import FIGURES, PREFIX, exposition
from tests.tui.fakeport import NOW, a_snapshot


def samples(snapshot: EngineSnapshot) -> dict[str, dict[tuple[str, ...], float]]:
    """Return what is told: by name, then by the values of the labels in the order of the labels' names."""
    told: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(exposition(snapshot).decode()):
        for sample in family.samples:
            told.setdefault(sample.name, {})[tuple(text for _, text in sorted(sample.labels.items()))] = sample.value
    return told


def test_every_name_told_stands_in_the_table_and_begins_alike() -> None:
    told = samples(a_snapshot(errors_by_type={"ShopUnavailable": 3}))
    names = {figure.name for figure in FIGURES}
    assert set(told) <= names
    assert len(names) == len(FIGURES)
    assert all(name.startswith(PREFIX) for name in names)


def test_figures_are_those_of_the_snapshot() -> None:
    told = samples(a_snapshot(errors_by_type={"ShopUnavailable": 3}))
    assert told["rms_console_info"] == {("false", "live", "tienda.myshopify.com", "0.1.0"): 1}
    assert told["rms_console_state"][("IDLE",)] == 1
    assert sum(told["rms_console_state"].values()) == 1
    assert told["rms_console_cycles_today"] == {("ok",): 286, ("failed",): 2}
    assert told["rms_console_success_ratio"] == {(): pytest.approx(0.993)}
    assert told["rms_console_cycle_seconds"][("p99",)] == 4.8
    assert told["rms_console_errors_total"] == {("ShopUnavailable",): 3}
    assert told["rms_console_connection_up"] == {("RMS",): 1, ("Shopify",): 1}


def test_a_figure_without_data_is_left_out() -> None:
    told = samples(
        a_snapshot(
            rates=RatesView(),
            today=TodayView(),
            bucket=BucketView(0, 0, 0, 0, 0, 0),
            connections=(),
            next_check_at=None,
        )
    )
    for name in (
        "oldest_unsent_seconds",
        "success_ratio",
        "cycle_seconds",
        "items_per_hour",
        "cache_hit_ratio",
        "bucket_available_points",
        "connection_up",
        "last_check_timestamp_seconds",
        "next_check_timestamp_seconds",
        "errors_total",
    ):
        assert PREFIX + name not in told
    assert told["rms_console_items_today"] == {(): 0}


def test_alerts_and_states_are_told_for_each_of_their_kinds() -> None:
    alert = AlertView("x-1", "x", "CRITICAL", "t", "d", "w", NOW)
    told = samples(replace(a_snapshot(), alerts=(alert,), state=EngineState.ERROR, is_healthy=False))
    assert told["rms_console_alerts"] == {("INFO",): 0, ("WARN",): 0, ("CRITICAL",): 1}
    assert told["rms_console_state"][("ERROR",)] == 1
    assert told["rms_console_healthy"] == {(): 0}


def test_hostile_text_in_a_label_stays_one_sample() -> None:
    shop = replace(a_snapshot().shop, shop='a"} 5\nrms_console_healthy 7\n')
    told = samples(a_snapshot(shop=shop))
    assert told["rms_console_healthy"] == {(): 1}
