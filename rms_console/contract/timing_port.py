"""What is timed, and how the hours of it are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from rms_console.domain.histogram import Histogram


class Timed(StrEnum):
    """What is timed, in seconds."""

    CYCLE = "cycle"
    """One run, from its start to its end; runs that were skipped do not count."""
    LATENCY = "latency"
    """From a row's stamp in RMS (where it has none: from when we read the change) until the shop confirmed it."""
    QUEUE = "queue"
    """From when a change was read until its product's turn came."""
    RMS = "rms"
    """One question to RMS."""
    SHOPIFY = "shopify"
    """One request to Shopify, from sending it to its answer."""


@dataclass(frozen=True, slots=True)
class TimedHour:
    """The durations of one kind within one hour (aware UTC, its beginning)."""

    at: datetime
    timed: Timed
    durations: Histogram


class TimingLedger(Protocol):
    """The part of the ledger that keeps durations. Blocking. Raises (all): StoreError."""

    def timings(self, since: datetime) -> tuple[TimedHour, ...]:
        """Return the hours that begin at `since` or later, the oldest first."""
        ...

    def save_timings(self, hours: Iterable[TimedHour], keep_since: datetime) -> None:
        """Keep these hours as they are now, in place of what was kept of them; drop those before `keep_since`."""
        ...
