"""Access tokens: the permanent one of an old custom app, and those of the client-credentials grant, good for a day.

Source: shopify.dev on the client credentials grant, read 2026-11.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

EXPIRES_IN_S = 86_399


class TokenDesk:
    """Gives out and checks tokens."""

    def __init__(self, permanent: str, client_id: str, client_secret: str, monotonic: Callable[[], float]) -> None:
        self._permanent = permanent
        self._client = (client_id, client_secret)
        self._monotonic = monotonic
        self._granted: dict[str, float] = {}
        self.grants = 0
        self.refusing = False
        """When set, the grant is refused whatever is presented."""

    def accepts(self, token: str | None) -> bool:
        if token is None:
            return False
        if self._permanent and secrets.compare_digest(token.encode(), self._permanent.encode()):
            return True
        return self._granted.get(token, float("-inf")) > self._monotonic()

    def grant(self, client_id: str, client_secret: str) -> str | None:
        """Return a new token, or None for a client that is not ours."""
        if self.refusing or (client_id, client_secret) != self._client:
            return None
        token = f"shpat_{secrets.token_hex(16)}"
        self._granted[token] = self._monotonic() + EXPIRES_IN_S
        self.grants += 1
        return token

    def revoke_all(self) -> None:
        """Make every token worthless, the permanent one included, as uninstalling the app does."""
        self._permanent = ""
        self._granted.clear()
