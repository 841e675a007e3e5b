"""The last hour by minutes: what happened is counted, what nobody knows is None."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import pytest

from rms_console.contract.events import Event, EventName, Fact
from rms_console.contract.ports import ShopCounters
from rms_console.contract.records import QueueCounts
from rms_console.engine.trends import Trends, hours_of
from tests.unit.engine.test_figures_defined import NOW, ran
from tests.unit.engine_pace.virtual import VirtualClock


class Shop:
    """Counters that a test sets."""

    def __init__(self) -> None:
        self.seen = ShopCounters()

    def __call__(self) -> ShopCounters:
        return self.seen


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def trends(clock: VirtualClock, shop: Shop) -> Trends:
    return Trends(clock, shop)


def heard(trends: Trends, clock: VirtualClock, name: str, **facts: Fact) -> None:
    trends.hear(Event(1, clock.now(), name, "INFO", facts))


KEYS = ["at", "items", "products", "cycles", "cycle_s", "errors", "points", "throttled", "bucket_ratio", "queue"]


def test_there_are_sixty_minutes_and_before_the_start_nothing_is_known(trends: Trends) -> None:
    rows = trends.rows()
    assert len(rows) == 60
    assert list(rows[0]) == KEYS
    assert rows[0]["at"] == "2026-11-02T14:01:00Z"
    assert [rows[0][key] for key in KEYS[1:]] == [None] * 9
    assert (rows[-1]["at"], rows[-1]["items"], rows[-1]["cycle_s"]) == ("2026-11-02T15:00:00Z", 0, None)


def test_what_happens_is_counted_in_its_minute(trends: Trends, clock: VirtualClock, shop: Shop) -> None:
    heard(trends, clock, EventName.PRODUCT_SYNCED, items=3)
    heard(trends, clock, EventName.PRODUCT_SYNCED, items=1)
    heard(trends, clock, EventName.PRODUCT_FAILED)
    clock.advance(60)
    shop.seen = ShopCounters(points=50.0, throttled=2)
    heard(trends, clock, EventName.CYCLE_FINISHED, result="OK", duration_s=2.0)
    heard(trends, clock, EventName.CYCLE_FINISHED, result="FAIL", duration_s=4.0)
    trends.sample(
        0.25, QueueCounts(waiting=5, retrying=2, quarantined=9, held=9, due=5, oldest_at=None, reconcile_waiting=0)
    )
    before, now = trends.rows()[-2:]
    assert (before["items"], before["products"], before["errors"], before["cycles"]) == (4, 2, 1, 0)
    assert (now["items"], now["cycles"], now["cycle_s"], now["errors"]) == (0, 2, 3.0, 1)
    assert (now["points"], now["throttled"], now["bucket_ratio"], now["queue"]) == (50.0, 2, 0.25, 7)


def test_points_are_counted_once_however_often_they_are_looked_at(
    trends: Trends, clock: VirtualClock, shop: Shop
) -> None:
    shop.seen = ShopCounters(points=10.0)
    trends.sample()
    trends.sample()
    clock.advance(60)
    shop.seen = ShopCounters(points=15.0)
    trends.sample()
    assert [row["points"] for row in trends.rows()[-2:]] == [10.0, 5.0]


def test_minutes_older_than_an_hour_are_gone(trends: Trends, clock: VirtualClock) -> None:
    for _ in range(200):
        heard(trends, clock, EventName.PRODUCT_SYNCED, items=1)
        clock.advance(60)
    rows = trends.rows()
    assert len(rows) == 60
    assert [row["items"] for row in rows] == [1] * 59 + [0]


def test_runs_of_an_earlier_process_are_known_at_their_end(trends: Trends) -> None:
    run = ran(7, 10, items_found=4, products_synced=2, points=30.0, duration_s=90.0)
    trends.load((ran(1, 300, items_found=99), run))
    rows = {row["at"]: row for row in trends.rows()}
    ended = rows["2026-11-02T14:51:00Z"]
    assert (ended["items"], ended["products"], ended["cycles"], ended["cycle_s"]) == (4, 2, 1, 90.0)
    assert rows["2026-11-02T14:52:00Z"]["items"] is None
    assert sum(row["items"] or 0 for row in rows.values()) == 4


def test_a_clock_that_is_put_back_breaks_nothing(trends: Trends, clock: VirtualClock) -> None:
    clock.advance(600)
    heard(trends, clock, EventName.PRODUCT_SYNCED, items=1)
    trends.hear(Event(2, NOW - timedelta(minutes=5), EventName.PRODUCT_SYNCED, "INFO", {"items": 1}))
    assert trends.rows()[-1]["items"] == 2


def test_there_is_never_a_number_that_json_cannot_hold(trends: Trends, clock: VirtualClock) -> None:
    heard(trends, clock, EventName.CYCLE_FINISHED, result="OK", duration_s=0.0)
    text = json.dumps(trends.rows(), allow_nan=False)
    assert math.isfinite(len(text))
    assert "NaN" not in text


def test_the_hours_of_a_day_have_their_sums(trends: Trends) -> None:
    rows = hours_of((ran(1, 90, items_found=3, duration_s=2.0), ran(2, 80, items_found=5, duration_s=4.0)), NOW)
    assert len(rows) == 24
    assert rows[-1] == {
        "at": "2026-11-02T15:00:00Z",
        "runs": 0,
        "items": None,
        "products": None,
        "errors": None,
        "points": None,
        "cycle_s": None,
    }
    assert (rows[-3]["at"], rows[-3]["runs"], rows[-3]["items"], rows[-3]["cycle_s"]) == (
        "2026-11-02T13:00:00Z",
        2,
        8,
        3.0,
    )


def test_batches_are_as_full_as_their_products_are_many(trends: Trends, clock: VirtualClock) -> None:
    assert trends.batch_utilization() is None
    heard(trends, clock, EventName.BATCH_STARTED, batch=1, batches=2, products=10, capacity=10)
    heard(trends, clock, EventName.BATCH_STARTED, batch=2, batches=2, products=2, capacity=10)
    assert trends.batch_utilization() == 0.6
    clock.advance(3601)
    assert trends.batch_utilization() is None


def test_the_use_of_the_budget_is_what_was_spent_of_what_was_given(
    trends: Trends, clock: VirtualClock, shop: Shop
) -> None:
    shop.seen = ShopCounters(points=3000.0)
    assert trends.api_usage(100.0) is None, "the first minute says nothing"
    clock.advance(120)
    assert trends.api_usage(100.0) == 0.25
    assert trends.api_usage(0.0) is None
    clock.advance(7200)
    assert trends.api_usage(100.0) == 0.0, "an hour without a request"
