"""What a screen may know at one instant: plain values, so that each screen is a pure function of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rms_console.locale import Sentence, messages, told, translate
from rms_console.locale.retelling import retell
from rms_console.tui.glyphs import Glyphs

if TYPE_CHECKING:
    from rms_console.contract.snapshot import EngineSnapshot
    from rms_console.tui.setup import Ended


@lru_cache(maxsize=1024)
def _retold(language: str, text: str) -> str:
    # The same few texts are drawn again and again, and each is looked for among all templates.
    return messages(language).get(text) or retell(language, text)


@dataclass(frozen=True, slots=True)
class Words:
    """Language, signs and clock of one console."""

    language: str
    glyphs: Glyphs
    utc: bool = False
    """Times in UTC in place of the store's zone."""

    def phrase(self, template: str, /, **facts: object) -> str:
        """Return a message in the console's language."""
        return translate(self.language, template, facts)

    def told(self, text: object) -> str:
        """Return a text of the engine in the console's language.

        A sentence tells itself; of one that was stored or came over a wire, the template is found again. Any other text
        is told as it stands, and never read as a template: it may be anybody's.
        """
        if isinstance(text, Sentence):
            return told(self.language, text)
        return "" if text is None else _retold(self.language, str(text))

    def word(self, names: Mapping[str, str], value: object) -> str:
        """Return the word for a value in a table of templates; a value that is not in it as it is."""
        return self.phrase(names[value]) if isinstance(value, str) and value in names else str(value)


class Stage(StrEnum):
    """How far an action has come."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """No answer came: it may have been carried out."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person asked for, as far as it has come."""

    command_id: str
    name: str
    stage: Stage
    at: datetime
    message: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One log line as the engine tells it."""

    number: int
    at: datetime
    level: str
    service: str
    message: str


@dataclass(frozen=True, slots=True)
class View:
    """The engine as last seen, and how old that is."""

    words: Words
    now: datetime
    snapshot: EngineSnapshot | None = None
    stale_s: float | None = None
    """Seconds since the engine last answered; None while it answers."""
    problem: str = ""
    """Why it does not answer."""
    retries: int = 0
    """How often it was asked in vain since it last answered."""
    attached: str = ""
    """Where the engine answers that this console only visits."""
    crash: str = ""
    ended: Ended | None = None
    """By whom the engine was stopped, where somebody else stopped it."""
    frozen_s: float | None = None
    actions: Sequence[Action] = ()
    logs: Sequence[LogRow] = ()
    """The latest lines, for a short tail."""
    logs_dropped: int = 0
    logs_last: int = 0
    trends: Sequence[dict[str, Any]] = ()
    """Minutes of the last hour, oldest first."""
    activity: Sequence[dict[str, Any]] = ()
    journal: Sequence[dict[str, Any]] = ()
    is_demo: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    """Key of each action as it is bound now, for the words of screens."""
