"""Alerts, present and past: where an engine and a command beside it meet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import optional_time_text, read_optional_time, read_time, time_text
from rms_console.adapters.store.statements import queries
from rms_console.contract.alert_port import AlertRecord, Sending

MOST_PAST = 500


class Alerts:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("alerts")

    def all(self, limit: int) -> tuple[AlertRecord, ...]:
        with self._database.reading():
            present = self._database.read(_record, self._sql["present"])
            return (*present, *self._database.read(_record, self._sql["past"], (limit,)))

    def save(self, records: Iterable[AlertRecord]) -> Mapping[str, str]:
        rows = [_columns(record) for record in records]
        if rows:
            with self._database.transaction():
                self._database.run_many(self._sql["save"], rows)
                self._database.run(self._sql["forget_old"], (MOST_PAST,))
        present = self._database.read(_record, self._sql["present"])
        return {record.alert_id: record.acked_by for record in present if record.acked_by is not None}

    def ack(self, alert_ids: Sequence[str], by: str) -> tuple[str, ...]:
        with self._database.transaction():
            unseen = {
                f"{row['kind']}-{row['number']}": row["number"] for row in self._database.rows(self._sql["unseen"])
            }
            marked = [alert_id for alert_id in unseen if not alert_ids or alert_id in alert_ids]
            self._database.run_many(self._sql["ack"], ((by, unseen[alert_id]) for alert_id in marked))
        return tuple(marked)


def _columns(record: AlertRecord) -> dict[str, object]:
    return {
        "number": record.number,
        "kind": record.kind,
        "severity": record.severity,
        "texts": record.texts,
        "since_at": time_text(record.since_at),
        "cleared_at": optional_time_text(record.cleared_at),
        "acked_by": record.acked_by,
        "told": record.told,
        "sending": record.sending.value,
    }


def _record(row: sqlite3.Row) -> AlertRecord:
    return AlertRecord(
        number=row["number"],
        kind=row["kind"],
        severity=row["severity"],
        texts=row["texts"],
        since_at=read_time(row["since_at"]),
        cleared_at=read_optional_time(row["cleared_at"]),
        acked_by=row["acked_by"],
        told=row["told"],
        sending=Sending(row["sending"]),
    )
