"""Everything about alerts in one place of the engine: the watch over what is so, the ledger, the channels."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from rms_console.contract.alert_port import Sending
from rms_console.contract.notify_port import Outlets
from rms_console.engine.alerts import raising
from rms_console.engine.alerts.book import KEPT
from rms_console.engine.alerts.courier import Courier
from rms_console.engine.alerts.kinds import KINDS, NOT_DELIVERED
from rms_console.engine.alerts.lane import Outcome
from rms_console.engine.journal import MONITOR
from rms_console.errors import StoreError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService


class AlertDesk:
    """Keeps the book of an engine in its ledger and has it carried to people."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self.courier = Courier(engine, engine.deps.outlets or Outlets())
        self._saving: asyncio.Task[None] | None = None
        self._trouble = ""
        self._is_open = False
        engine.alerts.on_raise = self.courier.raised
        engine.alerts.on_clear = self.courier.cleared
        engine.alerts.changed = self._save_soon

    async def load(self) -> None:
        """Remember the alerts of earlier processes; what cannot outlive a process is over.

        Raises:
            StoreError.
        """
        engine, ledger = self._engine, self._engine.deps.ledger
        book = engine.alerts
        book.load(await engine.deps.disk(ledger.alerts, KEPT))
        self._is_open = True
        for view in book.present:
            kind = KINDS.get(view.kind)
            if kind is None or not kind.outlives:
                book.clear(view.kind)
        self.courier.remember(book.entries)
        engine.alert_watch.locks.tell_left()

    async def save(self) -> None:
        """Keep what has changed, and take over what somebody has marked as seen beside this engine."""
        engine = self._engine
        if not self._is_open:
            return
        records = engine.alerts.unsaved()
        try:
            seen = await engine.deps.disk(engine.deps.ledger.save_alerts, records)
        except StoreError as error:
            engine.alerts.not_saved(records)
            if str(error) != self._trouble:
                engine.journal.log("ERROR", MONITOR, "Alerts cannot be kept: {message}", message=str(error))
            self._trouble = str(error)
            return
        self._trouble = ""
        engine.alerts.seen(seen)

    async def close(self) -> None:
        """Send and keep what can be now."""
        await self.courier.close()
        if self._saving is not None:
            self._saving.cancel()
        await self.save()
        self._is_open = False

    def follow_settings(self) -> None:
        """Send by the channels that the settings name now; what nobody was told of yet is told by them."""
        engine, renew = self._engine, self._engine.deps.new_outlets
        outlets = None if renew is None else renew()
        if outlets is None:
            return
        self.courier.use(outlets)
        channels = ", ".join(self.courier.channels) or "-"
        engine.journal.log("INFO", MONITOR, "Alerts go by: {channels}", channels=channels)
        engine.alerts.clear(NOT_DELIVERED)
        self.courier.catch_up()

    def facts(self, rows: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        """Return what is to be known of the sending: by which channels, how many were muted or did not arrive."""
        count = {one: sum(row["sending"] == one.value for row in rows) for one in Sending}
        return {
            "channels": ", ".join(self.courier.channels),
            "sent": count[Sending.SENT],
            "muted": count[Sending.MUTED],
            "not_sent": count[Sending.FAILED],
        }

    def channel_fared(self, outcome: Outcome) -> None:
        """Raise or end the alert about the channels, by how they fared."""
        failing = self.courier.failing
        if outcome.error is not None and outcome.message.kind != NOT_DELIVERED:
            error = outcome.error
            detail = sentence("{channel}: {message}", channel=outcome.channel, message=error.message)
            raising.put(self._engine, NOT_DELIVERED, detail, what_to_do=error.hint)
        elif not failing:
            self._engine.alerts.clear(NOT_DELIVERED)

    def _save_soon(self) -> None:
        if self._is_open and (self._saving is None or self._saving.done()):
            self._saving = asyncio.ensure_future(self._save_all())

    async def _save_all(self) -> None:
        # Whoever changes much at once is saved once.
        await asyncio.sleep(0)
        await self.save()
