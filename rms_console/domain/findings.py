"""What a look at one of the two ends found, for a person to judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rms_console.locale import translate


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    """Works, and somebody should know."""
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `code` is stable; `message` names what and where, `hint` what to do.

    Message and hint are templates where there are `facts`. `where`: the setting, the file or the end that it is about.
    """

    level: Level
    code: str
    message: str
    hint: str = ""
    where: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def told(self, language: str) -> tuple[str, str]:
        """Return message and hint in a language, English where they are nobody's template."""
        return translate(language, self.message, self.facts), translate(language, self.hint, self.facts)
