"""The SQL text for a store of its own names on SQL Server: parsed, and held to what 2008 R2 takes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
import sqlglot
from sqlglot import exp

from rms_console.adapters.rms.changes import StampReader
from rms_console.adapters.rms.dialect import Column
from rms_console.adapters.rms.layout import Layout, name_slots
from rms_console.adapters.rms.listing import ItemList
from rms_console.adapters.rms.looking import look_columns
from rms_console.adapters.rms.mssql import Server, SqlServerDialect
from rms_console.adapters.rms.mssql.connection import link_to
from rms_console.adapters.rms.mssql.drivers import describe
from rms_console.adapters.rms.names import Names
from rms_console.adapters.rms.rows import select_columns
from rms_console.adapters.rms.schema import Schema, Tables
from rms_console.adapters.rms.sqltext import describe_sql
from rms_console.adapters.rms.store_clock import StoreClock
from rms_console.domain.columns import SqlFacts
from rms_console.domain.position import Detection
from tests.unit.adapters_rms.test_mssql_statements import HARMFUL, NEWER_THAN_2008_R2, plain

ITEM = {"id": "Clave", "dbtimestamp": "DBTimeStamp", "lastupdated": "LastUpdated", "itemlookupcode": "Codigo"}
VIEW = {
    "itemid": "Clave",
    "c_articulo": "Código (SKU)",
    "description": "Nombre]raro",
    "price": "Precio:base",
    "quantity": "Total",
    "ccod": "Modelo y color",
    "color": "color",
    "talla": "talla",
    **{f"exis0{number}": f"Bodega {number}" for number in range(5)},
}
TYPES = {"DBTimeStamp": "timestamp", "LastUpdated": "datetime", "Precio:base": "sql_variant"}


def columns(names: Mapping[str, str]) -> dict[str, Column]:
    return {ours: Column(theirs, TYPES.get(theirs, "nvarchar")) for ours, theirs in names.items()}


@pytest.fixture(params=list(Detection))
def layout(request: pytest.FixtureRequest) -> tuple[Layout, SqlServerDialect]:
    link = link_to(Server(host="caja", database="RMS"), describe("ODBC Driver 11 for SQL Server"))
    dialect = SqlServerDialect(link, StoreClock("America/Costa_Rica"), None)
    names = Names("dbo.Articulos", "Web.Vista items", "dbo.Configuration", {})
    tables = Tables(*(dialect.table(name) for name in (names.item_table, names.view, names.configuration_table)))
    schema = Schema(names, tables, columns(ITEM), columns(VIEW), columns({"taxsystem": "TaxSystem"}))
    slots = name_slots(schema, dialect)
    selection = select_columns(schema, request.param, dialect, slots)
    listing = ItemList(schema, slots, dialect.read, dialect.ids_per_statement)
    reader = StampReader(slots, dialect.clock, 1800, has_version=True)
    return Layout(schema, slots, request.param, "", reader, selection, listing), dialect


def described(layout: tuple[Layout, SqlServerDialect]) -> SqlFacts:
    return describe_sql(*layout)


def parsed(sql: str) -> object:
    (tree,) = sqlglot.parse(re.sub(r"(?<![\w:]):(\w+)", r"@\1", re.sub(r"\bIN :\w+", "IN (1, 2)", sql)), dialect="tsql")
    assert tree is not None
    return tree


def test_every_statement_that_is_shown_is_t_sql_of_2008_r2(layout: tuple[Layout, SqlServerDialect]) -> None:
    for statement in described(layout).statements:
        bare = statement.sql.replace("[Precio:base]", "[Precio base]").replace("[Nombre]]raro]", "[Nombre raro]")
        assert isinstance(parsed(bare), exp.Select), statement.name
        assert NEWER_THAN_2008_R2.findall(plain(bare)) == []
        assert HARMFUL.findall(plain(bare)) == []


def test_names_are_bracketed_and_types_that_the_driver_cannot_read_are_cast(
    layout: tuple[Layout, SqlServerDialect],
) -> None:
    statements = {one.name: one.sql for one in described(layout).statements}
    assert "FROM [Web].[Vista items] WHERE [Clave] IN :ids" in statements["view_rows"]
    assert "CAST([Precio:base] AS nvarchar(4000)) AS [Price]" in statements["view_rows"]
    assert "[Nombre]]raro] AS [Description]" in statements["view_rows"]
    assert "[Bodega 4] AS [Exis04]" in statements["view_rows"]
    assert "NULL AS [UPC]" in statements["view_rows"]
    assert "FROM [dbo].[Articulos]" in statements["items"]


def test_a_probe_s_look_reads_stamp_and_version_as_text_and_number(layout: tuple[Layout, SqlServerDialect]) -> None:
    item, view = look_columns(*layout)
    assert "CONVERT(char(23), [LastUpdated], 121) AS _stamp" in item
    assert "CAST([DBTimeStamp] AS bigint) AS [_version]" in item
    assert "[Bodega 0] AS [Exis00]" in view
    assert isinstance(parsed(f"SELECT {item} FROM [Item]"), exp.Select)
