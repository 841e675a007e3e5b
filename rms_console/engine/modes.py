"""Observe or live: which one is in force, and what must be so before anything is written to a shop.

The mode that a person chose (`go-live`, `observe`, the console) lies in the ledger and stands above `sync.mode`, so
that it survives restarts and is seen by an engine in another process: it reads it as each cycle begins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rms_console.contract.ports import Ledger
from rms_console.contract.state import Mode
from rms_console.contract.wire import from_json, to_json
from rms_console.locale import mark, translate

FACT_MODE = "mode"
FACT_CHECK = "check"
FACT_ADOPTION = "adoption"
CHECK_GOOD_FOR = timedelta(hours=24)
ACTION = "SetMode"
"""The name of a change of mode in the audit trail, whoever makes it."""


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """The last `check`. `fingerprint`: of the settings it looked at."""

    at: datetime
    passed: bool
    fingerprint: str
    strangers: int | None
    """Products of the shop that the ledger did not know; None: not counted."""


@dataclass(frozen=True, slots=True)
class AdoptionRecord:
    """The last adoption that a person looked at and said yes to."""

    at: datetime
    by: str
    products: int
    linked: int


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the engine may not go live yet, and what to do about it."""

    code: str
    message: str
    hint: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def told(self, language: str) -> tuple[str, str]:
        """Return message and hint in a language."""
        return translate(language, self.message, self.facts), translate(language, self.hint, self.facts)


def in_force(ledger: Ledger, configured: Mode) -> Mode:
    """Return the mode that a person chose, else the one of the settings."""
    chosen = ledger.get_fact(FACT_MODE)
    return Mode(chosen) if chosen in tuple(Mode) else configured


def choose(ledger: Ledger, configured: Mode, mode: Mode) -> bool:
    """Put a mode in force; return whether that changed anything."""
    if in_force(ledger, configured) is mode:
        return False
    ledger.set_fact(FACT_MODE, mode.value)
    return True


def record_check(ledger: Ledger, check: CheckRecord) -> None:
    """Keep a check as the last one."""
    ledger.set_fact(FACT_CHECK, json.dumps(to_json(check)))


def last_check(ledger: Ledger) -> CheckRecord | None:
    """Return the last check, None before the first."""
    text = ledger.get_fact(FACT_CHECK)
    return from_json(CheckRecord, json.loads(text)) if text else None


def record_adoption(ledger: Ledger, adoption: AdoptionRecord) -> None:
    """Keep an adoption as the last one."""
    ledger.set_fact(FACT_ADOPTION, json.dumps(to_json(adoption)))


def last_adoption(ledger: Ledger) -> AdoptionRecord | None:
    """Return the last adoption, None before the first."""
    text = ledger.get_fact(FACT_ADOPTION)
    return from_json(AdoptionRecord, json.loads(text)) if text else None


def obstacle(ledger: Ledger, fingerprint: str, now: datetime) -> Obstacle | None:
    """Return what stands in the way of writing to the shop, None when nothing does."""
    return _check_obstacle(last_check(ledger), fingerprint, now) or _adoption_obstacle(ledger)


def _check_obstacle(check: CheckRecord | None, fingerprint: str, now: datetime) -> Obstacle | None:
    if check is None:
        return Obstacle(
            "check-missing", mark("nothing was checked yet"), mark("run: rms-console check, and mend what it finds")
        )
    facts = {"at": f"{check.at:%Y-%m-%d %H:%M} UTC"}
    if not check.passed:
        return Obstacle(
            "check-failed",
            mark("the last check ({at}) found something that must be mended first"),
            mark("mend it, then run: rms-console check"),
            facts,
        )
    if check.fingerprint != fingerprint:
        return Obstacle(
            "check-outdated",
            mark("the settings have changed since the last check ({at})"),
            mark("run again: rms-console check"),
            facts,
        )
    if not timedelta(0) <= now - check.at <= CHECK_GOOD_FOR:
        return Obstacle(
            "check-old",
            mark("the last check ({at}) is more than 24 hours old"),
            mark("run again: rms-console check"),
            facts,
        )
    return None


def _adoption_obstacle(ledger: Ledger) -> Obstacle | None:
    """A shop that had products needs an adoption: without it they would be created a second time."""
    check = last_check(ledger)
    if last_adoption(ledger) is not None or check is None or check.strangers == 0:
        return None
    return Obstacle(
        "adoption-missing",
        mark("the shop has products that are not linked with RMS yet ({count})"),
        mark("run: rms-console adopt, look at what it found and say yes"),
        {"count": "?" if check.strangers is None else check.strangers},
    )
