"""What RMS wrote down of goods that moved: sales and transfers, where the database keeps them and lets us read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Movement:
    """Goods of one item that moved. `table`: where it is written; `at`: naive, in the store's local time.

    `quantity`: what that table says; below zero where the stock became less.
    """

    item_id: int
    table: str
    at: datetime
    quantity: Decimal

    def told(self) -> str:
        return f"{self.table} {self.at:%Y-%m-%d %H:%M}: {self.quantity.normalize():+f}"


class MovementLog(Protocol):
    """Blocking: called off the loop, by the thread that reads RMS."""

    def movements(self, item_ids: Sequence[int], since: datetime) -> tuple[Movement, ...]:
        """Return the latest movements of a few items since a store-local time, the newest first.

        Nothing where the database has no such tables, or the login may not read them: then nobody knows.

        Raises:
            SourceUnavailable: it could not be asked.
        """
        ...
