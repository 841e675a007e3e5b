"""What a cycle was and how it ended: its figures as a value, its lines for people, its record for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rms_console.contract.events import EventName
from rms_console.contract.ports import ShopCounters, SystemReading
from rms_console.contract.settings import EngineSettings
from rms_console.contract.snapshot import CycleView
from rms_console.domain.position import Position
from rms_console.engine.job import Tally
from rms_console.engine.journal import DETECTOR, Journal
from rms_console.errors import ConsoleError
from rms_console.locale import mark, sentence


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a cycle runs. `only` narrows it to these items."""

    trigger: str
    by: str = ""
    reason: str = ""
    only: tuple[int, ...] = ()
    batch_size: int | None = None
    include_zero_stock: bool | None = None
    forced: bool = False
    """Whether it runs although the engine is paused."""
    command_id: str = ""
    """The command that asked for it, if one did."""


@dataclass(frozen=True, slots=True)
class Run:
    """One cycle from its start: who asked, with which settings, and where the counters stood."""

    number: int
    cause: Cause
    settings: EngineSettings
    started_at: datetime
    begun: float
    counters: ShopCounters
    watermark: str

    @property
    def sync_id(self) -> str:
        return f"sync_{self.started_at:%Y%m%d_%H%M%S}_{self.number}"


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended: the sums, the trouble if any, why it was stopped early if it was, and what is left."""

    tally: Tally
    fault: Exception | None
    asked: str
    queue_left: int
    duration_s: float
    counters: ShopCounters


def show(position: Position | None) -> str:
    """Return a position for people: the server's stamp, or the row version."""
    return "-" if position is None else (position.stamp or f"rowversion {position.number}")


def view_of(run: Run, end: Ending) -> CycleView:
    """Return the finished cycle as activity lists show it."""
    tally, before, after = end.tally, run.counters, end.counters
    return CycleView(
        number=run.number,
        sync_id=run.sync_id,
        trigger=run.cause.trigger,
        by=run.cause.by,
        reason=run.cause.reason,
        result=_result(end),
        started_at=run.started_at,
        duration_s=end.duration_s,
        items_found=tally.items_found,
        products_synced=tally.products_synced,
        products_created=tally.products_created,
        variants_created=tally.variants_created,
        variants_updated=tally.variants_updated,
        stock_rows=tally.stock_rows,
        mutations=after.mutations - before.mutations,
        queries=after.queries - before.queries,
        points=after.points - before.points,
        throttled=after.throttled - before.throttled,
        errors=tally.errors + (end.fault is not None),
        quarantined=tally.quarantined,
        held=tally.held,
        batches=tally.batches,
        queue_left=end.queue_left,
        note=_note(end),
        error_code=_code(end),
        items_synced=tally.items_synced,
    )


_SUMS = (
    "duration_s",
    "items_found",
    "products_synced",
    "products_created",
    "variants_created",
    "variants_updated",
    "stock_rows",
    "mutations",
    "queries",
    "points",
    "throttled",
    "errors",
    "quarantined",
    "held",
    "batches",
)
_ASKED = (mark("timeout"), mark("pause"), mark("stop"), mark("observe"))
"""Why a run is stopped early, in the words of those who ask for it."""
_WORST_FIRST = ("FAIL", "PART", "OK", "SKIP")


def together(views: Sequence[CycleView]) -> CycleView:
    """Return several runs as one: sums, the worst result, the first's name, the last's end."""
    if len(views) == 1:
        return views[0]
    sums = {name: sum(getattr(view, name) for view in views) for name in _SUMS}
    worst = min(views, key=lambda view: _WORST_FIRST.index(view.result))
    note = next((view.note for view in reversed(views) if view.note), "")
    sums["items_synced"] = sum(view.items_done for view in views)
    return replace(
        views[0], **sums, result=worst.result, error_code=worst.error_code, note=note, queue_left=views[-1].queue_left
    )


def tell(journal: Journal, run: Run, end: Ending, view: CycleView, watermark: str, system: SystemReading) -> None:
    """Say how the cycle ended: log lines in the requirements' order, the structured record, the event."""
    log, products = journal.log, view.products_synced
    if view.result == "FAIL":
        log("ERROR", DETECTOR, "Sync failed: {message}", message=view.note)
    elif end.tally.planned:
        log("INFO", DETECTOR, "Observing: {products} products planned, nothing sent", products=end.tally.planned)
    elif view.items_found:
        variants = end.tally.variants_touched
        log(
            "INFO",
            DETECTOR,
            "Sync done: {products} products, {variants} variants",
            products=products,
            variants=variants,
        )
    else:
        log("INFO", DETECTOR, "Nothing changed")
    if watermark != run.watermark:
        log("INFO", DETECTOR, "Watermark moved to {position}", position=watermark)
    log("INFO", DETECTOR, "Check finished in {duration} s", duration=f"{view.duration_s:.1f}")
    if run.settings.performance_log:
        journal.record(DETECTOR, "Sync cycle completed", metrics_record(view, system, run.watermark, watermark))
    journal.publish(
        EventName.CYCLE_FINISHED,
        "ERROR" if view.result == "FAIL" else "INFO",
        number=view.number,
        result=view.result,
        items=view.items_found,
        products=products,
        errors=view.errors,
        duration_s=view.duration_s,
        note=view.note,
        sync_id=view.sync_id,
    )


def metrics_record(view: CycleView, system: SystemReading, last: str, new: str) -> dict[str, object]:
    """Return the structured record of one cycle, with the requirements' own keys."""
    metrics = {
        "execution_time_ms": round(1000 * view.duration_s),
        "items_found": view.items_found,
        "products_synced": view.products_synced,
        "variants_created": view.variants_created,
        "errors": view.errors,
        "batch_count": view.batches,
        "memory_usage_mb": system.memory_bytes >> 20,
        "cpu_usage_percent": system.cpu_percent,
    }
    context = {"check_number": view.number, "sync_id": view.sync_id, "last_timestamp": last, "new_timestamp": new}
    return {"metrics": metrics, "context": context}


def _result(end: Ending) -> str:
    if end.fault is not None:
        return "FAIL"
    return "PART" if end.tally.errors or end.tally.quarantined else "OK"


def _note(end: Ending) -> str:
    tally, fault = end.tally, end.fault
    if fault is not None:
        return _told(fault) if isinstance(fault, ConsoleError) else f"{type(fault).__name__}: {fault}"
    if end.asked:
        return sentence(
            "stopped: {why}; {count} products go on next time", why=sentence(end.asked), count=tally.unfinished
        )
    if tally.planned:
        return sentence("observing: {count} products planned, nothing sent", count=tally.planned)
    return "" if tally.items_found else sentence("no changes")


def _told(fault: ConsoleError) -> str:
    """Return an error and what to do, each of which can be told in another language."""
    if not fault.hint:
        return fault.message
    return sentence("{message} ({hint})", message=fault.message, hint=fault.hint)


def _code(end: Ending) -> str:
    if end.fault is not None:
        return end.fault.code if isinstance(end.fault, ConsoleError) else "unexpected"
    return max(end.tally.codes, key=lambda code: end.tally.codes[code], default="")
