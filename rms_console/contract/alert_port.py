"""How alerts are kept: the ledger is where an engine and a command beside it meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Sending(StrEnum):
    """What became of the message about an alert."""

    NONE = ""
    """There is nobody to send it to."""
    MUTED = "muted"
    """Alerts are switched off: recorded, not sent."""
    WAITING = "waiting"
    """It waits for its turn: for the server, the cool-down, the end of the quiet hours."""
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One alert as it is kept. `texts`: JSON, the wording with its facts, so that it can be told in any language."""

    number: int
    kind: str
    severity: str
    texts: str
    since_at: datetime
    cleared_at: datetime | None = None
    acked_by: str | None = None
    told: int = 1
    """How often it was told anew: a mark as seen holds for the telling it was given to."""
    sending: Sending = Sending.NONE

    @property
    def alert_id(self) -> str:
        return f"{self.kind}-{self.number}"


class AlertLedger(Protocol):
    """The part of the ledger that keeps alerts. Blocking. Raises (all): StoreError."""

    def alerts(self, limit: int) -> tuple[AlertRecord, ...]:
        """Return what is so now, all of it, and at most `limit` of what is over, the newest first."""
        ...

    def save_alerts(self, records: Iterable[AlertRecord]) -> Mapping[str, str]:
        """Keep these as they are now; return who has seen which of them, by id.

        A mark that somebody else made in the meantime stays, unless the alert was told anew since.
        """
        ...

    def ack_alerts(self, alert_ids: Sequence[str], by: str) -> tuple[str, ...]:
        """Mark as seen what is so now and nobody has seen, of these or, for none, all; return the ids."""
        ...
