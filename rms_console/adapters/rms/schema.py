"""Which tables and columns the store's database has, and whether they are enough to read changes and items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rms_console.adapters.rms.database import Session
from rms_console.errors import SourceSchemaChanged

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
_STOCK_PREFIX = "Exis"

Columns = Mapping[str, str]
"""Each column's name in lower case, and as the database spells it: names are found whatever their case."""


@dataclass(frozen=True, slots=True)
class Schema:
    item: Columns
    view: Columns
    configuration: Columns

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
        return (*(f"View_Items.{name}" for name in view), *(f"Item.{name}" for name in item))

    def check(self) -> None:
        """Refuse a database that lacks what every read needs.

        Raises:
            SourceSchemaChanged: it names the table, the columns and what to do.
        """
        _require("Item", self.item, ("ID",))
        _require("View_Items", self.view, VIEW_REQUIRED)
        if not self.has_version and not self.has_stamp:
            raise SourceSchemaChanged(
                f"table Item has neither {STAMP} nor {VERSION}: nothing tells which rows changed",
                hint=f"bring back column {STAMP}, which RMS itself has",
            )


def read_schema(session: Session) -> Schema:
    """Look up the columns of the tables this program reads."""
    return Schema(*(_columns(session, table) for table in ("Item", "View_Items", "Configuration")))


def _columns(session: Session, table: str) -> Columns:
    return {name.casefold(): name for (name,) in session.rows("columns", table_name=table)}


def _require(table: str, columns: Columns, names: tuple[str, ...]) -> None:
    if not columns:
        raise SourceSchemaChanged(
            f"there is no table or view {table}",
            hint="check that rms.url or rms.database names the store's RMS database, and that the login sees the table",
        )
    lacking = [name for name in names if name.casefold() not in columns]
    if lacking:
        plural = "column" if len(lacking) == 1 else "columns"
        raise SourceSchemaChanged(
            f"{table} lacks {plural} {', '.join(lacking)}",
            hint=f"add them to {table} under exactly these names (case does not matter)",
        )
