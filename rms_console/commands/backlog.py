"""What waits and when it will be through, as `status` and `performance` tell it."""

from __future__ import annotations

from datetime import datetime

from rms_console.commands.figures import age, clock
from rms_console.commands.reaching import Words
from rms_console.commands.wording import word
from rms_console.contract.field_names import LIMITS
from rms_console.contract.insight_api import Backlog


def backlog_text(backlog: Backlog, words: Words, now: datetime) -> str:
    """Return how much waits, until when, in which range, and what limits; empty where nothing waits."""
    if not backlog.items:
        return ""
    told = words.phrase("{count} {count:item|items}", count=backlog.items)
    if backlog.points is not None:
        told = words.phrase(
            "{count} {count:item|items}, about {points} {points:point|points}",
            count=backlog.items,
            points=f"{backlog.points:.0f}",
        )
    if backlog.through_at is not None and backlog.range_s is not None:
        told += "; " + words.phrase(
            "through about {at} ({likely}; {low} to {high})",
            at=clock(backlog.through_at, words, now),
            likely=age(backlog.duration_s),
            low=age(backlog.range_s[0]),
            high=age(backlog.range_s[1]),
        )
    if backlog.limited_by != "nothing":
        told += "; " + words.phrase("limit: {what}", what=word(words.language, LIMITS, backlog.limited_by))
    if backlog.exceeds_interval:
        told += "; " + words.phrase("LONGER THAN THE INTERVAL")
    return told
