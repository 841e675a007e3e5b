"""Signs of the console, for terminals that draw Unicode and for those that do not. State is sign, word and colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs, each one cell wide."""

    unknown: str
    ellipsis: str
    arrow: str
    warn: str
    full: str
    empty: str
    ramp: str
    """Heights of a sparkline, lowest first."""
    gap: str
    """A sparkline's place without data."""
    rule: str
    down: str
    """There is more below."""
    states: Mapping[str, str] = field(default_factory=dict)
    healths: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    spelling: Mapping[int, int] = field(default_factory=dict)
    """Signs of our own texts that this set has another one for."""

    def spelled(self, text: str) -> str:
        """Return a text with the signs that this set draws; of the same width."""
        return text.translate(self.spelling) if self.spelling else text

    def state(self, word: str) -> str:
        return self.states.get(word, self.unknown)

    def health(self, word: str) -> str:
        return self.healths.get(word, self.unknown)

    def result(self, word: str) -> str:
        return self.results.get(word, self.unknown)


UNICODE = Glyphs(
    unknown="–",
    ellipsis="…",
    arrow="→",
    warn="▲",
    full="█",
    empty="░",
    ramp="▁▂▃▄▅▆▇█",
    gap=" ",
    rule="─",
    down="↓",
    states={
        "STARTING": "◌",
        "IDLE": "○",
        "RUNNING": "◐",
        "PROCESSING": "●",
        "PAUSED": "‖",
        "ERROR": "✕",
        "RECOVERING": "↻",
        "STOPPED": "■",
        "STALE": "?",
        "DETACHED": "?",
    },
    healths={"good": "●", "slow": "◐", "down": "✕", "off": "○", "unknown": "?"},
    results={"OK": "●", "PART": "◐", "FAIL": "✕", "SKIP": "○"},
)

ASCII = Glyphs(
    unknown="-",
    ellipsis="~",
    arrow=">",
    warn="!",
    full="#",
    empty=".",
    ramp="_.:-=+*#",
    gap=" ",
    rule="-",
    down="v",
    states={
        "STARTING": "~",
        "IDLE": "o",
        "RUNNING": ">",
        "PROCESSING": "*",
        "PAUSED": "|",
        "ERROR": "X",
        "RECOVERING": "@",
        "STOPPED": "#",
        "STALE": "?",
        "DETACHED": "?",
    },
    healths={"good": "*", "slow": "~", "down": "X", "off": "o", "unknown": "?"},
    results={"OK": "*", "PART": "~", "FAIL": "X", "SKIP": "o"},
    spelling=str.maketrans("–…→“”·¬\u00a0", '-~>"".| '),
)


def glyphs_for(is_utf8: bool) -> Glyphs:
    return UNICODE if is_utf8 else ASCII
