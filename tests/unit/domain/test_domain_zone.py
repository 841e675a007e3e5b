"""Store-local time: the hour that comes twice, the hour that never comes, and the ends of the calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rms_console.domain.zone import day_start, to_local, to_utc
from tests.unit.domain.builders import local

CASES = [
    ("America/Costa_Rica", "2026-11-24 12:00", "2026-11-24T18:00"),
    ("America/New_York", "2026-03-08 01:59", "2026-03-08T06:59"),
    ("America/New_York", "2026-03-08 02:30", "2026-03-08T07:30"),  # skipped: counts as 03:30
    ("America/New_York", "2026-11-01 01:30", "2026-11-01T05:30"),  # comes twice: the first
    ("America/New_York", "2026-11-01 02:00", "2026-11-01T07:00"),
    ("Europe/Madrid", "2026-03-29 02:15", "2026-03-29T01:15"),
    ("Europe/Madrid", "2026-10-25 02:15", "2026-10-25T00:15"),
    ("UTC", "2026-01-01 00:00", "2026-01-01T00:00"),
]


@pytest.mark.parametrize(("zone", "there", "utc"), CASES)
def test_d6_local_times_have_one_instant(zone: str, there: str, utc: str) -> None:
    """D6: a skipped hour moves forward, a repeated one is its first coming."""
    assert to_utc(local(there), zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ["America/Costa_Rica", "America/New_York", "Asia/Kolkata"])
def test_local_time_is_naive_and_comes_back(zone: str) -> None:
    at = datetime(2026, 7, 1, 4, 5, 6, tzinfo=UTC)
    there = to_local(at, zone)
    assert there.tzinfo is None
    assert to_utc(there, zone) == at


def test_the_second_coming_of_an_hour_is_local_time_without_a_mark() -> None:
    assert to_local(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/New_York") == local("2026-11-01 01:30")


@pytest.mark.parametrize(
    ("zone", "at", "start"),
    [
        ("America/Costa_Rica", "2026-11-24T05:59:59", "2026-11-23T06:00"),
        ("America/Costa_Rica", "2026-11-24T06:00:00", "2026-11-24T06:00"),
        ("America/New_York", "2026-11-01T20:00:00", "2026-11-01T04:00"),
        ("America/Santiago", "2026-09-06T12:00:00", "2026-09-06T04:00"),  # midnight is skipped there that day
    ],
)
def test_the_day_begins_at_the_stores_midnight(zone: str, at: str, start: str) -> None:
    begun = day_start(datetime.fromisoformat(at).replace(tzinfo=UTC), zone)
    assert begun == datetime.fromisoformat(start).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ["America/Costa_Rica", "Asia/Tokyo"])
def test_dates_that_stand_for_never_do_not_overflow(zone: str) -> None:
    assert to_utc(local("9999-12-31 23:59:59"), zone).year == 9999
    assert to_utc(local("0001-01-01 00:00:00"), zone).year == 1
