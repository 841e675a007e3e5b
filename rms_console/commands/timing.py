"""Percentiles of the last days, as `performance` shows them."""

from __future__ import annotations

from rms_console.commands.backlog import backlog_text
from rms_console.commands.figures import Row, text
from rms_console.commands.reaching import Words, now
from rms_console.contract import api
from rms_console.contract.field_names import TIMED


def timing_rows(body: api.PerformanceBody, words: Words) -> list[Row]:
    """Return a row for each kind that was timed: p50, p95, p99 and how many there were."""
    rows: list[Row] = []
    if body.backlog is not None and (told := backlog_text(body.backlog, words, now())):
        rows.append((words.phrase("Catch-up"), told))
    known = {name: one for name, one in body.percentiles.items() if one.count}
    if known:
        rows.append((words.phrase("Last {days} days", days=body.days or 1), "p50  p95  p99"))
    for name, one in known.items():
        label = words.phrase(TIMED[name]) if name in TIMED else name
        told = words.phrase(
            "{p50}  {p95}  {p99}  of {count}",
            p50=text(one.p50),
            p95=text(one.p95),
            p99=text(one.p99),
            count=one.count,
        )
        rows.append((label, told))
    return rows
