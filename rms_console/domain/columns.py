"""What the store's database does not have, and what does not work without it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from rms_console.domain.findings import Finding, Level
from rms_console.domain.policy import MappingPolicy
from rms_console.locale import mark, sentence

WRONG_NAMES = "rms-names"
"""The code of an error about a name in rms.queries that the database does not have: a setting to mend."""
COLUMNS, ABSENT = "columns", "column-absent"


@dataclass(frozen=True, slots=True)
class AbsentColumn:
    """A column that is not there. `name` is ours, `shown` the table's and the column's as the store calls them.

    `nearest`: a column of that table which is not used and whose name comes close. `declared`: the settings say that
    there is none, so that nobody need be told.
    """

    name: str
    shown: str
    nearest: str = ""
    declared: bool = False


@dataclass(frozen=True, slots=True)
class UsedColumn:
    """A column that is read: our name for it, and the table's, its own and its type's name as the database has them."""

    name: str
    table: str
    column: str
    type: str


@dataclass(frozen=True, slots=True)
class SqlStatement:
    """SQL text as it is sent, with `:parameters`. `purpose` is a template."""

    name: str
    purpose: str
    sql: str


@dataclass(frozen=True, slots=True)
class SqlFacts:
    """All that is read of the database, and how."""

    columns: tuple[UsedColumn, ...]
    absent: tuple[AbsentColumn, ...]
    statements: tuple[SqlStatement, ...]


EFFECTS: Mapping[str, str] = {
    "Description": mark("titles are the CCOD"),
    "color": mark("every item has the default colour"),
    "talla": mark("every item has the default size"),
    "SalePrice": mark("there are no sales; compare-at prices in the shop are left alone"),
    "SaleStartDate": mark("a sale begins as soon as it has a price"),
    "SaleEndDate": mark("a sale lasts until its price is taken away"),
    "Familia": mark("products have no family, and filter.excluded_families keeps nothing out"),
    "Categoria": mark("products have no category, and filter.excluded_categories keeps nothing out"),
    "ExtendedCategory": mark("products have no extended category"),
    "Tax": mark("the tax percentage is that of mapping.tax_percent"),
    "Genero": mark("products have no gender"),
    "UPC": mark("no barcodes are sent; those in the shop are left alone"),
    "Weight": mark("no weights are sent; those in the shop are left alone"),
    "Manufacturer": mark("products have no manufacturer"),
    "QuantityCommitted": mark("pieces on order are not subtracted from the stock"),
    "ItemLookupCode": mark("items are looked up by SKU in the view, which takes longer"),
    "Inactive": mark("inactive items stay on sale unless the view hides them"),
    "WebItem": mark("items for the web cannot be told from others"),
    "ItemCannotBeSold": mark("items that may not be sold stay on sale unless the view hides them"),
    "SaleType": mark("every sale price counts between its dates"),
}
"""What does not work without a column, by our name for it."""

_COLUMNS = {
    "family": "Familia",
    "category": "Categoria",
    "extended_category": "ExtendedCategory",
    "gender": "Genero",
    "manufacturer": "Manufacturer",
}
_FIELDS = {"SalePrice": "compare_at", "UPC": "barcode", "Weight": "weight"}


def fields_off(absent: Collection[AbsentColumn], mapping: MappingPolicy) -> frozenset[str]:
    """Return the fields of the shop (as in the ownership settings) that RMS cannot know: to be left as they are."""
    lacking = {column.name for column in absent}
    sources = {
        "vendor": (mapping.vendor_from,),
        "product_type": (mapping.product_type_from,),
        "tags": mapping.tags_from,
    }
    empty = {
        field for field, names in sources.items() if names and all(_COLUMNS.get(name) in lacking for name in names)
    }
    return frozenset(_FIELDS[name] for name in lacking if name in _FIELDS) | empty


def effect_of(column: AbsentColumn) -> str:
    """Return a sentence: what does not work without the column."""
    return sentence(EFFECTS[column.name]) if column.name in EFFECTS else sentence("this value stays empty in the shop")


def judge_columns(absent: Collection[AbsentColumn]) -> Iterator[Finding]:
    """Say which columns are not there, then of each what that means and what might be meant instead."""
    names = ", ".join(column.shown for column in absent if not column.declared)
    if names:
        message = mark("RMS has no column {names}: what hangs on them is off")
        hint = mark("add them to the store's view, or leave it so")
        yield Finding(Level.WARN, COLUMNS, message, hint, "RMS", {"names": names})
    else:
        yield Finding(Level.OK, COLUMNS, mark("RMS has every table and column that is read"))
    for column in absent:
        told = {
            "column": column.shown,
            "effect": effect_of(column),
            "line": f'{column.name} = "{column.nearest}"',
            "none": f'{column.name} = ""',
        }
        if column.declared:
            message = mark("RMS has no {column}, as rms.queries says: {effect}")
            yield Finding(Level.OK, ABSENT, message, facts=told)
            continue
        message = mark("RMS has no column {column}: {effect}")
        hint = mark("add it to the store's view, or say in rms.queries.columns that there is none: {none}")
        if column.nearest:
            hint = mark("if it is called otherwise, say so in rms.queries.columns: {line}")
        yield Finding(Level.WARN, ABSENT, message, hint, "rms.queries.columns", told)
