"""One channel's messages, in order: tried again a few times, never waited for, never more than a bounded number."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rms_console.contract.notify_port import Channel, Message
from rms_console.contract.ports import Clock
from rms_console.errors import NotifyError
from rms_console.locale import sentence

WAITS_S: Final = (5.0, 30.0, 120.0, 300.0)
"""Before the second try and each one after it."""
MOST: Final = 50
"""Messages that wait; of more, the oldest that is not critical goes."""
REMEMBERED: Final = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message. `error` is None where it arrived; `arrived` is whether anybody got it."""

    channel: str
    message: Message
    error: NotifyError | None
    arrived: bool


class Lane:
    """Carries messages through one channel, from a task of its own. `told` hears what became of each."""

    def __init__(self, channel: Channel, clock: Clock, told: Callable[[Outcome], None]) -> None:
        self._channel = channel
        self._clock = clock
        self._told = told
        self._waiting: deque[Message] = deque()
        self._delivered: deque[str] = deque(maxlen=REMEMBERED)
        self._task: asyncio.Task[None] | None = None
        self._sending: Message | None = None
        self._resting: asyncio.Future[None] | None = None
        """The wait before the next try."""
        self.failing: NotifyError | None = None
        """Why the latest message did not arrive; None while all is well."""

    @property
    def name(self) -> str:
        return self._channel.name

    def put(self, message: Message) -> None:
        """Have a message sent; returns at once."""
        self._waiting.append(message)
        while len(self._waiting) > MOST:
            self._drop_one()
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    def use(self, channel: Channel) -> None:
        """Send through this channel from now on, and at once what waits for another try."""
        self._channel = channel
        self.failing = None
        if self._resting is not None:
            self._resting.cancel()

    def stop(self) -> None:
        """Give up what waits: there is no such channel any more."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    def has(self, alert_id: str) -> bool:
        """Whether people know of this alert by this channel, or are about to."""
        coming = (self._sending, *self._waiting)
        return alert_id in self._delivered or any(one is not None and one.alert_id == alert_id for one in coming)

    def remember(self, alert_id: str) -> None:
        """Take it that people know of this alert."""
        self._delivered.append(alert_id)

    async def settle(self, within_s: float) -> None:
        """Wait until nothing waits, at most so long by the machine's own clock; then give up what is left."""
        if self._task is None:
            return
        if self.failing is None:
            await asyncio.wait([self._task], timeout=within_s)
        self._task.cancel()

    async def _run(self) -> None:
        while self._waiting:
            message = self._sending = self._waiting.popleft()
            # Nobody is told of the end of what they never heard of.
            if not message.is_over or message.alert_id in self._delivered:
                await self._deliver(message)
        self._sending = None

    async def _deliver(self, message: Message) -> None:
        error: NotifyError | None = None
        for wait_s in (*WAITS_S, None):
            error = await self._try(message)
            if error is None or error.arrived or error.is_final or wait_s is None:
                break
            self.failing = error
            await self._rest(wait_s if error.wait_s is None else error.wait_s)
        self.failing = error
        arrived = error is None or error.arrived
        if arrived and not message.is_over:
            self._delivered.append(message.alert_id)
        self._told(Outcome(self.name, message, error, arrived))

    async def _rest(self, seconds: float) -> None:
        self._resting = resting = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait([resting])
        finally:
            resting.cancel()
            self._resting = None

    async def _try(self, message: Message) -> NotifyError | None:
        try:
            await self._channel.send(message)
        except NotifyError as error:
            return error
        except Exception as error:  # noqa: BLE001  # a defect of one channel must not silence it for ever
            return NotifyError(sentence("defect: {kind}", kind=type(error).__name__), code="notify-defect")
        return None

    def _drop_one(self) -> None:
        for message in self._waiting:
            if message.severity != "CRITICAL":
                self._waiting.remove(message)
                break
        else:
            message = self._waiting.popleft()
        error = NotifyError(sentence("too many alerts wait"), code="notify-too-many", is_final=True)
        self._told(Outcome(self.name, message, error, False))
