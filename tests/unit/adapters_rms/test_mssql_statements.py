"""The T-SQL that no server is here to try: parsed, and held to what SQL Server 2008 R2 takes."""

from __future__ import annotations

import re
import string

import pytest
import sqlglot
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.mssql.pyodbc import dialect as MssqlDialect
from sqlglot import exp

from rms_console.adapters.rms.mssql import SqlServerDialect
from rms_console.adapters.rms.sqlite import SqliteDialect
from rms_console.adapters.rms.statements import load_statements

STATEMENTS = load_statements(SqlServerDialect.__module__.rpartition(".")[0])
FRAGMENTS = {"stamp"}
LISTS = {"ids", "texts"}
SLOTS = {
    "item": "[dbo].[Item]",
    "view": "[dbo].[View_Items]",
    "configuration": "[Configuration]",
    "columns": "[A] AS [A], CAST([B] AS bigint) AS [B], NULL AS [C]",
    "id": "[ID]",
    "item_id": "[ItemID]",
    "version": "[DBTimeStamp]",
    "last_updated": "[LastUpdated]",
    "stamp_key": "CAST([LastUpdated] AS datetime)",
    "stamp": "CONVERT(char(23), [LastUpdated], 121)",
    "sku": "[ItemLookupCode]",
    "lookup_code": "[ItemLookupCode]",
    "view_sku": "[C_ARTICULO]",
    "style": "[CCOD]",
    "tax_system": "[TaxSystem]",
    "web_filter": "AND [WebItem] <> 0",
    "order": "ORDER BY StoreID",
    "catalog": "[RMS].",
    "hint": "WITH (READPAST, READCOMMITTEDLOCK)",
    "lock_ms": "5000",
}

NEWER_THAN_2008_R2 = re.compile(
    r"\b(?:OFFSET|FETCH|IIF|CHOOSE|CONCAT|FORMAT|EOMONTH|TRY_\w+|PARSE|STRING_AGG|STRING_SPLIT|STRING_ESCAPE|OPENJSON|"
    r"JSON_\w+|TRIM|TRANSLATE|CONCAT_WS|GREATEST|LEAST|DATETRUNC|GENERATE_SERIES|LAG|LEAD|FIRST_VALUE|LAST_VALUE|"
    r"DATEFROMPARTS|AT\s+TIME\s+ZONE|DROP\s+\w+\s+IF\s+EXISTS|SEQUENCE|THROW|SESSION_CONTEXT|DATEDIFF_BIG|"
    r"APPROX_COUNT_DISTINCT|WITHIN\s+GROUP|ROWS\s+BETWEEN|RANGE\s+BETWEEN)\b",
    re.IGNORECASE,
)
HARMFUL = re.compile(
    r"\b(?:INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER|DROP|TRUNCATE|EXEC|EXECUTE|INTO|GRANT|DENY|NOLOCK|XLOCK|UPDLOCK|"
    r"TABLOCK\w*|HOLDLOCK|READUNCOMMITTED|OPENROWSET|xp_\w+|sp_\w+|WAITFOR|KILL|SHUTDOWN|BACKUP|RESTORE|CURSOR)\b",
    re.IGNORECASE,
)


def filled(name: str) -> str:
    return STATEMENTS[name].format(**SLOTS)


def plain(sql: str) -> str:
    """Return SQL without its texts and quoted names, which may hold any word."""
    return re.sub(r"'[^']*'|\[[^\]]*\]", " ", sql)


whole = pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - FRAGMENTS))


@whole
def test_a_statement_is_t_sql(name: str) -> None:
    sql = re.sub(r"\bIN :(\w+)", "IN (1, 2)", filled(name))
    sql = re.sub(r"(?<!:):(\w+)", r"@\1", sql)
    trees = [tree for tree in sqlglot.parse(sql, dialect="tsql") if tree is not None]
    assert trees
    for tree in trees:
        assert isinstance(tree, exp.Select | exp.Set | exp.Command), f"{name}: {type(tree)}"
        if isinstance(tree, exp.Command):
            assert tree.name.upper() == "SET"


@whole
def test_a_statement_runs_on_2008_r2(name: str) -> None:
    assert NEWER_THAN_2008_R2.findall(plain(filled(name))) == []


@whole
def test_a_statement_neither_writes_nor_locks_nor_reads_what_is_not_committed(name: str) -> None:
    """C4, D15."""
    assert HARMFUL.findall(plain(filled(name))) == []
    assert filled(name).split(None, 1)[0] in {"SELECT", "SET"}


@whole
def test_every_slot_is_one_that_the_layout_fills(name: str) -> None:
    slots = {field for _, field, _, _ in string.Formatter().parse(STATEMENTS[name]) if field is not None}
    assert slots <= SLOTS.keys()


@whole
def test_parameters_come_out_as_marks_and_stay_far_from_the_limit(name: str) -> None:
    """D17: either a list of at most 2,000 values, or a handful of single ones; SQL Server takes 2,100."""
    sql = filled(name)
    lists = [each for each in LISTS if f":{each}" in sql]
    single = [each for each in re.findall(r"(?<![:\w]):(\w+)", sql) if each not in LISTS]
    statement = text(sql).bindparams(*(bindparam(each, list(range(2000)), expanding=True) for each in lists))
    qmark = MssqlDialect(paramstyle="qmark")  # type: ignore[no-untyped-call]
    marks = str(statement.compile(dialect=qmark, compile_kwargs={"render_postcompile": True})).count("?")
    assert marks == len(single) + 2000 * len(lists)
    assert marks <= 2000
    assert not (single and lists)


def test_the_dialect_asks_for_no_more_ids_than_a_statement_takes() -> None:
    assert SqlServerDialect.__dataclass_fields__["ids_per_statement"].default == 2000


@pytest.mark.parametrize(
    "name", ["changes_from_stamp", "changes_above_stamp", "first_version_since", "sales_since", "transfers_since"]
)
def test_d7_a_stamp_parameter_is_always_cast_to_datetime(name: str) -> None:
    """D7: the driver sends datetime2, whose ticks do not equal those of datetime."""
    for parameter in ("stamp", "floor", "since"):
        bare = re.findall(rf"(?<!CAST\():{parameter}\b", STATEMENTS[name])
        assert bare == []
    assert "AS datetime)" in STATEMENTS[name]


def test_d4_the_limit_of_open_transactions_is_read_in_a_statement_that_touches_no_table() -> None:
    """D4, C4: so that it can come first and nothing can block it."""
    look = sqlglot.parse_one(STATEMENTS["look"], dialect="tsql")
    assert list(look.find_all(exp.Table)) == []
    assert "MIN_ACTIVE_ROWVERSION" in STATEMENTS["look"]
    assert "@@DBTS" in STATEMENTS["look"]


def test_versions_are_compared_as_binary_and_read_as_bigint() -> None:
    for name in ("changes_by_version", "ties_of_version"):
        assert "CAST({version} AS bigint)" in STATEMENTS[name]
        assert re.search(r"\{version\} [>=] CAST\(CAST\(:\w+ AS bigint\) AS binary\(8\)\)", STATEMENTS[name])


def test_c4_a_new_connection_gives_way_to_the_tills() -> None:
    settings = STATEMENTS["settings"].format(lock_ms=5000)
    assert "SET LOCK_TIMEOUT 5000" in settings
    assert "SET DEADLOCK_PRIORITY LOW" in settings
    assert "READ COMMITTED" in settings


def test_what_a_server_calls_sql_variant_is_cast() -> None:
    assert re.findall(r"(?<!CAST\()SERVERPROPERTY", STATEMENTS["server"]) == []


def test_both_kinds_of_database_answer_the_same_questions() -> None:
    """A statement that only one kind has would be missed by the other at run time."""
    only_server = {"settings", "look", "identity", "server", "permissions"}
    assert STATEMENTS.keys() - only_server == load_statements(SqliteDialect.__module__.rpartition(".")[0]).keys()
