"""The report of a comparison, from what its pad holds; and the report as the ledger keeps it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from rms_console.contract.drift import MOST_KEPT, Difference, DriftPad, DriftReport, DriftRun
from rms_console.contract.ports import Ledger
from rms_console.domain.drift import DriftCause, DriftKind, Missed

FACT_REPORT = "drift_report"
FACT_COMPARED_UP_TO = "drift_watermark"
"""The watermark of RMS as the latest whole comparison began."""


def report_of(run: DriftRun, pad: DriftPad, now: datetime, missed_before: Mapping[str, int]) -> DriftReport:
    """Return what a run found. Blocking, where the pad is."""
    kinds: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    misses: Counter[str] = Counter()
    found = waiting = 0
    for (kind, cause, miss, is_known), count in pad.tally().items():
        if is_known:
            waiting += count
            continue
        found += count
        kinds[kind] += count
        causes[cause] += count
        if miss:
            misses[miss] += count
    return DriftReport(
        run_id=run.run_id,
        reason=run.reason,
        by=run.by,
        began_at=run.began_at,
        ended_at=now.isoformat(),
        took_s=round((now - datetime.fromisoformat(run.began_at)).total_seconds(), 3),
        products=run.products,
        variants=run.variants,
        compared=run.compared,
        found=found,
        waiting=waiting,
        by_kind=dict(kinds),
        by_cause=dict(causes),
        by_miss=dict(misses),
        missed_before=dict(missed_before),
        slowest_s=round(run.slowest_s, 3),
        note=run.note,
        partial=bool(run.styles),
        differences=pad.differences(MOST_KEPT),
    )


def fast_path_faults(report: DriftReport) -> int:
    """Return how many differences of a report the engine should not have let come to be.

    What a joined table changes, and what people do in the shop, is nobody's fault.
    """
    causes = report.by_cause
    changed = causes.get(DriftCause.MISSED_CHANGE.value, 0) + causes.get(DriftCause.BOTH.value, 0)
    return changed - report.by_miss.get(Missed.JOINED_TABLE.value, 0) + causes.get(DriftCause.LOST_WRITE.value, 0)


def facts_of(report: DriftReport) -> dict[str, Any]:
    """Return the figures of a report as plain JSON values, without its differences."""
    bare = replace(report, differences=())
    plain = {one.name: getattr(bare, one.name) for one in fields(bare) if one.name != "differences"}
    return {**plain, "equal": report.is_equal if report.ended_at else None}


def keep(ledger: Ledger, report: DriftReport) -> None:
    """Keep a report as the latest. Blocking."""
    ledger.set_fact(FACT_REPORT, json.dumps(asdict(report)))


def kept(ledger: Ledger) -> DriftReport | None:
    """Return the latest report; None where there is none, or it cannot be read any more. Blocking."""
    text = ledger.get_fact(FACT_REPORT)
    try:
        plain = json.loads(text) if text else None
        if plain is None:
            return None
        rows = tuple(_difference(row) for row in plain.pop("differences"))
        return DriftReport(**plain, differences=rows)
    except (ValueError, TypeError, LookupError):
        return None


def _difference(row: dict[str, Any]) -> Difference:
    return Difference(**{**row, "kind": DriftKind(row["kind"]), "cause": DriftCause(row["cause"])})
