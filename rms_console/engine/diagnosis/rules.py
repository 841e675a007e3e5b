"""The one table of rules, and how it is applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from rms_console.contract.diagnosis import WORST_FIRST, Group
from rms_console.domain.findings import Finding, Level
from rms_console.engine.diagnosis import backlog, detecting, drift, practice, slowness, starting, stopping, trouble
from rms_console.engine.diagnosis.facts import Facts, Judge, with_engine
from rms_console.locale import Sentence, told


@dataclass(frozen=True, slots=True)
class Rule:
    """Looks at one thing. `code` is stable; a rule that tells several kinds apart gives each finding its own."""

    code: str
    group: Group
    judge: Judge


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One finding with the chapter in which it stands."""

    group: Group
    finding: Finding


RULES: Final[tuple[Rule, ...]] = (
    Rule("diag-engine", Group.START, starting.engine),
    Rule("diag-enabled", Group.START, starting.enabled),
    Rule("diag-last-run", Group.START, with_engine(starting.last_run)),
    Rule("diag-rms", Group.START, with_engine(starting.rms)),
    Rule("diag-shopify", Group.START, with_engine(starting.shopify)),
    Rule("diag-redis", Group.START, starting.redis),
    Rule("diag-time-zone", Group.START, starting.time_zone),
    Rule("diag-mode", Group.START, with_engine(starting.mode)),
    Rule("diag-lock", Group.START, with_engine(starting.lock)),
    Rule("diag-api", Group.START, with_engine(starting.api)),
    Rule("diag-settings", Group.START, with_engine(starting.settings)),
    Rule("diag-ledger", Group.STOPS, stopping.ledger),
    Rule("diag-database-timeouts", Group.STOPS, with_engine(stopping.database_timeouts)),
    Rule("diag-rate-limit", Group.STOPS, with_engine(stopping.rate_limit)),
    Rule("diag-memory", Group.STOPS, with_engine(stopping.memory)),
    Rule("diag-orphan-lock", Group.STOPS, with_engine(stopping.orphan_lock)),
    Rule("diag-stuck-run", Group.STOPS, with_engine(stopping.stuck_run)),
    Rule("diag-restarts", Group.STOPS, with_engine(stopping.restarts)),
    Rule("diag-console-lost", Group.STOPS, with_engine(stopping.console_lost)),
    Rule("diag-cycle-time", Group.SLOW, with_engine(slowness.cycle_time)),
    Rule("diag-batch-size", Group.SLOW, with_engine(slowness.batch_size)),
    Rule("diag-pace", Group.SLOW, with_engine(slowness.pace)),
    Rule("diag-pooling", Group.SLOW, slowness.pooling),
    Rule("diag-index", Group.SLOW, with_engine(slowness.index)),
    Rule("diag-load", Group.SLOW, with_engine(slowness.load)),
    Rule("diag-errors-in-a-row", Group.ERRORS, with_engine(trouble.in_a_row)),
    Rule("diag-success-rate", Group.ERRORS, with_engine(trouble.success_rate)),
    Rule("diag-errors", Group.ERRORS, with_engine(trouble.kinds)),
    Rule("diag-quarantine", Group.ERRORS, with_engine(trouble.quarantine)),
    Rule("diag-first-interval", Group.PRACTICE, with_engine(practice.first_interval)),
    Rule("diag-first-batch", Group.PRACTICE, with_engine(practice.first_batch)),
    Rule("diag-detailed-log", Group.PRACTICE, practice.detailed_log),
    Rule("diag-log-days", Group.PRACTICE, practice.log_days),
    Rule("diag-alerts", Group.PRACTICE, practice.alerts),
    Rule("diag-unseen-alerts", Group.PRACTICE, with_engine(practice.unseen_alerts)),
    Rule("diag-cache", Group.PRACTICE, practice.cache),
    Rule("diag-rate-limits", Group.PRACTICE, with_engine(practice.rate_limits)),
    Rule("diag-nightly", Group.PRACTICE, practice.nightly),
    Rule("diag-api-version", Group.PRACTICE, with_engine(practice.api_version)),
    Rule("diag-token", Group.PRACTICE, with_engine(practice.token)),
    Rule("diag-unsent", Group.DATA, with_engine(backlog.unsent)),
    Rule("diag-watermark", Group.DATA, with_engine(backlog.watermark)),
    Rule("diag-drift", Group.DATA, with_engine(drift.latest)),
    Rule("diag-holds", Group.DATA, with_engine(backlog.holds)),
    Rule("diag-paused", Group.DATA, with_engine(backlog.paused)),
    Rule("diag-disk", Group.DATA, backlog.disk),
    Rule("diag-detection", Group.DATA, detecting.detection),
    Rule("diag-rms-clock", Group.DATA, with_engine(backlog.rms_clock)),
    Rule("diag-shop-clock", Group.DATA, with_engine(backlog.shop_clock)),
)


def diagnose(facts: Facts, rules: Sequence[Rule] = RULES) -> tuple[Diagnosis, ...]:
    """Return what every rule found, worst first, then in the order of the chapters."""
    found = [_of(rule, finding) for rule in rules for finding in rule.judge(facts)]
    return tuple(sorted(found, key=lambda one: WORST_FIRST.index(one.finding.level)))


def _of(rule: Rule, finding: Finding) -> Diagnosis:
    own = finding.code if finding.code.startswith("diag-") else rule.code
    return Diagnosis(rule.group, replace(finding, code=own))


def rows(found: Iterable[Diagnosis], language: str) -> tuple[dict[str, Any], ...]:
    """Return findings as plain JSON objects in a language: code, group, level, message, what_to_do, facts."""
    return tuple(_row(one, language) for one in found)


def _row(one: Diagnosis, language: str) -> dict[str, Any]:
    message, what_to_do = one.finding.told(language)
    return {
        "code": one.finding.code,
        "group": one.group.value,
        "level": one.finding.level.value,
        "message": _encodable(message),
        "what_to_do": "" if one.finding.level is Level.OK else _encodable(what_to_do),
        "facts": {name: _plain(value, language) for name, value in one.finding.facts.items()},
    }


def _plain(value: object, language: str) -> object:
    if isinstance(value, Sentence):
        return _encodable(told(language, value))
    return value if isinstance(value, int | float | bool) or value is None else _encodable(str(value))


def _encodable(text: str) -> str:
    """Return a text that JSON can carry: half a character, as a database may hand it over, would end the answer."""
    return text.encode("utf-8", "replace").decode()


def counts(found: Iterable[Diagnosis]) -> dict[str, int]:
    """Return how many findings there are of each level."""
    counted = Counter(one.finding.level for one in found)
    return {level.value: counted[level] for level in WORST_FIRST}
