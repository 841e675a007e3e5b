"""Figures as people read them. What is not known is a dash, never 0."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from rms_console.contract.api_forms import HOUR, MINUTE, age_text
from rms_console.tui.glyphs import UNICODE, Glyphs
from rms_console.tui.plain import clean

UNKNOWN: Final = UNICODE.unknown
"""Every set of signs has its own for this one, which it puts in its place where it is drawn."""
LOCALES: Final = {"es": "es_CR", "en": "en_US"}
MONTHS: Final = {
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an int that no float holds
        return False


def age(seconds: float | None) -> str:
    """Return an age to two units: `8s`, `2m 05s`, `3h 12m`, `4d 2h`."""
    if seconds is None or not _is_number(seconds):
        return UNKNOWN
    return age_text(seconds)


def short_age(seconds: float | None) -> str:
    """Return an age that changes seldom, so that a quiet screen stays as it is: tens of seconds, then minutes."""
    if seconds is None or not _is_number(seconds):
        return UNKNOWN
    whole = max(0, int(seconds))
    if whole < 10:
        return "<10s"
    if whole < MINUTE:
        return f"{whole // 10 * 10}s"
    return f"{whole // MINUTE}m" if whole < HOUR else age(whole)


def countdown(seconds: float | None) -> str:
    """Return the time left, coarse while it is long: minutes, from one minute on tens of seconds."""
    if seconds is None or not _is_number(seconds):
        return UNKNOWN
    whole = max(0, math.ceil(seconds))
    if whole >= HOUR:
        return age(whole)
    if whole > MINUTE:
        return f"{math.ceil(whole / MINUTE)}m"
    return f"{math.ceil(whole / 10) * 10}s"


def duration(seconds: float | None) -> str:
    """Return how long something took: `12 ms`, `2.3s`, `3m 05s`."""
    if seconds is None or not _is_number(seconds):
        return UNKNOWN
    taken = max(0.0, seconds)
    if taken < 0.9995:  # what rounds to the next unit is told in it
        return f"{taken * 1000:.0f}ms"
    return f"{taken:.1f}s" if taken < MINUTE - 0.05 else age(math.ceil(taken) if taken < MINUTE else taken)


def instant_of(at: object) -> datetime | None:
    """Return an instant, or ISO text of one with its offset, as a datetime; None for all else."""
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at)
        except ValueError:
            return None
    return at if isinstance(at, datetime) and at.tzinfo is not None else None


def local_of(at: object, zone: str) -> datetime | None:
    """Return an instant in the time of a zone (UTC for a name that is none); None where there is none."""
    instant = instant_of(at)
    try:
        return None if instant is None else instant.astimezone(_zone(zone))
    except OverflowError:  # the first and the last day that a datetime knows have no neighbours
        return None


@lru_cache(maxsize=8)
def _zone(name: str) -> tzinfo:
    # Loaded with the first time that is shown: the first picture has none.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def clock(at: datetime | str | None, zone: str, *, seconds: bool = False, utc: bool = False) -> str:
    """Return the time of day of an instant (aware, or ISO text) in `zone`."""
    local = local_of(at, "UTC" if utc else zone)
    if local is None:
        return UNKNOWN
    return f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"


def moment(at: datetime | str | None, zone: str, now: datetime, language: str = "en", *, seconds: bool = False) -> str:
    """Return the time of day, with the date where it is not today's."""
    local, today = local_of(at, zone), now.astimezone(_zone(zone))
    if local is None:
        return UNKNOWN
    time = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    if local.date() == today.date():
        return time
    month = MONTHS.get(language, MONTHS["en"])[local.month - 1]
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {month}{year} {time}"


def count(number: float | None, language: str = "en") -> str:
    """Return a count with the language's separators."""
    if number is None or not _is_number(number):
        return UNKNOWN
    grouped = f"{number:,.0f}"
    return grouped.replace(",", "\u00a0") if language == "es" else grouped


def figure(number: float | None, language: str = "en") -> str:
    """Return a figure of a chart: whole from 100 on, else with what tells it from its neighbours."""
    if number is None or not _is_number(number) or abs(number) >= 99.95 or number == int(number):
        return count(number, language)
    text = f"{number:.1f}" if abs(number) >= 9.995 else f"{number:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if language == "es" else text


def percent(ratio: float | None, language: str = "en") -> str:
    """Return a ratio 0-1 as percent; what is not whole is never told as 100."""
    if ratio is None or not _is_number(ratio):
        return UNKNOWN
    text = (
        f"{min(ratio * 100, 99.9):.1f}" if 0 < ratio < 1 and round(ratio * 100) in (99, 100) else f"{ratio * 100:.0f}"
    )
    return (text.replace(".", ",") if language == "es" else text) + "\u00a0%"


def money(amount: object, currency: str, language: str = "en", *, whole: bool = False) -> str:
    """Return an amount in the shop's currency as the language writes it; what is no amount is told as it stands.

    `whole`: without decimals where they are noughts, as in a narrow column.
    """
    from babel.numbers import format_currency, get_currency_precision

    try:
        value = Decimal(str(amount))
        if not value.is_finite():
            return clean(amount, 40)
        text = format_currency(value, currency, locale=LOCALES.get(language, "en_US"))
        digits = get_currency_precision(currency)
        return clean(re.sub(rf"[.,]0{{{digits}}}(?=\D*$)", "", text) if whole and digits else text)
    except (InvalidOperation, ValueError, KeyError):
        return UNKNOWN if amount is None else clean(amount, 40)


def bytes_(number: float | None) -> str:
    """Return a size in decimal units: `145 MB`."""
    if number is None or not _is_number(number):
        return UNKNOWN
    for unit in ("B", "kB", "MB", "GB"):
        if abs(number) < 999.5:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def bar(ratio: float | None, width: int, glyphs: Glyphs) -> str:
    """Return a bar of `width` cells; what is not known is a row of dashes, not an empty bar."""
    if ratio is None or not _is_number(ratio):
        return glyphs.unknown * width
    full = round(max(0.0, min(1.0, ratio)) * width)
    return glyphs.full * full + glyphs.empty * (width - full)


def spark(values: Sequence[float | None], width: int, glyphs: Glyphs) -> str:
    """Return a sparkline of exactly `width` cells, newest at the right; what is unknown or no number is a gap."""
    known = [value if value is not None and _is_number(value) else None for value in values]
    cells = _resampled(known, width)
    peak = max((value for value in cells if value is not None), default=0.0)
    top = len(glyphs.ramp) - 1
    signs = []
    for value in cells:
        if value is None:
            signs.append(glyphs.gap)
        else:
            signs.append(glyphs.ramp[0 if peak <= 0 else round(max(0.0, value / peak) * top)])
    return "".join(signs).rjust(width)


def _resampled(values: Sequence[float | None], width: int) -> list[float | None]:
    """Return at most `width` values: the greatest of each stretch, so that no peak is lost."""
    if len(values) <= width:
        return list(values)
    cells: list[float | None] = []
    for place in range(width):
        part = values[place * len(values) // width : (place + 1) * len(values) // width]
        cells.append(max((value for value in part if value is not None), default=None))
    return cells
