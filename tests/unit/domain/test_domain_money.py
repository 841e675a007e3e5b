"""W19: one rounding rule, written down and shown on a table of values."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rms_console.domain.money import minor_unit, plain, round_money, with_tax

CENTS = """
0 0.00 | 0.001 0.00 | 0.004 0.00 | 0.0049 0.00 | 0.00499999 0.00 | 0.005 0.01 | 0.0050001 0.01 | 0.009 0.01
0.01 0.01 | 0.014 0.01 | 0.015 0.02 | 0.0149 0.01 | 0.025 0.03 | 0.035 0.04 | 0.045 0.05 | 0.055 0.06
0.065 0.07 | 0.075 0.08 | 0.085 0.09 | 0.095 0.10 | 0.105 0.11 | 0.115 0.12 | 0.125 0.13 | 0.135 0.14
0.145 0.15 | 0.155 0.16 | 0.165 0.17 | 0.175 0.18 | 0.185 0.19 | 0.195 0.20 | 0.994 0.99 | 0.995 1.00
0.999 1.00 | 1 1.00 | 1.0 1.00 | 1.004 1.00 | 1.005 1.01 | 1.015 1.02 | 1.025 1.03 | 1.035 1.04
1.045 1.05 | 1.055 1.06 | 1.115 1.12 | 1.255 1.26 | 1.345 1.35 | 1.4949 1.49 | 1.495 1.50 | 1.995 2.00
2.005 2.01 | 2.344 2.34 | 2.345 2.35 | 2.346 2.35 | 2.5 2.50 | 2.675 2.68 | 3.14159 3.14 | 4.005 4.01
4.995 5.00 | 5.555 5.56 | 6.665 6.67 | 7.775 7.78 | 8.885 8.89 | 9.9949 9.99 | 9.995 10.00 | 9.999 10.00
10 10.00 | 10.004999 10.00 | 10.005 10.01 | 10.235 10.24 | 11.115 11.12 | 12.344999 12.34 | 12.345 12.35
19.985 19.99 | 19.995 20.00 | 20.125 20.13 | 33.335 33.34 | 49.994 49.99 | 49.995 50.00 | 66.665 66.67
99.985 99.99 | 99.994 99.99 | 99.995 100.00 | 100.005 100.01 | 112.995 113.00 | 113.005 113.01
249.995 250.00 | 999.994 999.99 | 999.995 1000.00 | 1000.555 1000.56 | 1234.565 1234.57 | 1234.5649 1234.56
9999.9949 9999.99 | 9999.995 10000.00 | 22123.90 22123.90 | 22123.895 22123.90 | 22123.905 22123.91
56637.1681 56637.17 | 63999.995 64000.00 | 123456.785 123456.79 | 999999.99 999999.99 | 999999.994 999999.99
999999.995 1000000.00 | 221239000000.0 221239000000.00 | 0.1 0.10 | 0.2 0.20 | 0.30000000000000004 0.30
1.1000000000000001 1.10 | 2.2250000000000001 2.23 | 2.2249999999999999 2.22 | 1E+2 100.00 | 1E-3 0.00 | 5E-3 0.01
-0.004 0.00 | -0.005 -0.01 | -0.015 -0.02 | -1.005 -1.01 | -2.345 -2.35 | -2.344 -2.34 | -9.995 -10.00
"""
WHOLE = """
0 0 | 0.4 0 | 0.49 0 | 0.499999 0 | 0.5 1 | 0.51 1 | 0.9 1 | 1 1 | 1.4 1 | 1.49 1 | 1.5 2 | 1.5001 2 | 2.49 2
2.5 3 | 3.5 4 | 4.5 5 | 5.5 6 | 6.5 7 | 7.5 8 | 8.5 9 | 9.5 10 | 9.49 9 | 10.5 11 | 11.5 12 | 12.5 13
99.4 99 | 99.5 100 | 100.4999 100 | 100.5 101 | 999.5 1000 | 999.49 999 | 1000.01 1000 | 1999.95 2000
4999.5 5000 | 9999.4 9999 | 9999.5 10000 | 19995.00 19995 | 22123.89 22124 | 22123.90 22124 | 22123.49 22123
22123.50 22124 | 24999.999 25000 | 24999.4 24999 | 56637.17 56637 | 56637.50 56638 | 64000.4 64000
123456.5 123457 | 999999.49 999999 | 999999.5 1000000 | 999999.99 1000000 | 221239000000.0 221239000000
1E+3 1000 | 1E-1 0 | 5E-1 1 | -0.4 0 | -0.5 -1 | -1.5 -2 | -2.4 -2 | -2.5 -3 | -99.5 -100
0.1 0 | 0.2 0 | 0.3 0 | 0.6 1 | 0.7 1 | 0.8 1 | 2.1 2 | 2.9 3 | 3.49 3 | 4.50 5 | 12.499999999 12 | 12.500000001 13
"""
WITH_TAX = """
100 13 113.00 | 22123.90 13 25000.01 | 99.99 13 112.99 | 0.50 13 0.57 | 17.70 13 20.00 | 1.00 0 1.00 | 88.50 4 92.04
44.245 13 50.00 | 19.95 1 20.15 | 100 12.5 112.50 | 33.33 15 38.33 | 88.495575 13 100.00 | 0.04 13 0.05 | 250 2 255.00
"""


def _cases(table: str) -> list[tuple[str, ...]]:
    return [tuple(case.split()) for line in table.strip().splitlines() for case in line.split("|")]


@pytest.mark.parametrize(("value", "rounded"), _cases(CENTS))
def test_w19_halves_go_away_from_zero_to_the_cent(value: str, rounded: str) -> None:
    result = round_money(Decimal(value), "USD")
    assert result == Decimal(rounded)
    assert result.as_tuple().exponent == -2


@pytest.mark.parametrize(("value", "rounded"), _cases(WHOLE))
def test_w19_colones_and_yen_have_no_cents(value: str, rounded: str) -> None:
    assert round_money(Decimal(value), "CRC") == Decimal(rounded) == round_money(Decimal(value), "JPY")


@pytest.mark.parametrize(("price", "percent", "total"), _cases(WITH_TAX))
def test_w19_tax_is_added_before_the_one_rounding(price: str, percent: str, total: str) -> None:
    assert round_money(with_tax(Decimal(price), Decimal(percent)), "USD") == Decimal(total)


def test_the_tables_hold_two_hundred_values() -> None:
    assert len(_cases(CENTS)) + len(_cases(WHOLE)) + len(_cases(WITH_TAX)) >= 200


@pytest.mark.parametrize("currency", ["CRC", "JPY", "CLP", "KRW", "PYG", "crc"])
def test_currencies_without_cents(currency: str) -> None:
    assert minor_unit(currency) == 1


@pytest.mark.parametrize("currency", ["USD", "EUR", "MXN", "GTQ", "BHD", "KWD", "TND"])
def test_the_others_have_hundredths_dinars_too_because_shopify_has(currency: str) -> None:
    assert minor_unit(currency) == Decimal("0.01")


def test_amounts_are_shown_without_exponent_unless_absurd() -> None:
    assert plain(Decimal("1E+2")) == "100"
    assert len(plain(Decimal("1E+900000"))) < 20
