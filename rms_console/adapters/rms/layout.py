"""What was found out about one database, and the statements made for it."""

from __future__ import annotations

from dataclasses import dataclass

from rms_console.adapters.rms.changes import ChangeReader, StampReader, VersionReader
from rms_console.adapters.rms.database import Session, Slots
from rms_console.adapters.rms.detection import choose_detection, may_have_versions
from rms_console.adapters.rms.dialect import Dialect
from rms_console.adapters.rms.listing import ItemList
from rms_console.adapters.rms.names import STAMP, VERSION, Columns, Names
from rms_console.adapters.rms.rows import Selection, select_columns
from rms_console.adapters.rms.schema import Schema, expression, read_schema, table_names
from rms_console.domain.position import Detection


@dataclass(frozen=True, slots=True)
class Layout:
    """The database's columns, how changes are found in it, and its statements with the store's own names in them."""

    schema: Schema
    slots: Slots
    detection: Detection
    reason: str
    changes: ChangeReader
    selection: Selection
    listing: ItemList
    versions_serve: bool = False


def examine(
    session: Session, dialect: Dialect, names: Names, asked: str, overlap_s: float, known: Layout | None
) -> Layout:
    """Find out what the database has. The `known` layout, memory of its readers and all, stays where nothing changed.

    Raises:
        SourceSchemaChanged: it lacks what every read needs.
    """
    schema = read_schema(session, names, dialect.table)
    schema.check(lambda: table_names(session, schema.tables.view))
    if known is not None and known.schema == schema:
        return known
    slots = name_slots(schema, dialect)
    detection, reason = choose_detection(session, schema, asked, slots, dialect)
    by_version = detection is Detection.ROWVERSION
    return Layout(
        schema,
        slots,
        detection,
        reason,
        VersionReader(slots) if by_version else StampReader(slots, dialect.clock, overlap_s, schema.has_version),
        select_columns(schema, detection, dialect, slots),
        ItemList(schema, slots, dialect.read, dialect.ids_per_statement),
        by_version or (asked == Detection.LAST_UPDATED and may_have_versions(schema, dialect)),
    )


def name_slots(schema: Schema, dialect: Dialect) -> Slots:
    """Return what stands in the statements for tables and columns: the store's names, quoted."""

    def name(columns: Columns, ours: str) -> str:
        return expression(columns, ours, lambda column: dialect.quote(column.name))

    stamp = schema.item.get(STAMP.casefold())
    stamps = {
        "last_updated": name(schema.item, STAMP),
        "stamp_key": "NULL" if stamp is None else dialect.stamp_key(stamp),
    }
    slots = {
        "item": schema.tables.item.sql,
        "view": schema.tables.view.sql,
        "configuration": schema.tables.configuration.sql,
        "id": name(schema.item, "ID"),
        "version": name(schema.item, VERSION),
        "lookup_code": name(schema.item, "ItemLookupCode"),
        "sku": name(schema.item, "ItemLookupCode"),
        "item_id": name(schema.view, "ItemID"),
        "style": name(schema.view, "CCOD"),
        "view_sku": name(schema.view, "C_ARTICULO"),
        "tax_system": name(schema.configuration, "TaxSystem"),
        "hint": "",
        **stamps,
        "stamp": "NULL" if stamp is None else dialect.statements["stamp"].format(**stamps),
    }
    return tuple(slots.items())
