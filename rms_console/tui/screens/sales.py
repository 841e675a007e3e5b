"""The sales calendar: which prices begin and end when, by the store's days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from textual.widget import Widget

from rms_console.contract.events import Event, EventName
from rms_console.contract.queries import Page as Answer
from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.tui.format import MONTHS, age, clock, moment, money
from rms_console.tui.lines import Line, Part, columns, fit, line, width_of
from rms_console.tui.plain import clean
from rms_console.tui.screens.frame import zone_of
from rms_console.tui.screens.page import Page
from rms_console.tui.view import View
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.widgets.rows import Row, RowList

DAYS: Final = 30
BATCH: Final = 500
KEPT: Final = 10_000
SLOW_S: Final = 0.3
NEWS: Final = frozenset({EventName.SALE_BOUNDARY_PASSED, EventName.CYCLE_FINISHED})
WEEKDAYS: Final = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)
DAY: Final = "day"
"""Kind of the rows that head a day; the others are the engine's."""


class SalesPage(Page):
    """A list of days, each with what begins and ends on it."""

    NAME = "sales"

    def __init__(self) -> None:
        super().__init__()
        self._answer: Answer | None = None
        self._is_reading = False
        self._drawn: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        yield Panel(id="title")
        yield RowList(self._draw_row, row_key, id="body")

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.query_one(RowList).focus()
        self._read()

    def hear(self, event: Event) -> None:
        if event.name in NEWS:
            self._read()

    def show(self, view: View) -> None:
        self.query_one("#title", Panel).show([fit(title_line(self._answer, view, self._is_reading), self.size.width)])
        drawn = (id(self._answer), int(view.now.timestamp()) // 30, _zone_name(view), view.words.language)
        if drawn != self._drawn or not (self._answer and self._answer.rows):
            # Times left are told in minutes: no need to build a long calendar at each tick.
            self._drawn = drawn
            rows = calendar_rows(self._answer.rows if self._answer else (), view)
            self.query_one(RowList).show(rows, empty_lines(self._answer, view))

    def _draw_row(self, row: Row, width: int) -> Line:
        return fit(row_line(row, self.console_app.view(), width), width)

    def on_row_list_near_end(self) -> None:
        if self._answer is not None and self._answer.next_before and len(self._answer.rows) < KEPT:
            self.begin(partial(self._fetch, self._answer.next_before), "read")

    def _read(self) -> None:
        self.begin(partial(self._fetch, None), "read")

    async def _fetch(self, before: int | None) -> None:
        slow = self.set_timer(SLOW_S, self._tell_slow)
        try:
            answer = await self.ask(Query(Subject.SALES, BATCH, before, filters={"days": str(DAYS), "prices": "1"}))
        finally:
            slow.stop()
            self._is_reading = False
        kept = self._answer.rows if self._answer is not None and (answer.problem or before) else ()
        rows = kept if answer.problem else (*kept, *answer.rows)
        self._answer = Answer(
            answer.subject, rows[:KEPT], answer.total, answer.next_before, answer.problem, answer.facts
        )
        self.console_app.draw()

    def _tell_slow(self) -> None:
        self._is_reading = True
        self.console_app.draw()


def row_key(row: Mapping[str, Any]) -> object:
    """Return what a row is known by when the list is read again."""
    return (row.get("kind"), row.get("at"), row.get("item_id"), row.get("starts"))


def _zone_name(view: View) -> str:
    return zone_of(view.snapshot, view.words) if view.snapshot is not None else "UTC"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _instant(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def calendar_rows(sales: Iterable[Mapping[str, Any]], view: View) -> list[Row]:
    """Return the sales to come in order of time, each day headed by a row of its own; `left` is the time until then."""
    zone = _zone(_zone_name(view))
    timed = [(at, sale) for sale in sales if (at := _instant(sale.get("at"))) is not None]
    rows: list[Row] = []
    for at, sale in sorted(timed, key=lambda pair: pair[0]):
        local = at.astimezone(zone)
        if not rows or rows[-1]["date"] != local.date():
            rows.append({"kind": DAY, "date": local.date(), "at": local.date().isoformat()})
        seconds = (at - view.now).total_seconds()
        rows.append({**sale, "kind": "sale", "date": local.date(), "left": _left(seconds)})
    return rows


def _left(seconds: float) -> str:
    """Return the time left in whole minutes at least: a calendar need not tick."""
    return age(seconds // 60 * 60) if seconds >= 3600 else f"{max(0, int(seconds // 60))}m"


def title_line(answer: Answer | None, view: View, is_reading: bool = False) -> Line:
    """Return how many sales begin and end in the time shown, and when the next does."""
    words = view.words
    parts = [
        Part(words.phrase("SALES"), "title"),
        Part("  " + words.phrase("next {days} days, {zone} time", days=DAYS, zone=clean(_zone_name(view), 30)), "dim"),
    ]
    if answer is not None and answer.rows:
        begin = sum(bool(row.get("starts")) for row in answer.rows)
        told = words.phrase("{begin} begin, {end} end", begin=begin, end=len(answer.rows) - begin)
        parts.append(Part(f"  {told}", "strong"))
    if is_reading:
        parts.append(Part("  " + words.phrase("reading…"), "dim"))
    elif answer is not None and answer.problem:
        parts.append(Part("  " + words.phrase("not fresh: {why}", why=clean(answer.problem, 120)), "warn"))
    return tuple(parts)


def row_line(row: Mapping[str, Any], view: View, width: int) -> Line:
    """Return a day's head, or one sale: when, begins or ends, SKU, style, the price before and after."""
    words = view.words
    if row.get("kind") == DAY:
        return _day_line(row, view, width)
    starts = bool(row.get("starts"))
    zone = _zone_name(view)
    verb = words.phrase("begins") if starts else words.phrase("ends")
    price, sale_price = _price(row.get("price"), view), _price(row.get("sale_price"), view)
    before, after = (price, sale_price) if starts else (sale_price, price)
    spare = max(0, width - 76)
    cells = columns(
        (
            (Part(clock(row.get("at"), zone)), 5, "left"),
            (Part(words.phrase("in {left}", left=row.get("left", "")), "dim"), 11, "left"),
            (Part(verb, "good" if starts else "warn"), 8, "left"),
            (Part(clean(row.get("sku") or ""), "strong"), 14 + spare // 4, "left"),
            (Part(clean(row.get("style") or "")), 9, "left"),
            (Part(before, "dim"), 11, "right"),
            (Part(words.glyphs.arrow, "dim"), 1, "left"),
            (Part(after), 10, "left"),
        )
    )
    title = clean(row.get("title") or "", 200)
    return (*cells, Part(f"  {title}", "dim")) if spare > 10 else cells


def _price(value: object, view: View) -> str:
    if value is None or value == "":
        return view.words.glyphs.unknown
    currency = view.snapshot.shop.currency if view.snapshot is not None else ""
    return money(value, currency, view.words.language) if currency else clean(value, 20)


def _day_line(row: Mapping[str, Any], view: View, width: int) -> Line:
    words, day = view.words, row["date"]
    month = MONTHS.get(words.language, MONTHS["en"])[day.month - 1]
    today = view.now.astimezone(_zone(_zone_name(view))).date()
    name = words.phrase("Today") if day == today else words.phrase(WEEKDAYS[day.weekday()])
    head = line(Part(f"{name} {day.day} {month} {day.year} ", "title"))
    return (*head, Part(words.glyphs.rule * max(0, width - width_of(head)), "dim"))


def empty_lines(answer: Answer | None, view: View) -> list[Line]:
    """Return what stands in place of an empty calendar."""
    words = view.words
    if answer is None:
        return [line(Part(words.phrase("reading…"), "dim"))]
    if answer.problem:
        return [line(Part(words.phrase("The sales cannot be read: {why}", why=clean(answer.problem, 200)), "warn"))]
    lines = [line(words.phrase("No sale begins or ends in the next {days} days.", days=DAYS))]
    next_at = answer.facts.get("next_at") or (view.snapshot.next_sale_at if view.snapshot is not None else None)
    if next_at is not None:
        at = moment(next_at, _zone_name(view), view.now, words.language)
        lines.append(line(words.phrase("The next one changes at {at}.", at=at)))
    else:
        lines.append(line(Part(words.phrase("RMS has no sale with a date to come."), "dim")))
    return lines
