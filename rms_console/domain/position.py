"""Where in the stream of RMS changes we are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

STAMP_FORMAT = "%Y-%m-%d %H:%M:%S.%f"


class Detection(StrEnum):
    """How changes are found: by the row's version, or by the stamp the writer set."""

    ROWVERSION = "rowversion"
    LAST_UPDATED = "last_updated"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A point in the total order of changes of one database.

    With `rowversion` detection `stamp` is empty and `number` is the row version. With `last_updated` detection
    `stamp` is the server's own local time as text `YYYY-MM-DD HH:MM:SS.mmm` (so that it orders as text) and
    `number` is the ItemID. Positions of different kinds never meet: the ledger drops the watermark when the
    detection changes.
    """

    stamp: str
    number: int

    @classmethod
    def of_version(cls, version: int) -> Position:
        return cls("", version)

    @property
    def detection(self) -> Detection:
        return Detection.LAST_UPDATED if self.stamp else Detection.ROWVERSION

    def encode(self) -> str:
        return f"{self.stamp}|{self.number}"

    @classmethod
    def decode(cls, text: str) -> Position:
        stamp, _, number = text.rpartition("|")
        return cls(stamp, int(number))


def format_stamp(value: datetime) -> str:
    """Return a server-local time as `YYYY-MM-DD HH:MM:SS.mmm`."""
    return value.strftime(STAMP_FORMAT)[:-3]


def parse_stamp(text: str) -> datetime:
    """Return the naive server-local time of `YYYY-MM-DD HH:MM:SS[.mmm]` (a `T` separator is read too).

    Raises:
        ValueError: the text is not such a time.
    """
    return datetime.fromisoformat(text.strip())
