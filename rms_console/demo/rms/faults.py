"""Switchable trouble between the embedded RMS and its reader: errors, slowness, open transactions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, cast

from rms_console.contract.ports import Source
from rms_console.domain.position import Position
from rms_console.domain.rows import ChangesRead
from rms_console.errors import SourceUnavailable


@dataclass(slots=True)
class RmsFaults:
    """The switches, all off; they may be set at any time, from any thread."""

    error_ratio: float = 0.0
    """Share of statements, 0-1, that fail as a lost connection does."""
    delay_s: float = 0.0
    """So long each answer takes."""
    open_versions: set[int] = field(default_factory=set)
    """Row versions drawn by transactions that are still open: a watermark must stay below the lowest."""

    @property
    def bound(self) -> Position | None:
        """Return the version up to which no open transaction can add a row; None: none is open."""
        return Position.of_version(min(self.open_versions) - 1) if self.open_versions else None


def with_faults(
    source: Source, faults: RmsFaults, *, seed: int = 7, sleep: Callable[[float], None] = time.sleep
) -> Source:
    """Return the source with `faults` in the way. What fails follows from the seed and the order of the calls."""
    return cast(Source, _Faulty(source, faults, Random(f"rms faults {seed}"), sleep))


class _Faulty:
    """Passes each question on, late or not at all.

    SQL Server knows the lowest version of an open transaction and bounds its watermark by it; a file has one writer
    and needs no such bound. Here it is that of `faults.open_versions`, so that the engine meets open transactions.
    """

    def __init__(self, source: Source, faults: RmsFaults, random: Random, sleep: Callable[[float], None]) -> None:
        self._source = source
        self._faults = faults
        self._random = random
        self._sleep = sleep

    def __getattr__(self, name: str) -> Any:
        answer = getattr(self._source, name)
        if name in _NO_STATEMENT:
            return answer

        def ask(*args: Any, **kwargs: Any) -> Any:
            self._meet()
            return answer(*args, **kwargs)

        return ask

    def starting_point(self, back_hours: float) -> Position:
        self._meet()
        start, bound = self._source.starting_point(back_hours), self._faults.bound
        return start if bound is None or start.stamp else min(start, bound)

    def read_changes(self, after: Position, limit: int) -> ChangesRead:
        self._meet()
        read, bound = self._source.read_changes(after, limit), self._faults.bound
        if bound is None or read.complete_up_to.stamp or read.complete_up_to <= bound:
            return read
        # A later page could not begin beyond the bound: everything to the end is handed over now.
        keys = list(read.keys)
        while read.more:
            read = self._source.read_changes(read.complete_up_to, limit)
            keys += read.keys
        return replace(read, keys=tuple(keys), complete_up_to=max(after, bound), more=False)

    def _meet(self) -> None:
        if self._faults.delay_s > 0:
            self._sleep(self._faults.delay_s)
        if self._random.random() < self._faults.error_ratio:
            raise SourceUnavailable("the connection to RMS was lost (rehearsed)", hint="the read is tried again")


_NO_STATEMENT = frozenset({"statements", "pool_use", "close"})
