"""What is read of the store's database, by our names, and the store's own names of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from rms_console.adapters.rms.dialect import Column

VIEW_REQUIRED = ("ItemID", "C_ARTICULO", "Description", "Price", "Quantity", "CCOD", "color", "talla")
MAY_BE_NONE = ("Description", "color", "talla")
"""Needed, unless the settings say in so many words that the store has none."""
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
TAX = "TaxSystem"
_OWN = frozenset(name.casefold() for name in ITEM_OWN)
_KNOWN = _OWN | {name.casefold() for name in (*VIEW_REQUIRED, *VIEW_OPTIONAL, COMMITTED)}
STOCK_PREFIX = "Exis"

Columns = Mapping[str, Column]
"""Each column by our name for it in lower case: names are found whatever their case."""


@dataclass(frozen=True, slots=True)
class Names:
    """The store's own names of what is read: tables, and columns as {our name: theirs}, empty where there is none.

    `places`: where each key of the settings stands, for who has to mend it.
    """

    item_table: str = "Item"
    view: str = "View_Items"
    configuration_table: str = "Configuration"
    columns: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def shown(self, column: str) -> str:
        """Return the name under which a column is looked for, with the setting that says so."""
        theirs = self.columns.get(column)
        return column if not theirs else f"{theirs} ({self.told(f'columns.{column}')})"

    def told(self, key: str) -> str:
        """Return a key of rms.queries with where it was set."""
        place = self.places.get(key)
        return f"{place}: rms.queries.{key}" if place else f"rms.queries.{key}"

    def is_none(self, column: str) -> bool:
        """Whether the settings say that the store has no such column."""
        return self.columns.get(column) == ""

    @property
    def of_tables(self) -> Mapping[str, str]:
        """The tables that the settings name otherwise than RMS does, by name, with their keys."""
        chosen = {"item_table": self.item_table, "view": self.view, "configuration_table": self.configuration_table}
        usual = {"item_table": "Item", "view": "View_Items", "configuration_table": "Configuration"}
        return {name: self.told(key) for key, name in chosen.items() if name != usual[key]}


def is_own(ours: str) -> bool:
    """Return whether a name is that of a column which only `Item` has."""
    return ours.casefold() in _OWN


def is_of_item(ours: str, theirs: str, item: Columns) -> bool:
    """Return whether a name of the settings is that of a column of `Item`: its own, or one that either may have."""
    return is_own(ours) or (ours in FROM_EITHER and (not theirs or theirs.casefold() in item))


def nearest_column(name: str, columns: Columns) -> str:
    """Return the column that comes nearest to a name and serves for nothing else; empty where none comes near."""
    prefix = STOCK_PREFIX.casefold()
    free = {key: column.name for key, column in columns.items() if key not in _KNOWN and not key.startswith(prefix)}
    near = get_close_matches(name.casefold(), free, n=1, cutoff=0.6)
    return free[near[0]] if near else ""
