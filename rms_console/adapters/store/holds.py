"""Holds, and what the guard counts: which products lately did what is dangerous in bulk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import json_text, read_json, read_optional_time, read_time, time_text
from rms_console.adapters.store.queue import Queue
from rms_console.adapters.store.statements import queries
from rms_console.contract.records import QueueKey, QueueReason
from rms_console.domain.changes import FieldChange
from rms_console.domain.holds import Aspect, Danger, Hold, HoldState, Reason

_SIGHTINGS_KEPT = timedelta(days=2)


class Holds:
    def __init__(self, database: Database, queue: Queue) -> None:
        self._database = database
        self._queue = queue
        self._sql = queries("holds")

    def live(self, styles: Sequence[str]) -> tuple[Hold, ...]:
        return self._database.read(_hold, self._sql["live"], (json_text(list(styles)),))

    def page(self, states: Sequence[HoldState], limit: int, after: int) -> tuple[Hold, ...]:
        wanted = json_text([state.value for state in states or tuple(HoldState)])
        return self._database.read(_hold, self._sql["page"], (wanted, after, limit))

    def open(self, holds: Iterable[Hold], at: datetime) -> None:
        """Open holds; inside the settlement's transaction."""
        for hold in holds:
            self._database.run(self._sql["overtake_open"], (hold.style, hold.aspect.value))
            self._database.run(self._sql["open"], _columns(hold, at))

    def close(self, hold_ids: Iterable[int], state: HoldState) -> None:
        closed = tuple(hold_ids)
        self._database.run_many(self._sql["close"], ((state.value, hold_id) for hold_id in closed))
        self._database.run_many(self._sql["let_go"], ({"hold": hold_id} for hold_id in closed))

    def decide(self, hold_ids: Sequence[int], approve: bool, by: str, reason: str, at: datetime) -> tuple[Hold, ...]:
        state = HoldState.APPROVED if approve else HoldState.REJECTED
        told: dict[str, object] = {"state": state.value, "by": by, "at": time_text(at), "reason": reason}
        with self._database.transaction():
            changed = [one for one in hold_ids if self._database.run(self._sql["decide"], {**told, "hold": one})]
            holds = self._database.read(_hold, self._sql["named"], (json_text(changed),))
            items = sorted({item for hold in holds for item in hold.item_ids})
            if approve:
                # A new version: a cycle that is about to put these entries aside has not seen the yes.
                self._queue.enqueue((QueueKey(item, QueueReason.MANUAL) for item in items), None, at)
            else:
                words = f"rejected by {by}" + (f": {reason}" if reason else "")
                self._database.run(self._sql["tell_rejected"], (words, json_text(items)))
        return holds

    def sight(self, sightings: Mapping[Danger, Iterable[str]], at: datetime) -> None:
        when = time_text(at)
        rows = [(danger.value, style, when) for danger, styles in sightings.items() for style in styles]
        if not rows:
            return
        with self._database.transaction():
            self._database.run(self._sql["forget_sightings"], (time_text(at - _SIGHTINGS_KEPT),))
            self._database.run_many(self._sql["sight"], rows)

    def sighted(self, danger: Danger, since: datetime, other_than: Sequence[str]) -> int:
        asked = (danger.value, time_text(since), json_text(list(other_than)))
        return int(self._database.scalar(self._sql["sighted"], asked))

    def prune(self, before: datetime, most: int) -> int:
        with self._database.transaction():
            return self._database.run(self._sql["prune"], (time_text(before), most))


def _columns(hold: Hold, at: datetime) -> dict[str, object]:
    return {
        "style": hold.style,
        "title": hold.title,
        "aspect": hold.aspect.value,
        "kind": hold.kind.value,
        "template": hold.reason.template,
        "facts": json_text(dict(hold.reason.facts)),
        "changes": json_text([asdict(change) for change in hold.changes]),
        "items": json_text(list(hold.item_ids)),
        "digest": hold.digest,
        "at": time_text(at),
    }


def _hold(row: sqlite3.Row) -> Hold:
    return Hold(
        style=row["style"],
        title=row["title"],
        aspect=Aspect(row["aspect"]),
        reason=Reason(Danger(row["kind"]), row["template"], read_json(row["facts"])),
        changes=tuple(FieldChange(**change) for change in read_json(row["changes"])),
        item_ids=tuple(read_json(row["items"])),
        state=HoldState(row["state"]),
        hold_id=row["hold"],
        created_at=read_time(row["created_at"]),
        decided_by=row["decided_by"],
        decided_at=read_optional_time(row["decided_at"]),
        decision_reason=row["decision_reason"],
    )
