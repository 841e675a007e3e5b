"""What the rules look at: one value, gathered once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rms_console.contract.diagnosis import Surroundings
from rms_console.contract.snapshot import ConnectionView, CycleView, EngineSnapshot
from rms_console.domain.findings import Finding, Level
from rms_console.domain.rows import SourceFacts
from rms_console.engine.probing import ProbeRecord


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Another machine's clock (aware, or local to the store's zone and naive) and ours at the same instant."""

    theirs: datetime
    ours: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rules know. What is not known is None or empty, and the rules that need it stay silent."""

    now: datetime
    settings: Mapping[str, Any] = field(default_factory=dict)
    """By dotted key, as people see them."""
    seen: EngineSnapshot | None = None
    """The engine; None where none answers."""
    ledger_problem: str = ""
    """Why the ledger cannot be read: then the engine tells nothing of itself either."""
    surroundings: Surroundings | None = None
    cycles: tuple[CycleView, ...] = ()
    """Of the last 24 hours."""
    starts: tuple[datetime, ...] = ()
    """When the engine was started, as far as that is remembered."""
    set_aside: Mapping[str, int] = field(default_factory=dict)
    """Items in quarantine by code."""
    most_held_at: datetime | None = None
    """Since when the oldest open hold waits."""
    zone: str = ""
    """The store's zone in force."""
    shop_zone: str = ""
    rms_offset_minutes: int | None = None
    rms_clock: ClockReading | None = None
    shop_clock: ClockReading | None = None
    source: SourceFacts | None = None
    """What the last look at RMS found; None: not reached yet."""
    probe: ProbeRecord | None = None
    """The last probe at the till."""
    look_s: float | None = None
    """How long RMS took for the last look for changes."""

    def number(self, key: str) -> float | None:
        """Return a setting that is a number."""
        value = self.settings.get(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def flag(self, key: str) -> bool | None:
        """Return a setting that is yes or no."""
        value = self.settings.get(key)
        return value if isinstance(value, bool) else None

    def text(self, key: str) -> str:
        """Return a setting that is a text; a secret one is told as stars."""
        value = self.settings.get(key)
        return value if isinstance(value, str) else ""

    def link(self, name: str) -> ConnectionView | None:
        """Return how a dependency answered last."""
        views = self.seen.connections if self.seen is not None else ()
        return next((view for view in views if view.name.casefold() == name), None)


Judge = Callable[[Facts], Iterable[Finding]]


def with_engine(judge: Callable[[Facts, EngineSnapshot], Iterator[Finding]]) -> Judge:
    """Return a rule that is silent where no engine answers."""

    def judged(facts: Facts) -> Iterable[Finding]:
        return judge(facts, facts.seen) if facts.seen is not None else ()

    return judged


def ok(message: str, /, **facts: object) -> Finding:
    """Return that something was looked at and is well. `message` is a template."""
    return Finding(Level.OK, "", message, facts=facts)


def warn(message: str, what_to_do: str, /, **facts: object) -> Finding:
    """Return something that works and that somebody should know."""
    return Finding(Level.WARN, "", message, what_to_do, facts=facts)


def fail(message: str, what_to_do: str, /, **facts: object) -> Finding:
    """Return something that keeps the shop from following RMS."""
    return Finding(Level.FAIL, "", message, what_to_do, facts=facts)


def offset_of(zone: str, now: datetime) -> timedelta | None:
    """Return how far a zone's clock is from UTC now; None for a name that is no zone's."""
    try:
        return now.astimezone(ZoneInfo(zone)).utcoffset() if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
