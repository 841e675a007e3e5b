"""Times as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest

from rms_console.commands.figures import age, step
from rms_console.commands.moments import instant, span

NOW = datetime(2026, 11, 24, 21, 47, tzinfo=UTC)
ZONE = "America/Costa_Rica"
CONTEXT, OPTION = click.Context(click.Command("pause")), click.Option(["--for"])


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("18:30", "2026-11-25T00:30+00:00"),
        ("08:00", "2026-11-25T14:00+00:00"),
        ("2026-11-25 08:00", "2026-11-25T14:00+00:00"),
        ("2026-11-25T08:00:00-03:00", "2026-11-25T11:00+00:00"),
        (" 2026-11-25T08:00:00Z ", "2026-11-25T08:00+00:00"),
    ],
)
def test_an_instant_is_in_the_stores_time_and_ahead(typed: str, at: str) -> None:
    assert instant(typed, ZONE, NOW) == datetime.fromisoformat(at)


@pytest.mark.parametrize("typed", ["25:00", "noon", "", "2026-11-24 08:00", "2029-01-01 08:00", "9999-12-31 23:59"])
def test_what_is_no_end_of_a_pause_is_refused(typed: str) -> None:
    with pytest.raises(click.UsageError):
        instant(typed, ZONE, NOW)


@pytest.mark.parametrize(
    ("typed", "length"),
    [("90s", timedelta(seconds=90)), ("1h30m", timedelta(minutes=90)), ("2D", timedelta(days=2))],
)
def test_a_span_is_read_as_people_write_it(typed: str, length: timedelta) -> None:
    assert span(CONTEXT, OPTION, typed) == length
    assert span(CONTEXT, OPTION, None) is None


@pytest.mark.parametrize("typed", ["", "30", "m", "0s", "-5m", "1.5h", "30m 1h"])
def test_what_is_no_span_is_refused(typed: str) -> None:
    with pytest.raises(click.BadParameter):
        span(CONTEXT, OPTION, typed)


def test_ages_have_two_units_and_steps_change_seldom() -> None:
    assert [age(seconds) for seconds in (None, 8, 125, 11520, 352800)] == ["-", "8s", "2m 05s", "3h 12m", "4d 2h"]
    assert [step(seconds) for seconds in (0, 59, 61, 299, 301, 3601, 90000)] == [
        "<1m", "<1m", ">1m", ">1m", ">5m", ">1h", ">24h",
    ]  # fmt: skip
