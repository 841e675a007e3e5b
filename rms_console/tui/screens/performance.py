"""Performance: the figures of today and of 24 hours, and the last hour minute by minute."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from rms_console.contract.snapshot import EngineSnapshot
from rms_console.locale import mark
from rms_console.tui.format import count, duration, percent, spark
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.screens.facts import Fact, fact_lines
from rms_console.tui.screens.page import Page
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.sheet import Sheet

CHARTS = (
    ("items", mark("items a minute"), 1),
    ("cycle_s", mark("run time, s"), 1),
    ("points", mark("points spent"), 1),
    ("bucket_ratio", mark("points left, %"), 100),
    ("queue", mark("queue"), 1),
    ("errors", mark("errors"), 1),
    ("throttled", mark("throttled"), 1),
)


class PerformancePage(Page):
    """Figures and charts."""

    NAME = "performance"

    def body(self) -> Iterable[Widget]:
        yield Sheet(id="body")

    def show(self, view: View) -> None:
        self.query_one(Sheet).show(performance_lines(view, self.size.width - 2))


def performance_lines(view: View, width: int) -> list[Line]:
    """Return charts first, then the figures. What has no data is unknown, never 0."""
    seen, words = view.snapshot, view.words
    if seen is None:
        return []
    return [
        line(Part(words.phrase("LAST 60 MINUTES"), "title")),
        *_charts(view, width),
        (),
        *fact_lines(words.phrase("TODAY"), _today(seen, words), 30),
        *fact_lines(words.phrase("24 HOURS AND RATES"), _rates(seen, words), 30),
    ]


def _charts(view: View, width: int) -> list[Line]:
    words = view.words
    if not view.trends:
        return [line(Part("  " + words.phrase("No minute is complete yet."), "dim"))]
    span = max(10, min(60, width - 56))
    lines = []
    for key, name, scale in CHARTS:
        known = [float(row[key]) * scale for row in view.trends if isinstance(row.get(key), int | float)]
        values = [float(row[key]) if isinstance(row.get(key), int | float) else None for row in view.trends]
        figures = (
            words.phrase(
                "now {now}  least {least}  most {most}",
                now=f"{known[-1]:.4g}",
                least=f"{min(known):.4g}",
                most=f"{max(known):.4g}",
            )
            if known
            else words.glyphs.unknown
        )
        lines.append(
            line(
                Part(f"  {words.phrase(name):<18.18} ", "dim"),
                Part(spark(values, span, words.glyphs), "accent"),
                f"  {figures}",
            )
        )
    return lines


def _today(seen: EngineSnapshot, words: Words) -> list[Fact]:
    today = seen.today
    rate = today.success_rate / 100 if today.success_rate is not None else None
    return [
        (words.phrase("runs (failed)"), f"{today.runs} ({today.failed})", "warn" if today.failed else ""),
        (words.phrase("without failure"), percent(rate, words.language), ""),
        (
            words.phrase("products / items"),
            f"{count(today.products, words.language)} / {count(today.items, words.language)}",
            "",
        ),
        (words.phrase("new products / variants"), f"{today.products_created} / {today.variants_created}", ""),
        (words.phrase("writes to the shop"), count(today.mutations, words.language), ""),
        (
            words.phrase("mean / fastest / slowest"),
            f"{duration(today.avg_s)} / {duration(today.fastest_s)} / {duration(today.slowest_s)}",
            "",
        ),
    ]


def _rates(seen: EngineSnapshot, words: Words) -> list[Fact]:
    rates, language = seen.rates, words.language
    return [
        (words.phrase("items an hour"), count(rates.items_per_hour, language), ""),
        (words.phrase("mean of a batch"), duration(rates.avg_batch_s), ""),
        ("p95 / p99", f"{duration(rates.p95_s)} / {duration(rates.p99_s)}", ""),
        (
            words.phrase("mean / best / worst"),
            f"{duration(rates.avg_24h_s)} / {duration(rates.best_s)} / {duration(rates.worst_s)}",
            "",
        ),
        (words.phrase("load"), percent(rates.current_load_ratio, language), ""),
        (words.phrase("reference data from cache"), percent(rates.cache_hit_ratio, language), ""),
        (words.phrase("connections reused"), percent(rates.db_reuse_ratio, language), ""),
        (words.phrase("points used of restored"), percent(rates.api_usage_ratio, language), ""),
        (words.phrase("batches filled"), percent(rates.batch_utilization_ratio, language), ""),
        (words.phrase("loop lag p99"), duration(rates.loop_lag_p99_s), ""),
    ]
