"""The shop's own record of who writes to it: a fence that the shop checks, wherever the writers stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

FREE: Final = ""
"""The owner of a claim that was given back."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One installation's right to write a shop.

    `owner` names the installation, the same over restarts; empty: given back.

    `epoch` grows with each tenure of that installation.

    `paused` says that a person held its engine back when it gave the shop back; `paused_until`: till then (aware).

    `lease` names the tenure of a shared lease (era:number) under which it was made; empty: there was none.
    """

    owner: str
    host: str
    pid: int
    epoch: int
    since_at: datetime
    paused: bool = False
    lease: str = ""
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The claim as the shop has it, None where there is none; `digest` is what a change must name."""

    claim: Claim | None
    digest: str | None


class ClaimKeeper(Protocol):
    """Reads and changes the claim in the shop."""

    async def read_claim(self) -> Standing:
        """Return what the shop has. What cannot be read as a claim of ours is one of an unknown owner.

        Raises:
            ShopError: the shop did not answer.
        """
        ...

    async def write_claim(self, claim: Claim, digest: str | None) -> Standing:
        """Put `claim` in the place of what has `digest` (None: of nothing). The shop itself refuses a second writer.

        Raises:
            LeaseHeld: what stands there has changed since it was read.
            ShopError: the shop did not answer; it may have been written.
        """
        ...
