"""Answers from memory and from the settings: log lines, trends, alerts, configuration; and the sales to come."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rms_console.contract.queries import Page, Query
from rms_console.contract.records import UpcomingSale
from rms_console.domain.zone import day_start
from rms_console.engine.trends import hours_of

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

MOST_LINES: Final = 2_000
ALL_LINES: Final = 100_000
MOST_SALES: Final = 500


async def logs(engine: EngineService, query: Query) -> Page:
    """Return log lines, oldest first: those above the number in the filter `after`, else the newest.

    The filter `sync_id` gives those of one run, as far as they are still kept.
    """
    history = engine.deps.logs
    if history is None:
        return Page(query.subject, (), problem="not-supported")
    limit = max(1, min(MOST_LINES, query.limit))
    after = query.filters.get("after", "")
    rows = history.after(int(after), limit) if after.isdecimal() else history.newest(limit)
    run = query.filters.get("sync_id", "")
    if run:
        rows = tuple(row for row in history.newest(ALL_LINES) if row.get("sync_id") == run)[-limit:]
    facts = {"last": history.last, "oldest": history.oldest, "dropped": history.dropped}
    return Page(query.subject, rows, total=len(rows), facts=facts)


async def performance(engine: EngineService, query: Query) -> Page:
    """Return the last 60 minutes, oldest first; the figures of the day and of 24 hours are in the facts."""
    now, settings = engine.deps.clock.now(), engine.settings
    begin = day_start(now, settings.zone)
    cycles = engine.figures.cycles
    facts = {
        "rates": asdict(engine.figures.rates(now, begin, settings.interval_s))
        | {"cache_hit_ratio": engine.reference.hit_ratio},
        "today": asdict(engine.figures.today(begin)),
        "hours": hours_of(cycles, now),
    }
    return Page(query.subject, engine.trends.rows(), total=60, facts=facts)


async def alerts(engine: EngineService, query: Query) -> Page:
    """Return what is so now, then what was; in the language of the filter `language`, where there is one."""
    rows = engine.alerts.rows(query.filters.get("language", ""))
    present = sum(row["state"] == "present" for row in rows)
    return Page(query.subject, rows[: max(1, query.limit)], total=len(rows), facts={"present": present})


async def config(engine: EngineService, query: Query) -> Page:
    """Return one row a setting."""
    desk = engine.deps.desk
    if desk is None:
        return Page(query.subject, (), problem="not-supported")
    rows = desk.rows()
    return Page(query.subject, rows, total=len(rows), facts={"runtime": list(desk.keys())})


async def sales(engine: EngineService, query: Query) -> Page:
    """Return the price changes to come by date alone, the soonest first; `before` is how many to leave out.

    The filter `days` says how far to look ahead. An item whose sale is on has its end among them.
    """
    deps = engine.deps
    offset, limit = query.before or 0, max(1, min(MOST_SALES, query.limit))
    days = query.filters.get("days", "")
    until = deps.clock.now() + timedelta(days=min(float(days), 3650.0)) if _is_number(days) else None
    found = await deps.disk(deps.ledger.upcoming_sales, until, limit, offset)
    total = await deps.disk(deps.ledger.count_sales, until)
    rows = tuple(map(_sale_row, found))
    following = offset + len(rows)
    return Page(query.subject, rows, total=total, next_before=following if following < total else None)


def _sale_row(sale: UpcomingSale) -> dict[str, object]:
    return {
        "at": sale.at.isoformat().replace("+00:00", "Z"),
        "starts": sale.starts,
        "item_id": sale.item_id,
        "sku": sale.sku,
        "style": sale.style,
        "title": sale.title,
        "price": None if sale.price is None else str(sale.price),
        "sale_price": None if sale.sale_price is None else str(sale.sale_price),
    }


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
