"""Answers from memory and from the settings: log lines, trends, alerts, configuration; and the sales to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rms_console.contract.queries import Page, Query
from rms_console.contract.records import UpcomingSale
from rms_console.domain import cost
from rms_console.domain.catchup import Bucket, catch_up, seconds_for
from rms_console.domain.sale import Priced, shop_price
from rms_console.domain.zone import day_start, to_local
from rms_console.engine import status
from rms_console.engine.trends import hours_of
from rms_console.errors import SourceError

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
    """Return the last 60 minutes, oldest first; the figures of the day and of 24 hours are in the facts.

    With the filter `days` (1 to 30) also `timings`: percentiles over so many days of the store, and of each day.
    """
    now = engine.deps.clock.now()
    begin = day_start(now, engine.settings.zone)
    cycles = engine.figures.cycles
    days = query.filters.get("days", "")
    timings = engine.insight.timings.summary(int(days)) if days.isdecimal() else None
    facts = {
        "timings": timings,
        "rates": asdict(status.rates(engine, now, begin)),
        "today": asdict(status.today(engine, begin)),
        "hours": hours_of(cycles, now),
    }
    return Page(query.subject, engine.trends.rows(), total=60, facts=facts)


async def alerts(engine: EngineService, query: Query) -> Page:
    """Return what is so now, then what was; in the language of the filter `language`, where there is one."""
    await engine.alert_desk.save()
    rows = engine.alerts.rows(query.filters.get("language", ""))
    present = sum(row["state"] == "present" for row in rows)
    facts = {"present": present, **engine.alert_desk.facts(rows)}
    return Page(query.subject, rows[: max(1, query.limit)], total=len(rows), facts=facts)


async def config(engine: EngineService, query: Query) -> Page:
    """Return one row a setting."""
    desk = engine.deps.desk
    if desk is None:
        return Page(query.subject, (), problem="not-supported")
    rows = desk.rows()
    return Page(query.subject, rows, total=len(rows), facts={"runtime": list(desk.keys())})


async def sales(engine: EngineService, query: Query) -> Page:
    """Return the price changes to come by date alone, the soonest first; `before` is how many to leave out.

    The filter `days` says how far to look ahead. An item whose sale is on has its end among them. With `prices` = 1
    RMS is asked for the prices of what has yet to begin: one read of the store's view.
    """
    deps = engine.deps
    offset, limit = query.before or 0, max(1, min(MOST_SALES, query.limit))
    days = query.filters.get("days", "")
    until = deps.clock.now() + timedelta(days=min(float(days), 3650.0)) if _is_number(days) else None
    found = await deps.disk(deps.ledger.upcoming_sales, until, limit, offset)
    total = await deps.disk(deps.ledger.count_sales, until)
    offered = await _offered(engine, found) if query.filters.get("prices") == "1" else {}
    rows = tuple(_sale_row(sale, offered.get((sale.item_id, sale.at))) for sale in found)
    following = offset + len(rows)
    facts = {"moments": await _moments(engine, until)} if not offset else {}
    return Page(query.subject, rows, total=total, next_before=following if following < total else None, facts=facts)


async def _moments(engine: EngineService, until: datetime | None) -> list[dict[str, object]]:
    """Return what begins and ends when, what it costs in points, and the seconds until all of it is in the shop.

    A peak takes longer than a run may take until the next one is due, or empties the shop's bucket.
    """
    deps, pace = engine.deps, engine.deps.pacer.view()
    measured = engine.insight.estimator.latest_runs()
    told: list[dict[str, object]] = []
    for moment in await deps.disk(deps.ledger.sale_moments, until, MOST_SALES):
        points = cost.reprice(moment.products, moment.items)
        bucket = Bucket(pace.maximum, pace.restore)
        found = catch_up(moment.items, measured, bucket, points)
        seconds = found.likely_s if found is not None else seconds_for(points, bucket)
        told.append(
            {
                "at": moment.at.isoformat().replace("+00:00", "Z"),
                "products": moment.products,
                "items": moment.items,
                "begin": moment.begin,
                "end": moment.items - moment.begin,
                "points": points,
                "seconds": round(seconds, 1),
                "is_peak": seconds > engine.settings.interval_s or points > pace.maximum,
            }
        )
    return told


async def _offered(engine: EngineService, found: Sequence[UpcomingSale]) -> dict[tuple[int, datetime], Priced]:
    """Return the price that each sale will begin with, as the shop will show it; nothing while RMS does not answer."""
    deps, world = engine.deps, engine.world
    begin = [sale for sale in found if sale.starts]
    if world is None or not begin:
        return {}
    try:
        read = await deps.sql(deps.source.read_items, sorted({sale.item_id for sale in begin}))
    except SourceError:
        return {}
    items = {item.item_id: item for item in read.rows}
    zone, policy = engine.settings.zone, world.policy
    return {
        (sale.item_id, sale.at): shop_price(items[sale.item_id], to_local(sale.at, zone), policy)
        for sale in begin
        if sale.item_id in items
    }


def _sale_row(sale: UpcomingSale, offered: Priced | None) -> dict[str, object]:
    sale_price = sale.sale_price
    if offered is not None and offered.on_sale:
        sale_price = offered.price
    return {
        "at": sale.at.isoformat().replace("+00:00", "Z"),
        "starts": sale.starts,
        "item_id": sale.item_id,
        "sku": sale.sku,
        "style": sale.style,
        "title": sale.title,
        "price": None if sale.price is None else str(sale.price),
        "sale_price": None if sale_price is None else str(sale_price),
    }


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
