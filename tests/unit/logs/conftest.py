"""A writer in a folder of its own, on a clock that moves when told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rms_console.adapters.logs import LogWriter
from rms_console.contract.ports import LogLine

START = datetime(2026, 11, 24, 15, 45, tzinfo=UTC)


class SettableClock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def move(self, **span: float) -> None:
        self.at += timedelta(**span)


class SettledWriter(LogWriter):
    """One whose lines are in the file when `write` returns."""

    def write(self, line: LogLine) -> None:
        super().write(line)
        self.settle(10)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


OpenWriter = Callable[..., LogWriter]


@pytest.fixture
def open_writer(tmp_path: Path, clock: SettableClock) -> Iterator[OpenWriter]:
    writers: list[LogWriter] = []

    def open_one(**options: Any) -> LogWriter:
        writer = SettledWriter(options.pop("folder", tmp_path), now=clock, **options)
        writers.append(writer)
        return writer

    yield open_one
    for writer in writers:
        writer.close()


def entries(folder: Path) -> list[dict[str, Any]]:
    """Return every line of app.log, each of which must be JSON."""
    return [json.loads(line) for line in (folder / "app.log").read_text(encoding="utf-8").split("\n") if line]
