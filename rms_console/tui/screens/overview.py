"""The overview: in one glance whether it works, what waits, what happened last and how fast it runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from rms_console.contract.audit_names import ACTIONS
from rms_console.contract.field_names import LIMITS, TRIGGERS
from rms_console.contract.state import Health, LockStatus
from rms_console.locale import mark
from rms_console.tui.format import bar, bytes_, clock, count, duration, percent, short_age, spark
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, fit, line, pad, width_of
from rms_console.tui.plain import clean
from rms_console.tui.screens.frame import zone_of
from rms_console.tui.screens.page import Page
from rms_console.tui.view import LogRow, View, Words
from rms_console.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from rms_console.contract.snapshot import BucketView, ConnectionView, EngineSnapshot, LockView

HEALTH_ROLES: Final = {
    Health.GOOD: "good",
    Health.SLOW: "warn",
    Health.DOWN: "bad",
    Health.OFF: "dim",
    Health.UNKNOWN: "dim",
}
HEALTH_NAMES: Final = {
    Health.GOOD: mark("ok"),
    Health.SLOW: mark("slow"),
    Health.DOWN: mark("down"),
    Health.OFF: mark("off"),
    Health.UNKNOWN: mark("not looked at yet"),
}
LOCK_NAMES: Final = {
    LockStatus.AVAILABLE: mark("free"),
    LockStatus.HELD: mark("held by this engine"),
    LockStatus.HELD_BY_OTHER: mark("held by another engine"),
    LockStatus.ORPHAN: mark("orphan: its owner is gone"),
}
LOCK_ROLES: Final = {LockStatus.HELD: "good", LockStatus.HELD_BY_OTHER: "bad", LockStatus.ORPHAN: "warn"}
RESULT_ROLES: Final = {"OK": "good", "PART": "warn", "FAIL": "bad", "SKIP": "warn"}
LEVEL_ROLES: Final = {"WARN": "warn", "WARNING": "warn", "ERROR": "bad", "CRITICAL": "bad", "DEBUG": "dim"}
WIDE: Final = 110


class OverviewPage(Page):
    """The first page."""

    NAME = "overview"
    ACTS = (Act("overview.open", "enter", "page('activity')", mark("Runs"), mark("Open the list of runs")),)
    BINDINGS = bindings((Act("overview.open", "enter", "app.page('activity')", "", ""),))

    def body(self) -> Iterable[Widget]:
        yield Panel(id="body")

    def show(self, view: View) -> None:
        body = self.query_one("#body", Panel)
        head = len(self.query_one("#head", Panel).lines)
        body.show(overview_lines(view, self.size.width, max(1, self.size.height - head - 2)))


def overview_lines(view: View, width: int, height: int) -> list[Line]:
    """Return the body at `width` x `height`: the less room, the more is left out, trends first, then runs."""
    seen = view.snapshot
    if seen is None:
        return []
    upper = _wide_top(view, seen, width) if width >= WIDE else _narrow_top(view, seen, width)
    upper += backlog_lines(seen, view.words)
    if height < len(upper) + 8:
        upper = upper[: max(0, height - 8)]
    left = height - len(upper)
    journal = _journal(view, seen, width) if left >= 14 else []
    left -= len(journal)
    runs = min(max(0, left // 2 - 1), 10) if left >= 5 else 0
    lines = [*upper]
    if runs:
        lines += [
            _rule(view.words.phrase("RUNS"), width, view.words.phrase("2 opens the list")),
            *_runs(view, seen, width, runs),
        ]
    tail = height - len(lines) - len(journal) - 1
    if tail > 0:
        lines += [_log_title(view, width), *_log(view, seen, width, tail)]
    return [fit(one, width) for one in (*lines, *journal)][:height]


def backlog_lines(seen: EngineSnapshot, words: Words) -> list[Line]:
    """Return how much waits and when it will be through, in one line; nothing where nothing waits."""
    backlog = seen.insight.backlog
    if backlog is None or not backlog.items:
        return []
    parts = [
        Part(words.phrase("CATCH-UP "), "dim"),
        Part(words.phrase("{count} {count:item|items}", count=backlog.items)),
    ]
    if backlog.through_at is not None and backlog.low_s is not None and backlog.high_s is not None:
        at, low, high = (
            clock(backlog.through_at, zone_of(seen, words)),
            *map(short_age, (backlog.low_s, backlog.high_s)),
        )
        told = words.phrase("until about {at} ({low} to {high})", at=at, low=low, high=high)
        if low == high:
            told = words.phrase("until about {at} ({low})", at=at, low=low)
        parts.append(Part(f"  {told}", "strong"))
    if backlog.points is not None:
        points = words.phrase("{points} points", points=count(backlog.points, words.language))
        parts.append(Part(f"  {points}", "dim"))
    if backlog.limited_by != "nothing":
        limit = words.phrase("limit: {what}", what=words.word(LIMITS, backlog.limited_by))
        parts.append(Part(f"  {limit}", "dim"))
    if backlog.is_late:
        parts.append(Part("  " + words.phrase("LONGER THAN THE INTERVAL"), "warn"))
    return [tuple(parts)]


def _rule(title: str, width: int, hint: str = "") -> Line:
    right = f" {hint} --" if hint else ""
    fill = "-" * max(0, width - width_of(line(title)) - width_of(line(right)) - 4)
    return line(Part("-- ", "dim"), Part(title, "title"), Part(f" {fill}", "dim"), Part(right, "dim"))


def _narrow_top(view: View, seen: EngineSnapshot, width: int) -> list[Line]:
    words = view.words
    separator = Part(" | ", "dim")
    links = [part for link in seen.connections for part in (*_link(link, words), separator)]
    lock = (Part(words.phrase("LOCK "), "dim"), *_lock(seen.lock, words))
    today = _today(seen, words)
    return [
        _rule(words.phrase("STORE AND SHOP"), width),
        tuple(links[:-1]),
        (*_bucket(seen.bucket, words), separator, *_machine(seen, words)),
        (*lock, separator, *today[0]),
        *_trends(view, seen, width)[:2],
    ]


def _wide_top(view: View, seen: EngineSnapshot, width: int) -> list[Line]:
    words = view.words
    third = width // 3
    links = [_link(link, words) for link in seen.connections]
    checked = max((link.checked_at for link in seen.connections if link.checked_at), default=None)
    if checked is not None:
        text = words.phrase("looked at {age} ago; C tests now", age=short_age((view.now - checked).total_seconds()))
        links.append(line(Part(text, "dim")))
    first = [
        _rule(words.phrase("STORE AND SHOP"), third - 1),
        *links,
        _bucket(seen.bucket, words),
        *_source(seen, words),
    ]
    lock = [(Part(words.phrase("LOCK "), "dim"), *_lock(seen.lock, words)), _owner(view, seen.lock)]
    second = [_rule(words.phrase("TODAY"), third - 1), *_today(seen, words), line(*_machine(seen, words)), *lock]
    last = [_rule(words.phrase("LAST 60 MINUTES"), width - 2 * third), *_trends(view, seen, width - 2 * third)]
    rows = max(len(first), len(second), len(last))
    return [
        (*pad(fit(_at(first, row), third - 1), third), *pad(fit(_at(second, row), third - 1), third), *_at(last, row))
        for row in range(rows)
    ]


def _at(lines: list[Line], row: int) -> Line:
    return lines[row] if row < len(lines) else ()


def _link(link: ConnectionView, words: Words) -> Line:
    latency = f" {link.latency_s * 1000:.0f} ms" if link.latency_s is not None else ""
    detail = f" {clean(link.detail, 60)}" if link.health is Health.DOWN and link.detail else ""
    word = words.phrase(HEALTH_NAMES[link.health])
    return line(
        f"{clean(link.name, 12)} ",
        Part(f"{words.glyphs.health(link.health.value)} {word}", HEALTH_ROLES[link.health]),
        Part(latency, "dim"),
        detail,
    )


def _bucket(bucket: BucketView, words: Words) -> Line:
    ratio = bucket.available_points / bucket.maximum_points if bucket.maximum_points else None
    parts = [Part(words.phrase("points "), "dim"), Part(percent(ratio, words.language))]
    if ratio is not None:
        parts.append(Part(f" {bar(ratio, 8, words.glyphs)}", "accent"))
    if bucket.throttled_today:
        parts.append(Part("  " + words.phrase("{count} throttled today", count=bucket.throttled_today), "warn"))
    if bucket.limited_by != "nothing":
        limit = words.word(LIMITS, bucket.limited_by)
        parts.append(Part("  " + words.phrase("limit: {what}", what=clean(limit, 30)), "dim"))
    return tuple(parts)


def _machine(seen: EngineSnapshot, words: Words) -> Line:
    system = seen.system
    text = words.phrase("memory {size}", size=bytes_(system.memory_bytes))
    cpu = f"  cpu {system.cpu_percent:.0f} %" if system.cpu_percent is not None else ""
    return line(Part(text + cpu, "dim"))


def _source(seen: EngineSnapshot, words: Words) -> list[Line]:
    source = seen.source
    if source.detection is None:
        return []
    lag = (
        words.phrase("watermark {age} behind", age=short_age(source.watermark_lag_s))
        if source.watermark_lag_s is not None
        else ""
    )
    return [line(Part(words.phrase("reads by {how}", how=source.detection), "dim"), f"  {lag}")]


def _lock(lock: LockView, words: Words) -> Line:
    if not lock.enabled:
        return line(Part(words.phrase("off by setting"), "warn"))
    return line(Part(words.phrase(LOCK_NAMES[lock.status]), LOCK_ROLES.get(lock.status, "")))


def _owner(view: View, lock: LockView) -> Line:
    words = view.words
    if lock.owner is None or lock.since_at is None:
        return ()
    since = short_age((view.now - lock.since_at).total_seconds())
    who = f"{clean(lock.host or lock.owner, 30)} pid {lock.pid}"
    return line(Part(words.phrase("{who}, for {age}, epoch {epoch}", who=who, age=since, epoch=lock.epoch), "dim"))


def _today(seen: EngineSnapshot, words: Words) -> list[Line]:
    today, rates = seen.today, seen.rates
    failed = Part(words.phrase("{count} failed", count=today.failed), "bad" if today.failed else "dim")
    rate = percent(today.success_rate / 100 if today.success_rate is not None else None, words.language)
    return [
        line(words.phrase("today {runs} {runs:run|runs}, ", runs=today.runs), failed, f"  {rate}"),
        line(
            words.phrase(
                "{products} {products:product|products}, {items} {items:item|items}, {created} new",
                products=count(today.products, words.language),
                items=count(today.items, words.language),
                created=today.products_created,
            )
        ),
        line(
            Part(
                words.phrase(
                    "mean {mean}  p95 {p95}  p99 {p99}",
                    mean=duration(today.avg_s),
                    p95=duration(rates.p95_s),
                    p99=duration(rates.p99_s),
                ),
                "dim",
            )
        ),
    ]


def _trends(view: View, seen: EngineSnapshot, width: int) -> list[Line]:
    """Return the sparklines of the last hour, each with its present value."""
    words = view.words
    span = max(8, min(60, width - 32))
    last_cycle = seen.last_cycle.duration_s if seen.last_cycle else None
    bucket = seen.bucket.available_points / seen.bucket.maximum_points if seen.bucket.maximum_points else None
    rows = (
        (words.phrase("items/h"), "items", count(seen.rates.items_per_hour, words.language)),
        (words.phrase("run time"), "cycle_s", duration(last_cycle)),
        (words.phrase("points"), "bucket_ratio", percent(bucket, words.language)),
        (words.phrase("queue"), "queue", count(seen.queue.waiting + seen.queue.retrying, words.language)),
        (
            words.phrase("errors"),
            "errors",
            count(sum(int(row.get("errors") or 0) for row in view.trends), words.language),
        ),
    )
    return [
        line(Part(f"{name:<9.9} ", "dim"), Part(spark(_values(view, key), span, words.glyphs), "accent"), f" {value}")
        for name, key, value in rows
    ]


def _values(view: View, key: str) -> list[float | None]:
    values = [row.get(key) for row in view.trends]
    return [float(value) if isinstance(value, int | float) else None for value in values]


def _runs(view: View, seen: EngineSnapshot, width: int, most: int) -> list[Line]:
    words = view.words
    if not view.activity and seen.today.runs:
        return [line(Part(words.phrase("reading…"), "dim"))]
    if not view.activity:
        if seen.next_check_at is not None:
            at = clock(seen.next_check_at, zone_of(seen, words))
            return [line(Part(words.phrase("No runs yet. The first begins at {at}.", at=at), "dim"))]
        return [line(Part(words.phrase("No runs yet."), "dim"))]
    return [run_line(row, seen, words, width) for row in view.activity[:most]]


def run_line(row: dict[str, Any], seen: EngineSnapshot, words: Words, width: int) -> Line:
    """Return one finished run in one line."""
    result = clean(row.get("result", ""), 6)
    at = clock(row.get("started_at"), zone_of(seen, words), seconds=True)
    trigger = clean(words.word(TRIGGERS, row.get("trigger", "")), 14)
    if row.get("by") and row.get("trigger") in ("manual", "full sync"):
        trigger = f"{trigger}: {clean(row['by'], 12)}"
    found = words.phrase(
        "{products} prod {items} {items:item|items}",
        products=row.get("products_synced", 0),
        items=row.get("items_found", 0),
    )
    note = clean(words.told(row.get("note")) or row.get("reason") or "", 120)
    return line(
        f"{at}  ",
        Part(f"{words.glyphs.result(result)} {result:<4} ", RESULT_ROLES.get(result, "")),
        Part(f"#{row.get('number', '')!s:<6}", "dim"),
        f"{trigger:<16.16} {found:<22} {duration(row.get('duration_s')):>7}  ",
        Part(note, "dim"),
    )


def _log_title(view: View, width: int) -> Line:
    words = view.words
    hint = words.phrase(
        "{lines} {lines:line|lines}, {dropped} dropped; 4 opens",
        lines=count(view.logs_last, words.language),
        dropped=view.logs_dropped,
    )
    return _rule(words.phrase("LOG"), width, hint)


def _log(view: View, seen: EngineSnapshot, width: int, most: int) -> list[Line]:
    if not view.logs:
        return [line(Part(view.words.phrase("No lines yet."), "dim"))]
    return [log_line(row, seen, view.words) for row in view.logs[-most:]]


def log_line(row: LogRow, seen: EngineSnapshot, words: Words) -> Line:
    """Return one log line: time, first letter of the level, who, what."""
    role = LEVEL_ROLES.get(row.level, "")
    at = clock(row.at, zone_of(seen, words), seconds=True)
    return line(
        Part(f"{at} ", "dim"),
        Part(f"{row.level[:1]} ", role),
        Part(f"{clean(row.service, 18):<18.18} ", "dim"),
        Part(clean(row.message, 400), role),
    )


def _journal(view: View, seen: EngineSnapshot, width: int) -> list[Line]:
    words = view.words
    told = []
    for row in view.journal[:4]:
        detail = row.get("detail")
        result = words.told(detail.get("result", "")) if isinstance(detail, dict) else ""
        at = clock(row.get("at"), zone_of(seen, words))
        action = words.word(ACTIONS, row.get("action", ""))
        told.append(" ".join((at, *(clean(text, 16) for text in (row.get("actor", ""), action, result)))))
    if not told:
        return []
    return [_rule(words.phrase("WHO DID WHAT"), width), line(Part("  -  ".join(told), "dim"))]
