"""The judge itself: what it cannot read is told, and ends neither a world unnoticed nor a campaign."""

from __future__ import annotations

import pytest

from rms_console.errors import StoreDamaged
from tests.simulation import checks
from tests.simulation.running import run_seed
from tests.simulation.story import Step

ONE_ITEM = (Step(0, "till.new_item", 1, 5.0),)


def fails(error: Exception) -> object:
    def judge(*_: object, **__: object) -> None:
        raise error

    return judge


@pytest.mark.parametrize("judge", ["_check_fast", "_check_quiet"])
def test_s5_a_damaged_ledger_that_nobody_damaged_is_told(judge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S5: an overwritten page may lie unread for a while, and no longer than until everything was compared."""
    monkeypatch.setattr(checks, judge, fails(StoreDamaged("not readable")))
    (told,) = run_seed(3, ONE_ITEM).violations
    assert told.startswith("S5: the ledger is damaged")


def test_a_judge_that_fails_is_a_violation_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "check_quiet", fails(ValueError("no such cell")))
    result = run_seed(3, ONE_ITEM)
    assert result.violations == ("simulation: it failed itself: ValueError('no such cell')",)
    assert "Traceback" in result.trace[-1]


def test_an_engine_asked_to_stop_is_given_its_time_anew_after_the_machine_slept() -> None:
    """Seed 200128: machine and engine slept through the twelve seconds, and both woke at once."""
    result = run_seed(200128, (Step(0, "process.stopped", 1, 0.0), Step(0, "time.slept", 1, 120.0)))
    assert result.fired["process.stopped"]
    assert result.fired["time.slept"]
    assert not result.violations
