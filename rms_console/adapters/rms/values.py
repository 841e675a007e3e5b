"""Cells of RMS as values: text as stored, money and quantities as exact decimals, dates as local times."""

from __future__ import annotations

import math
import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from rms_console.domain.position import parse_stamp
from rms_console.locale import sentence

_PLAIN_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_MONEY_PLACES = 4
_MONEY_STEP = Decimal(1).scaleb(-_MONEY_PLACES)
_LONGEST_SHOWN = 60
_EMPTY_YEAR = 1900
_TRUE = {"1", "-1", "true", "t", "yes", "y", "s", "si", "sí"}
_FALSE = {"0", "", "false", "f", "no", "n"}


class UnreadableValue(Exception):
    """A cell does not hold what its column promises. The reason reads after a colon and does not name the column."""

    def __init__(self, value: object, reason: str) -> None:
        super().__init__(reason)
        shown = repr(value) if isinstance(value, bytes) else str(value)
        self.value = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
        self.reason = reason


def as_text(cell: object) -> str | None:
    """Return text as stored, padding and all; a number (an export's `23.0`) as a person would write it."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bytes):
        return decode(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return str(cell)


def decode(raw: bytes) -> str:
    """Return bytes as text: UTF-8, else the code page of western Windows, so that one bad byte loses no row."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def as_decimal(cell: object) -> Decimal | None:
    """Return an exact decimal of at most four places, as SQL's `money` has; None for an empty cell.

    A float goes through its shortest text, so that 22123.9 stays 22123.9. Text must be a plain decimal: a comma
    could be either separator, and a guess in a price is worse than a price left alone.

    Raises:
        UnreadableValue: anything else, not-a-number and infinity included.
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    number = _decimal(cell)
    try:
        rounded = number.quantize(_MONEY_STEP)
    except InvalidOperation as exc:
        raise UnreadableValue(cell, sentence("more digits than any amount has")) from exc
    return number if number == rounded else rounded


def as_whole(cell: object) -> int | None:
    """Return a whole number, what is behind the point cut off; None for an empty cell.

    Raises:
        UnreadableValue: it is no number.
    """
    number = as_decimal(cell)
    return None if number is None else int(number)


def as_moment(cell: object) -> datetime | None:
    """Return a naive local time; None for an empty cell and for 1900-01-01, RMS's empty date.

    Raises:
        UnreadableValue: it is not a date.
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    if not isinstance(cell, (str, datetime)):
        raise UnreadableValue(cell, sentence("no date as text (YYYY-MM-DD HH:MM:SS)"))
    try:
        moment = cell if isinstance(cell, datetime) else parse_stamp(cell)
    except ValueError as exc:
        raise UnreadableValue(cell, sentence("no date (YYYY-MM-DD HH:MM:SS)")) from exc
    moment = moment.replace(tzinfo=None)
    return None if moment.year <= _EMPTY_YEAR else moment


def as_flag(cell: object) -> bool | None:
    """Return a bit; None for an empty cell.

    Raises:
        UnreadableValue: it is neither yes nor no.
    """
    if cell is None:
        return None
    if isinstance(cell, (int, float)):
        return bool(cell)
    word = str(cell).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise UnreadableValue(cell, sentence("neither yes nor no"))


def _decimal(cell: object) -> Decimal:
    if isinstance(cell, (int, Decimal)):
        number = Decimal(cell)
    elif isinstance(cell, float) and math.isfinite(cell):
        number = Decimal(repr(cell))
    elif isinstance(cell, str) and _PLAIN_DECIMAL.fullmatch(cell.strip()):
        number = Decimal(cell.strip())
    else:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UnreadableValue(cell, sentence("no plain decimal number"))
    return number
