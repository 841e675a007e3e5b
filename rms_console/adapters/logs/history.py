"""The latest log lines in memory, for whoever looks often: numbered, bounded, never read from the disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

KEPT: Final = 5_000


class LogRing:
    """`contract.desk_port.LogHistory`. A lock of its own: a reader never waits for a writer's disk."""

    def __init__(self, dropped: Callable[[], int] = lambda: 0, keep: int = KEPT) -> None:
        self._rows: deque[dict[str, Any]] = deque(maxlen=keep)
        self._last = 0
        self._dropped = dropped
        self._one_at_a_time = threading.Lock()

    @property
    def last(self) -> int:
        return self._last

    @property
    def oldest(self) -> int:
        with self._one_at_a_time:
            return self._oldest()

    @property
    def dropped(self) -> int:
        return self._dropped()

    def add(self, entry: Mapping[str, Any]) -> None:
        """Keep an entry of the log, as it goes to the file."""
        row = {
            "number": 0,
            "at": entry["timestamp"],
            "level": entry["level"],
            "service": entry["service"],
            "tag": entry["tag"],
            "message": entry["message"],
        }
        if "sync_id" in entry:
            row["sync_id"] = entry["sync_id"]
        with self._one_at_a_time:
            self._last += 1
            row["number"] = self._last
            self._rows.append(row)

    def newest(self, limit: int) -> tuple[dict[str, Any], ...]:
        with self._one_at_a_time:
            return self._from(max(0, len(self._rows) - limit), limit)

    def after(self, number: int, limit: int) -> tuple[dict[str, Any], ...]:
        with self._one_at_a_time:
            return self._from(max(0, number + 1 - self._oldest()), limit)

    def _oldest(self) -> int:
        return self._last - len(self._rows) + 1 if self._rows else 0

    def _from(self, place: int, limit: int) -> tuple[dict[str, Any], ...]:
        return tuple(dict(row) for row in islice(self._rows, place, place + limit))
