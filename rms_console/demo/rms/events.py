"""What happened in the embedded store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """One thing a till did. `text` is one line of plain facts, codes and numbers, for either language."""

    kind: str
    item_ids: tuple[int, ...]
    text: str
    at: datetime
    """Naive, store-local: the stamp that the rows got."""
