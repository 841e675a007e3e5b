"""The last hour minute by minute, for sparklines. Fed by what happens anyway: no timer, no SQL, no request."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from rms_console.contract.events import Event, EventName
from rms_console.contract.ports import Clock, ShopCounters
from rms_console.contract.records import QueueCounts
from rms_console.contract.snapshot import CycleView

MINUTES: Final = 60
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
_FAILED: Final = (EventName.PRODUCT_FAILED, EventName.ITEM_QUARANTINED)


@dataclass(slots=True)
class Minute:
    """What happened within one minute. `bucket_ratio` and `queue` are as last seen in it."""

    at: datetime
    items: int = 0
    products: int = 0
    cycles: int = 0
    cycle_s: float = 0.0
    errors: int = 0
    points: float = 0.0
    throttled: int = 0
    bucket_ratio: float | None = None
    queue: int | None = None

    def row(self) -> dict[str, Any]:
        return {
            "at": _time(self.at),
            "items": self.items,
            "products": self.products,
            "cycles": self.cycles,
            "cycle_s": round(self.cycle_s / self.cycles, 3) if self.cycles else None,
            "errors": self.errors,
            "points": round(self.points, 1),
            "throttled": self.throttled,
            "bucket_ratio": self.bucket_ratio,
            "queue": self.queue,
        }


_KEYS: Final = tuple(field.name for field in fields(Minute) if field.name != "at")


class Trends:
    """Kept since `began`; of the minutes before that only what the history of runs tells."""

    def __init__(self, clock: Clock, counters: Callable[[], ShopCounters]) -> None:
        self._clock = clock
        self._counters = counters
        self._seen = ShopCounters()
        self._began = _minute(clock.now())
        self._minutes: deque[Minute] = deque(maxlen=MINUTES + 1)
        self._batches: deque[tuple[datetime, int, int]] = deque(maxlen=10_000)
        """Of each batch: when it began, its products, and how many it could have held."""

    def load(self, cycles: tuple[CycleView, ...]) -> None:
        """Take in the runs of an earlier process, oldest first, each at the minute of its end."""
        since = self._clock.now() - HOUR
        for cycle in cycles:
            ended = cycle.started_at + timedelta(seconds=cycle.duration_s)
            if ended >= since and cycle.result != "SKIP":
                minute = self._at(ended)
                minute.items += cycle.items_done
                minute.products += cycle.products_synced
                minute.errors += cycle.errors + cycle.quarantined
                minute.points += cycle.points
                minute.throttled += cycle.throttled
                _add_run(minute, cycle.duration_s)

    def hear(self, event: Event) -> None:
        """Count what an event tells of."""
        if event.name == EventName.PRODUCT_SYNCED:
            minute = self._at(event.at)
            minute.products += 1
            minute.items += _whole(event.facts.get("items"))
        elif event.name == EventName.BATCH_STARTED:
            held = (_whole(event.facts.get("products")), _whole(event.facts.get("capacity")))
            self._batches.append((event.at, *held))
        elif event.name in _FAILED:
            self._at(event.at).errors += 1
        elif event.name == EventName.CYCLE_FINISHED:
            minute = self._at(event.at)
            minute.errors += event.facts.get("result") == "FAIL"
            seconds = event.facts.get("duration_s")
            _add_run(minute, float(seconds) if isinstance(seconds, int | float) else 0.0)
            self.sample()

    def sample(self, bucket_ratio: float | None = None, counts: QueueCounts | None = None) -> None:
        """Note where the counters stand, and the bucket and the queue where they are known."""
        now, seen = self._counters(), self._seen
        self._seen = now
        minute = self._at(self._clock.now())
        minute.points += max(0.0, now.points - seen.points)
        minute.throttled += max(0, now.throttled - seen.throttled)
        if bucket_ratio is not None:
            minute.bucket_ratio = round(bucket_ratio, 3)
        if counts is not None:
            minute.queue = counts.waiting + counts.retrying

    def items_per_hour(self) -> float | None:
        """Return the items settled in the last 60 minutes, those of a run that is on too; None before the first run."""
        since = self._clock.now() - HOUR
        recent = [minute for minute in self._minutes if minute.at >= _minute(since)]
        if not any(minute.cycles or minute.items for minute in recent):
            return None
        return float(sum(minute.items for minute in recent))

    def batch_utilization(self) -> float | None:
        """Return how full the batches of the last 60 minutes were, 0-1; None without a batch."""
        since = self._clock.now() - HOUR
        recent = [(products, capacity) for at, products, capacity in self._batches if at >= since]
        capacity = sum(most for _, most in recent)
        return sum(products for products, _ in recent) / capacity if capacity else None

    def api_usage(self, restore_points_per_s: float) -> float | None:
        """Return the points spent over those the shop gave back, in the last 60 minutes or since the start.

        None in the first minute, and while it is not known what the shop gives.
        """
        now = self._clock.now()
        seconds = min(HOUR, now - self._began) / timedelta(seconds=1)
        if seconds < 60 or restore_points_per_s <= 0:
            return None
        self.sample()
        spent = sum(minute.points for minute in self._minutes if minute.at >= max(now - HOUR, self._began))
        return min(1.0, spent / (seconds * restore_points_per_s))

    def rows(self) -> tuple[dict[str, Any], ...]:
        """Return the last 60 minutes, oldest first, the present one last; a minute nobody knows of has None only."""
        last = _minute(self._clock.now())
        known = {minute.at: minute for minute in self._minutes}
        return tuple(self._row(last - back * MINUTE, known) for back in reversed(range(MINUTES)))

    def _row(self, at: datetime, known: Mapping[datetime, Minute]) -> dict[str, Any]:
        minute = known.get(at)
        if minute is None and at < self._began:
            return {"at": _time(at), **dict.fromkeys(_KEYS)}
        return (minute or Minute(at)).row()

    def _at(self, when: datetime) -> Minute:
        at = _minute(when)
        if not self._minutes or self._minutes[-1].at < at:
            self._minutes.append(Minute(at))
            return self._minutes[-1]
        # A clock that was put back adds to the latest minute rather than to one that is over.
        return next((minute for minute in reversed(self._minutes) if minute.at == at), self._minutes[-1])


def hours_of(cycles: tuple[CycleView, ...], now: datetime) -> list[dict[str, Any]]:
    """Return the sums of the last 24 hours, an hour each, oldest first; an hour without a run has None for them."""
    newest = now.replace(minute=0, second=0, microsecond=0)
    rows = []
    for at in (newest - back * HOUR for back in reversed(range(24))):
        ran = [one for one in cycles if at <= one.started_at < at + HOUR and one.result != "SKIP"]
        rows.append(
            {
                "at": _time(at),
                "runs": len(ran),
                "items": sum(one.items_done for one in ran) if ran else None,
                "products": sum(one.products_synced for one in ran) if ran else None,
                "errors": sum(one.errors + one.quarantined for one in ran) if ran else None,
                "points": round(sum(one.points for one in ran), 1) if ran else None,
                "cycle_s": round(sum(one.duration_s for one in ran) / len(ran), 3) if ran else None,
            }
        )
    return rows


def _add_run(minute: Minute, seconds: float) -> None:
    minute.cycles += 1
    minute.cycle_s += seconds


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
