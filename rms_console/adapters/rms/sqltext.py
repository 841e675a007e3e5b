"""The SQL text that runs in this database, for people to read: with the store's own names in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rms_console.adapters.rms.database import Slots
from rms_console.adapters.rms.dialect import Dialect
from rms_console.adapters.rms.layout import Layout
from rms_console.adapters.rms.names import (
    COMMITTED,
    FROM_EITHER,
    ITEM_OPTIONAL,
    STAMP,
    VERSION,
    VIEW_OPTIONAL,
    VIEW_REQUIRED,
    Columns,
)
from rms_console.domain.columns import SqlFacts, SqlStatement, UsedColumn
from rms_console.domain.position import Detection
from rms_console.locale import mark

PURPOSES: Mapping[str, str] = {
    "version_overview": mark("whether anything changed"),
    "changes_by_version": mark("which items changed"),
    "ties_of_version": mark("the rest of those that share a version"),
    "changes_from_stamp": mark("which items changed, and those of the overlap window"),
    "changes_above_stamp": mark("the further pages of those"),
    "items": mark("changed items: their own rows"),
    "view_rows": mark("changed items: what the view shows of them"),
    "item_ids": mark("all items, for comparisons"),
    "listed_items": mark("all items with their SKUs, for an adoption"),
    "find_by_style": mark("items of a CCOD that a person names"),
    "find_by_sku": mark("items of an SKU that a person names"),
    "find_by_lookup_code": mark("the same, where the view hides them"),
    "tax_system": mark("whether prices include tax"),
}
_BY_VERSION = ("version_overview", "changes_by_version", "ties_of_version")
_BY_STAMP = ("changes_from_stamp", "changes_above_stamp")
_ALWAYS = ("items", "view_rows", "item_ids", "listed_items", "find_by_style", "find_by_sku")


def describe_sql(layout: Layout, dialect: Dialect) -> SqlFacts:
    """Return what is read of this database and the statements that read it, those that run most first."""
    schema = layout.schema
    names = [*(_BY_VERSION if layout.detection is Detection.ROWVERSION else _BY_STAMP), *_ALWAYS]
    names += ["find_by_lookup_code"] if "itemlookupcode" in schema.item else []
    names += ["tax_system"] if "taxsystem" in schema.configuration else []
    return SqlFacts(
        tuple(_used(layout)),
        schema.absent,
        tuple(SqlStatement(name, PURPOSES[name], _filled(name, layout, dialect)) for name in names),
    )


def _filled(name: str, layout: Layout, dialect: Dialect) -> str:
    slots: Slots = {
        "items": layout.selection.item,
        "view_rows": layout.selection.view,
        "listed_items": layout.listing.slots,
    }.get(name, layout.slots)
    sql = dialect.statements[name].format_map({"web_filter": "", "order": "", **dict(slots)})
    # A colon in a name is escaped so that it is not read as a parameter.
    return sql.replace("\\:", ":")


def _used(layout: Layout) -> Iterator[UsedColumn]:
    schema = layout.schema
    item = ("ID", VERSION, STAMP, *ITEM_OPTIONAL, *FROM_EITHER)
    view = (*VIEW_REQUIRED, *VIEW_OPTIONAL, COMMITTED, *schema.stock_columns)
    yield from _of(schema.names.item_table, schema.item, item)
    yield from _of(schema.names.view, schema.view, view)
    yield from _of(schema.names.configuration_table, schema.configuration, ("TaxSystem",))


def _of(table: str, columns: Columns, names: tuple[str, ...]) -> Iterator[UsedColumn]:
    for name in dict.fromkeys(names):
        column = columns.get(name.casefold())
        if column is not None:
            yield UsedColumn(name, table, column.name, column.type)
