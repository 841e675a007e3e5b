"""Which of the two ways of finding changes serves in this database, and why."""

from __future__ import annotations

from dataclasses import dataclass

from rms_console.adapters.rms.database import Session
from rms_console.adapters.rms.schema import STAMP, VERSION, Schema
from rms_console.domain.position import Detection
from rms_console.errors import SourceSchemaChanged

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a column holds: how many rows there are, how many have a value, how many a value that cannot serve."""

    item_rows: int
    filled: int
    strange: int
    highest: int | None = None


def choose_detection(session: Session, schema: Schema, asked: str) -> tuple[Detection, str]:
    """Return the detection to use and the reason in plain words.

    Raises:
        SourceSchemaChanged: the one asked for, or with `auto` either, is impossible here.
    """
    if asked == Detection.LAST_UPDATED:
        return Detection.LAST_UPDATED, f"asked for; {_stamps(session, schema)}"
    usable, why = _versions(session, schema)
    if usable:
        return Detection.ROWVERSION, why if asked == AUTO else f"asked for; {why}"
    if asked == Detection.ROWVERSION:
        raise SourceSchemaChanged(
            f"detection by rowversion is asked for, but {why}",
            code="rms-detection",
            hint='set rms.detection to "auto" or "last_updated"',
        )
    return Detection.LAST_UPDATED, f"{why}; {_stamps(session, schema)}"


def _versions(session: Session, schema: Schema) -> tuple[bool, str]:
    if not schema.has_version:
        return False, f"Item has no column {VERSION}"
    seen = Evidence(*session.rows("version_evidence")[0])
    if seen.item_rows and not seen.filled:
        return False, f"Item.{VERSION} is empty in all {seen.item_rows} rows"
    if seen.strange:
        return False, f"Item.{VERSION} holds something else than a whole number in {seen.strange} rows"
    if seen.filled and not (seen.highest and seen.highest > 0):
        return False, f"Item.{VERSION} does not grow: its highest value is {seen.highest}"
    return True, f"Item.{VERSION} grows with every write of a row"


def _stamps(session: Session, schema: Schema) -> str:
    """Say how well LastUpdated serves.

    Raises:
        SourceSchemaChanged: it does not.
    """
    if not schema.has_stamp:
        raise _impossible(f"Item has no column {STAMP}", f"bring back column {STAMP}, which RMS itself has")
    seen = Evidence(*session.rows("stamp_evidence")[0])
    readable = seen.filled - seen.strange
    if seen.item_rows and not readable:
        raise _impossible(
            f"Item.{STAMP} is no date in any of {seen.item_rows} rows",
            "store dates as text YYYY-MM-DD HH:MM:SS.mmm in the store's local time",
        )
    unread = seen.item_rows - readable
    tail = f" ({unread} rows without a readable one are seen by full comparisons only)" if unread else ""
    return f"Item.{STAMP} says when a row was written{tail}"


def _impossible(message: str, hint: str) -> SourceSchemaChanged:
    return SourceSchemaChanged(f"detection by last_updated is not possible: {message}", code="rms-detection", hint=hint)
