"""The alerts: what is wrong now, since when, who has seen it, and what to do about it; then what is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from textual.widget import Widget

from rms_console.contract.commands import AckAlerts
from rms_console.contract.events import Event, EventName
from rms_console.contract.queries import Page as Answer
from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.tui.format import moment
from rms_console.tui.keys import Act, bindings
from rms_console.tui.lines import Line, Part, fit, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.dialogs import Confirm
from rms_console.tui.screens.frame import zone_of
from rms_console.tui.screens.page import Page
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.widgets.picking import PickList
from rms_console.tui.widgets.rows import Row
from rms_console.tui.wrapping import wrapped

KEPT: Final = 500
SLOW_S: Final = 0.3
RANKS: Final = {"CRITICAL": 0, "ERROR": 1, "WARN": 2, "WARNING": 2, "INFO": 3}
ROLES: Final = {"CRITICAL": "bad", "ERROR": "bad", "WARN": "warn", "WARNING": "warn", "INFO": "accent"}
NEWS: Final = frozenset({EventName.ALERT_RAISED, EventName.ALERT_CLEARED, EventName.COMMAND_DONE})
DETAIL_HEIGHT: Final = 6
ROOMY: Final = 16
"""Rows of a screen from which there is room for the detail."""


class AlertsPage(Page):
    """A list, and below it all about the alert under the cursor."""

    NAME = "alerts"
    CSS = f"{Page.CSS} #detail {{ height: {DETAIL_HEIGHT}; }}"
    ACTS = (
        Act("alerts.ack", "a", "ack", mark("Seen"), mark("Mark the alert under the cursor as seen"), True),
        Act("alerts.ack_all", "A", "ack_all", mark("All seen"), mark("Mark all alerts as seen"), True),
    )
    BINDINGS = bindings(ACTS)

    def __init__(self) -> None:
        super().__init__()
        self._answer: Answer | None = None
        self._is_reading = False

    def body(self) -> Iterable[Widget]:
        yield Panel(id="title")
        yield PickList(self._draw_row, lambda row: row.get("alert_id"), id="body")
        yield Panel(id="detail")

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.query_one(PickList).focus()
        self._read()

    def hear(self, event: Event) -> None:
        if event.name in NEWS:
            self._read()

    def show(self, view: View) -> None:
        width = self.size.width
        rows = alert_rows(self._answer, view)
        title = title_line(rows, self._answer, view.words, self._is_reading)
        self.query_one("#title", Panel).show([fit(title, width)])
        listed = self.query_one(PickList)
        listed.show(rows, empty_lines(self._answer, view))
        self._show_detail(view)

    def _show_detail(self, view: View) -> None:
        lines = detail_lines(self.query_one(PickList).chosen, view, self.size.width)
        lines += [line(Part(text, "dim")) for text in sending_notes(self._answer, view.words)]
        detail = self.query_one("#detail", Panel)
        detail.display = self.size.height >= ROOMY
        detail.show([(), *lines[: DETAIL_HEIGHT - 1]])

    def on_pick_list_moved(self) -> None:
        self._show_detail(self.console_app.view())

    def _draw_row(self, row: Row, width: int) -> Line:
        return fit(row_line(row, self.console_app.view()), width)

    def _read(self) -> None:
        self.begin(self._fetch, "read")

    async def _fetch(self) -> None:
        slow = self.set_timer(SLOW_S, self._tell_slow)
        try:
            answer = await self.ask(Query(Subject.ALERTS, KEPT, filters={"language": self.words.language}))
        finally:
            slow.stop()
            self._is_reading = False
        kept = self._answer.rows if self._answer is not None else ()
        rows = kept if answer.problem else answer.rows
        self._answer = Answer(answer.subject, rows, problem=answer.problem, facts=answer.facts)
        self.console_app.draw()

    def _tell_slow(self) -> None:
        self._is_reading = True
        self.console_app.draw()

    def action_ack(self) -> None:
        row = self.query_one(PickList).chosen
        if row is None or row.get("cleared_at"):
            self.console_app.notice(self.words.phrase("No present alert is under the cursor"))
        elif row.get("acked_by"):
            name = clean(row["acked_by"], 40)
            self.console_app.notice(self.words.phrase("{name} has marked it as seen already", name=name))
        else:
            self._ack((str(row["alert_id"]),))

    def action_ack_all(self) -> None:
        open_ids = [str(row["alert_id"]) for row in self.query_one(PickList).rows if is_open(row)]
        if not open_ids:
            self.console_app.notice(self.words.phrase("No alert waits to be seen"))
            return
        text = [line(self.words.phrase("{count} alerts stay in the list, and are told no more.", count=len(open_ids)))]
        dialog = Confirm(self.words.phrase("Mark all alerts as seen?"), text)
        self.app.push_screen(dialog, lambda yes: self._ack(tuple(open_ids)) if yes else None)

    def _ack(self, alert_ids: tuple[str, ...]) -> None:
        self.console_app.actions.send(AckAlerts(alert_ids), self.words.phrase("Alerts seen"))


def is_open(row: Mapping[str, Any]) -> bool:
    """Return whether an alert is present and nobody has marked it as seen."""
    return not row.get("cleared_at") and not row.get("acked_by")


def alert_rows(answer: Answer | None, view: View) -> list[Row]:
    """Return alerts in the order they matter: present ones by severity, newest first, then those that are over.

    What the snapshot tells is taken where the engine has no list of alerts.
    """
    rows: list[Row] = list(answer.rows) if answer is not None else []
    if view.snapshot is not None and (answer is None or answer.problem):
        known = {row.get("alert_id") for row in rows}
        rows += [_as_row(alert) for alert in view.snapshot.alerts if alert.alert_id not in known]
    rows.sort(key=lambda row: str(row.get("cleared_at") or row.get("since_at") or ""), reverse=True)
    return sorted(rows, key=lambda row: (bool(row.get("cleared_at")), _rank(row) if not row.get("cleared_at") else 0))


def _as_row(alert: Any) -> Row:
    names = ("alert_id", "kind", "severity", "title", "detail", "what_to_do", "acked_by")
    return {**{name: getattr(alert, name) for name in names}, "since_at": alert.since_at.isoformat()}


def _rank(row: Mapping[str, Any]) -> int:
    return RANKS.get(str(row.get("severity", "")).upper(), 3)


def title_line(rows: Sequence[Row], answer: Answer | None, words: Words, is_reading: bool = False) -> Line:
    """Return how many there are, and whether the list is fresh."""
    present = sum(not row.get("cleared_at") for row in rows)
    unseen = sum(map(is_open, rows))
    parts = [
        Part(words.phrase("ALERTS"), "title"),
        Part("  " + words.phrase("{count} present", count=present), "warn" if present else "good"),
    ]
    if unseen:
        parts.append(Part("  " + words.phrase("{count} not seen yet", count=unseen), "strong"))
    muted = answer.facts.get("muted") if answer is not None else None
    if muted:
        parts.append(Part("  " + words.phrase("{count} muted", count=muted), "warn"))
    if is_reading:
        parts.append(Part("  " + words.phrase("reading…"), "dim"))
    elif answer is not None and answer.problem and answer.problem != "not-supported":
        parts.append(Part("  " + words.phrase("not fresh: {why}", why=clean(answer.problem, 120)), "warn"))
    return tuple(parts)


def row_line(row: Mapping[str, Any], view: View) -> Line:
    """Return one alert: severity as sign and word, since when, seen by whom, what it is."""
    words = view.words
    zone = "UTC" if words.utc else zone_of(view.snapshot, words) if view.snapshot else "UTC"
    severity = clean(row.get("severity") or "", 9).upper()
    is_over = bool(row.get("cleared_at"))
    role = "dim" if is_over else ROLES.get(severity, "")
    sign = words.glyphs.health("off") if is_over else words.glyphs.warn
    since = moment(row.get("since_at"), zone, view.now, words.language)
    if is_over:
        state = words.phrase("over {at}", at=moment(row.get("cleared_at"), zone, view.now, words.language))
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


def detail_lines(row: Mapping[str, Any] | None, view: View, width: int) -> list[Line]:
    """Return what happened and what to do, over as many lines as it takes."""
    if row is None:
        return []
    words = view.words
    lines = wrapped(clean(words.told(row.get("detail") or "")), width, "", 2)
    todo = clean(words.told(row.get("what_to_do") or ""))
    if todo:
        lines += wrapped(f"{words.glyphs.arrow} {todo}", width, "accent", 2)
    return lines


def sending_notes(answer: Answer | None, words: Words) -> list[str]:
    """Return what is to be said of mail and Slack: how many were not sent, or that nothing is sent at all."""
    facts = answer.facts if answer is not None else {}
    if unsent := facts.get("not_sent"):
        return [words.phrase("{count} could not be sent by mail or Slack", count=unsent)]
    if "channels" in facts or "sent" in facts:
        channels = clean(facts.get("channels") or "", 60)
        if channels:
            return [words.phrase("Sent by: {channels}", channels=channels)]
    return [words.phrase("Alerts are shown here alone: this version sends no mail and no Slack message.")]


def empty_lines(answer: Answer | None, view: View) -> list[Line]:
    """Return what stands in place of an empty list."""
    words = view.words
    if answer is None:
        return [line(Part(words.phrase("reading…"), "dim"))]
    if answer.problem and answer.problem != "not-supported":
        return [line(Part(words.phrase("The alerts cannot be read: {why}", why=clean(answer.problem, 200)), "warn"))]
    if view.snapshot is None or view.stale_s is not None:
        return [line(Part(words.phrase("No alert is known; the engine does not answer now."), "warn"))]
    return [line(Part(f"{words.glyphs.health('good')} {words.phrase('No alert: nothing is wrong now.')}", "good"))]
