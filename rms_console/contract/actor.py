"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, for the audit trail. `via` is console, api, cli, signal or engine."""

    name: str
    host: str
    via: str
