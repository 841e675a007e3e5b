"""A small honest engine for the console: answers from values, keeps what was sent, tells events as they are given."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rms_console.contract.commands import Accepted, Actor, Command, Reply
from rms_console.contract.events import Event, EventName
from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.snapshot import (
    BucketView,
    ConnectionView,
    EngineSnapshot,
    LockView,
    QueueView,
    RatesView,
    ShopView,
    SourceView,
    SystemView,
    TodayView,
)
from rms_console.contract.state import EngineState, Health, LockStatus, Mode
from rms_console.errors import LinkError
from rms_console.tui.setup import Ended, Setup

NOW = datetime(2026, 11, 24, 21, 47, 12, tzinfo=UTC)
ZONE = "America/Costa_Rica"


def a_snapshot(**changes: Any) -> EngineSnapshot:
    """Return an idle, healthy engine at NOW, with `changes`."""
    checked = NOW - timedelta(seconds=4)
    base = EngineSnapshot(
        contract=1,
        boot_id="boot-1",
        event=0,
        at=NOW,
        demo=False,
        version="0.1.0",
        state=EngineState.IDLE,
        since_at=NOW - timedelta(minutes=3),
        mode=Mode.LIVE,
        enabled=True,
        is_healthy=True,
        zone=ZONE,
        interval_s=300.0,
        watch_s=10.0,
        source=SourceView("sqlite:///store.db", "rowversion", "the column exists", "8812", 1.5),
        shop=ShopView("tienda.myshopify.com", "Tienda Centro", "CRC", "2026-10", "2026-10", (("gid://1", "Centro"),)),
        queue=QueueView(0, 0, 0, 0, None),
        bucket=BucketView(1800.0, 2000.0, 100.0, 0, 1200.0, 0),
        lock=LockView(LockStatus.HELD, "boot-1", "store01", 4121, NOW - timedelta(hours=2), 3),
        today=TodayView(288, 286, 2, 99.3, 1420, 400, 31, 60, 500, 2.1, 0.4, 9.0),
        rates=RatesView(items_per_hour=85.0, p95_s=3.1, p99_s=4.8, loop_lag_p99_s=0.003),
        system=SystemView(145_000_000, 512_000_000, 3.0, 4121, 9),
        connections=(
            ConnectionView("RMS", Health.GOOD, 0.012, checked),
            ConnectionView("Shopify", Health.GOOD, 0.210, checked),
        ),
        next_check_at=NOW + timedelta(minutes=2, seconds=48),
    )
    return replace(base, **changes)


class FakePort:
    """Implements `EnginePort`. `pages` holds rows by subject; `sent` what was asked for; `reply` how it answers."""

    def __init__(
        self, snapshot: EngineSnapshot | None = None, pages: Mapping[Subject, Sequence[Mapping[str, Any]]] | None = None
    ) -> None:
        self.now = snapshot or a_snapshot()
        self.pages = {subject: [dict(row) for row in rows] for subject, rows in (pages or {}).items()}
        self.answers: dict[Subject, Page] = {}
        """Whole answers, for subjects with facts or a problem."""
        self.sent: list[Command] = []
        self.asked: list[Query] = []
        self.reply: Reply | None = None
        self.is_gone = False
        self._events: list[Event] = []
        self._news = asyncio.Event()

    def tell(self, name: str, **facts: str | int | float | bool | None) -> None:
        """Publish an event."""
        self._events.append(Event(self.now.event + len(self._events) + 1, NOW, name, "INFO", facts))
        self._news.set()

    def forget(self) -> None:
        """Keep no event, as an engine that was started anew."""
        self._events.clear()

    async def snapshot(self) -> EngineSnapshot:
        self._reach()
        return self.now

    async def events(self, after: int, wait_s: float) -> Sequence[Event]:
        self._reach()
        if not any(event.number > after for event in self._events):
            self._news.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
            except TimeoutError:
                pass
        return tuple(event for event in self._events if event.number > after)

    async def ask(self, query: Query) -> Page:
        self._reach()
        self.asked.append(query)
        if query.subject in self.answers:
            return self.answers[query.subject]
        rows = self.pages.get(query.subject, [])
        if query.subject is Subject.LOGS:
            after = int(query.filters.get("after", 0))
            return Page(query.subject, tuple(row for row in rows if int(row["number"]) > after)[: query.limit])
        start = query.before or 0
        part = tuple(rows[start : start + query.limit])
        more = start + len(part) if start + len(part) < len(rows) else None
        return Page(query.subject, part, total=len(rows), next_before=more)

    async def send(self, command: Command) -> Reply:
        self._reach()
        self.sent.append(command)
        reply = self.reply or Accepted(command.command_id, "accepted")
        if isinstance(reply, Accepted):
            self.tell(EventName.COMMAND_DONE, command_id=command.command_id, result="done", note="")
        return replace(reply, command_id=command.command_id)

    def _reach(self) -> None:
        if self.is_gone:
            raise LinkError("the engine cannot be reached")


class FakeEngine:
    """The engine's thread as its host sees it."""

    crash = ""
    ended: Ended | None = None
    is_alive = True
    restarts = 0

    def begin(self) -> None:
        """It lives already."""

    def restart(self) -> None:
        self.restarts += 1
        self.crash, self.ended = "", None


def a_setup(folder: Path, **changes: Any) -> Setup:
    """Return a console's setup whose files lie in `folder`."""
    base = Setup(
        actor=Actor("ana", "store01", "console"),
        engine=FakeEngine(),
        clip_file=folder / "clip.txt",
        shots_folder=folder / "shots",
        refresh_hz=10.0,
    )
    return replace(base, **changes)
