"""Durations by the hour, as histograms: a month of them in little space."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import read_time, time_text
from rms_console.adapters.store.statements import queries
from rms_console.contract.timing_port import Timed, TimedHour
from rms_console.domain.histogram import Histogram


class Timings:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("timings")

    def since(self, at: datetime) -> tuple[TimedHour, ...]:
        return self._database.read(_hour, self._sql["since"], (time_text(at),))

    def save(self, hours: Iterable[TimedHour], keep_since: datetime) -> None:
        rows = [(time_text(hour.at), hour.timed.value, hour.durations.encode()) for hour in hours]
        with self._database.transaction():
            self._database.run_many(self._sql["save"], rows)
            self._database.run(self._sql["forget"], (time_text(keep_since),))


def _hour(row: sqlite3.Row) -> TimedHour:
    return TimedHour(read_time(row["at"]), Timed(row["timed"]), Histogram.decode(row["durations"]))
