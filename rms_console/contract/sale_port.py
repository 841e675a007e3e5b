"""What the ledger knows of the moments at which prices change by date alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SaleMoment:
    """All that begins or ends at one instant (aware UTC). `begin` of the `items` begin, the others end."""

    at: datetime
    products: int
    items: int
    begin: int


class SaleLedger(Protocol):
    """The part of the ledger that keeps them. Blocking. Raises (all): StoreError."""

    def sale_moments(self, until: datetime | None, limit: int) -> tuple[SaleMoment, ...]:
        """Return the moments not passed yet up to `until` (None: all), at most `limit`, the soonest first."""
        ...

    def sale_times(self, item_ids: Sequence[int]) -> Mapping[int, frozenset[datetime]]:
        """Return the moments kept of each of these items; an item without any is not in it."""
        ...
