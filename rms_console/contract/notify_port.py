"""The port to people who are not looking: messages, and the channels that carry them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One message for people, in their language. Each text is one line; what comes from outside is in it unescaped."""

    alert_id: str
    kind: str
    severity: str
    """CRITICAL, WARN or INFO."""
    title: str
    lines: tuple[str, ...]
    """What happened, since when, the state now, the likely cause, what to do: a line each."""
    at: datetime
    is_over: bool = False
    """Whether it tells that an alert is over."""


class Channel(Protocol):
    """One way to people. Awaits on the engine's loop and never blocks it."""

    @property
    def name(self) -> str:
        """The word of `alerts.channels`: email, slack, log."""
        ...

    async def send(self, message: Message) -> None:
        """Deliver one message, once, within a bounded time.

        Raises:
            NotifyError: it certainly did not arrive, or nobody can tell; whether another try may help.
        """
        ...


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Outlets:
    """The channels that are set up, and how to speak through them."""

    channels: tuple[Channel, ...] = ()
    language: str = "en"
    missing: tuple[str, ...] = ()
    """Channels that the settings name without saying how they are reached."""
    harmless: Callable[[str], str] = field(default=_as_it_is)
    """Hides the secrets that a text may hold."""
