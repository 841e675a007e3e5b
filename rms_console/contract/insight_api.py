"""What the control API tells beyond the requirements: durations over days."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Told(BaseModel):
    """Base of what is told within an answer."""

    model_config = ConfigDict(extra="allow")


class Proof(Told):
    """The latest value that was read back from the shop and was as RMS has it.

    `pushed_at` is null where nothing had changed and a value sent earlier was read again. `latency`: from RMS's stamp
    (else from reading the change) until the shop confirmed it.
    """

    item: str
    style: str
    stamp: str
    pushed_at: datetime | None
    read_at: datetime
    latency: str | None
    latency_s: float | None
    points: float


class Proven(Told):
    """Whether changes are proven to arrive: see `contract.insight.ProvenView` for the states."""

    state: Literal["proven", "waiting", "none", "off", "late", "differs"]
    reason: str = ""
    last_proven: Proof | None = None


class Backlog(Told):
    """What waits, and when it will be through, from what was measured; null where nobody can know.

    `range_s`: half of what was measured lies within. `limited_by`: nothing, points, jobs, batch_delay, answers, retry,
    pause, fault, observe.
    """

    items: int
    products: int | None
    held: int
    points: float | None
    duration: str | None
    duration_s: float | None
    range_s: list[float] | None
    through_at: datetime | None
    limited_by: str
    exceeds_interval: bool


class TimingDay(Told):
    """Percentiles of one day of the store, within 2.5 %; null on a day without any."""

    day: str
    count: int
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None


class Timing(Told):
    """How long one kind of thing took over the days asked for, within 2.5 %; null without any."""

    count: int
    p50: str | None
    p50_s: float | None
    p95: str | None
    p95_s: float | None
    p99: str | None
    p99_s: float | None
    days: list[TimingDay] = []
