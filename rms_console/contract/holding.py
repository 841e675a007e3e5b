"""Holds: the part of the ledger that keeps what waits for a person, and what the guard needs to count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from rms_console.domain.holds import Danger as Danger
from rms_console.domain.holds import Hold as Hold
from rms_console.domain.holds import HoldState as HoldState


class HoldLedger(Protocol):
    """Raises as `Ledger` does."""

    def live_holds(self, styles: Sequence[str]) -> tuple[Hold, ...]:
        """Return the holds of these styles that are open, approved and not yet sent, or rejected; oldest first."""
        ...

    def holds_page(self, states: Sequence[HoldState], limit: int, after: int) -> tuple[Hold, ...]:
        """Return holds in these states (any, when none is named) with a number above `after`, in order."""
        ...

    def decide_holds(
        self, hold_ids: Sequence[int], approve: bool, by: str, reason: str, at: datetime
    ) -> tuple[Hold, ...]:
        """Record a person's yes or no to live holds, in one transaction; return those whose state it changed.

        A yes makes their items due at once; a no leaves them held until their row changes.
        """
        ...

    def sight(self, sightings: Mapping[Danger, Iterable[str]], at: datetime) -> None:
        """Note that the plans of these styles did what is dangerous in bulk."""
        ...

    def sighted(self, danger: Danger, since: datetime, other_than: Sequence[str]) -> int:
        """Return how many other styles did it since then."""
        ...

    def product_count(self) -> int:
        """Return how many products the shop has of ours."""
        ...

    def sample(self, limit: int, other_than: Sequence[int]) -> tuple[int, ...]:
        """Return at most `limit` other items that the shop has and that have not left, from all over the catalogue."""
        ...

    def release_due(self, at: datetime) -> int:
        """Make due again the held entries whose time has come to be looked at; return how many."""
        ...


def hold_row(hold: Hold, language: str = "en") -> dict[str, Any]:
    """Return a hold as a plain JSON object, the same for every face; the reason in words of one's language."""
    return {
        "hold_id": hold.hold_id,
        "style": hold.style,
        "title": hold.title,
        "kind": hold.kind.value,
        "aspect": hold.aspect.value,
        "state": hold.state.value,
        "reason": hold.reason.told(language),
        "changes": [asdict(change) for change in hold.changes],
        "item_ids": list(hold.item_ids),
        "digest": hold.digest,
        "created_at": _time(hold.created_at),
        "decided_by": hold.decided_by or None,
        "decided_at": _time(hold.decided_at),
        "decision_reason": hold.decision_reason or None,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
