"""Cells become values or are refused; nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rms_console.adapters.rms.values import UnreadableValue, as_decimal, as_flag, as_moment, as_text


def read_or_refused(convert: Callable[[object], object], cell: object) -> object:
    """Return the value, or the refusal's short form of it. Anything else than a refusal is raised."""
    try:
        return convert(cell)
    except UnreadableValue as refused:
        return refused.value


@given(st.integers(-(10**13), 10**13))
def test_every_amount_of_money_survives_its_float(ten_thousandths: int) -> None:
    """SQL's `money` has four places; a REAL column holds it as the nearest float."""
    money = Decimal(ten_thousandths).scaleb(-4)
    assert as_decimal(float(money)) == money


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=4))
def test_every_amount_of_money_survives_its_text(money: Decimal) -> None:
    assert as_decimal(f" {money:f} ") == money


@given(st.one_of(st.floats(), st.text(max_size=40), st.binary(max_size=40), st.integers(), st.booleans(), st.none()))
def test_whatever_a_cell_holds_is_read_or_refused(cell: object) -> None:
    for convert in (as_decimal, as_moment, as_flag):
        value = read_or_refused(convert, cell)
        assert not isinstance(value, Decimal) or value.is_finite()
    assert as_text(cell) is None or isinstance(as_text(cell), str)


def test_a_long_value_is_shown_short() -> None:
    with pytest.raises(UnreadableValue) as refused:
        as_decimal("x" * 5000)
    assert len(refused.value.value) == 61


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, None),
        ("  M  ", "  M  "),
        (38, "38"),
        (23.5, "23.5"),
        (38.0, "38"),
        (b"Ni\xc3\xb1o", "Niño"),
        (b"Ni\xf1o", "Niño"),
        ("NIÃ‘O", "NIÃ‘O"),
    ],
)
def test_text_stays_as_it_is_stored(cell: object, text: str | None) -> None:
    assert as_text(cell) == text


def test_a_time_of_day_with_an_offset_is_taken_as_local() -> None:
    moment = as_moment("2026-11-24T10:00:00+00:00")
    assert moment is not None
    assert moment.tzinfo is None
    assert moment.isoformat() == "2026-11-24T10:00:00"


def test_a_flag_that_is_neither_is_refused() -> None:
    with pytest.raises(UnreadableValue, match="neither yes nor no"):
        as_flag("quizás")
