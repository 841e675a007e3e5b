"""The figures: each as DESIGN defines it, and None where there is nothing to say."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from rms_console.contract.snapshot import CycleView, RatesView, TodayView
from rms_console.engine.figures import Figures, percentile, today

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
DAY_START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
EMPTY = CycleView(
    number=0,
    sync_id="",
    trigger="schedule",
    by="",
    reason="",
    result="OK",
    started_at=NOW,
    duration_s=1.0,
    items_found=0,
    products_synced=0,
    products_created=0,
    variants_created=0,
    variants_updated=0,
    stock_rows=0,
    mutations=0,
    queries=0,
    points=0.0,
    throttled=0,
    errors=0,
    quarantined=0,
    held=0,
    batches=0,
    queue_left=0,
)


def ran(number: int, minutes_ago: float, **values: object) -> CycleView:
    started = NOW - timedelta(minutes=minutes_ago)
    return dataclasses.replace(EMPTY, number=number, started_at=started, **values)  # type: ignore[arg-type]


def test_without_data_every_figure_is_none_never_zero() -> None:
    rates = Figures().rates(NOW, DAY_START, 300.0)
    assert rates == RatesView()
    assert all(getattr(rates, field.name) is None for field in dataclasses.fields(rates))
    day = today([])
    assert (day.success_rate, day.avg_s, day.fastest_s, day.slowest_s, day.runs) == (None, None, None, None, 0)
    assert Figures().last is None


def test_the_day_counts_from_its_start_and_sums_what_ran() -> None:
    figures = Figures()
    figures.load(
        [
            ran(1, 600, result="FAIL", items_found=99),
            ran(2, 60, items_found=4, duration_s=2.0, products_synced=2, mutations=3, variants_created=1),
            ran(3, 50, result="FAIL", duration_s=9.0),
            ran(4, 40, result="PART", items_found=2, duration_s=4.0, products_synced=1, products_created=1),
            ran(5, 30),
            ran(6, 20, result="SKIP"),
        ]
    )
    day = figures.today(DAY_START)
    assert day == TodayView(
        runs=4,
        ok=3,
        failed=1,
        success_rate=75.0,
        items=6,
        products=3,
        products_created=1,
        variants_created=1,
        mutations=3,
        avg_s=3.0,
        fastest_s=2.0,
        slowest_s=4.0,
    )


def test_quiet_runs_do_not_make_the_average_look_quick() -> None:
    day = today([ran(1, 5, items_found=3, duration_s=8.0), *(ran(n, 4, duration_s=0.01) for n in range(2, 50))])
    assert (day.avg_s, day.fastest_s, day.slowest_s) == (8.0, 8.0, 8.0)


def test_items_an_hour_are_those_of_the_last_sixty_minutes() -> None:
    figures = Figures()
    for cycle in (ran(1, 61, items_found=1000), ran(2, 59, items_found=7), ran(3, 1, items_found=5)):
        figures.add(cycle)
    assert figures.rates(NOW, DAY_START, 300.0).items_per_hour == 12.0


def test_load_is_cycle_time_of_interval_and_never_above_one() -> None:
    figures = Figures()
    figures.add(ran(1, 1, duration_s=30.0))
    assert figures.rates(NOW, DAY_START, 300.0).current_load_ratio == pytest.approx(0.1)
    figures.add(ran(2, 0, duration_s=900.0))
    assert figures.rates(NOW, DAY_START, 300.0).current_load_ratio == 1.0


def test_what_is_older_than_a_day_is_dropped() -> None:
    figures = Figures()
    figures.add(ran(1, 25 * 60, duration_s=500.0))
    figures.add(ran(2, 1, duration_s=2.0))
    rates = figures.rates(NOW, DAY_START, 300.0)
    assert (rates.worst_s, rates.best_s, rates.avg_24h_s) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(1, 0.95, 1), (20, 0.95, 19), (100, 0.95, 95), (100, 0.99, 99), (10, 0.5, 5), (3, 0.99, 3), (4, 0.0, 1)],
)
def test_a_percentile_is_the_nearest_rank(count: int, share: float, expected: int) -> None:
    assert percentile([float(value) for value in range(count, 0, -1)], share) == expected


def test_a_percentile_of_nothing_is_none() -> None:
    assert percentile([], 0.95) is None


def test_a_run_that_is_on_counts_what_it_has_done_and_once() -> None:
    """Items are those synced, at any moment; the run itself, and its time, count when it ends."""
    figures = Figures()
    figures.add(ran(1, 30, items_found=9, items_synced=4, products_synced=2, mutations=3, duration_s=2.0))
    going = ran(2, 5, items_found=50, items_synced=7, products_synced=5, mutations=6, duration_s=300.0)
    day = figures.today(DAY_START, going)
    assert (day.runs, day.items, day.products, day.mutations, day.slowest_s) == (1, 11, 7, 9, 2.0)
    figures.add(going)
    ended = figures.today(DAY_START, going)
    assert (ended.runs, ended.items, ended.products, ended.mutations) == (2, 11, 7, 9)
    figures.add(ran(3, 1))
    assert figures.today(DAY_START, going).items == 11
    assert figures.today(NOW, going).items == 0


def test_a_run_of_a_version_that_did_not_count_synced_items_counts_those_it_found() -> None:
    assert today([ran(1, 5, items_found=9), ran(2, 4, items_found=9, items_synced=0)]).items == 9
