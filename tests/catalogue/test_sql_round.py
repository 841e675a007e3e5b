"""W19: the one rounding rule beside SQL's own.

The rule: the decimal digits that RMS shows are rounded once, halves away from zero, as SQL Server rounds `money` and
`decimal`. SQLite's ROUND works on binary fractions, by way of decimal digits in newer versions only; Python's goes by
the binary value and to the even digit. Where they differ from the rule a half in decimal digits is none in binary, or
is one that went to the even digit; so the engine lets neither a database nor a float round for it.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
from decimal import Decimal
from fractions import Fraction

from rms_console.domain.money import round_money

SEED = 19


def values() -> list[str]:
    """Return 200 amounts of up to four decimals, as `money` has; every second one is a half of a cent."""
    chance = random.Random(SEED)
    made = []
    for number in range(200):
        whole = chance.randrange(0, 10 ** chance.randint(1, 7))
        tail = f"{chance.randrange(100):02d}5" if number % 2 else f"{chance.randrange(10_000):04d}"
        made.append(f"{'-' if number % 7 == 0 else ''}{whole}.{tail}")
    return made


def as_sql_server(text: str) -> Decimal:
    """Return what SQL Server's ROUND(CAST(x AS decimal(19, 4)), 2) gives, by whole numbers alone.

    Source: learn.microsoft.com, ROUND (Transact-SQL), read 2026-11: ROUND(748.58, -1) is 750.00, and
    ROUND(150.75, 0) is 151.00; halves go away from zero.
    """
    exact = Fraction(text)
    cents = (abs(exact) * 200 + 1) // 2
    return Decimal(int(cents)).scaleb(-2) * (-1 if exact < 0 else 1)


def test_w19_two_hundred_values_round_as_sql_server_rounds_them() -> None:
    assert len(set(values())) >= 195
    for text in values():
        assert round_money(Decimal(text), "USD") == as_sql_server(text), text


def test_w19_binary_fractions_round_otherwise_only_at_halves() -> None:
    by_sqlite, by_float = [], []
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        for text in values():
            ours = round_money(Decimal(text), "USD")
            (rounded,) = database.execute("SELECT ROUND(CAST(? AS REAL), 2)", (text,)).fetchone()
            by_sqlite += [text] if Decimal(str(rounded)) != ours else []
            by_float += [text] if Decimal(str(round(float(text), 2))) != ours else []
    for text in by_sqlite + by_float:
        assert abs(Fraction(text)) * 200 % 2 == 1, f"{text} is no half of a cent"
    assert len(by_float) >= 10, "a float would do as well: then this table shows nothing"
    assert len(by_sqlite) <= len(by_float)
