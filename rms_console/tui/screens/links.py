"""Connections: is each side reached, how fast, how it is read, and what the engine warns of."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from rms_console.contract.snapshot import ConnectionView, EngineSnapshot
from rms_console.contract.state import Health
from rms_console.tui.format import age, bytes_, duration, moment, percent, short_age
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.facts import Fact, fact_lines
from rms_console.tui.screens.frame import zone_of
from rms_console.tui.screens.overview import HEALTH_NAMES, HEALTH_ROLES
from rms_console.tui.screens.page import Page
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.sheet import Sheet
from rms_console.tui.wrapping import wrapped


class LinksPage(Page):
    """RMS, shop, lock service, this process."""

    NAME = "links"

    def body(self) -> Iterable[Widget]:
        yield Sheet(id="body")

    def show(self, view: View) -> None:
        self.query_one(Sheet).show(links_lines(view, self.size.width - 2))


def links_lines(view: View, width: int) -> list[Line]:
    """Return everything about the two sides and the process; warnings whole, over several lines."""
    words, seen = view.words, view.snapshot
    if seen is None:
        return []
    lines = []
    for link in seen.connections:
        lines += fact_lines(clean(link.name, 20).upper(), _link(link, view))
    lines += fact_lines(words.phrase("HOW RMS IS READ"), _source(seen, words))
    lines += fact_lines(words.phrase("SHOP"), _shop(seen, words))
    lines += fact_lines(words.phrase("VALUE SWEEP"), _sweep(view, seen))
    lines += fact_lines(words.phrase("THIS ENGINE"), _engine(seen, words))
    lines += [line(Part(words.phrase("WARNINGS"), "title"))]
    for text in seen.warnings:
        lines += [line(Part("  "), *row) for row in wrapped(clean(words.told(text), 600), width - 2, "warn")]
    return lines if seen.warnings else [*lines, line(Part("  " + words.phrase("none"), "dim"))]


def _link(link: ConnectionView, view: View) -> list[Fact]:
    words = view.words
    checked = (
        words.phrase("{age} ago", age=short_age((view.now - link.checked_at).total_seconds()))
        if link.checked_at
        else words.glyphs.unknown
    )
    facts: list[Fact] = [
        (words.phrase("state"), words.phrase(HEALTH_NAMES[link.health]), HEALTH_ROLES[link.health]),
        (words.phrase("latency"), duration(link.latency_s), ""),
        (words.phrase("looked at"), checked, ""),
    ]
    if link.detail:
        facts.append((words.phrase("detail"), words.told(link.detail), "bad" if link.health is Health.DOWN else "dim"))
    return facts


def _source(seen: EngineSnapshot, words: Words) -> list[Fact]:
    source = seen.source
    unknown = words.glyphs.unknown
    return [
        (words.phrase("database"), source.url, ""),
        (words.phrase("changes found by"), source.detection or unknown, ""),
        (words.phrase("because"), source.detection_reason or unknown, "dim"),
        (words.phrase("watermark"), source.watermark or unknown, ""),
        (words.phrase("behind"), age(source.watermark_lag_s), ""),
        (words.phrase("encryption"), source.encryption or unknown, ""),
    ]


def _shop(seen: EngineSnapshot, words: Words) -> list[Fact]:
    shop, unknown = seen.shop, words.glyphs.unknown
    differs = shop.served_version not in (None, shop.api_version)
    return [
        (words.phrase("shop"), f"{shop.name} ({shop.shop})" if shop.name else shop.shop, ""),
        (words.phrase("currency"), shop.currency or unknown, ""),
        (
            words.phrase("API version asked / served"),
            f"{shop.api_version or unknown} / {shop.served_version or unknown}",
            "warn" if differs else "",
        ),
        (words.phrase("locations"), ", ".join(name for _, name in shop.locations) or unknown, ""),
        (words.phrase("points left"), f"{seen.bucket.available_points:.0f} / {seen.bucket.maximum_points:.0f}", ""),
        (words.phrase("points a second"), f"{seen.bucket.restore_points_per_s:.0f}", ""),
        (words.phrase("throttled today"), seen.bucket.throttled_today, "warn" if seen.bucket.throttled_today else ""),
    ]


def _sweep(view: View, seen: EngineSnapshot) -> list[Fact]:
    words, sweep = view.words, seen.sweep
    missed = ", ".join(f"{cause}: {number}" for cause, number in sweep.missed.items())
    last = (
        moment(sweep.last_at, zone_of(seen, words), view.now, words.language) if sweep.last_at else words.glyphs.unknown
    )
    return [
        (words.phrase("round now"), percent(sweep.done_ratio, words.language), ""),
        (words.phrase("last round ended"), last, ""),
        (words.phrase("rows looked at"), sweep.checked, ""),
        (words.phrase("found by it alone"), missed or words.phrase("nothing"), "warn" if missed else ""),
    ]


def _engine(seen: EngineSnapshot, words: Words) -> list[Fact]:
    system = seen.system
    return [
        (words.phrase("version"), seen.version, ""),
        (words.phrase("process"), system.pid, ""),
        (words.phrase("memory"), f"{bytes_(system.memory_bytes)} / {bytes_(system.memory_total_bytes)}", ""),
        (
            words.phrase("processor"),
            f"{system.cpu_percent:.0f} %" if system.cpu_percent is not None else words.glyphs.unknown,
            "",
        ),
        (words.phrase("threads"), system.threads, ""),
        (words.phrase("loop lag p99"), duration(seen.rates.loop_lag_p99_s), ""),
        (words.phrase("errors in a row"), seen.consecutive_errors, "bad" if seen.consecutive_errors else ""),
    ]
