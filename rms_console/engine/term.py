"""When a lease may be used, renewed and taken: by our own clock, which no other machine and no person can set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rms_console.contract.lease_port import Grant, Seen

SAFE: Final = 2 / 3
"""Of the time that a lease lasts: what begins before this has the last third to come to its end."""
RENEW: Final = 1 / 3


@dataclass(frozen=True, slots=True)
class Term:
    """One holding of the lease. It counts from before it was asked for: Redis can only have begun later.

    Until `proven_at` an engine elsewhere that held it before might not have noticed yet.
    """

    grant: Grant
    asked_at: float
    ttl_s: float
    proven_at: float

    @property
    def safe_until(self) -> float:
        return self.asked_at + SAFE * self.ttl_s

    @property
    def renew_at(self) -> float:
        return self.asked_at + RENEW * self.ttl_s

    def is_safe(self, now: float) -> bool:
        return now < self.safe_until


@dataclass(frozen=True, slots=True)
class Chance:
    """The lease is free. `proven`: whoever held it has certainly stopped."""

    proven: bool


class Lookout:
    """What one engine that does not hold the lease has seen of it; tells when it may be taken.

    A lease that was given back or has run out is taken at once. One that vanished because Redis forgot everything may
    be used by an engine that has not noticed yet: it takes the lease back when it renews it, so it is left to it for as
    long as it lasts.
    """

    def __init__(self, ttl_s: float) -> None:
        self._ttl_s = ttl_s
        self._out_at = 0.0
        """When the last holder's lease runs out."""
        self._was_held = False
        self._absent_since: float | None = None
        self.number = 0
        """The highest number seen."""
        self.era = ""

    def held(self, grant: Grant, out_at: float) -> None:
        """Note our own holding, which is over or about to be."""
        self.number, self.era = max(self.number, grant.number), grant.era
        self._was_held, self._out_at, self._absent_since = True, out_at, None

    def see(self, seen: Seen, now: float) -> Chance | None:
        """Take note of how the lease is; return the chance to take it, None while it is another's."""
        forgot = seen.number < self.number
        if seen.holder is not None:
            self._was_held, self._out_at, self._absent_since = True, now + seen.left_s, None
            self.number, self.era = max(self.number, seen.number), seen.era
            return None
        if self._absent_since is None:
            self._absent_since = now
        if forgot:
            return Chance(True) if now - self._absent_since >= self._ttl_s else None
        self.number, self.era = seen.number, seen.era or self.era
        given_back = seen.number > 0 and seen.freed == seen.number
        return Chance(given_back or (self._was_held and now >= self._out_at))
