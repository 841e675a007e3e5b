"""How long until the next try, what state a trouble means, and when it counts as a new one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rms_console.contract.settings import EngineSettings
from rms_console.contract.state import EngineState
from rms_console.engine.recovery import Recovery, wait_s
from rms_console.errors import (
    ConfigError,
    ShopDenied,
    ShopUnavailable,
    SourceSchemaChanged,
    SourceUnavailable,
    StoreFull,
)

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
SETTINGS = EngineSettings("a.myshopify.com")


def test_waits_grow_from_two_seconds_to_the_probe_interval() -> None:
    assert [wait_s(attempt, SETTINGS, 0.0) for attempt in range(1, 8)] == [2, 4, 8, 16, 30, 30, 30]
    assert wait_s(10_000, SETTINGS, 0.0) == 30.0


def test_waits_are_jittered_downwards_so_that_a_minute_is_kept() -> None:
    """W12: an outage is over within a minute of its end: no wait is longer than the probe interval."""
    assert wait_s(99, SETTINGS, 1.0) == pytest.approx(27.0)
    assert max(wait_s(attempt, SETTINGS, jitter / 10) for attempt in range(1, 50) for jitter in range(11)) <= 30.0


def test_the_multiplier_is_the_spacing() -> None:
    slow = replace(SETTINGS, recovery_backoff_multiplier=1.0)
    assert [wait_s(attempt, slow, 0.0) for attempt in (1, 5, 9)] == [2, 2, 2]


def test_fast_tries_are_recovering_and_later_ones_an_error() -> None:
    recovery = Recovery()
    states = []
    for _ in range(7):
        recovery.begin(ShopUnavailable("gone"), NOW, SETTINGS)
        states.append(recovery.state(SETTINGS))
    assert states == [EngineState.RECOVERING] * 5 + [EngineState.ERROR] * 2


@pytest.mark.parametrize("error", [ShopDenied("token"), SourceSchemaChanged("column"), ConfigError("location")])
def test_what_a_person_must_mend_is_an_error_at_once_with_slow_tries(error: Exception) -> None:
    recovery = Recovery()
    recovery.begin(error, NOW, SETTINGS)
    assert recovery.state(SETTINGS) is EngineState.ERROR
    assert recovery.fault is not None
    assert recovery.fault.next_try_at == NOW + timedelta(seconds=30)


def test_with_recovery_off_there_is_no_next_try() -> None:
    recovery = Recovery()
    settings = replace(SETTINGS, recovery_enabled=False)
    recovery.begin(ShopUnavailable("gone"), NOW, settings)
    assert recovery.state(settings) is EngineState.ERROR
    assert recovery.fault is not None
    assert recovery.fault.next_try_at is None


@pytest.mark.parametrize(
    ("error", "side"),
    [
        (SourceUnavailable(""), "rms"),
        (ShopUnavailable(""), "shop"),
        (StoreFull(""), "engine"),
        (KeyError(""), "engine"),
    ],
)
def test_an_error_says_which_end_is_in_trouble(error: Exception, side: str) -> None:
    recovery = Recovery()
    recovery.begin(error, NOW, SETTINGS)
    assert recovery.fault is not None
    assert recovery.fault.side == side


def test_another_trouble_begins_anew_but_the_outage_is_as_old_as_it_is() -> None:
    recovery = Recovery()
    for _ in range(4):
        recovery.begin(ShopUnavailable("gone"), NOW, SETTINGS)
    recovery.begin(ShopDenied("token"), NOW + timedelta(hours=1), SETTINGS)
    assert recovery.fault is not None
    assert (recovery.fault.attempt, recovery.fault.since) == (1, NOW)


def test_a_trouble_that_comes_back_before_a_run_went_well_is_the_same_one() -> None:
    recovery = Recovery()
    for _ in range(3):
        assert recovery.begin(StoreFull("full"), NOW, SETTINGS) is (
            recovery.fault is None or recovery.fault.attempt == 1
        )
        recovery.over()
    recovery.begin(StoreFull("full"), NOW, SETTINGS)
    assert recovery.fault is not None
    assert recovery.fault.attempt == 4
    recovery.over()
    recovery.well()
    assert recovery.begin(StoreFull("full"), NOW, SETTINGS)
    assert recovery.fault.attempt == 1


def test_the_view_tells_a_person_what_to_do() -> None:
    recovery = Recovery()
    recovery.begin(ShopDenied("the token is refused", code="shop-token", hint="check shopify.token"), NOW, SETTINGS)
    assert recovery.fault is not None
    view = recovery.fault.view(SETTINGS)
    assert (view.code, view.message, view.hint) == ("shop-token", "the token is refused", "check shopify.token")
    assert (view.attempt, view.max_attempts, view.since_at) == (1, 5, NOW)
