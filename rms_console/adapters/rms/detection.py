"""Which of the two ways of finding changes serves in this database, and why."""

from __future__ import annotations

from dataclasses import dataclass

from rms_console.adapters.rms.database import Session, Slots
from rms_console.adapters.rms.dialect import Dialect
from rms_console.adapters.rms.names import STAMP, VERSION
from rms_console.adapters.rms.schema import Schema
from rms_console.domain.position import Detection
from rms_console.errors import SourceSchemaChanged
from rms_console.locale import sentence

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a column holds: how many rows there are, how many have a value, how many a value that cannot serve."""

    item_rows: int
    filled: int
    strange: int
    highest: int | None = None


def choose_detection(
    session: Session, schema: Schema, asked: str, slots: Slots, dialect: Dialect
) -> tuple[Detection, str]:
    """Return the detection to use and the reason in plain words.

    Raises:
        SourceSchemaChanged: the one asked for, or with `auto` either, is impossible here.
    """
    witness = _Witness(session, schema, slots, dialect)
    if asked == Detection.LAST_UPDATED:
        return Detection.LAST_UPDATED, sentence("asked for; {why}", why=witness.of_stamps())
    usable, why = witness.of_versions()
    if usable:
        return Detection.ROWVERSION, why if asked == AUTO else sentence("asked for; {why}", why=why)
    if asked == Detection.ROWVERSION:
        raise SourceSchemaChanged(
            f"detection by rowversion is asked for, but {why}",
            code="rms-detection",
            hint='set rms.detection to "auto" or "last_updated"',
        )
    return Detection.LAST_UPDATED, sentence("{why}; {instead}", why=why, instead=witness.of_stamps())


def may_have_versions(schema: Schema, dialect: Dialect) -> bool:
    """Return whether `Item` has row versions, as far as that can be told without reading rows."""
    column = schema.item.get(VERSION.casefold())
    return column is not None and not dialect.version_obstacle(schema.tables.item, column, is_view=schema.item_is_view)


@dataclass(frozen=True, slots=True)
class _Witness:
    """Looks at the columns that could tell changes."""

    session: Session
    schema: Schema
    slots: Slots
    dialect: Dialect

    @property
    def table(self) -> str:
        return self.schema.names.item_table

    def of_versions(self) -> tuple[bool, str]:
        column = self.schema.item.get(VERSION.casefold())
        if column is None:
            return False, sentence("{table} has no column {column}", table=self.table, column=VERSION)
        name = f"{self.table}.{VERSION}"
        table, is_view = self.schema.tables.item, self.schema.item_is_view
        if obstacle := self.dialect.version_obstacle(table, column, is_view=is_view):
            return False, f"{name} {obstacle}"
        seen = Evidence(*self.session.rows("version_evidence", self.slots)[0])
        if seen.item_rows and not seen.filled:
            return False, sentence("{name} is empty in all {count} rows", name=name, count=seen.item_rows)
        if seen.strange:
            return False, sentence(
                "{name} holds something else than a whole number in {count} rows", name=name, count=seen.strange
            )
        if seen.filled and not (seen.highest and seen.highest > 0):
            return False, sentence("{name} does not grow: its highest value is {value}", name=name, value=seen.highest)
        return True, sentence("{name} grows with every write of a row", name=name)

    def of_stamps(self) -> str:
        """Say how well LastUpdated serves.

        Raises:
            SourceSchemaChanged: it does not.
        """
        column = self.schema.item.get(STAMP.casefold())
        if column is None:
            raise _impossible(f"{self.table} has no column {STAMP}", f"bring back column {STAMP}, which RMS itself has")
        name = f"{self.table}.{STAMP}"
        if obstacle := self.dialect.stamp_obstacle(column):
            raise _impossible(f"{name} {obstacle}", "bring back the column as RMS makes it: datetime")
        seen = Evidence(*self.session.rows("stamp_evidence", self.slots)[0])
        readable = seen.filled - seen.strange
        if seen.item_rows and not readable:
            raise _impossible(
                f"{name} is no date in any of {seen.item_rows} rows",
                "store dates as text YYYY-MM-DD HH:MM:SS.mmm in the store's local time",
            )
        unread = seen.item_rows - readable
        if not unread:
            return sentence("{name} says when a row was written", name=name)
        return sentence(
            "{name} says when a row was written ({count} rows without one are seen by full comparisons only)",
            name=name,
            count=unread,
        )


def _impossible(message: str, hint: str) -> SourceSchemaChanged:
    return SourceSchemaChanged(f"detection by last_updated is not possible: {message}", code="rms-detection", hint=hint)
