"""When a message may go: after the cool-down of its kind, and in quiet hours only what is critical. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from rms_console.contract.settings import AlertPolicy
from rms_console.domain.zone import to_local, to_utc
from rms_console.engine.alerts.book import CRITICAL


def quiet_until(at: datetime, policy: AlertPolicy, zone: str) -> datetime | None:
    """Return when the quiet hours end in which `at` lies; None outside them. They may span midnight."""
    begin, end = policy.quiet_from, policy.quiet_to
    if begin is None or end is None or begin == end:
        return None
    local = to_local(at, zone)
    now = local.time()
    is_quiet = begin <= now < end if begin < end else now >= begin or now < end
    if not is_quiet:
        return None
    day = local.date() if now < end else local.date() + timedelta(days=1)
    return to_utc(datetime.combine(day, end), zone)


def due_at(now: datetime, severity: str, last: tuple[datetime, str] | None, policy: AlertPolicy, zone: str) -> datetime:
    """Return when a message of this severity may go, at the earliest `now`.

    `last`: when a message of the same kind went last, and how urgent that was. What has become critical waits for
    nothing, and what is critical not for the quiet hours.
    """
    due = now
    if last is not None and not (severity == CRITICAL and last[1] != CRITICAL):
        due = max(due, last[0] + timedelta(seconds=policy.cooldown_s))
    if severity == CRITICAL:
        return due
    return quiet_until(due, policy, zone) or due
