"""What the control API tells beyond the requirements: durations over days."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Told(BaseModel):
    """Base of what is told within an answer."""

    model_config = ConfigDict(extra="allow")


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
