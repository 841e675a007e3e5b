"""The store's wall clock: the clock by which RMS stamps its rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rms_console.domain.position import format_stamp, parse_stamp
from rms_console.errors import ConfigError


def utc_now() -> datetime:
    return datetime.now(UTC)


class StoreClock:
    """Local time of the store's zone.

    For SQL Server the server's own clock says what time it is and this one only knows where the zone's clocks were
    set back. For a file, which has no clock, it says both.

    Raises:
        ConfigError: there is no such zone.
    """

    def __init__(self, zone: str, now: Callable[[], datetime] = utc_now) -> None:
        self._zone = _zone(zone)
        self._now = now

    def local(self) -> datetime:
        """Return the store's local time, naive, as RMS writes it."""
        return self._now().astimezone(self._zone).replace(tzinfo=None)

    def set_back_s(self, stamp: str) -> float:
        """Return by how many seconds the zone's clocks were set back between `stamp` and now; 0 when they were not.

        When summer time ends an hour of local time comes twice: rows written in its second pass carry stamps that lie
        behind those of the first. A stamp within that hour counts as of the first pass, the safe reading.
        """
        try:
            then = parse_stamp(stamp).replace(tzinfo=self._zone, fold=0)
        except ValueError:
            return 0.0
        before, after = then.utcoffset(), self._now().astimezone(self._zone).utcoffset()
        if before is None or after is None:
            return 0.0
        return max(0.0, (before - after).total_seconds())


def earlier(stamp: str, seconds: float) -> str:
    """Return the stamp that lies `seconds` before; of a date that no calendar has, the start of its month."""
    if not stamp:
        return stamp
    try:
        return format_stamp(parse_stamp(stamp) - timedelta(seconds=seconds))
    except (ValueError, OverflowError):
        return f"{stamp[:8]}01 00:00:00.000"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as exc:
        raise ConfigError(
            f"there is no time zone named {name!r}",
            code="zone-unknown",
            hint="use a name such as America/Costa_Rica or Europe/Madrid",
        ) from exc
