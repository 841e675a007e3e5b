"""The alerts: what is wrong now, since when, who has seen it, and what to do about it; then what is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rms_console.contract.commands import AckAlerts
from rms_console.contract.events import EventName
from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.dialogs import Confirm
from rms_console.tui.screens.facts import told_at
from rms_console.tui.screens.listpage import ListPage
from rms_console.tui.screens.reading import MOST_AT_ONCE
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped

RANKS: Final = {"CRITICAL": 0, "ERROR": 1, "WARN": 2, "WARNING": 2, "INFO": 3}
ROLES: Final = {"CRITICAL": "bad", "ERROR": "bad", "WARN": "warn", "WARNING": "warn", "INFO": "accent"}


class AlertsPage(ListPage):
    """A list, and below it all about the alert under the cursor."""

    NAME = "alerts"
    SUBJECT = Subject.ALERTS
    KEY = "alert_id"
    NEWS = frozenset({EventName.ALERT_RAISED, EventName.ALERT_CLEARED, EventName.COMMAND_DONE})
    IS_HISTORY = False
    COUNTS = False
    ACTS = (
        Act("alerts.ack", "a", "ack", mark("Seen"), mark("Mark the alert under the cursor as seen"), True),
        Act("alerts.ack_all", "A", "ack_all", mark("All seen"), mark("Mark all alerts as seen"), True),
    )
    BINDINGS = bindings(ACTS)

    def question(self) -> Query:
        return Query(Subject.ALERTS, MOST_AT_ONCE, filters={"language": self.words.language})

    def heading(self, view: View) -> Line:
        return title_line(self.listed_rows(view), self._facts, view.words)

    def listed_rows(self, view: View) -> Sequence[Row]:
        return alert_rows(self._rows, view, is_read=self._has_read and not self._problem)

    def row_line(self, row: Row, view: View, width: int) -> Line:
        return row_line(row, view)

    def detail(self, row: Row, view: View, width: int) -> Sequence[Line]:
        notes = [line(Part(text, "dim")) for text in sending_notes(self._facts, view.words)]
        return [*detail_lines(row, view, width), *notes]

    def empty(self, view: View) -> Sequence[Line]:
        return empty_lines(view)

    def action_ack(self) -> None:
        row = self.listed.chosen
        if row is None or row.get("cleared_at"):
            self.console_app.notice(self.words.phrase("No present alert is under the cursor"))
        elif row.get("acked_by"):
            name = clean(row["acked_by"], 40)
            self.console_app.notice(self.words.phrase("{name} has marked it as seen already", name=name))
        else:
            self._ack((str(row["alert_id"]),))

    def action_ack_all(self) -> None:
        open_ids = [str(row["alert_id"]) for row in self.listed.rows if is_open(row)]
        if not open_ids:
            self.console_app.notice(self.words.phrase("No alert waits to be seen"))
            return
        text = [
            line(
                self.words.phrase(
                    "{count} {count:alert stays in the list, and is|alerts stay in the list, and are} told no more.",
                    count=len(open_ids),
                )
            )
        ]
        dialog = Confirm(self.words.phrase("Mark all alerts as seen?"), text)
        self.app.push_screen(dialog, lambda yes: self._ack(tuple(open_ids)) if yes else None)

    def _ack(self, alert_ids: tuple[str, ...]) -> None:
        self.console_app.actions.send(AckAlerts(alert_ids), self.words.phrase("Alerts seen"))


def is_open(row: Mapping[str, Any]) -> bool:
    """Return whether an alert is present and nobody has marked it as seen."""
    return not row.get("cleared_at") and not row.get("acked_by")


def alert_rows(read: Sequence[Row], view: View, is_read: bool = True) -> list[Row]:
    """Return alerts in the order they matter: present ones by severity, newest first, then those that are over.

    What the snapshot tells is taken while the list itself is not read.
    """
    rows = list(read)
    if view.snapshot is not None and not is_read:
        known = {row.get("alert_id") for row in rows}
        rows += [_as_row(alert) for alert in view.snapshot.alerts if alert.alert_id not in known]
    rows.sort(key=lambda row: str(row.get("cleared_at") or row.get("since_at") or ""), reverse=True)
    return sorted(rows, key=lambda row: (bool(row.get("cleared_at")), _rank(row) if not row.get("cleared_at") else 0))


def _as_row(alert: Any) -> Row:
    names = ("alert_id", "kind", "severity", "title", "detail", "what_to_do", "cause", "acked_by")
    return {**{name: getattr(alert, name) for name in names}, "since_at": alert.since_at.isoformat()}


def _rank(row: Mapping[str, Any]) -> int:
    return RANKS.get(str(row.get("severity", "")).upper(), 3)


def title_line(rows: Sequence[Row], facts: Mapping[str, Any], words: Words) -> Line:
    """Return how many there are, how many nobody has seen, and how many are muted."""
    present = sum(not row.get("cleared_at") for row in rows)
    unseen = sum(map(is_open, rows))
    parts = [
        Part(words.phrase("ALERTS"), "title"),
        Part("  " + words.phrase("{count} present", count=present), "warn" if present else "good"),
    ]
    if unseen:
        parts.append(Part("  " + words.phrase("{count} not seen yet", count=unseen), "strong"))
    if muted := facts.get("muted"):
        parts.append(Part("  " + words.phrase("{count} muted", count=muted), "warn"))
    return tuple(parts)


def row_line(row: Mapping[str, Any], view: View) -> Line:
    """Return one alert: severity as sign and word, since when, seen by whom, what it is."""
    words = view.words
    severity = clean(row.get("severity") or "", 9).upper()
    is_over = bool(row.get("cleared_at"))
    role = "dim" if is_over else ROLES.get(severity, "")
    sign = words.glyphs.health("off") if is_over else words.glyphs.warn
    since = told_at(row.get("since_at"), view)
    if is_over:
        state = words.phrase("over {at}", at=told_at(row.get("cleared_at"), view))
    elif row.get("acked_by"):
        state = words.phrase("seen by {name}", name=clean(row["acked_by"], 12))
    else:
        state = words.phrase("not seen")
    return line(
        Part(f"{sign} {severity:<8} ", role),
        Part(f"{since:>12} ", "dim"),
        Part(f"{state:<20.20} ", "strong" if is_open(row) else "dim"),
        Part(clean(words.told(row.get("title") or ""), 200), "dim" if is_over else ""),
    )


def detail_lines(row: Mapping[str, Any], view: View, width: int) -> list[Line]:
    """Return what happened, the likely cause and what to do, over as many lines as it takes."""
    words = view.words
    lines = wrapped(clean(words.told(row.get("detail") or "")), width)
    if cause := clean(words.told(row.get("cause") or "")):
        lines += wrapped(words.phrase("Likely cause: {cause}", cause=cause), width)
    todo = clean(words.told(row.get("what_to_do") or ""))
    return [*lines, *(wrapped(f"{words.glyphs.arrow} {todo}", width, "accent") if todo else [])]


def sending_notes(facts: Mapping[str, Any], words: Words) -> list[str]:
    """Return what is to be said of mail and Slack: how many were not sent, or that nothing is sent at all."""
    if unsent := facts.get("not_sent"):
        return [words.phrase("{count} could not be sent by mail or Slack", count=unsent)]
    if "channels" in facts or "sent" in facts:
        channels = clean(facts.get("channels") or "", 60)
        if channels:
            return [words.phrase("Sent by: {channels}", channels=channels)]
    return [words.phrase("Alerts are shown here alone: neither mail nor Slack is set up.")]


def empty_lines(view: View) -> list[Line]:
    """Return what stands in place of an empty list."""
    words = view.words
    if view.snapshot is None or view.stale_s is not None:
        return [line(Part(words.phrase("No alert is known; the engine does not answer now."), "warn"))]
    return [line(Part(f"{words.glyphs.health('good')} {words.phrase('No alert: nothing is wrong now.')}", "good"))]
