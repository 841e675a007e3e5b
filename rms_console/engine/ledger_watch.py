"""Tells a ledger that was lost, damaged or put back from an older copy, and has the shop read before it is written.

The mark beside the ledger says which ledger it belongs to and how far that was. It is written after the ledger, so it
never runs ahead of it: a ledger that lies behind its mark is an older copy. What a copy of the whole folder cannot
show in this way shows in time: a ledger of which nothing was heard for days is read up on too.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from rms_console.contract.events import EventName
from rms_console.contract.mark_port import Mark
from rms_console.contract.ports import Ledger
from rms_console.engine import modes, reconcile
from rms_console.engine.deps import Deps
from rms_console.engine.journal import MONITOR, Journal
from rms_console.engine.tenure import Tenure
from rms_console.errors import StoreError

FACT_ID = "ledger_id"
FACT_PAUSE = "pause"
FACT_RESCUE = "rescue"
"""Set, with what happened as JSON, until the shop has been read into the ledger."""
KEPT_FACTS = (FACT_PAUSE, modes.FACT_MODE, modes.FACT_CHECK, modes.FACT_ADOPTION)
"""What a person decided must outlive the ledger."""
SILENT = timedelta(hours=72)


class Why(StrEnum):
    """What happened to the ledger."""

    DAMAGED = "damaged"
    LOST = "lost"
    OLD_COPY = "old-copy"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Mishap:
    """What happened to the ledger, with the words for it."""

    why: Why
    detail: str = ""
    aside: str = ""


def begin_anew(ledger: Ledger, mishap: Mishap, facts: Mapping[str, str]) -> None:
    """Note in a fresh ledger what happened to the one before, and what a person had decided. Blocking."""
    ledger.set_fact(FACT_RESCUE, _as_text(mishap))
    for name in KEPT_FACTS:
        if name in facts:
            ledger.set_fact(name, facts[name])


class LedgerWatch:
    def __init__(self, deps: Deps, journal: Journal, tenure: Tenure) -> None:
        self._deps = deps
        self._journal = journal
        self._tenure = tenure
        self._ledger_id = ""
        self._written: Mapping[str, Any] | None = None

    async def begin(self) -> None:
        """Compare the ledger with its mark; what is found is told, and noted until the shop has been read.

        The epoch moves above any that the mark knows: work of a tenure that this ledger has forgotten stays fenced off.

        Raises:
            StoreError.
        """
        deps, mark = self._deps, self._mark
        if mark is None:
            if (mishap := await self._noted()) is not None:
                await tell(deps, self._journal, mishap)
            return
        kept = await deps.disk(mark.read)
        known_id = await deps.disk(deps.ledger.get_fact, FACT_ID)
        self._ledger_id = known_id or uuid.uuid4().hex
        mishap = await self._noted() or await self._find(known_id, kept)
        if kept is not None and mishap is not None and mishap.why is not Why.SILENT:
            await self._restore(kept, only_missing=mishap.why is Why.DAMAGED)
        if known_id is None:
            await deps.disk(deps.ledger.set_fact, FACT_ID, self._ledger_id)
        if kept is not None:
            await self._tenure.rise_above(int(kept.get("epoch", 0)))
        if mishap is not None:
            await tell(deps, self._journal, mishap)
        await self.note()

    async def note(self) -> None:
        """Write the mark anew if anything about it has changed. It may lag behind a ledger that cannot be read now."""
        deps, mark = self._deps, self._mark
        if mark is None or not self._ledger_id:
            return
        try:
            values = await deps.disk(self._values)
        except StoreError:
            return
        if values != self._written:
            await deps.disk(mark.write, values)
            self._written = values

    def _values(self) -> Mapping[str, Any]:
        ledger = self._deps.ledger
        cycles = ledger.cycles(1, None)
        return {
            "ledger": self._ledger_id,
            "epoch": self._tenure.epoch,
            "cycle": cycles[0].number if cycles else 0,
            "facts": {name: ledger.get_fact(name) for name in KEPT_FACTS},
        }

    @property
    def _mark(self) -> Mark | None:
        return self._deps.mark

    async def _noted(self) -> Mishap | None:
        """Return what an earlier start, or whoever opened the ledger, has found."""
        text = await self._deps.disk(self._deps.ledger.get_fact, FACT_RESCUE)
        return read_mishap(text) if text else None

    async def _find(self, known_id: str | None, kept: Mapping[str, Any] | None) -> Mishap | None:
        deps = self._deps
        cycles = await deps.disk(deps.ledger.cycles, 1, None)
        if kept is not None and known_id is None:
            return Mishap(Why.OLD_COPY if cycles else Why.LOST)
        if kept is not None:
            behind = self._tenure.epoch <= int(kept.get("epoch", 0))
            behind |= (cycles[0].number if cycles else 0) < int(kept.get("cycle", 0))
            if behind or kept.get("ledger") != known_id:
                return Mishap(Why.OLD_COPY)
        if cycles and deps.clock.now() - cycles[0].started_at > SILENT:
            return Mishap(Why.SILENT, f"{(deps.clock.now() - cycles[0].started_at).days}")
        return None

    async def _restore(self, kept: Mapping[str, Any], only_missing: bool) -> None:
        """Put back what a person had decided: a pause holds although the ledger forgot it."""
        deps = self._deps
        for name in KEPT_FACTS:
            value = dict(kept.get("facts") or {}).get(name)
            if only_missing and (value is None or await deps.disk(deps.ledger.get_fact, name) is not None):
                continue
            await deps.disk(deps.ledger.set_fact, name, value)


async def tell(deps: Deps, journal: Journal, mishap: Mishap) -> None:
    """Say what happened to the ledger, and note that the shop is to be read and everything compared."""
    await deps.disk(deps.ledger.set_fact, FACT_RESCUE, _as_text(mishap))
    await reconcile.ask(deps, f"ledger {mishap.why}")
    level = "WARN" if mishap.why is Why.SILENT else "ERROR"
    journal.publish(EventName.LEDGER_RESCUED, level, why=mishap.why.value, detail=mishap.detail, aside=mishap.aside)
    match mishap.why:
        case Why.DAMAGED:
            journal.log(
                "ERROR",
                MONITOR,
                "The ledger was damaged ({detail}). It lies in {aside} now; a fresh one is built from RMS and the shop",
                detail=mishap.detail,
                aside=mishap.aside,
            )
        case Why.LOST:
            journal.log("ERROR", MONITOR, "The ledger is gone: a fresh one is built from RMS and the shop")
        case Why.OLD_COPY:
            journal.log("ERROR", MONITOR, "The ledger is an older copy: the shop is read before anything is written")
        case Why.SILENT:
            journal.log(
                "WARN",
                MONITOR,
                "No run for {days} days: the shop is read before anything is written",
                days=mishap.detail,
            )


def read_mishap(text: str) -> Mishap:
    """Return what is noted as the fact of a rescue."""
    plain = json.loads(text)
    return Mishap(Why(plain["why"]), plain.get("detail", ""), plain.get("aside", ""))


def _as_text(mishap: Mishap) -> str:
    return json.dumps({"why": mishap.why.value, "detail": mishap.detail, "aside": mishap.aside})
