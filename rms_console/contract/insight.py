"""What the engine knows of itself beyond its work, at one instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TimingView:
    """How long one kind of thing took over the last 24 hours, told with an error of 2.5 %; None without any."""

    timed: str
    """cycle, latency (RMS to shop), queue, rms, shopify: see `contract.timing_port.Timed`."""
    count: int
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None


@dataclass(frozen=True, slots=True)
class ProofView:
    """The latest value that was read back from the shop and was as RMS has it."""

    item: str
    """Its SKU, or its style where it has none."""
    style: str
    stamp: str
    """RMS's own stamp of the change, in the server's time; empty where it has none."""
    pushed_at: datetime | None
    """When the shop confirmed the change; None: nothing had changed, a value sent earlier was read again."""
    read_at: datetime
    latency_s: float | None
    """From the stamp (else from reading the change) until the shop confirmed it."""
    points: float
    """What the look cost."""


@dataclass(frozen=True, slots=True)
class ProvenView:
    """Whether it is proven that changes of RMS are in the shop.

    `state`: proven; waiting (nothing was read back yet, and it is not late); none (the shop has nothing of RMS yet);
    off (observing, paused, held back by another engine: `reason` says so); late (no proof for too long);
    differs (a value read back was not as it was sent, twice).
    """

    state: str = "waiting"
    reason: str = ""
    last: ProofView | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing speaks against the engine's health."""
        return self.state not in ("late", "differs")


@dataclass(frozen=True, slots=True)
class BacklogView:
    """What waits, and when it will be through. What nobody can know is None.

    `limited_by`: nothing, points, jobs, batch_delay, answers (the shop's answer time), retry (a next try is waited
    for), pause, fault, observe. `held`: items that wait for a yes, which no time brings through.
    """

    items: int
    products: int | None
    held: int
    points: float | None
    likely_s: float | None
    low_s: float | None
    high_s: float | None
    through_at: datetime | None
    limited_by: str
    interval_s: float
    is_late: bool = False
    """Whether what waits cannot be through within the interval."""


@dataclass(frozen=True, slots=True)
class InsightView:
    timings: tuple[TimingView, ...] = ()
    proven: ProvenView = field(default_factory=ProvenView)
    backlog: BacklogView | None = None
    """None before the queue was looked at for the first time."""
