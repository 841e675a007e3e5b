"""States of the engine and the one table of legal moves."""

from __future__ import annotations

from enum import StrEnum


class EngineState(StrEnum):
    STARTING = "STARTING"
    IDLE = "IDLE"
    RUNNING = "RUNNING"
    PROCESSING = "PROCESSING"
    PAUSED = "PAUSED"
    ERROR = "ERROR"
    RECOVERING = "RECOVERING"
    STOPPED = "STOPPED"


class LockStatus(StrEnum):
    AVAILABLE = "available"
    HELD = "held"
    HELD_BY_OTHER = "held_by_other"
    ORPHAN = "orphan"


class Mode(StrEnum):
    """observe: detects, plans, records, sends nothing. live: writes to the shop."""

    OBSERVE = "observe"
    LIVE = "live"


class Health(StrEnum):
    """One dependency, as last seen."""

    UNKNOWN = "unknown"
    GOOD = "good"
    SLOW = "slow"
    DOWN = "down"
    OFF = "off"
