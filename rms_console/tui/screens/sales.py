"""The sales calendar: which prices begin and end when, by the store's days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rms_console.contract.events import EventName
from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.tui.format import MONTHS, age, clock, count, local_of, money
from rms_console.tui.lines import Line, Part, columns, line, width_of
from rms_console.tui.plain import clean
from rms_console.tui.screens.facts import told_at, zone_name
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.product import ProductPage
from rms_console.tui.screens.reading import MOST_AT_ONCE
from rms_console.tui.view import View
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped

DAYS: Final = 30
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


class SalesPage(ListPage):
    """A list of days, each with what begins and ends on it."""

    NAME = "sales"
    SUBJECT = Subject.SALES
    NEWS = frozenset({EventName.SALE_BOUNDARY_PASSED, EventName.CYCLE_FINISHED})
    IS_HISTORY = False
    COUNTS = False
    DETAIL_ROWS = 3

    def __init__(self) -> None:
        super().__init__()
        self._calendar: list[Row] = []
        self._made_of: tuple[object, ...] = ()

    def question(self) -> Query:
        return Query(Subject.SALES, MOST_AT_ONCE, filters={"days": str(DAYS), "prices": "1"})

    def key_of(self, row: Row) -> object:
        return row_key(row)

    def heading(self, view: View) -> Line:
        return title_line(self._rows, view, self._facts)

    def listed_rows(self, view: View) -> Sequence[Row]:
        made_of = (id(self._rows), len(self._rows), int(view.now.timestamp()) // 30, zone_name(view))
        if made_of != self._made_of:
            # Times left are told in minutes: no need to build a long calendar at each tick.
            self._made_of, self._calendar = made_of, calendar_rows(self._rows, view)
        return self._calendar

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return row_line(row, view, width)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        return wrapped(clean(row.get("title") or "", 400), width)

    def empty(self, view: View) -> Sequence[Line]:
        return empty_lines(self._facts, view)

    def choose(self, row: Row) -> None:
        if row.get("style"):
            self.app.push_screen(ProductPage(str(row["style"])))


def row_key(row: Mapping[str, Any]) -> object:
    """Return what a row is known by when the list is read again."""
    return (row.get("kind"), row.get("at"), row.get("item_id"), row.get("starts"))


def calendar_rows(sales: Iterable[Mapping[str, Any]], view: View) -> list[Row]:
    """Return the sales to come in order of time, each day headed by a row of its own; `left` is the time until then."""
    zone = zone_name(view)
    timed = [(at, sale) for sale in sales if (at := local_of(sale.get("at"), zone)) is not None]
    rows: list[Row] = []
    for local, sale in sorted(timed, key=lambda pair: pair[0]):
        if not rows or rows[-1]["date"] != local.date():
            rows.append({"kind": DAY, "date": local.date(), "at": local.date().isoformat()})
        seconds = (local - view.now).total_seconds()
        rows.append({**sale, "kind": "sale", "date": local.date(), "left": _left(seconds)})
    return rows


def _left(seconds: float) -> str:
    """Return the time left in whole minutes at least: a calendar need not tick."""
    return age(seconds // 60 * 60) if seconds >= 3600 else f"{max(0, int(seconds // 60))}m"


def title_line(sales: Sequence[Mapping[str, Any]], view: View, facts: Mapping[str, Any] | None = None) -> Line:
    """Return how many sales begin and end in the time shown, and the first peak among them."""
    words = view.words
    parts = [
        Part(words.phrase("SALES"), "title"),
        Part("  " + words.phrase("next {days} days, {zone} time", days=DAYS, zone=clean(zone_name(view), 30)), "dim"),
    ]
    if sales:
        begin = sum(bool(row.get("starts")) for row in sales)
        told = words.phrase("{begin} begin, {end} end", begin=begin, end=len(sales) - begin)
        parts.append(Part(f"  {told}", "strong"))
    peak = next((one for one in (facts or {}).get("moments") or () if one.get("is_peak")), None)
    return (*parts, Part(f"  {peak_text(peak, view)}", "warn")) if peak is not None else tuple(parts)


def peak_text(moment: Mapping[str, Any], view: View) -> str:
    """Return what a moment costs: `Friday 00:00: 1,240 products, 12,400 points, 2m 04s`."""
    words, local = view.words, local_of(moment.get("at"), zone_name(view))
    return words.phrase(
        "{weekday} {at}: {products} {products:product|products}, {points} {points:point|points}, {duration}",
        weekday=words.phrase(WEEKDAYS[local.weekday()]) if local is not None else "",
        at=clock(moment.get("at"), zone_name(view)),
        products=count(moment.get("products"), words.language),
        points=count(moment.get("points"), words.language),
        duration=age(moment.get("seconds")),
    )


def row_line(row: Mapping[str, Any], view: View, width: int) -> Line:
    """Return a day's head, or one sale: when, begins or ends, SKU, style, the price before and after."""
    words = view.words
    if row.get("kind") == DAY:
        return _day_line(row, view, width)
    starts = bool(row.get("starts"))
    zone = zone_name(view)
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
    return money(value, currency, view.words.language, whole=True) if currency else clean(value, 20)


def _day_line(row: Mapping[str, Any], view: View, width: int) -> Line:
    words, day = view.words, row["date"]
    month = MONTHS.get(words.language, MONTHS["en"])[day.month - 1]
    now = local_of(view.now, zone_name(view))
    name = words.phrase("Today") if now is not None and day == now.date() else words.phrase(WEEKDAYS[day.weekday()])
    head = line(Part(f"{name} {day.day} {month} {day.year} ", "title"))
    return (*head, Part(words.glyphs.rule * max(0, width - width_of(head)), "dim"))


def empty_lines(facts: Mapping[str, Any], view: View) -> list[Line]:
    """Return what stands in place of an empty calendar."""
    words = view.words
    lines = [line(words.phrase("No sale begins or ends in the next {days} days.", days=DAYS))]
    next_at = facts.get("next_at") or (view.snapshot.next_sale_at if view.snapshot is not None else None)
    if next_at is not None:
        lines.append(line(words.phrase("The next one changes at {at}.", at=told_at(next_at, view))))
    else:
        lines.append(line(Part(words.phrase("RMS has no sale with a date to come."), "dim")))
    return lines
