"""The right to write one shop, shared by engines on several machines: it ends by itself when nobody renews it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

UNREACHED: Final = "redis-unavailable"
"""The code of the error that says that whoever keeps the lease does not answer."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease: one process of one installation, which stays the same over restarts."""

    installation: str
    host: str
    pid: int
    boot_id: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """The lease at one instant. `left_s` counts to its end unless it is renewed; 0 where nobody holds it.

    `number` is the fencing number of the latest tenure, `freed` that of the latest one that was given back in order.
    `era` tells the numbers of this keeper from those of another one, or of one that lost its memory.
    """

    holder: Holder | None
    is_ours: bool
    left_s: float
    number: int
    freed: int
    era: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One tenure of the lease. `keeper` tells one life of one Redis from all others; empty where it does not say."""

    number: int
    era: str
    keeper: str = ""


class SharedLease(Protocol):
    """Keeps the lease. Every call but `elapsed_s` raises LeaseError when the keeper does not answer in time."""

    ttl_s: float

    def elapsed_s(self) -> float:
        """Return seconds by a clock that goes only forward, and on while the machine sleeps where it can."""
        ...

    async def look(self) -> Seen: ...

    async def take(self, holder: Holder, era: str, floor: int, *, over_boot: str = "") -> Grant | None:
        """Take the lease where it is free, ours already, or held by the process `over_boot`; None: somebody has it.

        The number is above `floor` and all before it. `era` begins one where the keeper knows of none.
        """
        ...

    async def renew(self) -> bool:
        """Return whether the lease was still ours; then it lasts `ttl_s` from now."""
        ...

    async def free(self) -> None:
        """Give the lease back, if it is ours."""
        ...

    async def close(self) -> None: ...
