"""What keeps the engine from working, and when it tries again: fast at first, then slowly, for ever."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from rms_console.contract.settings import EngineSettings
from rms_console.contract.snapshot import FaultView
from rms_console.contract.state import EngineState
from rms_console.errors import Action, ConsoleError, ShopError, SourceError

FIRST_S = 2.0


@dataclass(slots=True)
class Fault:
    """One trouble of a dependency, from its first sight until it is over."""

    error: Exception
    since: datetime
    attempt: int = 0
    next_try_at: datetime | None = None

    @property
    def code(self) -> str:
        return self.error.code if isinstance(self.error, ConsoleError) else "unexpected"

    @property
    def needs_person(self) -> bool:
        return isinstance(self.error, ConsoleError) and self.error.action is Action.STOP

    @property
    def side(self) -> str:
        """Which end is in trouble: rms, shop or engine. The other end goes on as far as it can."""
        if isinstance(self.error, SourceError):
            return "rms"
        return "shop" if isinstance(self.error, ShopError) else "engine"

    def view(self, settings: EngineSettings) -> FaultView:
        error = self.error
        known = isinstance(error, ConsoleError)
        return FaultView(
            code=self.code,
            message=error.message if isinstance(error, ConsoleError) else f"{type(error).__name__}: {error}",
            hint=error.hint if isinstance(error, ConsoleError) else "this is a defect: please report the log",
            since_at=self.since,
            attempt=self.attempt,
            max_attempts=settings.recovery_max_attempts if known else 0,
            next_try_at=self.next_try_at,
        )


class Recovery:
    """Holds the present fault, if any, and paces the tries to get over it."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self._on_trial: Fault | None = None

    def begin(self, error: Exception, now: datetime, settings: EngineSettings) -> bool:
        """Note a failure: a new fault, or one more try of the same one that failed; return whether it is news.

        A dependency may answer when it is asked and fail when it is needed: until a whole run went well, the same
        failure goes on where it was, and so its tries grow slower.
        """
        known = self.fault or self._on_trial
        if known is None or type(known.error) is not type(error):
            known = Fault(error, self.fault.since if self.fault else now)
        is_news = known.attempt == 0 or str(known.error) != str(error)
        self.fault, self._on_trial = known, None
        known.error = error
        known.attempt += 1
        known.next_try_at = None
        if settings.recovery_enabled:
            wait = settings.recovery_probe_s if known.needs_person else wait_s(known.attempt, settings, random.random())
            known.next_try_at = now + timedelta(seconds=wait)
        return is_news

    def over(self) -> Fault | None:
        """Take the fault for mended until it shows again; return it when there was one."""
        fault, self.fault = self.fault, None
        self._on_trial = fault or self._on_trial
        return fault

    def well(self) -> None:
        """A whole run went well: whatever was wrong is over."""
        self._on_trial = None

    def state(self, settings: EngineSettings) -> EngineState:
        """Return the state that the present fault means: RECOVERING while tries are fast, else ERROR."""
        fault = self.fault
        if fault is None:
            return EngineState.IDLE
        fast = fault.attempt <= settings.recovery_max_attempts and not fault.needs_person
        return EngineState.RECOVERING if fast and settings.recovery_enabled else EngineState.ERROR


def wait_s(attempt: int, settings: EngineSettings, jitter: float) -> float:
    """Return the wait before the next try: growing from 2 s to the probe interval, jittered downwards by a tenth."""
    grown = FIRST_S * settings.recovery_backoff_multiplier ** min(attempt - 1, 30)
    return float(min(settings.recovery_probe_s, grown) * (1.0 - 0.1 * jitter))
