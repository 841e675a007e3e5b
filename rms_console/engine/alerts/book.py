"""What a person should look at: raised and cleared by what is so, marked by whoever has seen it."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from rms_console.contract import wire
from rms_console.contract.alert_port import AlertRecord, Sending
from rms_console.contract.events import EventName
from rms_console.contract.ports import Clock
from rms_console.contract.snapshot import AlertView
from rms_console.engine.alerts import texts
from rms_console.engine.journal import Journal
from rms_console.locale import told

INFO: Final = "INFO"
WARN: Final = "WARN"
CRITICAL: Final = "CRITICAL"
KEPT: Final = 200
URGENCY: Final = {CRITICAL: 0, WARN: 1, INFO: 2}
"""The lower, the sooner a person should look."""
_TEXTS: Final = ("title", "detail", "what_to_do", "cause")


@dataclass(slots=True)
class Entry:
    """One alert: what is shown of it, and what became of the message about it."""

    number: int
    view: AlertView
    told: int = 1
    sending: Sending = Sending.NONE
    cleared_at: datetime | None = None
    over: str = ""
    """What is to be said once it is over."""

    def record(self) -> AlertRecord:
        """Return it as it is kept."""
        view = self.view
        wording = {name: getattr(view, name) for name in _TEXTS} | {"over": self.over}
        return AlertRecord(
            number=self.number,
            kind=view.kind,
            severity=view.severity,
            texts=texts.pack(wording),
            since_at=view.since_at,
            cleared_at=self.cleared_at,
            acked_by=view.acked_by,
            told=self.told,
            sending=self.sending,
        )


def entry_of(record: AlertRecord) -> Entry:
    """Return an alert that was kept."""
    wording = texts.unpack(record.texts)
    view = AlertView(
        alert_id=record.alert_id,
        kind=record.kind,
        severity=record.severity,
        since_at=record.since_at,
        acked_by=record.acked_by,
        **{name: wording[name] for name in _TEXTS},
    )
    return Entry(record.number, view, record.told, record.sending, record.cleared_at, wording["over"])


def row_of(entry: Entry, language: str = "") -> dict[str, Any]:
    """Return an alert as a plain JSON object; its texts stay `Sentence`s unless a language is named."""
    view = entry.view
    row = wire.to_json(view)
    wording = {name: getattr(view, name) for name in _TEXTS}
    row |= {name: told(language, text) if language else text for name, text in wording.items()}
    cleared = None if entry.cleared_at is None else entry.cleared_at.isoformat().replace("+00:00", "Z")
    return {
        **row,
        "state": "past" if cleared else "present",
        "cleared_at": cleared,
        "sending": entry.sending.value,
    }


class AlertBook:
    """One alert a kind. `changed` is told after each change; `on_raise` and `on_clear` of the entry that did."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal
        self._present: dict[str, Entry] = {}
        self._past: deque[Entry] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._unsaved: dict[int, Entry] = {}
        self.changed: Callable[[], None] = lambda: None
        self.on_raise: Callable[[Entry], None] = lambda entry: None
        self.on_clear: Callable[[Entry], None] = lambda entry: None

    @property
    def present(self) -> tuple[AlertView, ...]:
        """Return what is so now, the most urgent first, then the oldest."""
        views = [entry.view for entry in self._present.values()]
        return tuple(sorted(views, key=lambda one: (URGENCY.get(one.severity, 2), one.since_at)))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return what is so now and what was."""
        return (*self._present.values(), *self._past)

    def entry(self, kind: str) -> Entry | None:
        """Return the present alert of a kind."""
        return self._present.get(kind)

    def raise_(
        self,
        kind: str,
        severity: str,
        title: str,
        detail: str,
        what_to_do: str,
        *,
        cause: str = "",
        over: str = "",
        again: bool = False,
    ) -> AlertView:
        """Raise an alert, or put new words to the one of this kind. `again`: it counts as unseen, and is told anew.

        So does one that has become more urgent. The texts are `Sentence`s, so that each face tells them in its
        language; `over` is what is said when it has passed.
        """
        entry, now = self._present.get(kind), self._clock.now()
        is_new = entry is None
        if entry is None:
            number = next(self._numbers)
            view = AlertView(f"{kind}-{number}", kind, severity, title, detail, what_to_do, now, cause=cause)
            entry = self._present[kind] = Entry(number, view, over=over)
        else:
            again |= URGENCY[severity] < URGENCY.get(entry.view.severity, 2)
            view = replace(
                entry.view,
                severity=severity,
                title=title,
                detail=detail,
                what_to_do=what_to_do,
                cause=cause,
                acked_by=None if again else entry.view.acked_by,
            )
            if not again and (view, over) == (entry.view, entry.over):
                return view
            entry.view, entry.over = view, over
            entry.told += again
        if is_new or again:
            self.on_raise(entry)
            self._tell(EventName.ALERT_RAISED, entry, "ERROR" if severity == CRITICAL else severity)
        else:
            self._note(entry)
        return entry.view

    def clear(self, kind: str, over: str = "") -> bool:
        """End the alert of this kind, saying how (`over`); return whether there was one."""
        entry = self._present.pop(kind, None)
        if entry is None:
            return False
        entry.cleared_at, entry.over = self._clock.now(), over or entry.over
        self._past.append(entry)
        self.on_clear(entry)
        self._tell(EventName.ALERT_CLEARED, entry, "INFO")
        return True

    def ack(self, alert_ids: Iterable[str], by: str) -> tuple[str, ...]:
        """Mark these alerts, or all when none is named, as seen by somebody; return the ids of those that were not."""
        wanted = set(alert_ids)
        marked = []
        for entry in self._present.values():
            view = entry.view
            if view.acked_by is None and (not wanted or view.alert_id in wanted):
                entry.view = replace(view, acked_by=by)
                self._unsaved[entry.number] = entry
                marked.append(view.alert_id)
        if marked:
            self.changed()
        return tuple(marked)

    def rows(self, language: str = "") -> tuple[dict[str, Any], ...]:
        """Return what is so now and then what was, the newest first, as plain JSON objects.

        The texts stay `Sentence`s unless a language is named.
        """
        by_kind = {entry.view.kind: entry for entry in self._present.values()}
        present = (by_kind[view.kind] for view in self.present)
        return tuple(row_of(entry, language) for entry in (*present, *reversed(self._past)))

    def mark(self, entry: Entry, sending: Sending) -> None:
        """Note what became of the message about an alert."""
        if entry.sending is not sending:
            entry.sending = sending
            self._note(entry)

    # What outlives the process

    def load(self, records: Iterable[AlertRecord]) -> None:
        """Take in what an earlier process has kept."""
        entries = sorted(map(entry_of, records), key=lambda one: one.number)
        for entry in entries:
            if entry.cleared_at is None:
                self._present[entry.view.kind] = entry
        over = (entry for entry in entries if entry.cleared_at is not None)
        self._past.extend(sorted(over, key=lambda one: one.cleared_at or one.view.since_at))
        self._numbers = itertools.count(1 + max((entry.number for entry in entries), default=0))

    def unsaved(self) -> tuple[AlertRecord, ...]:
        """Return what has changed since the latest call."""
        records = tuple(entry.record() for entry in self._unsaved.values())
        self._unsaved.clear()
        return records

    def not_saved(self, records: Iterable[AlertRecord]) -> None:
        """Take back what could not be kept: it is kept the next time."""
        numbers = {record.number for record in records}
        for entry in self.entries:
            if entry.number in numbers:
                self._unsaved.setdefault(entry.number, entry)

    def seen(self, by_id: Mapping[str, str]) -> None:
        """Take over the marks that somebody made beside this engine."""
        for entry in self._present.values():
            by = by_id.get(entry.view.alert_id)
            if by is not None and entry.view.acked_by is None:
                entry.view = replace(entry.view, acked_by=by)

    def _note(self, entry: Entry) -> None:
        self._unsaved[entry.number] = entry
        self.changed()

    def _tell(self, name: str, entry: Entry, level: str) -> None:
        view = entry.view
        self._journal.publish(
            name,
            level,
            alert_id=view.alert_id,
            kind=view.kind,
            severity=view.severity,
            title=view.title,
            detail=view.detail,
        )
        self._note(entry)
