"""What else says who may write to a shop, beside this machine's lock: the claim in the shop and the lease in Redis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from rms_console.locale import mark


class RightState(StrEnum):
    """Whose a claim or a lease is, as far as this engine knows."""

    OURS = "ours"
    OTHER = "other"
    FREE = "free"
    UNKNOWN = "unknown"
    """Not looked at yet."""
    UNREACHED = "unreached"
    """Whoever keeps it does not answer."""
    REFUSED = "refused"
    """The shop does not let the app keep it."""


@dataclass(frozen=True, slots=True)
class RightView:
    """One such record. Who holds it is empty where nobody does, or where it is not known."""

    state: RightState
    host: str | None = None
    pid: int | None = None
    since_at: datetime | None = None
    number: int | None = None
    """Of the claim the holder's epoch, of the lease its fencing number."""
    ends_at: datetime | None = None
    """When it ends unless it is renewed; None: it does not end by itself."""
    seen_at: datetime | None = None
    """When the engine looked at it last; None: it looks all the time."""


RIGHT_STATES: Final[Mapping[str, str]] = {
    RightState.OURS: mark("held by this engine"),
    RightState.OTHER: mark("held by another engine"),
    RightState.FREE: mark("free"),
    RightState.UNKNOWN: mark("not looked at yet"),
    RightState.UNREACHED: mark("does not answer"),
    RightState.REFUSED: mark("not kept: the shop refuses it"),
}
"""What people read of them."""
