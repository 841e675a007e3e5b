"""Why a change was missed: what is known of the row that changed, of the view, and of the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rms_console.domain.drift import Difference, DriftCause, Missed
from rms_console.domain.eligibility import DELETED, HIDDEN
from rms_console.domain.position import Position
from rms_console.engine.compare import OWN_FIELDS, Miss

MISSED = frozenset({DriftCause.MISSED_CHANGE, DriftCause.BOTH})
SAME: Mapping[Miss, Missed] = {
    Miss.JOINED_TABLE: Missed.JOINED_TABLE,
    Miss.NO_STAMP: Missed.NO_STAMP,
    Miss.DELETED: Missed.DELETED,
}
"""The causes that the comparison with RMS alone tells apart."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered of how RMS was read. `since`: the watermark when everything was last found compared."""

    since: Position | None = None
    watermark: Position | None = None
    is_restored: bool = False
    """Whether the database was restored since then."""


def why_missed(
    found: Iterable[Difference], leaving: Mapping[int, str], positions: Mapping[int, Position], past: Past
) -> dict[int | None, Missed]:
    """Return by item why its missed changes were missed. `positions`: the stamps that the rows have now.

    A stamp between the last comparison's watermark and the present one was passed without being seen, so its row came
    to light late. A stamp older than that did not move, so what changed is not in the row, or was written past it.
    """
    fields: dict[int | None, set[str]] = {}
    for one in found:
        if one.cause in MISSED:
            fields.setdefault(one.item_id, set()).add(one.field.partition("@")[0])
    return {item: _why(leaving.get(item or 0), names, positions.get(item or 0), past) for item, names in fields.items()}


def _why(leaving: str | None, fields: set[str], position: Position | None, past: Past) -> Missed:
    if past.is_restored:
        return Missed.RESTORED
    if leaving in (DELETED, HIDDEN):
        return Missed.DELETED
    is_own = leaving is not None or bool(fields & (OWN_FIELDS | {"stock"}))
    since, watermark = past.since, past.watermark
    if position is None or since is None or watermark is None or since.detection is not position.detection:
        return Missed.UNKNOWN if is_own else Missed.JOINED_TABLE
    if watermark.detection is position.detection and since < position <= watermark:
        return Missed.LATE_COMMIT
    return Missed.NO_STAMP if is_own else Missed.JOINED_TABLE
