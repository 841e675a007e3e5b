"""What a look at one of the two ends found, for a person to judge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    """Works, and somebody should know."""
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `code` is stable; `message` names what and where, `hint` what to do."""

    level: Level
    code: str
    message: str
    hint: str = ""
