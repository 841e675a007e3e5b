"""The engine's states and the one table of legal moves. An illegal move changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from rms_console.contract.state import EngineState as S

MOVES: Mapping[S, frozenset[S]] = {
    S.STARTING: frozenset({S.IDLE, S.RUNNING, S.PAUSED, S.ERROR, S.RECOVERING, S.STOPPED}),
    S.IDLE: frozenset({S.RUNNING, S.PAUSED, S.ERROR, S.RECOVERING, S.STOPPED}),
    S.RUNNING: frozenset({S.IDLE, S.PROCESSING, S.PAUSED, S.ERROR, S.RECOVERING, S.STOPPED}),
    S.PROCESSING: frozenset({S.IDLE, S.RUNNING, S.PAUSED, S.ERROR, S.RECOVERING, S.STOPPED}),
    S.PAUSED: frozenset({S.IDLE, S.RUNNING, S.ERROR, S.RECOVERING, S.STOPPED}),
    S.ERROR: frozenset({S.IDLE, S.RUNNING, S.PAUSED, S.RECOVERING, S.STOPPED}),
    S.RECOVERING: frozenset({S.IDLE, S.RUNNING, S.PAUSED, S.ERROR, S.STOPPED}),
    S.STOPPED: frozenset({S.STARTING}),
}


class Machine:
    """Holds the state and since when; tells `on_change(before, after)` of every real change."""

    def __init__(self, now: Callable[[], datetime], on_change: Callable[[S, S], None]) -> None:
        self._now = now
        self._on_change = on_change
        self.state = S.STARTING
        self.since = now()

    def move(self, target: S) -> bool:
        """Return whether the engine is in `target` afterwards; an illegal move leaves everything as it was."""
        if target is self.state:
            return True
        if target not in MOVES[self.state]:
            return False
        before, self.state, self.since = self.state, target, self._now()
        self._on_change(before, target)
        return True
