"""Why a change was missed, from what is known of its row, of its fields and of the database."""

from __future__ import annotations

import pytest

from rms_console.contract.drift import DriftView
from rms_console.control.metrics import exposition
from rms_console.domain.drift import Difference, DriftCause, DriftKind, Missed, with_history
from rms_console.domain.position import Position
from rms_console.engine.drift.audit import Past, why_missed
from tests.tui.fakeport import NOW, a_snapshot

SINCE, WATERMARK = Position.of_version(100), Position.of_version(200)
COMPARED = Past(SINCE, WATERMARK)


def missed(field: str, **changes: object) -> Difference:
    values: dict[str, object] = {"item_id": 1, "field": field, "rms": "2", "ledger": "1", "shop": "1"}
    return Difference(DriftKind.PRICE, DriftCause.MISSED_CHANGE, "A", **{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "leaving", "position", "past", "why"),
    [
        ("metafields.category", "", 90, COMPARED, Missed.JOINED_TABLE),
        ("price", "", 90, COMPARED, Missed.NO_STAMP),
        ("stock@7", "", 90, COMPARED, Missed.NO_STAMP),
        ("price", "", 150, COMPARED, Missed.LATE_COMMIT),
        ("metafields.category", "", 150, COMPARED, Missed.LATE_COMMIT),
        ("stock", "deleted", 90, COMPARED, Missed.DELETED),
        ("price", "", 90, Past(SINCE, WATERMARK, is_restored=True), Missed.RESTORED),
        ("price", "", 90, Past(None, WATERMARK), Missed.UNKNOWN),
        ("metafields.category", "", 90, Past(None, WATERMARK), Missed.JOINED_TABLE),
        ("price", "", None, COMPARED, Missed.UNKNOWN),
    ],
)
def test_why(field: str, leaving: str, position: int | None, past: Past, why: Missed) -> None:
    positions = {1: Position.of_version(position)} if position is not None else {}
    assert why_missed([missed(field)], {1: leaving} if leaving else {}, positions, past) == {1: why}


def test_other_causes_are_not_looked_into() -> None:
    assert why_missed(
        [
            missed(
                "price",
            ),
            Difference(DriftKind.PRICE, DriftCause.HAND_EDIT, "A", 2),
        ],
        {},
        {},
        COMPARED,
    ).keys() == {1}


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("15000.00", "16000", DriftCause.LOST_WRITE),
        ("14000", "16000", DriftCause.HAND_EDIT),
        ("15000", "17000", DriftCause.HAND_EDIT),
    ],
)
def test_a_lost_write_is_told_by_what_was_there_before_it(before: str, after: str, cause: DriftCause) -> None:
    edited = Difference(
        DriftKind.PRICE, DriftCause.HAND_EDIT, "A", 1, field="price", rms="16000", ledger="16000", shop="15000"
    )
    older = {"changes": [{"item_id": 1, "field": "price", "before": "15000", "after": "16000"}]}
    latest = {"changes": [{"item_id": 1, "field": "price", "before": before, "after": after}]}
    assert with_history(edited, [latest, older]).cause is cause


def test_prometheus_is_told_what_differs_and_nothing_before_the_first_comparison() -> None:
    """A shop that was never compared is not a shop without differences."""
    assert b"drift" not in exposition(a_snapshot())
    seen = DriftView(last_at=NOW.isoformat(), last_found=3, last_waiting=2)
    told = exposition(a_snapshot(drift=seen)).decode()
    assert 'rms_console_drift_values{state="news"} 3.0' in told
    assert 'rms_console_drift_values{state="known"} 2.0' in told
    assert "rms_console_drift_compared_timestamp_seconds " in told
