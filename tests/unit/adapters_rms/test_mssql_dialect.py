"""What the dialect of SQL Server makes of stamps, names, types and of what the server says, without a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from rms_console.adapters.rms.dialect import Column
from rms_console.adapters.rms.mssql import Server, SqlServerDialect
from rms_console.adapters.rms.mssql.connection import link_to
from rms_console.adapters.rms.mssql.drivers import describe
from rms_console.adapters.rms.mssql.permissions import Rights, judge_clock, judge_protection, judge_rights
from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.domain.findings import Level
from rms_console.domain.position import format_stamp

TICKS = st.integers(0, 300 * 86_400 - 1)
PYODBC = SimpleNamespace(Error=ZeroDivisionError)
LINK = link_to(Server("caja", database="RMS", user="lector", password="x"), describe("ODBC Driver 18 for SQL Server"))
DIALECT = SqlServerDialect(LINK, StoreClock("America/Costa_Rica"), PYODBC)


DAY = datetime(2026, 11, 24, tzinfo=UTC).replace(tzinfo=None)


def tick(number: int) -> datetime:
    """Return a time of day as SQL Server's `datetime` shows its tick of 1/300 s: .000, .003 or .007."""
    return DAY + timedelta(milliseconds=round(number * 10 / 3))


def cast_to_tick(value: datetime) -> datetime:
    """Do what CAST(... AS datetime) does: go to the nearest tick."""
    return tick(round((value - DAY) / timedelta(seconds=1) * 300))


@given(TICKS)
def test_d7_a_stamp_read_as_text_finds_its_own_tick_again(number: int) -> None:
    """D7: `=` must hold for the row that set the watermark, and `>` must not."""
    stamp = format_stamp(tick(number))
    assert cast_to_tick(DIALECT.stamp_value(stamp)) == tick(number)


@given(st.integers(1, 300 * 86_400 - 1))
def test_d7_a_place_just_below_a_row_never_hides_the_row(number: int) -> None:
    """D7: such a place lies between ticks; the tick before it is read from, not the row's own."""
    below = (tick(number) - timedelta(microseconds=1)).isoformat(" ", "microseconds")
    assert cast_to_tick(DIALECT.stamp_value(below)) < tick(number)


@pytest.mark.parametrize(
    ("stamp", "value"),
    [
        ("", "1753-01-01 00:00:00"),
        ("0001-01-01 00:00:00.000", "1753-01-01 00:00:00"),
        ("9999-12-31 23:59:59.999", "9999-12-31 23:59:59.997000"),
        ("2026-02-30 10:00:00.000", "1753-01-01 00:00:00"),
        ("2026-11-24 10:00:00.007", "2026-11-24 10:00:00.007000"),
    ],
)
def test_a_stamp_beyond_the_ends_of_datetime_becomes_an_end(stamp: str, value: str) -> None:
    assert str(DIALECT.stamp_value(stamp)) == value


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("Item", "[Item]"),
        ("View Items", "[View Items]"),
        ("raro]o", "[raro]]o]"),
        ("a:b", "[a\\:b]"),
        ("'; DROP TABLE Item --", "['; DROP TABLE Item --]"),
    ],
)
def test_names_are_bracketed(name: str, quoted: str) -> None:
    assert DIALECT.quote(name) == quoted


def test_tables_are_found_in_their_schema_and_in_other_databases() -> None:
    plain, owned, foreign = (DIALECT.table(name) for name in ("Item", "dbo.View_Items", "RMS HQ.dbo.Item"))
    assert (plain.sql, plain.catalog) == ("[Item]", "")
    assert (owned.sql, owned.lookup, owned.catalog) == ("[dbo].[View_Items]", "[dbo].[View_Items]", "")
    assert (foreign.sql, foreign.catalog) == ("[RMS HQ].[dbo].[Item]", "[RMS HQ].")


@pytest.mark.parametrize(
    ("type_name", "expression"),
    [
        ("nvarchar", "[c]"),
        ("money", "[c]"),
        ("timestamp", "CAST([c] AS bigint)"),
        ("sql_variant", "CAST([c] AS nvarchar(4000))"),
        ("datetimeoffset", "CAST([c] AS datetime)"),
    ],
)
def test_columns_are_cast_where_the_driver_cannot_read_them(type_name: str, expression: str) -> None:
    assert DIALECT.read(Column("c", type_name)) == expression


def test_only_a_rowversion_of_a_table_of_this_database_tells_changes() -> None:
    version = Column("DBTimeStamp", "timestamp")
    here, elsewhere = DIALECT.table("Item"), DIALECT.table("HQ.dbo.Item")
    assert DIALECT.version_obstacle(here, version, is_view=False) == ""
    assert "another database" in DIALECT.version_obstacle(elsewhere, version, is_view=False)
    assert "view" in DIALECT.version_obstacle(here, version, is_view=True)
    assert "bigint" in DIALECT.version_obstacle(here, Column("DBTimeStamp", "bigint"), is_view=False)


def test_stamps_must_be_datetimes() -> None:
    assert DIALECT.stamp_obstacle(Column("LastUpdated", "datetime")) == ""
    assert "varchar" in DIALECT.stamp_obstacle(Column("LastUpdated", "varchar"))
    assert DIALECT.stamp_key(Column("LastUpdated", "datetime")) == "[LastUpdated]"
    assert DIALECT.stamp_key(Column("LastUpdated", "datetime2")) == "CAST([LastUpdated] AS datetime)"


@dataclass(frozen=True, slots=True)
class Told(SqlServerDialect):
    """The dialect with the server's answers put in its mouth."""

    open_from: int = 11
    highest: int = 10
    created: str = "2026-01-01 00:00:00.000"
    fork: str = "NULL"

    @property
    def statements(self) -> Mapping[str, str]:
        return {
            "look": f"SELECT '2026-11-24 12:00:00.003', {self.open_from}, {self.highest}",
            "identity": f"SELECT 'RMS', '{self.created}', {self.fork}",
        }


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def told(**answers: object) -> Told:
    return Told(LINK, DIALECT.clock, PYODBC, **answers)  # type: ignore[arg-type]


def test_d4_clock_and_limit_are_those_of_the_look_before_the_rows(connection: Connection) -> None:
    """D4."""
    dialect = told(open_from=8, highest=10)
    dialect.mark(connection)
    assert dialect.version_limit(connection) == 7
    assert dialect.server_time(connection).isoformat() == "2026-11-24T12:00:00.003000"


def test_a_mark_equals_an_earlier_one_only_while_nothing_is_open_and_nothing_was_written(
    connection: Connection,
) -> None:
    quiet = told().mark(connection)
    assert quiet == told().mark(connection)
    assert quiet.value is not None
    assert quiet.of_versions
    assert told(open_from=12, highest=11).mark(connection) != quiet
    assert told(open_from=8).mark(connection).value is None


def test_d13_identity_is_asked_of_each_connection_once(connection: Connection) -> None:
    """D13: a restore ends all connections, so that asking more often would tell nothing new."""
    first = told(fork="'ab12'").mark(connection).identity
    assert first == "RMS 2026-01-01 00:00:00.000 ab12"
    assert told(created="2026-11-24 00:00:00.000").mark(connection).identity == first
    connection.info.clear()
    assert told(created="2026-11-24 00:00:00.000").mark(connection).identity == "RMS 2026-11-24 00:00:00.000"


RIGHTS = Rights(1, 1, 0, 0, 0, 0, 0, 0, 0, "lector")


def findings(rights: Rights) -> dict[str, tuple[Level, str]]:
    return {finding.message: (finding.level, finding.code) for finding in judge_rights(rights, "Item", "View_Items")}


def test_a_login_that_reads_and_nothing_else_is_well() -> None:
    assert {level for level, _ in findings(RIGHTS).values()} == {Level.OK}


def test_a_login_that_could_write_is_warned_of() -> None:
    powers = {"updates": "UPDATE", "writes_all": "db_datawriter", "owns": "db_owner", "administers": "sysadmin"}
    for right, word in powers.items():
        rights = Rights(**({name: getattr(RIGHTS, name) for name in Rights.__slots__} | {right: 1}))
        (warning,) = [f for f in judge_rights(rights, "Item", "View_Items") if f.level is Level.WARN]
        assert word in warning.message
        assert "GRANT SELECT" in warning.hint


def test_a_login_that_may_not_read_or_see_a_table_fails() -> None:
    told = findings(Rights(0, None, 0, 0, 0, 0, 0, 0, 0, "lector"))
    assert [message for message, (level, _) in told.items() if level is Level.FAIL] == [
        "the login may not SELECT from Item",
        "there is no View_Items, or the login may not even see it",
    ]


def test_each_level_of_protection_is_judged() -> None:
    levels = {}
    for encrypt, trust in (("yes", "no"), ("yes", "yes"), ("no", "driver")):
        link = link_to(
            Server("caja", user="a", encrypt=encrypt, trust=trust), describe("ODBC Driver 18 for SQL Server")
        )
        levels[link.encryption] = judge_protection(link).level
    assert levels == {"verified": Level.OK, "encrypted, unverified": Level.WARN, "plain": Level.WARN}


def test_a_server_whose_clock_is_another_zone_s_is_told() -> None:
    noon = tick(300 * 43_200)
    assert judge_clock(noon, noon + timedelta(seconds=20)).level is Level.OK
    told = judge_clock(noon, noon - timedelta(hours=6))
    assert told.level is Level.WARN
    assert "store.timezone" in told.hint
