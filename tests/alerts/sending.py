"""An engine's world whose alerts go somewhere."""

from __future__ import annotations

from typing import Any

from rms_console.adapters.notify import Mailbox
from rms_console.contract.notify_port import Message, Outlets
from rms_console.errors import NotifyError
from tests.engine.world import World

SHOP_OWNER = "tienda@example.com"


def mailbox(port: int, **changes: Any) -> Mailbox:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "Motor <motor@example.com>",
        "recipients": (SHOP_OWNER,),
        "subject_prefix": "[RMS-Shopify]",
    }
    return Mailbox(**(given | changes))


class SendingWorld(World):
    """A world with outlets."""

    outlets: Outlets | None = None

    def extras(self) -> dict[str, Any]:
        return {"outlets": self.outlets}


class Postbox:
    """A channel that keeps what it is given, and fails as often as it is told to."""

    def __init__(self, name: str = "email") -> None:
        self._name = name
        self.got: list[Message] = []
        self.tries = 0
        self.errors: list[NotifyError] = []

    @property
    def name(self) -> str:
        return self._name

    async def send(self, message: Message) -> None:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        self.got.append(message)

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.got]
