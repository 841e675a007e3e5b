"""What the shop was asked, for tests and for the demo's figures."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RequestEntry:
    """One request that was understood. Costs in points; `actual` is None where nothing was run."""

    number: int
    at: float
    """The shop's monotonic clock, in seconds."""
    is_mutation: bool
    root_fields: tuple[str, ...]
    operation: str | None
    """The name the client gave the operation."""
    variables: Mapping[str, Any]
    requested: int
    actual: int | None
    throttled: bool
    error_codes: tuple[str, ...]
    """Codes of top-level errors."""
    user_errors: int


class RequestLedger:
    """Counts since the start, and the latest requests one by one."""

    def __init__(self, size: int) -> None:
        self.entries: deque[RequestEntry] = deque(maxlen=size)
        self.requests = 0
        self.mutations = 0
        self.queries = 0
        self.throttled = 0
        self.points = 0
        self.by_field: Counter[str] = Counter()

    def add(self, entry: RequestEntry) -> None:
        self.requests += 1
        self.entries.append(entry)
        if entry.throttled:
            self.throttled += 1
            return
        self.points += entry.actual or 0
        self.mutations += entry.is_mutation
        self.queries += not entry.is_mutation
        self.by_field.update(entry.root_fields)

    def of(self, root_field: str) -> list[RequestEntry]:
        """Return the remembered requests that asked for this root field, oldest first."""
        return [entry for entry in self.entries if root_field in entry.root_fields]

    def clear(self) -> None:
        self.__init__(self.entries.maxlen or 0)  # type: ignore[misc]  # back to how it began
