"""What is proven and how long things took, as metrics: each figure of the snapshot, nothing where none is known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rms_console.contract.insight import InsightView, ProofView, ProvenView, TimingView
from rms_console.control.metrics import FIGURES, PREFIX
from tests.api.test_metrics import samples
from tests.tui.fakeport import NOW, a_snapshot

PROOF = ProofView("SKU-11", "24YM0001", "", NOW, NOW - timedelta(minutes=4), 8.2, 12.0)
TIMED = (TimingView("latency", 9, 4.0, 9.5, 30.0), TimingView("shopify", 2, 0.25, None, None))


def test_durations_are_told_by_what_was_timed_and_share() -> None:
    told = samples(a_snapshot(insight=InsightView(TIMED)))
    # The labels come in the order of their names: share, timed.
    assert told[PREFIX + "duration_seconds"] == {
        ("p50", "latency"): 4.0,
        ("p95", "latency"): 9.5,
        ("p99", "latency"): 30.0,
        ("p50", "shopify"): 0.25,
    }


def test_a_proof_is_told_by_its_time() -> None:
    told = samples(a_snapshot(insight=InsightView(proven=ProvenView("proven", "", PROOF))))
    assert told[PREFIX + "last_proven_timestamp_seconds"] == {(): (NOW - timedelta(minutes=4)).timestamp()}


@pytest.mark.parametrize(
    ("state", "value"), [("proven", 1), ("waiting", 1), ("none", 1), ("off", 1), ("late", 0), ("differs", 0)]
)
def test_only_a_proof_that_is_late_or_failed_is_told_as_zero(state: str, value: int) -> None:
    told = samples(a_snapshot(insight=InsightView(proven=ProvenView(state, "why", PROOF))))
    assert told[PREFIX + "proven"] == {(): value}


def test_what_was_never_timed_nor_proven_is_left_out() -> None:
    told = samples(a_snapshot(insight=InsightView((TimingView("queue", 0, None, None, None),))))
    assert PREFIX + "duration_seconds" not in told
    assert PREFIX + "last_proven_timestamp_seconds" not in told


def test_their_labels_are_those_of_the_table() -> None:
    labels = {figure.name: figure.labels for figure in FIGURES}
    assert labels[PREFIX + "duration_seconds"] == ("timed", "share")
    assert labels[PREFIX + "proven"] == labels[PREFIX + "last_proven_timestamp_seconds"] == ()
