"""What the engine knows of itself beyond its work, at one instant."""

from __future__ import annotations

from dataclasses import dataclass


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
class InsightView:
    timings: tuple[TimingView, ...] = ()
