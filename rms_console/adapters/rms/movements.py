"""Sales and transfers as RMS logs them, in tables that not every database has and not every login may read.

Source: public code of programs over RMS's own tables, which join TransactionEntry to [Transaction] by
TransactionNumber and read InventoryTransferLog's DateTransferred and Quantity; read 2026-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rms_console.adapters.rms.database import Database, Session
from rms_console.adapters.rms.values import UnreadableValue, as_decimal, as_moment
from rms_console.contract.movement_port import Movement
from rms_console.domain.position import format_stamp
from rms_console.errors import SourceDenied, SourceSchemaChanged
from rms_console.locale import mark

MOST_ITEMS: Final = 20
"""Items asked for, one after the other: these logs are long, and nobody knows their indexes."""
LOGS: Final = (("sales_since", "TransactionEntry", -1), ("transfers_since", "InventoryTransferLog", 1))
"""Statement, table, and the sign that turns its quantity into what became of the stock."""


class Movements:
    """Reads the logs of one database; one that is not there, or not for us, is not asked for again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._closed: set[str] = set()

    def latest(self, item_ids: Sequence[int], since: datetime) -> tuple[Movement, ...]:
        """Return what the logs say of at most `MOST_ITEMS` items, the newest first.

        Raises:
            SourceUnavailable: RMS could not be asked.
        """
        found: list[Movement] = []
        for statement, table, sign in LOGS:
            if statement in self._closed:
                continue
            try:
                with self._database.session(mark("reading movements")) as session:
                    found += _read(session, statement, table, sign, item_ids[:MOST_ITEMS], since)
            except (SourceSchemaChanged, SourceDenied):
                self._closed.add(statement)
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _read(
    session: Session, statement: str, table: str, sign: int, item_ids: Sequence[int], since: datetime
) -> list[Movement]:
    """Return the latest that one log says of each item; rows that cannot be read are left out, they only explain."""
    after, found = session.stamp(format_stamp(since)), []
    for asked in item_ids:
        for item_id, at, quantity in session.rows(statement, item_id=asked, since=after, row_limit=1):
            try:
                moved, amount = as_moment(at), as_decimal(quantity)
            except UnreadableValue:
                continue
            if moved is not None and amount:
                found.append(Movement(int(item_id), table, moved, sign * amount))
    return found
