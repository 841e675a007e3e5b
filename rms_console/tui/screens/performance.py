"""Performance: the figures of today and of 24 hours, and the last hour minute by minute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from textual.widget import Widget

from rms_console.contract.events import Event, EventName
from rms_console.contract.field_names import TIMED
from rms_console.contract.queries import Query, Subject
from rms_console.contract.snapshot import EngineSnapshot
from rms_console.locale import mark
from rms_console.tui.format import count, duration, figure, percent, spark
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.screens.facts import Fact, fact_lines
from rms_console.tui.screens.page import Page
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.sheet import Sheet

DAYS = 30
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

    def __init__(self) -> None:
        super().__init__()
        self._timings: Mapping[str, Any] = {}

    def body(self) -> Iterable[Widget]:
        yield Sheet(id="body")

    def show(self, view: View) -> None:
        self.query_one(Sheet).show(performance_lines(view, self.size.width - 2, self._timings))

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._read()

    def hear(self, event: Event) -> None:
        if event.name in (EventName.HEALTH_CHECKED, EventName.CYCLE_FINISHED):
            self._read()

    def _read(self) -> None:
        self.begin(self._read_timings, "read")

    async def _read_timings(self) -> None:
        page = await self.ask(Query(Subject.PERFORMANCE, 1, filters={"days": str(DAYS)}))
        timings = page.facts.get("timings") if not page.problem else None
        if isinstance(timings, dict):
            self._timings = timings
            self.console_app.draw()


def performance_lines(view: View, width: int, timings: Mapping[str, Any] | None = None) -> list[Line]:
    """Return charts first, then the figures, then durations by the day. What has no data is unknown, never 0."""
    seen, words = view.snapshot, view.words
    if seen is None:
        return []
    return [
        line(Part(words.phrase("LAST 60 MINUTES"), "title")),
        *_charts(view, width),
        (),
        *fact_lines(words.phrase("TODAY"), _today(seen, words), 30),
        *fact_lines(words.phrase("24 HOURS AND RATES"), _rates(seen, words), 30),
        *timing_lines(timings or {}, width, words),
    ]


def timing_lines(timings: Mapping[str, Any], width: int, words: Words) -> list[Line]:
    """Return how long things took over the last days: percentiles of all, and p95 day by day."""
    known = {name: told for name, told in timings.items() if name in TIMED and told.get("count")}
    if not known:
        return []
    title = line(
        Part(words.phrase("LAST {days} DAYS", days=DAYS), "title"),
        Part("  " + words.phrase("p95 day by day; percentiles within 2.5 %"), "dim"),
    )
    return [(), title, *(_timing_line(name, told, width, words) for name, told in known.items())]


def _timing_line(name: str, told: Mapping[str, Any], width: int, words: Words) -> Line:
    days = [row.get("p95_s") for row in told.get("days", ())]
    figures = f"p50 {duration(told['p50_s'])}  p95 {duration(told['p95_s'])}  p99 {duration(told['p99_s'])}"
    many = words.phrase("of {count}", count=count(told["count"], words.language))
    return line(
        Part(f"  {words.phrase(TIMED[name]):<18.18} ", "dim"),
        Part(spark(days, min(DAYS, max(8, width - 66)), words.glyphs), "accent"),
        f"  {figures}",
        Part(f"  {many}", "dim"),
    )


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
                now=figure(known[-1], words.language),
                least=figure(min(known), words.language),
                most=figure(max(known), words.language),
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
        (
            words.phrase("new products / variants"),
            f"{count(today.products_created, words.language)} / {count(today.variants_created, words.language)}",
            "",
        ),
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
