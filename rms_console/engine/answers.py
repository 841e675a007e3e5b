"""Answers to questions about history, the queue, one product: read from the ledger, as plain rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rms_console.contract import wire
from rms_console.contract.holding import hold_row
from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.records import HoldState, QueueState
from rms_console.engine import explaining, listing
from rms_console.engine.diagnosis import gathering
from rms_console.engine.drift import asking
from rms_console.engine.rehearsing import Rehearsal, Rehearsed, on_trial, product_row, totals
from rms_console.engine.world import World

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

MAX_ROWS = 500
PREVIEW_S = 540.0
"""So long a full comparison may take that is only looked at: a part of it is worth more than none."""


async def answer(engine: EngineService, query: Query) -> Page:
    """Return the page asked for; a part that the engine does not have yet says so instead of being empty."""
    reader = READERS.get(query.subject)
    if reader is None:
        return Page(query.subject, (), problem="not-supported")
    return await reader(engine, query)


async def _activity(engine: EngineService, query: Query) -> Page:
    cycles = await engine.deps.disk(engine.deps.ledger.cycles, _limit(query), query.before)
    rows = tuple(wire.to_json(cycle) for cycle in cycles)
    return Page(query.subject, rows, next_before=cycles[-1].number if cycles else None)


async def _cycle(engine: EngineService, query: Query) -> Page:
    """Return what a cycle did to each product, in order; `next_before` goes on."""
    number = int(query.key or 0)
    rows = await engine.deps.disk(engine.deps.ledger.cycle_products, number, _limit(query), query.before or 0)
    return await _history(engine, query, rows)


async def _queue(engine: EngineService, query: Query) -> Page:
    asked = query.filters.get("state", "")
    states = (QueueState(asked),) if asked else tuple(QueueState)
    deps = engine.deps
    entries = await deps.disk(deps.ledger.queue_page, states, _limit(query), query.before or 0)
    rows = tuple(wire.to_json(entry) for entry in entries)
    return Page(query.subject, rows, next_before=(query.before or 0) + len(rows) if rows else None)


async def _holds(engine: EngineService, query: Query) -> Page:
    """Return holds in order of their numbers, open ones unless `state` says otherwise; `next_before` goes on.

    The reason is told in the language of the filter `language`.
    """
    asked = query.filters.get("state", HoldState.OPEN.value)
    states = () if asked == "all" else (HoldState(asked),)
    ledger = engine.deps.ledger
    holds = await engine.deps.disk(ledger.holds_page, states, _limit(query), query.before or 0)
    language = query.filters.get("language", "en")
    rows = tuple(hold_row(hold, language) for hold in holds)
    return Page(query.subject, rows, next_before=holds[-1].hold_id if holds else None)


async def _plan(engine: EngineService, query: Query) -> Page:
    """Return what would be sent now, product by product: all that is due, or one style or SKU (`key`).

    With the filter `full` = 1 everything is compared first, as a full sync does: then only the first products come
    with their fields, the sums are of all, and `complete` says whether time was enough.
    """
    deps, world = engine.deps, engine.world
    if world is None:
        return Page(query.subject, (), problem="not-connected")
    only: tuple[int, ...] = ()
    if query.key:
        only = await deps.sql(deps.source.find_items, (query.key,), (query.key,))
        if not only:
            return Page(query.subject, (), problem="not-found")
    full = query.filters.get("full", "") == "1" and not only
    if full and engine.is_previewing:
        return Page(query.subject, (), problem="busy")
    engine.is_previewing |= full
    try:
        found = await _rehearse(engine, world, only, _limit(query), full)
    finally:
        engine.is_previewing &= not full
    rows = tuple(product_row(planned, query.filters.get("language", "en")) for planned in found.products.values())
    return Page(query.subject, rows, total=found.sums().products, facts=totals(found))


async def _rehearse(engine: EngineService, world: World, only: tuple[int, ...], limit: int, full: bool) -> Rehearsed:
    """Plan on a copy of the ledger, which is gone however this ends: the asker may give up at any time."""
    deps = engine.deps
    making = asyncio.ensure_future(deps.disk(deps.ledger.trial))
    try:
        trial = await asyncio.shield(making)
        rehearsal = Rehearsal(on_trial(deps, trial), engine.settings, world)
        if full:
            return await rehearsal.run(full=True, keep=limit, most_s=PREVIEW_S)
        return await rehearsal.run(only, limit)
    finally:
        # Also where the asker gave up while the copy was being made: nobody else would close it.
        await deps.disk((await making).close)


async def _product(engine: EngineService, query: Query) -> Page:
    style = (query.key or "").strip().upper()
    rows = await engine.deps.disk(engine.deps.ledger.product_history, style, _limit(query), query.before)
    return await _history(engine, query, rows)


async def _history(engine: EngineService, query: Query, rows: Sequence[Mapping[str, Any]]) -> Page:
    """Return entries of a history; each change says of which SKU it is, as far as the ledger still knows the item."""
    styles = sorted({str(row["style"]) for row in rows})
    products = await engine.deps.disk(engine.deps.ledger.products, styles)
    skus = {one.item_id: one.sku for product in products.values() for one in product.variants}
    told = tuple(
        {**row, "changes": [{**change, "sku": skus.get(change["item_id"])} for change in row["changes"]]}
        for row in rows
    )
    return Page(query.subject, told, next_before=told[-1]["number"] if told else None)


async def _audit(engine: EngineService, query: Query) -> Page:
    entries = await engine.deps.disk(engine.deps.ledger.audit, _limit(query), query.before)
    rows = tuple(wire.to_json(entry) for entry in entries)
    return Page(query.subject, rows, next_before=entries[-1].number if entries else None)


def _limit(query: Query) -> int:
    return max(1, min(MAX_ROWS, query.limit))


READERS: dict[Subject, Callable[[Any, Query], Awaitable[Page]]] = {
    Subject.ACTIVITY: _activity,
    Subject.CYCLE: _cycle,
    Subject.QUEUE: _queue,
    Subject.HOLDS: _holds,
    Subject.PLAN: _plan,
    Subject.PRODUCT: _product,
    Subject.AUDIT: _audit,
    Subject.LOGS: listing.logs,
    Subject.PERFORMANCE: listing.performance,
    Subject.ALERTS: listing.alerts,
    Subject.CONFIG: listing.config,
    Subject.SALES: listing.sales,
    Subject.DIAGNOSTICS: gathering.answer,
    Subject.DRIFT: asking.answer,
    Subject.EXPLAIN: explaining.answer,
}
