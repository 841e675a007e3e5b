"""What a person should look at: raised and cleared by what is so, marked by whoever has seen it. In memory."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from rms_console.contract import wire
from rms_console.contract.events import EventName
from rms_console.contract.ports import Clock
from rms_console.contract.snapshot import AlertView
from rms_console.engine.journal import Journal
from rms_console.locale import told

INFO: Final = "INFO"
WARN: Final = "WARN"
CRITICAL: Final = "CRITICAL"
KEPT: Final = 200
_URGENCY: Final = {CRITICAL: 0, WARN: 1, INFO: 2}
_TEXTS: Final = ("title", "detail", "what_to_do")


@dataclass(frozen=True, slots=True)
class PastAlert:
    """An alert that is over."""

    view: AlertView
    cleared_at: datetime


class AlertBook:
    """One alert a kind. `changed` is told after each change."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal
        self._present: dict[str, AlertView] = {}
        self._past: deque[PastAlert] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self.changed: Callable[[], None] = lambda: None

    @property
    def present(self) -> tuple[AlertView, ...]:
        """Return what is so now, the most urgent first, then the oldest."""
        return tuple(sorted(self._present.values(), key=lambda one: (_URGENCY[one.severity], one.since_at)))

    def raise_(
        self, kind: str, severity: str, title: str, detail: str, what_to_do: str, *, again: bool = False
    ) -> AlertView:
        """Raise an alert, or put new words to the one of this kind. `again`: it counts as unseen, and is told anew.

        The texts are `Sentence`s, so that each face tells them in its language.
        """
        known = self._present.get(kind)
        if known is None:
            alert_id = f"{kind}-{next(self._numbers)}"
            view = AlertView(alert_id, kind, severity, title, detail, what_to_do, self._clock.now())
        else:
            seen_by = None if again else known.acked_by
            view = replace(
                known, severity=severity, title=title, detail=detail, what_to_do=what_to_do, acked_by=seen_by
            )
        self._present[kind] = view
        if known is None or again:
            self._tell(EventName.ALERT_RAISED, view, "ERROR" if severity == CRITICAL else severity)
        return view

    def clear(self, kind: str) -> bool:
        """End the alert of this kind; return whether there was one."""
        view = self._present.pop(kind, None)
        if view is None:
            return False
        self._past.append(PastAlert(view, self._clock.now()))
        self._tell(EventName.ALERT_CLEARED, view, "INFO")
        return True

    def ack(self, alert_ids: Iterable[str], by: str) -> tuple[str, ...]:
        """Mark these alerts, or all when none is named, as seen by somebody; return the ids of those that were not."""
        wanted = set(alert_ids)
        marked = []
        for kind, view in tuple(self._present.items()):
            if view.acked_by is None and (not wanted or view.alert_id in wanted):
                self._present[kind] = replace(view, acked_by=by)
                marked.append(view.alert_id)
        if marked:
            self.changed()
        return tuple(marked)

    def rows(self, language: str = "") -> tuple[dict[str, Any], ...]:
        """Return what is so now and then what was, the newest first, as plain JSON objects.

        The texts stay `Sentence`s unless a language is named.
        """
        past = [_row(one.view, one.cleared_at, language) for one in reversed(self._past)]
        return (*(_row(view, None, language) for view in self.present), *past)

    def _tell(self, name: str, view: AlertView, level: str) -> None:
        self._journal.publish(
            name,
            level,
            alert_id=view.alert_id,
            kind=view.kind,
            severity=view.severity,
            title=view.title,
            detail=view.detail,
        )
        self.changed()


def _row(view: AlertView, cleared_at: datetime | None, language: str) -> dict[str, Any]:
    row = wire.to_json(view)
    texts = {name: getattr(view, name) for name in _TEXTS}
    row |= {name: told(language, text) if language else text for name, text in texts.items()}
    cleared = None if cleared_at is None else cleared_at.isoformat().replace("+00:00", "Z")
    return {**row, "state": "past" if cleared else "present", "cleared_at": cleared}
