"""Why a change was missed: what is known of the row that changed, of the view, and of the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from rms_console.domain.drift import Difference, DriftCause, DriftKind, Missed
from rms_console.domain.eligibility import DELETED, HIDDEN
from rms_console.domain.position import Position
from rms_console.domain.zone import to_local
from rms_console.engine.compare import OWN_FIELDS, Miss
from rms_console.engine.deps import Deps

LOOK_BACK: Final = timedelta(days=7)
"""How far back a movement is looked for that explains a missed quantity."""
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


async def with_evidence(deps: Deps, found: Sequence[Difference], zone: str) -> tuple[Difference, ...]:
    """Return the differences; missed quantities with the latest movement that RMS logs of their item, if it does.

    A till that logs a sale and leaves the item's stamp alone is then no guess any more.

    Raises:
        SourceUnavailable.
    """
    asked = sorted({one.item_id for one in found if one.item_id is not None and _may_be_logged(one)})
    if not asked or deps.movements is None:
        return tuple(found)
    since = to_local(deps.clock.now(), zone) - LOOK_BACK
    latest: dict[int, str] = {}
    for movement in await deps.sql(deps.movements.movements, asked, since):
        latest.setdefault(movement.item_id, movement.told())
    return tuple(_explained(one, latest) for one in found)


def _may_be_logged(one: Difference) -> bool:
    return one.kind is DriftKind.QUANTITY and one.miss in (Missed.NO_STAMP, Missed.LATE_COMMIT, Missed.UNKNOWN)


def _explained(one: Difference, latest: Mapping[int, str]) -> Difference:
    if one.item_id is None or one.item_id not in latest or not _may_be_logged(one):
        return one
    # The goods moved, and no stamp told: what was not known before is known now.
    miss = Missed.NO_STAMP if one.miss == Missed.UNKNOWN else one.miss
    return replace(one, evidence=latest[one.item_id], miss=miss)
