"""What an error means for the items it hit: a decision is a value."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from rms_console.contract.records import QueueState
from rms_console.errors import Action, ConsoleError, ShopThrottled
from rms_console.locale import sentence

FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 300.0
LATE_S = 120.0
"""So long after we gave it up a request may still take effect. An assumption: Shopify names no bound, its load
balancers end a request after a minute, and clients' proxies hold one for about another."""
VERIFYING = "verifying"
"""The code of entries whose product is read once more, because an unanswered request may have come late."""
GUARD_FIRST = "guard-first"
"""The code of entries whose plan was made anew in the midst of a cycle and does what the guard has to look at."""


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """Where the item goes: back with a time, or aside until its row changes or a person releases it."""

    state: QueueState
    code: str
    message: str
    attempts: int
    next_try_at: datetime | None
    doubt: bool = False
    """Whether the shop may hold more than it confirmed: it is read before it is written again."""


def verify_later(now: datetime) -> RetryDecision:
    """Return the decision for a product that was written while an earlier request was still unaccounted for."""
    message = sentence("written; read back once more because an earlier request went unanswered")
    return RetryDecision(QueueState.RETRYING, VERIFYING, message, 0, now + timedelta(seconds=LATE_S), doubt=True)


def guard_first(attempts: int, now: datetime, doubt: bool) -> RetryDecision:
    """Return the decision for a product that the shop holds otherwise than the guard was told: at once, guarded."""
    message = sentence("the shop holds it otherwise than remembered; the guard looks at the new plan first")
    return RetryDecision(QueueState.RETRYING, GUARD_FIRST, message, attempts, now, doubt)


def backoff_s(attempt: int, multiplier: float = 2.0, jitter: float | None = None) -> float:
    """Return the wait before try `attempt` + 1: doubling from 5 s to 5 min, jittered by up to a fifth."""
    wait: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * multiplier ** max(0, attempt - 1))
    return wait * (1.0 + 0.2 * (random.random() if jitter is None else jitter))


def decide(error: Exception, attempts: int, max_attempts: int, now: datetime) -> RetryDecision:
    """Return what becomes of an item after its try number `attempts` + 1 failed with `error`.

    Trouble on the way (no answer, unknown outcome) is tried for ever: it says nothing about the item. A refusal
    sets the item aside at once: the same request would be refused again. Being asked to wait is no try at all. What
    we do not know is tried
    `max_attempts` times, then set aside.
    """
    code = error.code if isinstance(error, ConsoleError) else "unexpected"
    message = str(error) if isinstance(error, ConsoleError) else f"{type(error).__name__}: {error}"
    if isinstance(error, ShopThrottled):
        later = now + timedelta(seconds=max(error.wait_s, FIRST_WAIT_S))
        return RetryDecision(QueueState.RETRYING, code, message, attempts, later)
    tried = attempts + 1
    action = error.action if isinstance(error, ConsoleError) else None
    doubt = action in (None, Action.RESOLVE)
    gives_up = action is Action.QUARANTINE or (action is None and tried >= max_attempts)
    if gives_up:
        return RetryDecision(QueueState.QUARANTINED, code, message, tried, None, doubt)
    again = now + timedelta(seconds=backoff_s(tried))
    return RetryDecision(QueueState.RETRYING, code, message, tried, again, doubt)
