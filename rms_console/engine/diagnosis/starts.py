"""When the engine was started: kept in the ledger, so that one that falls and is started again shows it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import Final

from rms_console.contract.ports import Ledger
from rms_console.engine.deps import Deps
from rms_console.errors import StoreError

FACT: Final = "starts"
KEPT: Final = 50


async def note_start(deps: Deps) -> None:
    """Note that the engine starts now; a ledger that cannot be written is somebody else's to tell."""
    with suppress(StoreError):
        times = [at.isoformat() for at in await deps.disk(starts, deps.ledger)]
        await deps.disk(deps.ledger.set_fact, FACT, json.dumps([*times, deps.clock.now().isoformat()][-KEPT:]))


def starts(ledger: Ledger) -> tuple[datetime, ...]:
    """Return when the engine was started, the newest last; what cannot be read counts as none.

    Raises:
        StoreError: the ledger cannot be read.
    """
    try:
        return tuple(datetime.fromisoformat(at) for at in json.loads(ledger.get_fact(FACT) or "[]"))
    except (ValueError, TypeError):
        return ()
