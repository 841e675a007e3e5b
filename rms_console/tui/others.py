"""What others ask of the same engine meanwhile: told at once, so that two people do not steer against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rms_console.contract.events import Event, EventName
from rms_console.locale import mark
from rms_console.tui.plain import clean
from rms_console.tui.view import Words

if TYPE_CHECKING:
    from rms_console.tui.actions import Actions

ASKED: Final = {
    "Pause": mark("Pause"),
    "Resume": mark("Resume"),
    "Trigger": mark("Trigger"),
    "FullSync": mark("Full sync"),
    "SetInterval": mark("Interval"),
    "ChangeSettings": mark("Settings"),
    "Reload": mark("Settings read again"),
    "CancelCycle": mark("Cancel run"),
    "Stop": mark("Stop of the engine"),
    "RetryItems": mark("Retry"),
    "DismissItems": mark("Dismiss"),
    "DecideHolds": mark("Holds"),
    "SetMode": mark("Mode"),
    "AckAlerts": mark("Alerts seen"),
    "ProbeConnections": mark("Connection test"),
    "ReleaseLock": mark("Release of the lock"),
}
"""What people call each request."""
RESULTS: Final = {"accepted": mark("accepted"), "refused": mark("refused")}


def told_of_others(event: Event, actions: Actions, words: Words) -> str:
    """Return what somebody else asked for and how that ended, for a short notice; empty where it was not that."""
    facts = event.facts
    if event.name != EventName.COMMAND_HANDLED or actions.is_ours(str(facts.get("command_id", ""))):
        return ""
    return words.phrase(
        "{name}: {what}, {result}",
        name=clean(facts.get("by") or "?", 24),
        what=clean(words.word(ASKED, facts.get("action")), 30),
        result=clean(words.word(RESULTS, facts.get("result")), 20),
    )
