"""Words for values that stand in lists: states, actions, fields; and the store's time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rms_console.commands.output import harmless
from rms_console.contract.field_names import FIELDS
from rms_console.contract.records import HoldState, QueueState
from rms_console.domain.zone import to_local
from rms_console.locale import mark, translate

STATES: Mapping[str, str] = {
    QueueState.WAITING: mark("waiting"),
    QueueState.RETRYING: mark("retrying"),
    QueueState.QUARANTINED: mark("set aside"),
    QueueState.HELD: mark("held"),
    HoldState.OPEN: mark("open"),
    HoldState.APPROVED: mark("approved"),
    HoldState.REJECTED: mark("rejected"),
    HoldState.APPLIED: mark("applied"),
    HoldState.OVERTAKEN: mark("overtaken"),
}
ACTIONS: Mapping[str, str] = {
    "create": mark("new"),
    "update": mark("change"),
    "leave": mark("withdraw"),
    "none": mark("nothing"),
}


def word(language: str, words: Mapping[str, str], value: str) -> str:
    """Return a value's word, or the value itself where it has none."""
    return translate(language, words[value], {}) if value in words else value


def field_name(language: str, name: str, places: Mapping[str, str] | None = None) -> str:
    """Return a field's name; `stock@7` is the stock at location 7, told by its name where `places` knows it."""
    plain, at, place = name.partition("@")
    return f"{word(language, FIELDS, plain)}{at}{(places or {}).get(place, place)}"


def moment(at: datetime | None, zone: str) -> str:
    """Return an instant in the store's time, to the minute."""
    return "-" if at is None else f"{to_local(at, zone):%Y-%m-%d %H:%M}"


def fit(value: object, width: int) -> str:
    """Return a value in one harmless line of at most `width` characters; the rest is left out."""
    plain = harmless("" if value is None else str(value))
    return plain if len(plain) <= width else plain[: width - 1] + "…"
