"""What an error means for the items it hit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rms_console.contract.records import QueueState
from rms_console.engine.retry import FIRST_WAIT_S, LATE_S, LONGEST_WAIT_S, backoff_s, decide, verify_later
from rms_console.errors import (
    LeaseLost,
    RowRejected,
    ShopDenied,
    ShopOutcomeUnknown,
    ShopRejected,
    ShopThrottled,
    ShopUnavailable,
    SourceUnavailable,
    StoreFull,
)

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
RETRYING, QUARANTINED = QueueState.RETRYING, QueueState.QUARANTINED


@pytest.mark.parametrize(
    ("error", "state", "attempts", "doubt"),
    [
        (ShopUnavailable("gone"), RETRYING, 8, False),
        (ShopOutcomeUnknown("no answer"), RETRYING, 8, True),
        (ShopDenied("token"), RETRYING, 8, False),
        (SourceUnavailable("gone"), RETRYING, 8, False),
        (StoreFull("full"), RETRYING, 8, False),
        (LeaseLost("another"), RETRYING, 8, False),
        (ShopRejected("no"), QUARANTINED, 8, False),
        (RowRejected("no"), QUARANTINED, 8, False),
        (ValueError("a defect"), QUARANTINED, 8, True),
        (ShopThrottled("wait", wait_s=3.0), RETRYING, 7, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_the_class_of_the_error_decides(error: Exception, state: QueueState, attempts: int, doubt: bool) -> None:
    """S10, W10: after seven tries of five: trouble on the way goes on for ever, a refusal and a defect do not."""
    decision = decide(error, 7, 5, NOW)
    assert (decision.state, decision.attempts, decision.doubt) == (state, attempts, doubt)
    assert (decision.next_try_at is None) is (state is QUARANTINED)


@pytest.mark.parametrize(("attempts", "state"), [(0, RETRYING), (3, RETRYING), (4, QUARANTINED), (9, QUARANTINED)])
def test_what_nobody_foresaw_is_tried_so_often_and_then_set_aside(attempts: int, state: QueueState) -> None:
    decision = decide(ZeroDivisionError("x / 0"), attempts, 5, NOW)
    assert (decision.state, decision.code) == (state, "unexpected")
    assert decision.message == "ZeroDivisionError: x / 0"


def test_the_reason_carries_the_hint_and_the_code() -> None:
    decision = decide(ShopRejected("SKU is too long", code="input-invalid", hint="shorten it"), 0, 5, NOW)
    assert (decision.code, decision.message) == ("input-invalid", "SKU is too long (shorten it)")


@pytest.mark.parametrize("wait_s", [0.5, 3600.0])
def test_throttled_waits_as_asked_and_not_shorter_than_a_retry(wait_s: float) -> None:
    decision = decide(ShopThrottled("wait", wait_s=wait_s), 0, 5, NOW)
    assert decision.next_try_at == NOW + timedelta(seconds=max(wait_s, FIRST_WAIT_S))


def test_waits_double_from_five_seconds_to_five_minutes() -> None:
    assert [backoff_s(attempt, jitter=0.0) for attempt in range(1, 9)] == [5, 10, 20, 40, 80, 160, 300, 300]
    assert backoff_s(1000, jitter=0.0) == LONGEST_WAIT_S
    assert backoff_s(1, jitter=1.0) == pytest.approx(6.0)


def test_the_next_try_of_an_item_is_jittered_upwards_by_a_fifth_at_most() -> None:
    waits = {decide(ShopUnavailable("gone"), 0, 5, NOW).next_try_at for _ in range(50)}
    assert len(waits) > 1
    assert all(at is not None and 5.0 <= (at - NOW).total_seconds() <= 6.0 for at in waits)


def test_w2_a_product_in_doubt_is_read_once_more_when_no_late_write_can_come_any_more() -> None:
    decision = verify_later(NOW)
    assert (decision.state, decision.doubt, decision.attempts) == (RETRYING, True, 0)
    assert decision.next_try_at == NOW + timedelta(seconds=LATE_S)
