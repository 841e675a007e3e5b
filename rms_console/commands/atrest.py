"""What a shop's memory tells while no engine can be asked: the API's bodies, from ledger, settings and log."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rms_console import __version__
from rms_console.adapters.clock import SystemClock
from rms_console.adapters.lease import FileLease
from rms_console.commands import logtail
from rms_console.commands.facts import UNKNOWN
from rms_console.commands.reaching import OTHER_ACCOUNT
from rms_console.config.rows import setting_rows
from rms_console.contract import api, wire
from rms_console.contract.audit_head import audit_head
from rms_console.contract.insight import InsightView, ProvenView
from rms_console.contract.lock_api import LockBody
from rms_console.contract.ports import Ledger
from rms_console.contract.records import QueueCounts
from rms_console.contract.snapshot import (
    CONTRACT_VERSION,
    BucketView,
    EngineSnapshot,
    LockView,
    PauseView,
    QueueView,
    ShopView,
    SourceView,
    SystemView,
)
from rms_console.contract.state import EngineState, LockStatus
from rms_console.control import bodies
from rms_console.control.client import DENIED
from rms_console.domain.zone import day_start
from rms_console.engine import modes
from rms_console.engine.canary import remembered
from rms_console.engine.figures import DAY, Figures
from rms_console.engine.ledger_watch import FACT_PAUSE
from rms_console.errors import Refused, StoreFull
from rms_console.locale import sentence
from rms_console.wiring import Options, Site, engine_settings, site_as_it_is
from rms_console.wiring.parts import Memory, open_memory

NOT_RUNNING, NO_ANSWER = "not running", "running, but not answering"


@dataclass(frozen=True, slots=True)
class AtRest:
    """One shop's memory at one instant: `seen` as an engine would tell it, were there one to ask."""

    memory: Memory
    seen: EngineSnapshot

    @property
    def as_of(self) -> datetime | None:
        """When an engine last recorded a run; None where none ever has."""
        last = self.seen.last_cycle
        return last.started_at + timedelta(seconds=last.duration_s) if last else None

    @property
    def extras(self) -> dict[str, Any]:
        """What each answer carries beyond the API's keys, so that no script takes it for an engine's."""
        return {"engine": NO_ANSWER if self._is_held else NOT_RUNNING, "as_of": bodies.whole(self.as_of)}

    @property
    def _is_held(self) -> bool:
        return self.seen.lock.status is LockStatus.HELD_BY_OTHER

    def status(self) -> api.StatusBody:
        state = {"status": UNKNOWN} if self._is_held else {}
        return bodies.status(self.seen, "en").model_copy(update=self.extras | state)

    def health(self) -> api.HealthBody:
        problems = [f"the engine is {self.extras['engine']}"]
        return bodies.health(self.seen, "en").model_copy(update=self.extras | {"problems": problems})

    def stats(self) -> api.StatsBody:
        body = bodies.stats(self.seen)
        unknown = {"memory_usage": None, "memory_usage_ratio": None}
        well = body.health.model_copy(update=unknown)
        pace = body.performance.model_copy(update={"current_load": None})
        return body.model_copy(update=self.extras | {"health": well, "performance": pace})

    def performance(self) -> api.PerformanceBody:
        body = bodies.performance(self.seen)
        unknown = {"memory_usage": None, "memory_usage_bytes": None}
        present = body.current_performance.model_copy(update=unknown)
        return body.model_copy(update=self.extras | {"current_performance": present})

    def activity(self, limit: int) -> api.ActivityBody:
        cycles = self.memory.ledger.cycles(limit, None) if self.memory.ledger else ()
        rows = [bodies.activity(wire.to_json(cycle)) for cycle in cycles]
        return api.ActivityBody(activities=rows, total=len(rows), limit=limit, **self.extras)

    def lock(self) -> LockBody:
        return bodies.lock(self.seen).model_copy(update=self.extras)

    def config(self) -> api.ConfigBody:
        settings = self.memory.site.settings
        return bodies.config(setting_rows(settings), settings.warnings).model_copy(update=self.extras)

    def logs(self, limit: int, level: str, sought: str = "") -> api.LogsBody:
        entries = logtail.tail(self.memory.site.logs, limit, level, sought)
        return api.LogsBody(logs=entries, total=len(entries), limit=limit, level=level, **self.extras)


@contextlib.contextmanager
def at_rest(options: Options) -> Iterator[AtRest]:
    """Lend what this shop's memory tells now.

    Raises:
        ConfigError: the settings are wrong. StoreError: the ledger cannot be used. Refused: not by this account.
    """
    with contextlib.ExitStack() as stack:
        try:
            memory = stack.enter_context(open_memory(options))
        except StoreFull as error:
            folder = site_as_it_is(options).state
            if os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
                raise
            told = sentence("this account may not write in {folder}, so it cannot read its ledger", folder=folder)
            raise Refused(told, code=DENIED, hint=OTHER_ACCOUNT) from error
        yield AtRest(memory, resting(memory, datetime.now(UTC)))


def resting(memory: Memory, at: datetime) -> EngineSnapshot:
    """Return the engine as it lies: what is counted in its ledger is known, what it saw of the world is not."""
    site, ledger = memory.site, memory.ledger
    settings = engine_settings(site)
    figures = Figures()
    figures.load(ledger.cycles_since(at - DAY) if ledger else ())
    newest = ledger.cycles(1, None) if ledger else ()
    start = day_start(at, settings.zone)
    return EngineSnapshot(
        contract=CONTRACT_VERSION,
        boot_id="",
        event=0,
        at=at,
        demo=False,
        version=__version__,
        state=EngineState.STOPPED,
        since_at=newest[0].started_at if newest else at,
        mode=modes.in_force(ledger, settings.mode) if ledger else settings.mode,
        enabled=settings.enabled,
        is_healthy=False,
        zone=settings.zone,
        interval_s=settings.interval_s,
        watch_s=settings.watch_s,
        source=SourceView("", None, "", None, None),
        shop=ShopView(settings.shop, "", "", settings.api_version, None),
        queue=_queue(ledger.queue_counts(at) if ledger else None, at),
        bucket=BucketView(0.0, 0.0, 0.0, 0, 0.0, 0),
        lock=_lock(site),
        today=figures.today(start),
        rates=figures.rates(at, start, settings.interval_s),
        system=SystemView(0, 0, None, 0, 0),
        connections=(),
        last_check_at=newest[0].started_at if newest else None,
        last_cycle=newest[0] if newest else None,
        pause=_pause(ledger),
        audit=audit_head(ledger) if ledger else None,
        insight=InsightView(
            proven=ProvenView("off", sentence("no engine runs"), remembered(ledger) if ledger else None)
        ),
    )


def _queue(counts: QueueCounts | None, at: datetime) -> QueueView:
    if counts is None:
        return QueueView(0, 0, 0, 0, None)
    oldest_s = max(0.0, (at - counts.oldest_at).total_seconds()) if counts.oldest_at else None
    return QueueView(
        counts.waiting,
        counts.retrying,
        counts.quarantined,
        counts.held,
        oldest_s,
        reconcile_waiting=counts.reconcile_waiting,
    )


def _lock(site: Site) -> LockView:
    lease = FileLease(site.state, SystemClock())
    status, owner, enabled = lease.status(), lease.owner(), site.settings.lock.enabled
    if owner is None:
        return LockView(status, None, None, None, None, 0, enabled)
    return LockView(status, owner.boot_id, owner.host, owner.pid, owner.since_at, owner.epoch, enabled)


def _pause(ledger: Ledger | None) -> PauseView | None:
    """Return the pause that the engine will wake up in: it outlives it."""
    kept = ledger.get_fact(FACT_PAUSE) if ledger else None
    try:
        return wire.from_json(PauseView, json.loads(kept)) if kept else None
    except (ValueError, LookupError):
        return None
