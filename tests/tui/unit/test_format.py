"""Figures as people read them; what is not known is a dash."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rms_console.tui.format import (
    age,
    bar,
    bytes_,
    clock,
    count,
    countdown,
    duration,
    moment,
    money,
    percent,
    short_age,
    spark,
)
from rms_console.tui.glyphs import ASCII, UNICODE, Glyphs, glyphs_for
from rms_console.tui.lines import Part, columns, fit, line, pad, text_of, width_of

AT = datetime(2026, 11, 24, 21, 47, 12, tzinfo=UTC)
ZONE = "America/Costa_Rica"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (8.9, "8s"), (125, "2m 05s"), (11520, "3h 12m"), (352800, "4d 2h"), (-3, "0s")]
)
def test_age(seconds: float, text: str) -> None:
    assert age(seconds) == text


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf, 10**400])
def test_what_is_not_known_is_a_dash(unknown: float | None) -> None:
    for told in (age, short_age, countdown, duration, bytes_, count, percent):
        assert told(unknown) == "–"


def test_short_ages_change_seldom() -> None:
    assert len({short_age(s) for s in range(3600)}) <= 66
    assert (short_age(5), short_age(47), short_age(605)) == ("<10s", "40s", "10m")


def test_a_countdown_never_says_less_than_is_left() -> None:
    assert (countdown(168), countdown(61), countdown(59), countdown(0)) == ("3m", "2m", "60s", "0s")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0ms"), (0.0123, "12ms"), (0.9996, "1.0s"), (2.34, "2.3s"), (59.97, "1m 00s"), (185, "3m 05s")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_times_are_the_stores() -> None:
    assert clock(AT, ZONE) == "15:47"
    assert clock(AT.isoformat(), ZONE, seconds=True) == "15:47:12"
    assert clock(AT, ZONE, utc=True) == "21:47"
    assert clock("no time", ZONE) == "–"
    assert clock(AT, "No/Such_Zone") == "21:47"


@pytest.mark.parametrize(
    ("at", "zone"), [("0001-01-01T00:00:00+00:00", ZONE), ("9999-12-31T23:59:59+00:00", "Asia/Tokyo")]
)
def test_a_time_that_the_zone_does_not_know_is_a_dash(at: str, zone: str) -> None:
    assert clock(at, zone) == "–"
    assert moment(at, zone, AT) == "–"


def test_another_day_is_told_with_its_date() -> None:
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert moment(AT, ZONE, AT) == "15:47"
    assert moment(AT, ZONE, now, "es") == "24 nov 15:47"
    assert moment(AT, ZONE, now.replace(year=2027), "en") == "24 Nov 2026 15:47"


def test_counts_and_shares_follow_the_language() -> None:
    assert (count(1420, "en"), count(1420, "es")) == ("1,420", "1\u00a0420")
    assert (percent(0.993, "en"), percent(0.993, "es"), percent(0.45)) == ("99.3\u00a0%", "99,3\u00a0%", "45\u00a0%")
    assert (percent(0.9999), percent(1.0)) == ("99.9\u00a0%", "100\u00a0%")


def test_what_rounds_to_the_next_unit_is_told_in_it() -> None:
    assert (count(999.6, "en"), count(-1420, "en"), count(0)) == ("1,000", "-1,420", "0")
    assert (bytes_(999.7), bytes_(999_999.9), bytes_(145_000_000)) == ("1 kB", "1 MB", "145 MB")


def test_money_is_written_as_the_language_writes_it() -> None:
    assert money("22123.9", "CRC", "es") == "₡22\u00a0123,90"
    assert money("26000", "CRC", "en", whole=True) == "CRC26,000"
    assert money("26000", "CRC", "es", whole=True) == "₡26\u00a0000"
    assert money("26000.50", "CRC", "en", whole=True) == "CRC26,000.50"
    assert money("26000", "CLP", "en", whole=True) == "CLP26,000"
    assert money("26000", "KWD", "en", whole=True) == "KWD26,000"
    assert money("no price", "CRC") == "no price"
    assert money(None, "CRC") == "–"
    assert (money("NaN", "CRC"), money("Infinity", "CRC")) == ("NaN", "Infinity")


@given(st.lists(st.none() | st.floats() | st.integers(-5, 10**9), max_size=200), st.integers(1, 80))
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_a_sparkline_is_as_wide_as_asked_whatever_the_values(
    glyphs: Glyphs, values: list[float | None], width: int
) -> None:
    text = spark(values, width, glyphs)
    assert cell_len(text) == width
    assert set(text) <= set(glyphs.ramp + glyphs.gap)


def test_a_sparkline_keeps_its_peak_when_it_is_narrow() -> None:
    values = [0.0] * 59 + [9.0]
    assert UNICODE.ramp[-1] in spark(values, 10, UNICODE)


def test_a_sparkline_bears_the_greatest_and_the_smallest_numbers() -> None:
    assert spark([-1e308, 5e-324, 10**400], 3, ASCII) == "_# "


def test_a_bar_is_full_at_one_and_unlike_an_empty_one_where_nothing_is_known() -> None:
    assert (bar(1.0, 4, ASCII), bar(0.0, 4, ASCII)) == ("####", "....")
    assert (bar(None, 4, ASCII), bar(math.nan, 4, UNICODE)) == ("----", "––––")


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_each_sign_is_one_cell_and_states_differ(glyphs: Glyphs) -> None:
    signs = [*glyphs.states.values(), *glyphs.healths.values(), *glyphs.results.values(), *glyphs.ramp]
    assert all(cell_len(sign) == 1 for sign in signs)
    states = [sign for word, sign in glyphs.states.items() if word not in ("STALE", "DETACHED")]
    assert len(set(states)) == len(states)
    assert glyphs.state("unheard of") == glyphs.unknown


def test_ascii_signs_are_ascii() -> None:
    glyphs = glyphs_for(is_utf8=False)
    told = "".join(
        [*glyphs.states.values(), *glyphs.healths.values(), *glyphs.results.values(), glyphs.ramp, glyphs.full]
    )
    assert told.isascii()


def test_a_line_is_cut_by_cells_not_by_letters() -> None:
    wide = line("日本語日本語", Part("x", "bad"))
    assert width_of(fit(wide, 6)) <= 6
    assert text_of(fit(wide, 6)).endswith("~")
    assert width_of(pad(line("ab"), 5)) == 5
    assert text_of(columns([("ab", 4, "left"), ("7", 3, "right"), ("abcdef", 4, "left")])) == "ab     7 abc~"
    assert text_of(columns([("abc", 0, "left"), ("7", 3, "right")])) == "   7"
