"""Whether the lock is where it belongs: with a living process, and with this one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rms_console.contract.records import LeaseOwner
from rms_console.contract.state import LockStatus
from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.raising import put
from rms_console.engine.alerts.render import duration, moment
from rms_console.engine.alerts.silence import ENDED
from rms_console.errors import LeaseError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.runner import Finished
    from rms_console.engine.service import EngineService

SKIPS: Final = 2
"""Runs given up for the lock, in a row, that are worth an alert."""


class LockWatch:
    """Alerts of locks that were left behind, are held for long, or keep this engine from its runs."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self._left: LeaseOwner | None = None
        self._skipped = 0

    def find(self) -> None:
        """Note a lock whose owner is dead, before this engine takes it over."""
        lease = self._engine.deps.lease
        self._left = lease.owner() if lease.status() is LockStatus.ORPHAN else None

    def tell_left(self) -> None:
        """Alert of the lock that was taken over, until a run has shown that all is well."""
        if self._left is not None:
            self._orphan(self._left)

    def look(self) -> None:
        """Alert of a lock whose owner is dead at once, and of one that another engine holds for long."""
        engine, now = self._engine, self._engine.deps.clock.now()
        owner, status = engine.deps.lease.owner(), engine.deps.lease.status()
        if owner is None:
            return
        if status is LockStatus.ORPHAN:
            self._orphan(owner)
        elif status is LockStatus.HELD_BY_OTHER:
            held = now - owner.since_at
            if held > timedelta(seconds=engine.settings.alerts.orphan_lock_s):
                detail = sentence(
                    "Process {pid} on {host} holds the lock for {held}",
                    pid=owner.pid,
                    host=owner.host,
                    held=duration(held),
                )
                put(engine, kinds.ORPHAN_LOCK, detail)

    def _orphan(self, owner: LeaseOwner) -> None:
        detail = sentence(
            "The lock of process {pid} on {host}, held since {since}, was left behind: that process is dead",
            pid=owner.pid,
            host=owner.host,
            since=moment(owner.since_at, self._engine.settings.zone),
        )
        put(self._engine, kinds.ORPHAN_LOCK, detail)

    def run_ended(self, finished: Finished) -> None:
        """Judge whether a run was given up for the lock, and the one before it."""
        engine = self._engine
        if not isinstance(finished.fault, LeaseError):
            self._skipped = 0
            if finished.view.result in ENDED:
                engine.alerts.clear(kinds.LOCK_SKIPPED)
                if engine.deps.lease.status() is LockStatus.HELD:
                    engine.alerts.clear(kinds.ORPHAN_LOCK)
            return
        self._skipped += 1
        if self._skipped >= SKIPS:
            detail = sentence(
                "{count} runs in a row were given up: {message}", count=self._skipped, message=finished.fault.message
            )
            put(engine, kinds.LOCK_SKIPPED, detail, what_to_do=finished.fault.hint)
