"""The pad of a drift report: the shop's products on disk, found again by their ids, and what was found to differ.

A file of its own beside the ledger: what it holds is read again where it is lost, so it waits for no disk. It survives
the death of the process (WAL), and a power cut that tears it only begins the comparison anew.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.statements import queries
from rms_console.adapters.store.survey import SqliteSurvey
from rms_console.contract.drift import Difference, DriftRun
from rms_console.domain.matching import ShopProduct
from rms_console.domain.product import ObservedProduct
from rms_console.errors import StoreDamaged, StoreFull
from rms_console.locale import sentence

ENGINE_FILE, COMMAND_FILE = "drift.db", "verify.db"
"""The engine's pad, and that of a command at rest: the two may work at once."""
CACHE_KIB = 8192
BUSY_S = 2.0
ENDINGS = ("", "-wal", "-shm")
_difference = TypeAdapter(Difference)
_run = TypeAdapter(DriftRun)


def open_drift_pad(path: Path | None, *, busy_s: float = BUSY_S) -> SqliteDriftPad:
    """Open the pad in a file, making it when absent; None: one that is gone when closed.

    `busy_s`: so long whoever has it is waited for. A pad that cannot be read is thrown away: nothing is lost but the
    time it took.

    Raises:
        StoreBusy: another comparison works on it. StoreFull: the file cannot be made.
    """
    if path is None:
        return _opened("", busy_s)
    try:
        return _opened(str(path), busy_s)
    except StoreDamaged:
        for ending in ENDINGS:
            with contextlib.suppress(OSError):
                Path(f"{path}{ending}").unlink(missing_ok=True)
        return _opened(str(path), busy_s)


def _opened(name: str, busy_s: float) -> SqliteDriftPad:
    try:
        connection = sqlite3.connect(name, timeout=busy_s, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as exc:
        raise StoreFull(
            sentence("{name} cannot be opened ({error})", name=name, error=exc),
            hint=sentence("check the rights on the file and its folder"),
        ) from exc
    database = Database(connection, name or "the pad of the drift report")
    try:
        # Exclusive: whoever opens it first keeps it, so that no two comparisons share one pad.
        for pragma in (
            "locking_mode = EXCLUSIVE",
            "journal_mode = WAL",
            "synchronous = OFF",
            f"cache_size = -{CACHE_KIB}",
        ):
            database.rows(f"PRAGMA {pragma}")
        pad = SqliteDriftPad(database)
        pad.load()  # one that another version left may be whole and yet say nothing to this one
        return pad
    except BaseException:
        connection.close()
        raise


class SqliteDriftPad:
    """`contract.drift.DriftPad` over SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("drift")
        self._survey_sql = queries("survey")
        self._survey = SqliteSurvey(database, self._survey_sql)
        self._make()

    def load(self) -> DriftRun | None:
        body = self._database.scalar(self._sql["run"])
        if body is None:
            return None
        with self._database.decoding():
            return _run.validate_json(body)

    def save(self, run: DriftRun) -> None:
        self._database.run(self._sql["save_run"], (json.dumps(asdict(run)),))

    def clear(self) -> None:
        with self._database.transaction():
            for table in ("run", "suspects", "differences", "products", "variants"):
                self._database.run(f"DROP TABLE IF EXISTS {table}")
            self._make()

    def add_products(self, products: Sequence[ObservedProduct]) -> None:
        self._survey.add_products(products)

    def size(self) -> tuple[int, int]:
        return self._survey.size()

    def observed(self, product_ids: Sequence[str]) -> tuple[ObservedProduct, ...]:
        return self._survey.observed(product_ids)

    def page(self, after: int, limit: int) -> tuple[tuple[int, ShopProduct], ...]:
        return self._survey.page(after, limit)

    def shared_skus(self, after: str, limit: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
        rows = self._database.rows(self._sql["shared_skus"], (after, limit))
        return tuple((row["key"], tuple(json.loads(row["product_ids"]))) for row in rows)

    def note(self, run: DriftRun, suspects: Iterable[str], known: Iterable[Difference] = ()) -> None:
        with self._database.transaction():
            self._database.run_many(self._sql["add_suspect"], ((style,) for style in suspects))
            self._database.run_many(self._sql["add_difference"], (_columns(one) for one in known))
            self.save(run)

    def suspects(self, after: str, limit: int) -> tuple[str, ...]:
        return tuple(row["style"] for row in self._database.rows(self._sql["suspects"], (after, limit)))

    def differences(self, limit: int) -> tuple[Difference, ...]:
        rows = self._database.rows(self._sql["differences"], (limit,))
        with self._database.decoding():
            return tuple(_difference.validate_json(row["body"]) for row in rows)

    def tally(self) -> Mapping[tuple[str, str, str, bool], int]:
        rows = self._database.rows(self._sql["tally"])
        return {(row["kind"], row["cause"], row["miss"], bool(row["is_known"])): row["found"] for row in rows}

    def styles_found(self, after: str, limit: int, causes: Sequence[str]) -> tuple[str, ...]:
        rows = self._database.rows(self._sql["styles_found"], (after, json.dumps(list(causes)), limit))
        return tuple(row["style"] for row in rows)

    def close(self) -> None:
        self._database.close()

    def _make(self) -> None:
        there = {row["name"] for row in self._database.rows("SELECT name FROM sqlite_master")}
        for sql in (self._survey_sql, self._sql):
            for name, statement in sql.items():
                if name.startswith("create_") and name.removeprefix("create_") not in there:
                    self._database.run(statement)


def _columns(one: Difference) -> tuple[object, ...]:
    body = _difference.dump_json(one).decode()
    return (one.style, one.item_id, one.kind.value, one.cause.value, one.field, one.miss, one.is_known, body)
