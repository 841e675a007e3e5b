"""The probe: waits for a person's act at the till and sees what it moves. Reads only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from rms_console.contract.ports import Clock, Ledger
from rms_console.contract.wire import from_json, to_json
from rms_console.domain.position import Detection
from rms_console.domain.probing import Act, Look, Movement
from rms_console.engine.offload import Offload
from rms_console.errors import SourceUnavailable

FACT_PROBE = "probe"
ACTION = "Probe"
"""The name of a probe in the audit trail."""
POLL_S = 1.0
SETTLE_S = 3.0
"""A till may write an act in several transactions: so long it is looked on after the first of them."""


@runtime_checkable
class ShowsItems(Protocol):
    """A source that shows one item as it stands, stamps and all. Blocking."""

    def look_at(self, item_id: int) -> Look: ...


@dataclass(frozen=True, slots=True)
class Probe:
    """Looks at one item again and again."""

    source: ShowsItems
    sql: Offload
    clock: Clock
    poll_s: float = POLL_S

    async def look(self, item_id: int) -> Look:
        """Return the item as it stands.

        Raises:
            SourceError: it cannot be read.
        """
        return await self.sql(self.source.look_at, item_id)

    async def watch(self, act: Act, before: Look, timeout_s: float, tick: Callable[[float], None]) -> Movement:
        """Return what moved since `before`, at the latest after `timeout_s`; `tick` is told the seconds left.

        A database that does not answer for a while is asked again.

        Raises:
            SourceError: it cannot be read, or did not answer to the end.
        """
        looks, began = [before], self.clock.monotonic()
        until, is_settling = began + timeout_s, False
        trouble: SourceUnavailable | None = None
        while (left_s := until - self.clock.monotonic()) > 0:
            tick(left_s)
            await self.clock.sleep(min(self.poll_s, left_s))
            try:
                looks.append(await self.look(before.item_id))
                trouble = None
            except SourceUnavailable as error:
                trouble = error
                continue
            if not is_settling and looks[-1].shows() != before.shows():
                until, is_settling = self.clock.monotonic() + SETTLE_S, True
        if trouble is not None and not is_settling:
            raise trouble
        return Movement(act, tuple(looks) if len(looks) > 1 else (before, before))


@dataclass(frozen=True, slots=True)
class ProbeRecord:
    """The last probe, as it is kept.

    `missed`: the acts that the recommended way does not show. `unsafe_stamps`: LastUpdated must not be relied on;
    `stamp_off_s`: by how far another clock than the server's writes it, where that is why.
    """

    at: datetime
    by: str
    item_id: int
    acts: tuple[Act, ...]
    recommended: Detection | None
    reason: str
    missed: tuple[Act, ...] = ()
    unsafe_stamps: bool = False
    stamp_off_s: float | None = None


def record_probe(ledger: Ledger, probe: ProbeRecord) -> None:
    """Keep a probe as the last one."""
    ledger.set_fact(FACT_PROBE, json.dumps(to_json(probe)))


def last_probe(ledger: Ledger) -> ProbeRecord | None:
    """Return the last probe, None before the first."""
    text = ledger.get_fact(FACT_PROBE)
    return from_json(ProbeRecord, json.loads(text)) if text else None
