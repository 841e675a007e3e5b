"""Times as people type them: `30m`, `1h30m`, `18:30`, `2026-11-25 08:00`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

import click

from rms_console.commands.output import harmless
from rms_console.contract.api import LONGEST_PAUSE
from rms_console.domain.zone import to_local, to_utc
from rms_console.locale import sentence

UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SPAN: Final = re.compile(r"(?:(?P<d>\d{1,3})d)?(?:(?P<h>\d{1,4})h)?(?:(?P<m>\d{1,5})m)?(?:(?P<s>\d{1,6})s)?")
_TIME: Final = re.compile(r"\d{1,2}:\d{2}")


def span(context: click.Context, parameter: click.Parameter, typed: str | None) -> timedelta | None:
    """Return the length of time that an option names: `90s`, `30m`, `1h30m`, `2d`.

    Raises:
        click.BadParameter: it is none.
    """
    if typed is None:
        return None
    found = _SPAN.fullmatch(typed.strip().lower())
    parts = {UNITS[unit]: int(count) for unit, count in found.groupdict(default="0").items()} if found else {}
    if not any(parts.values()):
        raise click.BadParameter(f"{harmless(typed)} is no length of time: 90s, 30m, 1h30m, 2d", context, parameter)
    return timedelta(**parts)


def instant(typed: str, zone: str, now: datetime) -> datetime:
    """Return the instant that a person means: a time of day (the next one), or a date and a time, in store's time.

    A time with its own offset (`2026-11-25T08:00:00-06:00`, `...Z`) is taken as it stands.

    Raises:
        click.UsageError: it is none, or it is past.
    """
    typed = typed.strip()
    try:
        if _TIME.fullmatch(typed):
            hour, minute = map(int, typed.split(":"))
            local = to_local(now, zone).replace(hour=hour, minute=minute, second=0, microsecond=0)
            at = to_utc(local, zone)
            return at if at > now else to_utc(local + timedelta(days=1), zone)
        at = datetime.fromisoformat(typed)
    except (ValueError, OverflowError) as error:
        raise click.UsageError(
            sentence("{typed} is no time: 18:30, or 2026-11-25 08:00 (store's time)", typed=harmless(typed))
        ) from error
    at = at if at.tzinfo is not None else to_utc(at, zone)
    return within_bounds(at, now)


def within_bounds(at: datetime, now: datetime) -> datetime:
    """Return the end of a pause.

    Raises:
        click.UsageError: it is past, or more than a year away.
    """
    if at <= now:
        raise click.UsageError(sentence("that time is past"))
    if at > now + LONGEST_PAUSE:
        raise click.UsageError(sentence("a pause with an end lasts at most {days} days", days=LONGEST_PAUSE.days))
    return at
