"""Figures as text: those of the control API in the requirements' forms, and ages as every face tells them."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3600, 86400


def seconds_text(seconds: float | None) -> str | None:
    """Return `2.3s`, the requirements' form of a duration."""
    return None if seconds is None else f"{seconds:.1f}s"


def short_seconds_text(seconds: float | None) -> str | None:
    """Return `12ms` or `2.3s`: a form for what is often far below a second."""
    return None if seconds is None else f"{1000 * seconds:.0f}ms" if seconds < 0.9995 else seconds_text(seconds)


def percent_text(ratio: float | None) -> str | None:
    """Return `45%` of a ratio 0-1."""
    return None if ratio is None else f"{100 * ratio:.0f}%"


def megabytes_text(size_bytes: int | None) -> str | None:
    """Return `145MB`."""
    return None if size_bytes is None else f"{size_bytes >> 20}MB"


def age_text(seconds: float) -> str:
    """Return an age to two units: `8s`, `2m 05s`, `3h 12m`, `4d 2h`."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole}s"
    if whole < HOUR:
        return f"{whole // MINUTE}m {whole % MINUTE:02d}s"
    if whole < DAY:
        return f"{whole // HOUR}h {whole % HOUR // MINUTE:02d}m"
    return f"{whole // DAY}d {whole % DAY // HOUR}h"
