"""How values lie in the ledger, and the SQL files they lie by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rms_console.adapters.store.encoding import (
    check_sum,
    content_hash,
    json_text,
    price_hash,
    read_time,
    stock_hash,
    time_text,
)
from rms_console.adapters.store.statements import migrations, queries, split

AWARE = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-6)), timezone(timedelta(hours=5.5))]))


@given(AWARE, AWARE)
def test_times_order_as_text(first: datetime, second: datetime) -> None:
    try:
        texts = time_text(first), time_text(second)
    except OverflowError:
        return
    assert (texts[0] < texts[1]) == (first < second)
    assert read_time(texts[0]) == first


def test_a_naive_time_is_no_instant() -> None:
    with pytest.raises(ValueError, match="time zone"):
        time_text(datetime(2026, 11, 2))  # noqa: DTZ001 - the point of the test


def test_equal_values_have_one_hash() -> None:
    assert price_hash(Decimal("10.0"), None) == price_hash(Decimal("10.00"), None)
    assert price_hash(Decimal("1E+2"), None) == price_hash(Decimal("100"), None)
    assert stock_hash({"a": 1, "b": None}) == stock_hash({"b": None, "a": 1})
    assert content_hash("x", ("a", "b"), None, Decimal("0.50")) == content_hash("x", ("a", "b"), None, Decimal("0.5"))


def test_different_values_have_different_hashes() -> None:
    assert price_hash(Decimal(10), None) != price_hash(None, Decimal(10))
    assert price_hash(Decimal(0), None) != price_hash(None, None)
    assert stock_hash({"a": 0}) != stock_hash({"a": None})
    assert stock_hash({}) != stock_hash({"a": None})
    assert content_hash("x", None, None, None) != content_hash("x", (), None, None)
    assert check_sum("ab") != check_sum(["a", "b"])


def test_json_is_canonical_and_readable() -> None:
    assert json_text({"b": 1, "a": "ñ"}) == '{"a":"ñ","b":1}'


def test_statements_are_found_by_name() -> None:
    assert queries("facts")["get"] == "SELECT value FROM facts WHERE name = ?;"
    with pytest.raises(TypeError):
        queries("facts")["get"] = ""  # type: ignore[index]


@pytest.mark.parametrize(
    "topic", ["audit", "catalogue", "counters", "creations", "facts", "history", "queue", "sales", "watermark"]
)
def test_each_named_block_is_one_statement(topic: str) -> None:
    for name, statement in queries(topic).items():
        assert len(list(split(statement + "\n"))) == 1, name


def test_a_semicolon_inside_a_statement_does_not_split_it() -> None:
    script = "CREATE TABLE a (x TEXT DEFAULT ';\n');\nINSERT INTO a VALUES ('b;');\n"
    assert len(list(split(script))) == 2


def test_steps_of_the_schema_are_numbered_without_a_gap() -> None:
    assert [number for number, _, _ in migrations()] == list(range(1, len(list(migrations())) + 1))
