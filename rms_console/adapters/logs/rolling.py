"""One log file that never grows too large or too old, and never stops the program."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Final

_LONGEST_SPAN: Final = timedelta(days=7)
"""What one file covers at most, so that a quiet log is set aside (and in time deleted) as well."""

_MOST_FILES: Final = 20
"""Set-aside files at most, whatever their age: a log must not fill the disk."""

_LOOK_EVERY: Final = timedelta(seconds=2)
_STAMP = re.compile(rb'"timestamp": ?"([^"]{1,40})"')


class RollingFile:
    """A file to append lines to. Set-aside ones are called NAME-STAMP.log and lie beside it.

    Nothing here raises: a line that cannot be written is answered with False, and `problem` says why.
    """

    def __init__(self, path: Path, max_bytes: int, keep: timedelta, now: Callable[[], datetime]) -> None:
        self.path = path
        self.problem = ""
        self._max_bytes = max_bytes
        self._keep = keep
        self._now = now
        self._file: FileIO | None = None
        self._size = 0
        self._torn = False
        self._roll_at = max_bytes
        self._begun = self._looked = datetime.min.replace(tzinfo=UTC)

    def append(self, line: bytes) -> bool:
        """Write one line, whole; return whether it is in the file."""
        try:
            file = self._ready(self._now(), len(line))
            self._write(file, b"\n" + line if self._torn else line)
        except (OSError, ValueError) as exc:
            self.problem = f"{self.path}: {exc.strerror or exc}" if isinstance(exc, OSError) else str(exc)
            return False
        self.problem = ""
        return True

    def _write(self, file: FileIO, data: bytes) -> None:
        """Append the data, or leave the file as it was: a full disk takes the beginning of a line only.

        Raises:
            OSError: the data is not in the file.
        """
        self._torn = True
        try:
            written = file.write(data) or 0
            if written < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(self._size)
                self._torn = False
            raise
        self._size += written
        self._torn = False

    def close(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError as exc:
                self.problem = f"{self.path}: {exc.strerror or exc}"
            self._file = None

    def _ready(self, now: datetime, coming: int) -> FileIO:
        """Return the open file with room for `coming` bytes."""
        if self._file is not None and not self._looked <= now < self._looked + _LOOK_EVERY:
            self._looked = now
            if not self._is_same():
                self.close()
        if self._file is None:
            self._open(now)
        span = min(self._keep, _LONGEST_SPAN)
        if self._size and (self._size + coming > self._roll_at or now - self._begun > span):
            self._roll(now)
        if self._file is None:
            raise ValueError(f"{self.path} is closed")
        return self._file

    def _is_same(self) -> bool:
        """Return whether our path still leads to the file we hold: somebody may have moved or deleted it."""
        if self._file is None:
            return False
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False

    def _open(self, now: datetime) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = FileIO(self.path, "ab")
        self._size = self.path.stat().st_size
        self._begun = now
        self._roll_at = self._max_bytes
        self._looked = now
        self._torn = False
        if self._size:
            with self.path.open("rb") as existing:
                self._begun = _time_of(existing.read(400)) or now
                existing.seek(-1, os.SEEK_END)
                self._torn = existing.read(1) != b"\n"
        self._prune(now)

    def _roll(self, now: datetime) -> None:
        """Set the file aside and begin a new one; where that fails (Windows: held open by another), go on in it."""
        self.close()
        try:
            self.path.rename(self._aside(now))
        except OSError as exc:
            self.problem = f"{self.path} could not be set aside: {exc.strerror or exc}"
            self._open(now)
            self._begun = now
            self._roll_at = self._size + self._max_bytes // 10
        else:
            self._open(now)

    def _aside(self, now: datetime) -> Path:
        stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        names = (f"{self.path.stem}-{stamp}{suffix}.log" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
        return next(path for name in names if not (path := self.path.with_name(name)).exists())

    def _prune(self, now: datetime) -> None:
        """Delete set-aside files whose last line is older than `keep`, and the oldest of too many."""
        aside = re.compile(re.escape(self.path.stem) + r"-\d{8}T\d{6}Z(?:-\d+)?\.log")
        files = sorted(path for path in self.path.parent.iterdir() if aside.fullmatch(path.name))
        limit = (now - self._keep).timestamp()
        for place, path in enumerate(files):
            if place < len(files) - _MOST_FILES or path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)


def _time_of(head: bytes) -> datetime | None:
    """Return the time of the first line of a log, None when it does not say."""
    match = _STAMP.search(head)
    try:
        return datetime.fromisoformat(match.group(1).decode()) if match else None
    except ValueError:
        return None
