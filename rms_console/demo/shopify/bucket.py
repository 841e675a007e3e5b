"""The leaky bucket of points that one app has for one shop."""

from __future__ import annotations

from collections.abc import Callable


class Bucket:
    """Points that flow back at a steady rate up to a capacity. The clock is given, so tests can turn it by hand."""

    def __init__(self, capacity: float, rate: float, monotonic: Callable[[], float]) -> None:
        self._capacity = capacity
        self._rate = rate
        self._monotonic = monotonic
        self._level = capacity
        self._at = monotonic()

    @property
    def available(self) -> float:
        self._refill()
        return self._level

    def take(self, points: float) -> bool:
        """Take points when they are there; else leave the bucket as it is."""
        self._refill()
        if points > self._level:
            return False
        self._level -= points
        return True

    def give_back(self, points: float) -> None:
        self._refill()
        self._level = min(self._capacity, self._level + points)

    def change(self, *, rate: float | None = None, capacity: float | None = None) -> None:
        """Change the limits while running, as Shopify may do for a while; points above a new capacity are lost."""
        self._refill()
        self._rate = self._rate if rate is None else rate
        self._capacity = self._capacity if capacity is None else capacity
        self._level = min(self._level, self._capacity)

    def drain(self, points: float) -> None:
        """Take points on another client's behalf, as many as there are."""
        self._refill()
        self._level = max(0.0, self._level - points)

    def status(self) -> dict[str, float]:
        """Return the throttleStatus block of an answer."""
        return {
            "maximumAvailable": _short(self._capacity),
            "currentlyAvailable": int(self.available),
            "restoreRate": _short(self._rate),
        }

    def _refill(self) -> None:
        now = self._monotonic()
        self._level = min(self._capacity, self._level + (now - self._at) * self._rate)
        self._at = now


def _short(value: float) -> float:
    return int(value) if value == int(value) else value
