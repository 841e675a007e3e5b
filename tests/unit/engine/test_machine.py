"""The states: every move that is legal, every one that is not, and that an illegal one changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from rms_console.contract.state import EngineState as S
from rms_console.engine.machine import MOVES, Machine

WORKING = {S.IDLE, S.RUNNING, S.PROCESSING, S.PAUSED, S.ERROR, S.RECOVERING}
LEGAL = {
    S.STARTING: {S.IDLE, S.RUNNING, S.PAUSED, S.ERROR, S.RECOVERING, S.STOPPED},
    S.IDLE: {S.RUNNING, S.PAUSED, S.ERROR, S.RECOVERING, S.STOPPED},
    S.RUNNING: {S.IDLE, S.PROCESSING, S.PAUSED, S.ERROR, S.RECOVERING, S.STOPPED},
    S.PROCESSING: {S.IDLE, S.RUNNING, S.PAUSED, S.ERROR, S.RECOVERING, S.STOPPED},
    S.PAUSED: {S.IDLE, S.RUNNING, S.ERROR, S.RECOVERING, S.STOPPED},
    S.ERROR: {S.IDLE, S.RUNNING, S.PAUSED, S.RECOVERING, S.STOPPED},
    S.RECOVERING: {S.IDLE, S.RUNNING, S.PAUSED, S.ERROR, S.STOPPED},
    S.STOPPED: {S.STARTING},
}
"""Written out once more: the table in the code must not change unnoticed."""

Move = tuple[S, S]


def machine_in(state: S) -> tuple[Machine, list[Move]]:
    ticks = count()
    told: list[Move] = []
    start = datetime(2026, 11, 2, tzinfo=UTC)
    machine = Machine(
        lambda: start + timedelta(seconds=next(ticks)), lambda before, after: told.append((before, after))
    )
    machine.state = state
    return machine, told


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("target", S)
def test_every_move_is_legal_or_changes_nothing(state: S, target: S) -> None:
    machine, told = machine_in(state)
    since = machine.since
    moved = machine.move(target)
    if target is state:
        assert (moved, machine.state, machine.since, told) == (True, state, since, [])
    elif target in LEGAL[state]:
        assert (moved, machine.state, told) == (True, target, [(state, target)])
        assert machine.since > since
    else:
        assert (moved, machine.state, machine.since, told) == (False, state, since, [])


def test_the_table_names_every_state() -> None:
    assert MOVES.keys() == set(S)


def test_pushing_is_reached_from_reading_alone() -> None:
    assert {state for state in S if S.PROCESSING in MOVES[state]} == {S.RUNNING}


def test_every_working_state_can_pause_fail_and_stop() -> None:
    for state in WORKING:
        assert MOVES[state] | {state} >= {S.PAUSED, S.ERROR, S.STOPPED}
