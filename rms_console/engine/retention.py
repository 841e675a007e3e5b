"""History does not grow for ever: what was done is kept for some months, and what is older dropped, a little at a time.

Runs, each product's changes, counts of creations and holds that are done with go. The audit trail stays whole: each of
its entries vouches for the one before.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from rms_console.engine.deps import Deps

KEPT: Final = timedelta(days=90)
"""Long enough to look up last season's price; at some hundred changes a day a few dozen MB."""


class Retention:
    """`keep`: how long history is kept."""

    def __init__(self, deps: Deps, keep: timedelta = KEPT) -> None:
        self._deps = deps
        self.keep = keep

    async def tidy(self) -> int:
        """Drop some of what is older; return how many rows. Called again and again, it catches up.

        Raises:
            StoreError.
        """
        deps = self._deps
        return await deps.disk(deps.ledger.prune, self.keep, deps.clock.now())
