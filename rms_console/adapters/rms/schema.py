"""Which tables and columns the store's database has, and whether they are enough to read changes and items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rms_console.adapters.rms.database import Session
from rms_console.adapters.rms.dialect import Column, Table
from rms_console.errors import SourceSchemaChanged
from rms_console.locale import sentence

VIEW_REQUIRED = ("ItemID", "C_ARTICULO", "Description", "Price", "Quantity", "CCOD", "color", "talla")
SALE = ("SalePrice", "SaleStartDate", "SaleEndDate")
VIEW_OPTIONAL = (
    *SALE,
    "Familia",
    "Categoria",
    "ExtendedCategory",
    "Tax",
    "Genero",
    "UPC",
    "Weight",
    "Manufacturer",
)
ITEM_OPTIONAL = ("ItemLookupCode", "Inactive", "WebItem", "ItemCannotBeSold", "SaleType")
COMMITTED = "QuantityCommitted"
FROM_EITHER = (*SALE, COMMITTED)
"""Taken from `Item` where the store's view leaves them out."""
VERSION = "DBTimeStamp"
STAMP = "LastUpdated"
QUANTITY = "Quantity"
ITEM_OWN = ("ID", VERSION, STAMP, "DateCreated", *ITEM_OPTIONAL)
"""Names that the settings can change in `Item`; every other one is a column of the view."""
_STOCK_PREFIX = "Exis"
_VIEW = "V"

Columns = Mapping[str, Column]
"""Each column by our name for it in lower case: names are found whatever their case."""
Reading = Callable[[Column], str]


@dataclass(frozen=True, slots=True)
class Names:
    """The store's own names of what is read: tables, and columns as {our name: theirs}."""

    item_table: str = "Item"
    view: str = "View_Items"
    configuration_table: str = "Configuration"
    columns: Mapping[str, str] = field(default_factory=dict)

    def shown(self, column: str) -> str:
        """Return the name under which a column is looked for, with the setting that says so."""
        theirs = self.columns.get(column)
        return column if theirs is None else f"{theirs} (rms.queries.columns.{column})"


@dataclass(frozen=True, slots=True)
class Tables:
    item: Table
    view: Table
    configuration: Table


@dataclass(frozen=True, slots=True)
class Schema:
    names: Names
    tables: Tables
    item: Columns
    view: Columns
    configuration: Columns
    item_is_view: bool = False

    @property
    def has_version(self) -> bool:
        return VERSION.casefold() in self.item

    @property
    def has_stamp(self) -> bool:
        return STAMP.casefold() in self.item

    @property
    def stock_columns(self) -> tuple[str, ...]:
        """Quantity and the stock of each location (Exis00, Exis57, ...), spelt so and in order, whatever their case."""
        folded = _STOCK_PREFIX.casefold()
        places = sorted(name.removeprefix(folded) for name in self.view if name.startswith(folded))
        return (QUANTITY, *(_STOCK_PREFIX + place for place in places))

    @property
    def missing_optional(self) -> tuple[str, ...]:
        """What the program could use and does not find, as `Table.Column`."""
        either = {name for name in FROM_EITHER if name.casefold() in self.item}
        view = (name for name in (*VIEW_OPTIONAL, COMMITTED) if name.casefold() not in self.view and name not in either)
        item = (name for name in ITEM_OPTIONAL if name.casefold() not in self.item)
        return (
            *(f"{self.names.view}.{self.names.shown(name)}" for name in view),
            *(f"{self.names.item_table}.{self.names.shown(name)}" for name in item),
        )

    def check(self) -> None:
        """Refuse a database that lacks what every read needs.

        Raises:
            SourceSchemaChanged: it names the table, the columns and what to do.
        """
        _require(self.names.item_table, self.item, ("ID",), self.names)
        _require(self.names.view, self.view, VIEW_REQUIRED, self.names)
        if not self.has_version and not self.has_stamp:
            raise SourceSchemaChanged(
                sentence(
                    "table {table} has neither {stamp} nor {version}: nothing tells which rows changed",
                    table=self.names.item_table,
                    stamp=STAMP,
                    version=VERSION,
                ),
                hint=sentence("bring back column {stamp}, which RMS itself has", stamp=STAMP),
            )


def read_schema(session: Session, names: Names, table: Callable[[str], Table]) -> Schema:
    """Look up the columns of the tables this program reads."""
    tables = Tables(table(names.item_table), table(names.view), table(names.configuration_table))
    item, kind = _columns(session, tables.item)
    view, _ = _columns(session, tables.view)
    configuration, _ = _columns(session, tables.configuration)
    own = {name.casefold() for name in ITEM_OWN}
    return Schema(
        names,
        tables,
        _renamed(item, {ours: theirs for ours, theirs in names.columns.items() if ours.casefold() in own}),
        _renamed(view, {ours: theirs for ours, theirs in names.columns.items() if ours.casefold() not in own}),
        configuration,
        item_is_view=kind == _VIEW,
    )


def expression(columns: Columns, name: str, read: Reading) -> str:
    """Return the expression that reads a column under our name for it; NULL where it is absent."""
    column = columns.get(name.casefold())
    return "NULL" if column is None else read(column)


def _columns(session: Session, table: Table) -> tuple[dict[str, Column], str]:
    """Return the columns by name in lower case, and the kind of the table: U of its own, V a view."""
    rows = session.rows("columns", (("catalog", table.catalog),), table_name=table.lookup)
    kind = str(rows[0][2]) if rows else ""
    return {
        str(name).casefold(): Column(str(name), str(type_name or "").casefold()) for name, type_name, _ in rows
    }, kind


def _renamed(found: Mapping[str, Column], theirs_by_ours: Mapping[str, str]) -> Columns:
    """Return the columns under our names. One that the store calls otherwise is not looked for under ours."""
    ours = {name.casefold() for name in theirs_by_ours}
    theirs = {name.casefold() for name in theirs_by_ours.values()}
    kept = {name: column for name, column in found.items() if name not in ours and name not in theirs}
    named = {name.casefold(): found[its.casefold()] for name, its in theirs_by_ours.items() if its.casefold() in found}
    return kept | named


def _require(table: str, columns: Columns, needed: tuple[str, ...], names: Names) -> None:
    if not columns:
        raise SourceSchemaChanged(
            sentence("there is no table or view {table}", table=table),
            hint=sentence(
                "check that rms.url or rms.database names the store's RMS database, and that the login sees the table"
            ),
        )
    lacking = [names.shown(name) for name in needed if name.casefold() not in columns]
    if lacking:
        raise SourceSchemaChanged(
            sentence(
                "{table} lacks column {columns}" if len(lacking) == 1 else "{table} lacks columns {columns}",
                table=table,
                columns=", ".join(lacking),
            ),
            hint=sentence(
                "add them to {table} under exactly these names (case does not matter), or name the store's own in "
                "rms.queries.columns",
                table=table,
            ),
        )
