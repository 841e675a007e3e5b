"""What happened, numbered. Names are past tense: `cycle.finished`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `number` grows by one within a `boot_id`; `facts` are plain values for any front end."""

    number: int
    at: datetime
    name: str
    level: str = "INFO"
    facts: Mapping[str, Fact] = field(default_factory=dict)


class EventName:
    """Every event the engine publishes."""

    STATE_CHANGED = "state.changed"
    CYCLE_STARTED = "cycle.started"
    CHANGES_READ = "changes.read"
    BATCH_STARTED = "batch.started"
    PRODUCT_SYNCED = "product.synced"
    PRODUCT_PLANNED = "product.planned"
    PRODUCT_FAILED = "product.failed"
    ITEM_QUARANTINED = "item.quarantined"
    PRODUCT_HELD = "product.held"
    CYCLE_FINISHED = "cycle.finished"
    SALE_BOUNDARY_PASSED = "sale.boundary_passed"
    LEASE_CHANGED = "lease.changed"
    CONNECTION_CHANGED = "connection.changed"
    SETTING_CHANGED = "setting.changed"
    COMMAND_HANDLED = "command.handled"
    COMMAND_DONE = "command.done"
    ALERT_RAISED = "alert.raised"
    ALERT_CLEARED = "alert.cleared"
    STARTUP_STEP = "startup.step"
    HEALTH_CHECKED = "health.checked"
    SUPERVISOR_CHECKED = "supervisor.checked"
    SOURCE_RESTORED = "source.restored"
    WATERMARK_HELD_BACK = "watermark.held_back"
    COMPARED = "store.compared"
    DRIFT_REPORTED = "drift.reported"
    LEDGER_RESCUED = "ledger.rescued"
    PROVEN = "change.proven"
    BACKLOG_LATE = "backlog.late"
