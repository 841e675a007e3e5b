"""Which tables and columns the store's database has, and whether they are enough to read changes and items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rms_console.adapters.rms.database import Session
from rms_console.adapters.rms.dialect import Column, Table
from rms_console.adapters.rms.names import (
    COMMITTED,
    FROM_EITHER,
    ITEM_OPTIONAL,
    MAY_BE_NONE,
    QUANTITY,
    STAMP,
    STOCK_PREFIX,
    TAX,
    VERSION,
    VIEW_OPTIONAL,
    VIEW_REQUIRED,
    Columns,
    Names,
    is_of_item,
    is_own,
    nearest_column,
)
from rms_console.adapters.rms.needs import Needs
from rms_console.domain.columns import AbsentColumn
from rms_console.errors import SourceSchemaChanged
from rms_console.locale import sentence

_VIEW = "V"

Reading = Callable[[Column], str]


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
        folded = STOCK_PREFIX.casefold()
        places = sorted(name.removeprefix(folded) for name in self.view if name.startswith(folded))
        return (QUANTITY, *(STOCK_PREFIX + place for place in places))

    @property
    def missing_optional(self) -> tuple[str, ...]:
        """What the program could use and does not find, as `Table.Column`; not what the settings say is not there."""
        return tuple(column.shown for column in self.absent if not column.declared)

    @property
    def absent(self) -> tuple[AbsentColumn, ...]:
        """What the program could use and does not find."""
        either = {name for name in FROM_EITHER if name.casefold() in self.item}
        view = [name for name in MAY_BE_NONE if self.names.is_none(name)]
        view += [name for name in (*VIEW_OPTIONAL, COMMITTED) if name not in either]
        return (
            *(self._absent(name, self.names.view, self.view) for name in view if name.casefold() not in self.view),
            *(
                self._absent(name, self.names.item_table, self.item)
                for name in ITEM_OPTIONAL
                if name.casefold() not in self.item
            ),
        )

    def _absent(self, name: str, table: str, columns: Columns) -> AbsentColumn:
        declared = self.names.is_none(name)
        shown = f"{table}.{self.names.shown(name)}"
        return AbsentColumn(name, shown, "" if declared else nearest_column(name, columns), declared)

    def check(self, tables: Callable[[], Sequence[str]] = tuple) -> None:
        """Refuse a database that lacks what every read needs, or what the settings name.

        `tables` lists what tables and views there are, for who named one that is not.

        Raises:
            SourceSchemaChanged: it names the table, the columns, those that come near, and what to do.
        """
        needs = Needs(self.names, tables)
        needs.require(self.names.item_table, self.item, ("ID",))
        none = {name for name in MAY_BE_NONE if self.names.is_none(name)}
        needs.require(self.names.view, self.view, tuple(name for name in VIEW_REQUIRED if name not in none))
        needs.require_named(self.item, self.view, self.configuration)
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
    return Schema(
        names,
        tables,
        _renamed(item, {ours: theirs for ours, theirs in names.columns.items() if is_of_item(ours, theirs, item)}),
        _renamed(view, {ours: theirs for ours, theirs in names.columns.items() if not is_own(ours) and ours != TAX}),
        _renamed(configuration, {ours: theirs for ours, theirs in names.columns.items() if ours == TAX}),
        item_is_view=kind == _VIEW,
    )


def table_names(session: Session, table: Table) -> tuple[str, ...]:
    """Return the names of all tables and views that the login sees where a table was looked for."""
    return tuple(str(name) for (name,) in session.rows("tables", (("catalog", table.catalog),)))


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
