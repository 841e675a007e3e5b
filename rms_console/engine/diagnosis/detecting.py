"""Whether the way in which changes are found can be relied on, with what the last probe at the till showed."""

from __future__ import annotations

from collections.abc import Iterator

from rms_console.contract.diagnosis import WORST_FIRST
from rms_console.domain.findings import Finding
from rms_console.engine.detecting import judge_detection
from rms_console.engine.diagnosis.facts import Facts


def detection(facts: Facts) -> Iterator[Finding]:
    """Repeat the worst that `check` says of it, as far as RMS was reached."""
    if facts.source is not None:
        yield min(judge_detection(facts.source, facts.probe), key=lambda one: WORST_FIRST.index(one.level))
