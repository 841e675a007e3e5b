"""What was done: cycles, and each product's outcome with its field-by-field changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import json_text, read_json, time_text
from rms_console.adapters.store.statements import queries
from rms_console.contract.records import ProductRecord
from rms_console.contract.snapshot import CycleView
from rms_console.contract.wire import from_json, to_json
from rms_console.errors import LinkError

MOST_CYCLES, MOST_RECORDS = 200_000, 500_000
"""Kept at most, whatever their age: some 400 MB. A busy store, or one written anew as a whole each night, has many."""

_NEWEST = 2**63 - 1


class History:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("history")

    def record_cycle(self, cycle: CycleView) -> None:
        """Keep a cycle; the same number again replaces it."""
        body = json_text(to_json(cycle))
        with self._database.transaction():
            self._database.run(self._sql["add_cycle"], (cycle.number, time_text(cycle.started_at), body))

    def cycles(self, limit: int, before: int | None) -> tuple[CycleView, ...]:
        """Return cycles with a number below `before`, the newest first."""
        newest = _NEWEST if before is None else before
        return self._database.read(_cycle, self._sql["cycles"], (newest, limit))

    def cycles_since(self, at: datetime) -> tuple[CycleView, ...]:
        """Return the cycles started at or after `at`, the newest first."""
        return self._database.read(_cycle, self._sql["cycles_since"], (time_text(at),))

    def record_products(self, cycle: int, at: datetime, records: Iterable[ProductRecord]) -> None:
        when = time_text(at)
        self._database.run_many(
            self._sql["add_record"], ({**_columns(one), "cycle": cycle, "at": when} for one in records)
        )

    def of_style(self, style: str, limit: int, before: int | None) -> tuple[Mapping[str, object], ...]:
        """Return what happened to a product, entries with a number below `before`, the newest first.

        Plain JSON objects. `trigger`, `by` and `reason` are those of the cycle, once that has ended.
        """
        newest = _NEWEST if before is None else before
        return self._database.read(_happened, self._sql["of_style"], (style, newest, limit))

    def of_cycle(self, cycle: int, limit: int, after: int) -> tuple[Mapping[str, object], ...]:
        """Return what a cycle did to each product, entries with a number above `after`, in order, as JSON objects."""
        return self._database.read(_record, self._sql["of_cycle"], (cycle, after, limit))

    def prune(self, before: datetime, most: int) -> int:
        """Drop what is older, and what is beyond the number of rows kept; return how many rows were dropped.

        At most so many of a kind at a time: a year's worth at once would hold everybody up.
        """
        when = time_text(before)
        steps = (
            ("prune_cycles", (when, most)),
            ("prune_records", (when, most)),
            ("prune_cycles_beyond", (MOST_CYCLES, most)),
            ("prune_records_beyond", (MOST_RECORDS, most)),
        )
        with self._database.transaction():
            return sum(self._database.run(self._sql[name], asked) for name, asked in steps)


def _columns(record: ProductRecord) -> dict[str, object]:
    return {
        "style": record.style,
        "title": record.title,
        "result": record.result,
        "variants": record.variants,
        "duration_s": record.duration_s,
        "code": record.code,
        "message": record.message,
        "changes": json_text([asdict(change) for change in record.changes]),
    }


def _cycle(row: sqlite3.Row) -> CycleView:
    try:
        return from_json(CycleView, read_json(row["body"]))
    except LinkError as exc:
        raise ValueError(f"cycle: {exc.message}") from exc


def _record(row: sqlite3.Row) -> Mapping[str, object]:
    plain = {name: row[name] for name in row.keys() if name not in ("record", "changes", "body")}  # noqa: SIM118
    return {"number": row["record"], **plain, "changes": read_json(row["changes"])}


def _happened(row: sqlite3.Row) -> Mapping[str, object]:
    body = read_json(row["body"]) if row["body"] is not None else {}
    return {**_record(row), **{name: body.get(name) for name in ("trigger", "by", "reason")}}
