"""What happened, numbered, for every face; and the log lines for people that go with it."""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from rms_console.contract.events import Event, Fact
from rms_console.contract.ports import Clock, LogLine, LogSink

DETECTOR = "ChangeDetector"
PUSHER = "RMSToShopifySync"
MONITOR = "SyncMonitor"


class Journal:
    """A bounded ring of events. Publishing never waits for a reader; a slow reader sees a gap in the numbers."""

    def __init__(self, clock: Clock, sink: LogSink, keep: int = 2000) -> None:
        self._clock = clock
        self._sink = sink
        self._events: deque[Event] = deque(maxlen=keep)
        self._number = 0
        self._news = asyncio.Event()
        self._closed = False
        self.sync_id = ""
        """The run that is on: its lines carry the name, so that they can be told from others."""
        self.heard: Callable[[Event], None] = lambda event: None
        """Told of each event as it is published, on the engine's loop."""

    @property
    def last(self) -> int:
        return self._number

    def publish(self, name: str, level: str = "INFO", /, **facts: Fact) -> None:
        self._number += 1
        event = Event(self._number, self._clock.now(), name, level, facts)
        self._events.append(event)
        self.heard(event)
        self._wake()

    def log(self, level: str, service: str, template: str, /, **facts: object) -> None:
        self._sink.write(LogLine(level, service, template, facts, sync_id=self.sync_id))

    def step(self, tag: str, template: str, /, *, severity: str = "INFO", **facts: object) -> None:
        """Tell one step of the start-up, under its tag."""
        self._sink.write(LogLine(severity, "", template, facts, tag=tag))

    def record(self, service: str, template: str, record: dict[str, object], /, **facts: object) -> None:
        """Write a line that carries a structured metrics record."""
        self._sink.write(LogLine("INFO", service, template, facts, record=record, sync_id=self.sync_id))

    def bug(self, service: str, error: BaseException) -> None:
        """Tell an error nobody foresaw, with where it came from but without the values that were at hand."""
        frames = traceback.extract_tb(error.__traceback__)
        where = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames[-6:]))
        self.log(
            "ERROR",
            service,
            "Defect: {kind}: {message} at {where}",
            kind=type(error).__name__,
            message=str(error),
            where=where,
        )

    async def after(self, number: int, wait_s: float) -> Sequence[Event]:
        """Return the events after `number`, waiting at most `wait_s` for the first; closing releases the wait."""
        if self._number <= number and wait_s > 0 and not self._closed:
            try:
                async with asyncio.timeout(wait_s):
                    while self._number <= number and not self._closed:
                        await self._news.wait()
            except TimeoutError:
                pass
        return tuple(event for event in self._events if event.number > number)

    def close(self) -> None:
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        # Everyone who waits now holds the old event; the next one waits for the next news.
        self._news.set()
        self._news = asyncio.Event()
