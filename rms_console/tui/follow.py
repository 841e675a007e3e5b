"""Follows the engine: the newest snapshot in one slot, events, log lines; the engine never waits for any of it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rms_console.contract.engine_port import EnginePort
from rms_console.contract.events import Event, EventName
from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.state import EngineState
from rms_console.errors import ConsoleError
from rms_console.tui.setup import Ended
from rms_console.tui.view import LogRow

if TYPE_CHECKING:
    from rms_console.contract.snapshot import EngineSnapshot

STALE_AFTER_S: Final = 5.0
QUIET_S: Final = 2.0
"""How often the engine is looked at while nothing happens: its heartbeat."""
EVENTS_WAIT_S: Final = 20.0
LOG_BATCH: Final = 2000
LOGS_KEPT: Final = 100_000
FIRST_S: Final = 0.25
"""How long to wait before an engine that has not answered yet is asked again: it is about to start."""
AGAIN_S: Final = 0.5
AGAIN_MOST_S: Final = 5.0
"""How long to wait before an engine that does not answer is asked again: at first, and at most."""
NEAR_MOST_S: Final = 1.0
"""How long at most where the engine is in this process: to ask it costs nothing."""
LOST_AFTER: Final = 2
"""Questions in vain after which the engine counts as lost, however short that took."""


class Follower:
    """Runs on the console's loop. `heard` is called with each event of the engine, in order."""

    def __init__(self, port: EnginePort, heard: Callable[[Event], None], refresh_s: float) -> None:
        self._port = port
        self._heard = heard
        self.refresh_s = refresh_s
        self.returned: Callable[[bool], object] = lambda is_new: None
        """Called when a lost engine answers again, or another life of it does (True)."""
        self.renewed: Callable[[], object] = lambda: None
        """Called when events were missed: whatever was read before may have changed."""
        self.snapshot: EngineSnapshot | None = None
        self.problem = ""
        self.retries = 0
        self.is_far = False
        """Whether the engine runs in another process."""
        self.logs: deque[LogRow] = deque(maxlen=LOGS_KEPT)
        self.logs_dropped = 0
        self.logs_last = 0
        self.trends: tuple[dict[str, Any], ...] = ()
        self.activity: tuple[dict[str, Any], ...] = ()
        self.journal: tuple[dict[str, Any], ...] = ()
        self._stopped: Ended | None = None
        self._answered_at: float | None = None
        self._began_at = time.monotonic()
        self._boot = ""
        self._event = 0
        self._news = asyncio.Event()
        self._linked = asyncio.Event()
        self._lists_due = True
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def stale_s(self) -> float | None:
        """Return the seconds since the last answer once they are too many; None while the engine answers."""
        since = time.monotonic() - (self._answered_at if self._answered_at is not None else self._began_at)
        is_lost = self._answered_at is not None and self.retries >= LOST_AFTER
        return since if since > STALE_AFTER_S or is_lost else None

    @property
    def ended(self) -> Ended | None:
        """Return by whom an engine was stopped that is lost since; None while it answers, or where nobody did."""
        return self._stopped if self.stale_s is not None else None

    def begin(self) -> None:
        self._tasks.append(asyncio.ensure_future(self._knock()))
        for work in (self._events, self._logs, self._lists):
            self._tasks.append(asyncio.ensure_future(self._again(work)))

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()

    def poke(self) -> None:
        """Look at the engine now: somebody just asked it for something."""
        self._news.set()

    async def ask(self, query: Query) -> Page:
        """Return the engine's answer.

        Raises:
            ConsoleError: there was none.
        """
        return await self._port.ask(query)

    async def _knock(self) -> None:
        """Look at the engine for ever; one that does not answer is asked less and less often, and never given up."""
        while True:
            try:
                await self._snapshots()
            except ConsoleError as error:
                self.problem = error.message
                self.retries += 1
                self._linked.clear()
                most_s = AGAIN_MOST_S if self.is_far else NEAR_MOST_S
                wait_s = min(most_s, AGAIN_S * 2 ** min(self.retries - 1, 10))
                await asyncio.sleep(wait_s if self._answered_at is not None else FIRST_S)

    async def _again(self, work: Callable[[], Any]) -> None:
        """Do one turn of `work` for ever; a turn that fails says why and is tried again once the engine answers."""
        while True:
            try:
                await work()
            except ConsoleError as error:
                self.problem = error.message
                self.poke()  # whether it is lost shows at the next look
                await asyncio.sleep(AGAIN_S)
                await self._linked.wait()

    async def _snapshots(self) -> None:
        self._answer(await self._port.snapshot())
        await self._pause()

    def _answer(self, seen: EngineSnapshot) -> None:
        """Take in a snapshot; after a loss or in another life of the engine nothing read before holds."""
        was_lost = self.stale_s is not None and self._answered_at is not None
        is_new = bool(self._boot) and seen.boot_id != self._boot
        if is_new:
            self.logs_last = 0  # its numbers begin anew
            self._stopped = None
        if seen.boot_id != self._boot:
            self._boot, self._event = seen.boot_id, seen.event
        self.snapshot, self.problem, self.retries = seen, "", 0
        self._answered_at = time.monotonic()
        self._linked.set()
        if was_lost or is_new:
            self._lists_due = True
            self.returned(is_new)
            self.renewed()

    async def _pause(self) -> None:
        """Wait until the engine is to be looked at again."""
        seen = self.snapshot
        await asyncio.sleep(self.refresh_s)
        starts = seen is None or seen.state in (EngineState.STARTING, EngineState.RECOVERING)
        if seen is not None and not starts and seen.progress is None:
            try:
                async with asyncio.timeout(max(0.0, QUIET_S - self.refresh_s)):
                    await self._news.wait()
            except TimeoutError:
                pass
        self._news.clear()

    async def _events(self) -> None:
        if not self._boot:
            await asyncio.sleep(0.05)
            return
        began, boot = time.monotonic(), self._boot
        events = await self._port.events(self._event, EVENTS_WAIT_S)
        if boot != self._boot:
            return  # of a life that is over: its numbers say nothing of this one
        if events and events[0].number > self._event + 1:
            self._lists_due = True
            self.renewed()
        for event in events:
            self._event = max(self._event, event.number)
            self._note_stop(event)
            self._lists_due |= event.name in (EventName.CYCLE_FINISHED, EventName.COMMAND_HANDLED)
            self._heard(event)
            self._news.set()
        # An engine that ends answers at once and without news: do not ask it in a circle.
        await asyncio.sleep(0.1 if time.monotonic() - began > 0.05 else 0.5)

    def _note_stop(self, event: Event) -> None:
        facts = event.facts
        is_handled = event.name == EventName.COMMAND_HANDLED and facts.get("result") == "accepted"
        if is_handled and facts.get("action") == "Stop":
            self._stopped = Ended(str(facts.get("by") or ""), event.at)

    async def _logs(self) -> None:
        while True:
            page = await self._port.ask(Query(Subject.LOGS, LOG_BATCH, filters={"after": str(self.logs_last)}))
            if page.problem:
                await asyncio.sleep(QUIET_S)
                return
            self._take_logs(page)
            await asyncio.sleep(0.2 if page.rows else 0.5)

    def _take_logs(self, page: Page) -> None:
        rows = [log_row(row) for row in page.rows]
        if rows and self.logs_last and rows[0].number > self.logs_last + 1:
            self.logs_dropped += rows[0].number - self.logs_last - 1
        if rows:
            self.logs.extend(rows)
            self.logs_last = rows[-1].number

    async def _lists(self) -> None:
        """Read the short lists of the overview, after what may have changed them and once a minute for the trends."""
        if self._boot and self._lists_due:
            self._lists_due = False
            self.activity = (await self._port.ask(Query(Subject.ACTIVITY, 30))).rows
            self.journal = (await self._port.ask(Query(Subject.AUDIT, 10))).rows
            self.trends = (await self._port.ask(Query(Subject.PERFORMANCE, 60))).rows
        for _ in range(30):
            await asyncio.sleep(1.0)
            if self._lists_due:
                return
        self._lists_due = True


def log_row(row: dict[str, Any]) -> LogRow:
    """Return a row of `Subject.LOGS` as a value."""
    return LogRow(
        int(row["number"]),
        datetime.fromisoformat(str(row["at"])),
        str(row["level"]),
        str(row.get("service") or row.get("tag") or ""),
        str(row["message"]),
    )
