"""Faults by rate and by the hour, switched while the shop runs: what a live demo or a long test breaks things with."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields

from rms_console.demo.shopify.faults import Fault, FaultKind, RequestInfo

APPLIED_SHARE = 0.5
"""Of the pages and server errors that leave it open whether the request took effect, how many did."""

SERVER_ERRORS = (500, 502, 503, 504)
NEVER_APPLIED = frozenset({503})


@dataclass(frozen=True, slots=True)
class FaultRates:
    """How often each fault befalls a request, as a share of all requests. They may add up to 1 at most."""

    lost_ratio: float = 0.0
    """Applied, and the connection closes without an answer."""
    reset_ratio: float = 0.0
    """The connection closes, nothing was applied."""
    cut_ratio: float = 0.0
    """Applied, and the connection closes in the middle of the answer."""
    truncated_ratio: float = 0.0
    """Applied, and half of the answer looks like all of it."""
    html_ratio: float = 0.0
    """A web page in the place of the answer."""
    error_ratio: float = 0.0
    """HTTP 500, 502, 503 or 504."""
    late_ratio: float = 0.0
    """The connection closes at once, and the mutation is applied `late_s` later."""
    slow_ratio: float = 0.0
    """The answer comes `slow_s` later."""
    burst_ratio: float = 0.0
    """Begins a burst: everything is THROTTLED for `burst_s`."""
    late_s: float = 5.0
    slow_s: float = 2.0
    burst_s: float = 3.0

    def __post_init__(self) -> None:
        ratios = [getattr(self, each.name) for each in fields(self) if each.name.endswith("_ratio")]
        if min(ratios) < 0 or sum(ratios) > 1 + 1e-9:
            raise ValueError("ratios lie between 0 and 1, and their sum does too")


CALM = FaultRates()
MILD = FaultRates(lost_ratio=0.01, error_ratio=0.01, slow_ratio=0.03, burst_ratio=0.003)
"""A bad day: a request in twenty is late, throttled, refused or lost."""

ROUGH = FaultRates(
    lost_ratio=0.05,
    reset_ratio=0.03,
    cut_ratio=0.02,
    truncated_ratio=0.02,
    html_ratio=0.02,
    error_ratio=0.04,
    late_ratio=0.02,
    slow_ratio=0.05,
    burst_ratio=0.01,
)
"""Worse than any day: a quarter of all requests meets something, one in ten is applied without an answer."""


class FaultPlan:
    """A fault hook with rates: `shop.faults = FaultPlan(MILD)`. May be changed from any thread while the shop runs.

    The same seed does the same to the request of the same number, whatever was switched before. An outage or a
    throttled time that was asked for holds even while the rates are switched off.
    """

    def __init__(
        self,
        rates: FaultRates = CALM,
        *,
        seed: int = 7,
        monotonic: Callable[[], float] = time.monotonic,
        active: bool = True,
    ) -> None:
        self.rates = rates
        self.active = active
        self.counts: Counter[str] = Counter()
        """How often each kind was done, by its name; `outage` counts apart."""
        self._seed = seed
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._throttled_until = self._out_until = float("-inf")

    def __call__(self, info: RequestInfo) -> Fault | None:
        with self._lock:
            return self._of_the_hour(info) or (self._of_the_rates(info) if self.active else None)

    def outage_for(self, seconds: float) -> None:
        """Let every request fail from now on, for so long: 503, or no connection at all."""
        with self._lock:
            self._out_until = self._monotonic() + seconds

    def end(self) -> None:
        """End the outage or the throttled time under way."""
        with self._lock:
            self._throttled_until = self._out_until = float("-inf")

    @property
    def is_out(self) -> bool:
        return self._monotonic() < self._out_until

    def _of_the_hour(self, info: RequestInfo) -> Fault | None:
        now = self._monotonic()
        if now < self._out_until:
            self.counts["outage"] += 1
            refused = info.number % 2 == 0
            return Fault(FaultKind.STATUS, status=503) if refused else Fault(FaultKind.DROP_BEFORE)
        if now < self._throttled_until:
            return self._done(Fault(FaultKind.THROTTLED))
        return None

    def _of_the_rates(self, info: RequestInfo) -> Fault | None:
        dice = random.Random(f"{self._seed}:{info.number}")
        place = dice.random()
        for name, make in _KINDS.items():
            ratio = getattr(self.rates, name)
            if place < ratio:
                return self._done(make(self.rates, dice, info))
            place -= ratio
        if place < self.rates.burst_ratio:
            self._throttled_until = self._monotonic() + self.rates.burst_s
            return self._done(Fault(FaultKind.THROTTLED))
        return None

    def _done(self, fault: Fault) -> Fault:
        self.counts[fault.kind.value] += 1
        return fault


Maker = Callable[[FaultRates, random.Random, RequestInfo], Fault]


def _error(_rates: FaultRates, dice: random.Random, _info: RequestInfo) -> Fault:
    status = dice.choice(SERVER_ERRORS)
    applied = dice.random() < APPLIED_SHARE and status not in NEVER_APPLIED
    return Fault(FaultKind.STATUS, status=status, applied=applied)


def _page(_rates: FaultRates, dice: random.Random, _info: RequestInfo) -> Fault:
    return Fault(FaultKind.HTML, applied=dice.random() < APPLIED_SHARE)


def _late(rates: FaultRates, _dice: random.Random, info: RequestInfo) -> Fault:
    """A query that is run later does nothing: it is merely lost."""
    return Fault(FaultKind.LATE, delay_s=rates.late_s) if info.is_mutation else Fault(FaultKind.DROP_BEFORE)


def _always(kind: FaultKind) -> Maker:
    return lambda _rates, _dice, _info: Fault(kind)


_KINDS: dict[str, Maker] = {
    "lost_ratio": _always(FaultKind.DROP_AFTER),
    "reset_ratio": _always(FaultKind.DROP_BEFORE),
    "cut_ratio": _always(FaultKind.CUT),
    "truncated_ratio": _always(FaultKind.TRUNCATED),
    "html_ratio": _page,
    "error_ratio": _error,
    "late_ratio": _late,
    "slow_ratio": lambda rates, _dice, _info: Fault(FaultKind.DELAY, delay_s=rates.slow_s),
}
