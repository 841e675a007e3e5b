"""When a lease may be used, renewed and taken: by our own clock, which no other machine and no person can set."""

from __future__ import annotations

from collections.abc import Collection
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
    begun_at: float
    """When it was asked for the first time, or again after Redis had forgotten it."""

    @property
    def safe_until(self) -> float:
        return self.asked_at + SAFE * self.ttl_s

    @property
    def renew_at(self) -> float:
        return self.asked_at + RENEW * self.ttl_s

    def is_safe(self, now: float) -> bool:
        return now < self.safe_until


@dataclass(frozen=True, slots=True)
class Mark:
    """The tenure under which a claim in the shop was made, as text: era:number:keeper:seconds that its lease lasts."""

    era: str
    number: int
    keeper: str = ""
    ttl_s: float = 0.0

    @classmethod
    def of(cls, term: Term) -> Mark:
        return cls(term.grant.era, term.grant.number, term.grant.keeper, term.ttl_s)

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """Return what the text says; None: nothing, or what nobody understands."""
        era, number, keeper, ttl = (*text.split(":"), "", "", "")[:4]
        if not era or not number.isdecimal():
            return None
        try:
            ttl_s = float(ttl or 0.0)
        except ValueError:
            return None
        return cls(era, int(number), keeper, ttl_s) if 0 <= ttl_s < float("inf") else None

    def __str__(self) -> str:
        return f"{self.era}:{self.number}:{self.keeper}:{self.ttl_s:g}"


def is_known(mark: Mark, term: Term, eras: Collection[str]) -> bool:
    """Return whether a claim was made under the very Redis that our lease is from: an era that we saw in it, or one
    life of it. Then whoever made the claim goes by our lease too. A Redis at the same address proves nothing."""
    same_life = bool(mark.keeper) and mark.keeper == term.grant.keeper
    return mark.era == term.grant.era or mark.era in eras or same_life


def outlived_at(mark: Mark, term: Term) -> float | None:
    """Return from when the engine that made a claim under a known Redis has certainly stopped; None: it is the newer.

    Where Redis forgot everything since, that engine might have renewed up to the moment when our lease began.
    """
    after_all = term.begun_at + max(term.ttl_s, mark.ttl_s)
    if mark.era != term.grant.era:
        return after_all
    if mark.number >= term.grant.number:
        return None
    return after_all if mark.ttl_s > term.ttl_s else term.proven_at


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
