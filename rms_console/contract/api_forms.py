"""Figures of the control API as text, in the requirements' forms."""

from __future__ import annotations


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
