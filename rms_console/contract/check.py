"""What `check` found, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rms_console.domain.findings import Finding as Finding
from rms_console.domain.findings import Level as Level
from rms_console.errors import ConsoleError
from rms_console.locale import Sentence


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All findings of one check. `strangers`: products of the shop that the ledger does not know; None: not counted."""

    at: datetime
    findings: tuple[Finding, ...]
    strangers: int | None = None

    @property
    def passed(self) -> bool:
        return not any(finding.level is Level.FAIL for finding in self.findings)

    def count(self, level: Level) -> int:
        return sum(finding.level is level for finding in self.findings)


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What there is to know of a folder. `file_system` is empty where the system does not tell."""

    path: str
    is_writable: bool
    is_network: bool
    file_system: str
    free_bytes: int


def of_error(error: ConsoleError, where: str, level: Level = Level.FAIL) -> Finding:
    """Return the finding that an error amounts to, in the person's language where the error knows it."""
    facts: dict[str, object] = {}
    texts = []
    for text in (error.hint, error.message):
        if isinstance(text, Sentence):
            facts |= text.facts
        texts.append(text.template if isinstance(text, Sentence) else text)
    return Finding(level, error.code, texts[1], texts[0], where, facts)


def finding_json(finding: Finding, language: str) -> dict[str, Any]:
    """Return one finding as plain JSON values, told in a language."""
    message, hint = finding.told(language)
    return {
        "level": finding.level.value,
        "code": finding.code,
        "what": message,
        "where": finding.where,
        "what_to_do": hint,
        "facts": {name: str(value) for name, value in finding.facts.items()},
    }
