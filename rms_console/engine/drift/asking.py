"""What is asked of the drift report: a comparison, the mending of what it found, the report itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rms_console.contract.commands import Accepted, Command, HealDrift, Refused, Reply, Verify
from rms_console.contract.drift import DriftReport, DriftRun, difference_row
from rms_console.contract.queries import Page, Query
from rms_console.engine.drift.reporting import facts_of
from rms_console.engine.drift.resting import named_styles
from rms_console.engine.drift.running import VERIFY
from rms_console.engine.drift.short import MOST_AT_ONCE
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

MOST_ROWS = 1000


async def verify(engine: EngineService, command: Command, request: Verify) -> Reply:
    """Begin a comparison: of what is named, or of everything.

    Raises:
        Refused: RMS has nothing of that name, or they are too many. SourceError, StoreError.
    """
    said_no = _hindrance(engine, command, heals=request.heal)
    if said_no is not None:
        return said_no
    drift, deps = engine.drift, engine.deps
    await drift.begin()
    if request.styles or request.skus:
        styles = () if drift.short.is_full else await named_styles(deps, request.styles, request.skus)
        if drift.short.is_full:  # others may have begun while the names were looked up
            told = sentence("{most} comparisons of single products are on already", most=MOST_AT_ONCE)
            return Refused(command.command_id, "busy", told, sentence("their reports come by themselves"))
        now = deps.clock.now().isoformat()
        run = DriftRun(command.command_id, VERIFY, now, command.actor.name, request.heal, styles, is_verify=True)
        began = drift.short.begin(run)
    elif drift.is_busy:
        stage = drift.run.stage if drift.run is not None else "-"
        told = sentence("a comparison with the shop is on already ({stage})", stage=stage)
        return Refused(command.command_id, "busy", told, sentence("its report comes by itself"))
    else:
        began = drift.ask(command.command_id, VERIFY, command.actor.name, heal=request.heal)
    if not began:
        return Refused(command.command_id, "not-supported", sentence("this engine makes no drift report"))
    return Accepted(command.command_id, sentence("the comparison with the shop begins"))


async def heal(engine: EngineService, command: Command, request: HealDrift) -> Reply:
    """Queue products of the latest report for mending."""
    said_no = _hindrance(engine, command, heals=True)
    if said_no is not None:
        return said_no
    await engine.drift.begin()
    report = engine.drift.report
    if request.run_id and (report is None or report.run_id != request.run_id):
        told = sentence("there is a newer report than the one that was looked at: nothing is mended")
        return Refused(command.command_id, "report-changed", told, sentence("look at the differences again"))
    rows = report.differences if report is not None else ()
    wanted = [one for number, one in enumerate(rows, start=1) if not request.numbers or number in request.numbers]
    styles = sorted({one.style for one in wanted if one.is_mendable})
    if not styles:
        told = sentence("the report names nothing that can be mended so")
        return Refused(command.command_id, "not-found", told, sentence("compare again: `rms-console verify`"))
    engine.drift.mender.heal(styles)
    told = sentence(
        "{count} {count:product is looked at again and queued where it still differs|products are looked at "
        "again and queued where they still differ}",
        count=len(styles),
    )
    return Accepted(command.command_id, told, {"products": len(styles)})


async def answer(engine: EngineService, query: Query) -> Page:
    """Return the differences of the latest whole report, or of the one of the run `key`; its figures in the facts.

    The filters `kind`, `cause` and `waiting` (0 or 1) narrow the rows; `before` is how many to leave out.
    """
    drift = engine.drift
    await drift.begin()
    report: DriftReport | None = drift.report
    if query.key:
        whole = report if report is not None and report.run_id == query.key else None
        report = drift.short.reports.get(query.key, whole)
        if report is None:
            return Page(query.subject, (), problem="not-found")
    view = drift.view()
    facts = {**facts_of(report or DriftReport()), "stage": view.stage, "running_id": view.run_id}
    rows = [
        difference_row(number, one)
        for number, one in enumerate(report.differences if report is not None else (), start=1)
        if query.filters.get("kind", one.kind.value) == one.kind.value
        and query.filters.get("cause", one.cause.value) == one.cause.value
        and query.filters.get("waiting", str(int(one.is_known))) == str(int(one.is_known))
    ]
    offset, limit = query.before or 0, max(1, min(MOST_ROWS, query.limit))
    some = tuple(rows[offset : offset + limit])
    following = offset + len(some)
    return Page(query.subject, some, len(rows), following if following < len(rows) else None, facts=facts)


def _hindrance(engine: EngineService, command: Command, *, heals: bool) -> Refused | None:
    pause = engine.pause
    if pause is not None and heals:
        told = sentence("paused by {by}: nothing is mended", by=pause.by)
        return Refused(command.command_id, "paused", told, sentence("resume first"))
    waiting = engine.standby.waiting()
    if waiting is not None:
        # Its ledger is not that of the engine that writes: everything it wrote would look like a hand edit.
        told = sentence("it stands by: {message}", message=waiting.message)
        return Refused(command.command_id, waiting.code, told, waiting.hint)
    if engine.world is None:
        return Refused(command.command_id, "not-connected", sentence("RMS and the shop were not reached yet"))
    return None
