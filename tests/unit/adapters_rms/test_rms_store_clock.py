"""The store's wall clock, and where it was set back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rms_console.adapters.rms.store_clock import StoreClock, earlier


def clock(zone: str, at: datetime) -> StoreClock:
    return StoreClock(zone, lambda: at)


def test_local_time_is_naive_and_of_the_zone() -> None:
    local = clock("America/Costa_Rica", datetime(2026, 11, 24, 18, tzinfo=UTC)).local()
    assert local.tzinfo is None
    assert local.isoformat() == "2026-11-24T12:00:00"


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("2026-10-25 03:45:00.000", 3600),
        ("2026-10-24 20:00:00.000", 3600),
        ("2026-10-25 04:30:00.000", 0),
        ("2026-02-01 10:00:00.000", 0),
        ("2026-02-30 10:00:00.000", 0),
        ("", 0),
    ],
)
def test_the_hour_that_came_twice_is_told(stamp: str, seconds: float) -> None:
    """Greece sets its clocks from 04:00 back to 03:00 on 2026-10-25."""
    assert clock("Europe/Athens", datetime(2026, 10, 25, 8, tzinfo=UTC)).set_back_s(stamp) == seconds


def test_a_zone_without_summer_time_never_goes_back() -> None:
    assert clock("America/Costa_Rica", datetime(2026, 11, 24, tzinfo=UTC)).set_back_s("2026-07-01 00:00:00.000") == 0


@pytest.mark.parametrize(
    ("stamp", "before"),
    [
        ("2026-11-24 12:00:00.007", "2026-11-24 11:30:00.007"),
        ("2026-11-01 00:10:00", "2026-10-31 23:40:00.000"),
        ("2026-02-30 10:00:00.000", "2026-02-01 00:00:00.000"),
        ("0001-01-01 00:00:00.000", "0001-01-01 00:00:00.000"),
        ("", ""),
    ],
)
def test_earlier_counts_back_from_a_stamp(stamp: str, before: str) -> None:
    assert earlier(stamp, 1800) == before
