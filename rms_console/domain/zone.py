"""Store-local time and UTC. RMS writes naive local time; everything we keep is aware UTC."""

from __future__ import annotations

from datetime import MAXYEAR, UTC, datetime, time
from zoneinfo import ZoneInfo

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def to_utc(local: datetime, zone: str) -> datetime:
    """Return the instant of a naive store-local time.

    An hour that the clocks skip is read with the offset before the change, so it lands as much later as was
    skipped (02:30 counts as 03:30). An hour that comes twice is read as its first coming. Both follow PEP 495
    with fold 0. Times beyond what UTC can show (9999-12-31, which some systems store for "never") are clamped.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: no such zone.
    """
    aware = local.replace(tzinfo=ZoneInfo(zone), fold=0)
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return _LAST if local.year == MAXYEAR else _FIRST


def to_local(at: datetime, zone: str) -> datetime:
    """Return the naive store-local time of an aware instant.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: no such zone.
    """
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def day_start(at: datetime, zone: str) -> datetime:
    """Return the instant, in UTC, at which the store's day that holds `at` began."""
    return to_utc(datetime.combine(to_local(at, zone).date(), time.min), zone)
