"""Carries alerts to people who are not looking: one message a raise, with cool-down and quiet hours, one at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rms_console.contract.alert_port import Sending
from rms_console.contract.notify_port import Channel, Message, Outlets
from rms_console.engine.alerts.book import CRITICAL, Entry
from rms_console.engine.alerts.kinds import KINDS, NOT_DELIVERED
from rms_console.engine.alerts.lane import Lane, Outcome
from rms_console.engine.alerts.quiet import due_at, quiet_until
from rms_console.engine.alerts.render import Scene, message_of, over_message_of
from rms_console.engine.journal import MONITOR
from rms_console.errors import NotifyError

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

LOG: Final = "log"
SETTLE_S: Final = 2.0


class Courier:
    """Hears the book. `on_trouble` and `on_success` are told how the channels fare."""

    def __init__(self, engine: EngineService, outlets: Outlets) -> None:
        self._engine = engine
        self._lanes: list[Lane] = []
        self._log: Lane | None = None
        self.use(outlets)
        self._last: dict[str, tuple[datetime, str]] = {}

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that reach somebody who is not looking."""
        return tuple(lane.name for lane in self._lanes)

    @property
    def failing(self) -> dict[str, NotifyError]:
        """The channels that did not take the latest message, and why."""
        return {lane.name: lane.failing for lane in self._lanes if lane.failing is not None}

    def use(self, outlets: Outlets) -> None:
        """Send by these channels from now on. What waits for one that is set up otherwise now goes by the new way."""
        self._outlets = outlets
        before = {lane.name: lane for lane in (*self._lanes, self._log) if lane is not None}
        now = [self._lane(one, before.pop(one.name, None)) for one in outlets.channels]
        for lane in before.values():
            lane.stop()
        self._lanes = [lane for lane in now if lane.name != LOG]
        self._log = next((lane for lane in now if lane.name == LOG), None)

    def catch_up(self) -> None:
        """Tell what is so and nobody was told of, nor is about to be."""
        for entry in self._engine.alerts.entries:
            is_open = entry.cleared_at is None and entry.view.acked_by is None
            is_coming = any(lane.has(entry.view.alert_id) for lane in self._lanes)
            if is_open and not is_coming and entry.sending not in (Sending.SENT, Sending.MUTED):
                # The cool-down spares people what they know.
                self._last.pop(entry.view.kind, None)
                self.raised(entry)

    def _lane(self, channel: Channel, before: Lane | None) -> Lane:
        if before is not None:
            before.use(channel)
            return before
        told = (lambda _: None) if channel.name == LOG else self._told
        return Lane(channel, self._engine.deps.clock, told)

    def remember(self, entries: Iterable[Entry]) -> None:
        """Take it that people know of what earlier processes told them, and go on with what they did not.

        An engine that starts again and again must not tell the same each time.
        """
        for entry in sorted(entries, key=lambda one: one.view.since_at):
            view = entry.view
            if entry.sending is Sending.SENT:
                self._last[view.kind] = (view.since_at, view.severity)
                for lane in self._lanes:
                    lane.remember(view.alert_id)
                continue
            is_open = entry.cleared_at is None and view.acked_by is None
            if is_open and entry.sending in (Sending.WAITING, Sending.FAILED):
                self.raised(entry)

    def raised(self, entry: Entry) -> None:
        """Send the message about an alert, now or as soon as it may go."""
        engine, view = self._engine, entry.view
        if not engine.settings.alerts.enabled:
            engine.alerts.mark(entry, Sending.MUTED)
            return
        if self._log is not None and not _is_logged(view.kind):
            self._log.put(message_of(entry, self._scene()))
        if not self._lanes:
            return
        engine.alerts.mark(entry, Sending.WAITING)
        now = engine.deps.clock.now()
        due = due_at(now, view.severity, self._last.get(view.kind), engine.settings.alerts, engine.settings.zone)
        if due > now:
            self._later(view.kind, due)
        else:
            self._send(entry)

    def cleared(self, entry: Entry) -> None:
        """Tell once that an alert is over, by each channel that has told of it."""
        engine, view = self._engine, entry.view
        engine.deps.timer.cancel(_timer(view.kind))
        if not engine.settings.alerts.enabled or entry.sending is Sending.MUTED:
            return
        message = over_message_of(entry, self._scene())
        if self._log is not None and not _is_logged(view.kind):
            self._log.remember(view.alert_id)
            self._log.put(message)
        lanes = [lane for lane in self._lanes if lane.has(view.alert_id)]
        now = engine.deps.clock.now()
        until = None if view.severity == CRITICAL else quiet_until(now, engine.settings.alerts, engine.settings.zone)
        if until is None or not lanes:
            _put(lanes, message)
        else:
            engine.deps.timer.at(f"alert-over-{view.alert_id}", until, lambda: _put(lanes, message))

    async def close(self) -> None:
        """Send what can be sent now, and give up the rest."""
        await self.settle(SETTLE_S)

    async def settle(self, within_s: float) -> None:
        """Send what can be sent within this time, by the machine's own clock; what cannot is given up for now."""
        lanes = [*self._lanes, *([self._log] if self._log is not None else [])]
        await asyncio.gather(*(lane.settle(within_s) for lane in lanes))

    def _send(self, entry: Entry) -> None:
        view = entry.view
        self._last[view.kind] = (self._engine.deps.clock.now(), view.severity)
        lanes = self._lanes
        if view.kind == NOT_DELIVERED:
            # Where messages do not arrive, this one would not either.
            lanes = [lane for lane in lanes if lane.failing is None]
            if not lanes:
                self._engine.alerts.mark(entry, Sending.FAILED)
                return
        _put(lanes, message_of(entry, self._scene()))

    def _later(self, kind: str, due: datetime) -> None:
        self._engine.deps.timer.at(_timer(kind), due, lambda: self._now(kind))

    def _now(self, kind: str) -> None:
        """Send what was put off, where it is still so and nobody has seen it meanwhile."""
        entry = self._engine.alerts.entry(kind)
        if entry is not None and entry.view.acked_by is None and entry.sending is not Sending.SENT:
            self._engine.alerts.mark(entry, Sending.WAITING)
            self._send(entry)

    def _told(self, outcome: Outcome) -> None:
        """Hear what became of a message; what did not arrive is told, and tried once more after the cool-down."""
        engine, message = self._engine, outcome.message
        entry = next((one for one in engine.alerts.entries if one.view.alert_id == message.alert_id), None)
        if outcome.error is not None:
            engine.journal.log(
                "ERROR",
                MONITOR,
                "Alert not delivered by {channel}: {message}",
                channel=outcome.channel,
                message=self._outlets.harmless(str(outcome.error)),
            )
        if entry is not None and not message.is_over:
            self._note(entry, outcome)
        engine.alert_desk.channel_fared(outcome)

    def _note(self, entry: Entry, outcome: Outcome) -> None:
        book, view = self._engine.alerts, entry.view
        if outcome.arrived:
            book.mark(entry, Sending.SENT)
        elif entry.sending is not Sending.SENT:
            book.mark(entry, Sending.FAILED)
            if view.kind != NOT_DELIVERED and entry.cleared_at is None:
                policy, zone = self._engine.settings.alerts, self._engine.settings.zone
                now = self._engine.deps.clock.now()
                self._later(view.kind, due_at(now, view.severity, (now, view.severity), policy, zone))

    def _scene(self) -> Scene:
        engine = self._engine
        return Scene(
            at=engine.deps.clock.now(),
            shop=engine.settings.shop,
            zone=engine.settings.zone,
            state=engine.machine.state.value,
            language=self._outlets.language,
            harmless=self._outlets.harmless,
        )


def _put(lanes: list[Lane], message: Message) -> None:
    for lane in lanes:
        lane.put(message)


def _is_logged(kind: str) -> bool:
    return kind in KINDS and KINDS[kind].is_logged


def _timer(kind: str) -> str:
    return f"alert-send-{kind}"
