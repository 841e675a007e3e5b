"""The end of app.log, and the lines around its newest error: read from behind, whatever its size."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rms_console.adapters.logs.writer import FILE_NAME

MOST_BYTES: Final = 8_000_000
"""So much of the log is looked at."""
LONGEST: Final = 20_000
"""Characters of one line."""
_ERROR = re.compile(r'"level": ?"(?:ERROR|CRITICAL)"')
AFTER: Final = 100
"""So many of the lines around an error come after it: what led to it says more."""


def last_lines(folder: Path) -> list[str]:
    """Return the latest lines of the log, oldest first; of the file before it too, where the present one is short."""
    present = folder / FILE_NAME
    aside = sorted(folder.glob(f"{present.stem}-*.log"))[-1:]
    lines: list[str] = []
    left = MOST_BYTES
    for path in (present, *aside):
        data = _end_of(path, left)
        left -= len(data)
        lines = [line[:LONGEST] for line in data.decode("utf-8", "replace").split("\n") if line.strip()] + lines
        if left <= 0:
            break
    return lines


def _end_of(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most))
            data = file.read(most)
    except OSError:
        return b""
    # What was cut at its beginning is no line.
    return data if size <= most else data.partition(b"\n")[2]


def around_newest_error(lines: Sequence[str], count: int) -> list[str]:
    """Return at most `count` lines around the newest error; none where there is no error."""
    place = next((place for place in range(len(lines) - 1, -1, -1) if _ERROR.search(lines[place])), None)
    if place is None:
        return []
    end = min(len(lines), place + 1 + AFTER)
    return list(lines[max(0, end - count) : end])
