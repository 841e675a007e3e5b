"""Brings the facts together. Cheap: memory, a few indexed reads of the ledger, nothing of RMS or of the shop."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rms_console.contract.queries import Page, Query
from rms_console.contract.records import HoldState, QueueState
from rms_console.engine.detecting import known_probe
from rms_console.engine.diagnosis import rules
from rms_console.engine.diagnosis.facts import ClockReading, Facts
from rms_console.engine.diagnosis.starts import starts
from rms_console.errors import StoreError

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

MOST_SET_ASIDE: Final = 1_000
"""Entries looked at for their codes: which one is commonest shows in fewer."""


async def answer(engine: EngineService, query: Query) -> Page:
    """Return the findings of all rules, or of the chapter in the filter `group`, worst first; counts by level."""
    found = rules.diagnose(await gather(engine))
    group = query.filters.get("group", "")
    told = tuple(one for one in found if not group or one.group == group)
    rows = rules.rows(told, query.filters.get("language", "en"))
    return Page(query.subject, rows, total=len(rows), facts=dict(rules.counts(told)))


async def gather(engine: EngineService) -> Facts:
    """Return all that the rules look at. A ledger that cannot be read is a fact like others."""
    around = await engine.deps.disk(engine.deps.surroundings) if engine.deps.surroundings is not None else None
    listed = engine.deps.desk.rows() if engine.deps.desk is not None else ()
    facts = Facts(engine.deps.clock.now(), settings={row["key"]: row["value"] for row in listed}, surroundings=around)
    try:
        return await _with_engine(engine, facts)
    except StoreError as error:
        return replace(facts, zone=engine.settings.zone, ledger_problem=error.message)


async def _with_engine(engine: EngineService, facts: Facts) -> Facts:
    deps, world, startup = engine.deps, engine.world, engine.startup
    aside = await deps.disk(deps.ledger.queue_page, (QueueState.QUARANTINED,), MOST_SET_ASIDE, 0)
    held = await deps.disk(deps.ledger.holds_page, (HoldState.OPEN,), 1, 0)
    return replace(
        facts,
        seen=await engine.snapshot(),
        cycles=engine.figures.cycles,
        starts=await deps.disk(starts, deps.ledger),
        set_aside=Counter(entry.code or "?" for entry in aside),
        most_held_at=held[0].created_at if held else None,
        zone=engine.settings.zone,
        shop_zone=world.shop.zone if world is not None else "",
        rms_offset_minutes=world.source.utc_offset_minutes if world is not None else None,
        rms_clock=ClockReading(*engine.detector.clocks) if engine.detector.clocks is not None else None,
        shop_clock=ClockReading(*startup.shop_clocks) if startup.shop_clocks is not None else None,
        source=world.source if world is not None else None,
        probe=await deps.disk(known_probe, deps.ledger),
        look_s=engine.detector.look_s,
    )
