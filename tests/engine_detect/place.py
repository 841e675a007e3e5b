"""A world of `tests.engine.world` over the embedded RMS: joined tables, a counter of versions, switchable trouble."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from rms_console.adapters.rms import open_source
from rms_console.adapters.store import SqliteLedger, open_ledger
from rms_console.adapters.store.mark import FileMark
from rms_console.adapters.store.opening import FILE_NAME
from rms_console.adapters.store.rescue import ENDINGS, Opened, open_or_begin_anew, put_aside, salvaged_facts
from rms_console.demo.rms import RmsFaults, StoreTrouble, Till, with_faults
from rms_console.demo.rms.till import VERSION, ZONE, set_state
from rms_console.engine.ledger_watch import Mishap, Why, begin_anew
from rms_console.engine.reporting import Cause
from rms_console.engine.runner import Finished
from tests.acceptance.store_file import Shoe
from tests.engine.world import World

COLUMNS = {"style": "SubDescription1", "color": "SubDescription2", "size": "SubDescription3"}
SEEN = (
    "SELECT ID, ItemLookupCode, Price, Quantity, Inactive, SubDescription1 AS style, DBTimeStamp, LastUpdated "
    "FROM Item ORDER BY ID"
)


class TillStore:
    """The embedded RMS with goods of the test's choosing; has the methods of `StoreFile` that worlds use."""

    def __init__(self, path: Path, now: Callable[[], datetime], zone: str) -> None:
        self.path = path
        self.zone = zone
        self.till = Till(path, zone=zone, now=now)
        with closing(self._open()) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(files("rms_console.demo.rms").joinpath("schema.sql").read_text(encoding="utf-8"))
            db.execute("BEGIN")
            with db:
                db.execute("INSERT INTO Configuration VALUES (0, 'Prueba', 1)")
                db.execute("INSERT INTO Department VALUES (1, 'Zapatos')")
                db.execute("INSERT INTO Category VALUES (1, 1, 'Tenis')")
                db.execute("INSERT INTO Supplier VALUES (1, 'ACME')")
                db.execute("INSERT INTO Tax VALUES (1, 'IVA', 13.0)")
                db.execute("INSERT INTO Linea VALUES (1, 'Mujer', 'Zapatos > Mujer > Tenis')")
                set_state(db, ZONE, zone)
                set_state(db, VERSION, 0)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path.as_posix()}"

    def add(self, items: Iterable[Shoe]) -> None:
        """Write new items in one transaction, each under a version of its own."""
        with self.till.transaction() as writer:
            for item in items:
                row: dict[str, object] = {
                    "ID": item.item_id,
                    "ItemLookupCode": item.sku or f"SKU-{item.item_id}",
                    "Description": item.description or f"ZAPATO {item.style}",
                    "SubDescription1": item.style,
                    "SubDescription2": item.color,
                    "SubDescription3": item.size,
                    **dict.fromkeys(("DepartmentID", "CategoryID", "SupplierID", "LineaID", "TaxID"), 1),
                    "Price": item.price,
                    "Quantity": item.quantity,
                    "Weight": 0.5,
                }
                writer.insert(row | item.extra)

    def change(self, item_id: int, /, **values: object) -> None:
        self.till.update(item_id, **{COLUMNS.get(name, name): value for name, value in values.items()})

    def rows(self) -> list[sqlite3.Row]:
        with closing(self._open()) as db:
            db.row_factory = sqlite3.Row
            return db.execute(SEEN).fetchall()

    def execute(self, sql: str) -> None:
        with closing(self._open()) as db:
            db.executescript(sql)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute("PRAGMA synchronous = OFF")
        return connection


class Place(World):
    """`trouble` does things to the database, `faults` to what is read of it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self.source.close()
        self.faults = RmsFaults()
        self.tills = TillStore(folder / "rms.db", self.clock.now, self.settings.zone)
        self.trouble = StoreTrouble(self.tills.path, self.faults, zone=self.settings.zone, now=self.clock.now)
        self.store = self.tills  # type: ignore[assignment]
        self.source = open_source(
            self.tills.url, zone=self.settings.zone, detection=self.detection, now=self.clock.now, pooling=False
        )
        self.wrap_source = lambda source: with_faults(source, self.faults, sleep=lambda seconds: None)

    def names(self) -> list[str]:
        """Return the names of all events so far."""
        return [event.name for event in self.engine.journal._events]

    def facts(self, name: str) -> list[dict[str, Any]]:
        return [dict(event.facts) for event in self.engine.journal._events if event.name == name]


class KeptPlace(Place):
    """A place whose ledger lies on disk, is watched over and renewed as the program itself does it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, on_disk=True, **options)
        self.state = folder / "state"
        self.state.mkdir(exist_ok=True)

    @property
    def file(self) -> Path:
        return self.state / FILE_NAME

    def extras(self) -> dict[str, Any]:
        return {"mark": FileMark(self.state), "renew_ledger": self._renew}

    def _ledger(self) -> SqliteLedger:
        return self._begun(open_or_begin_anew(self.state, self.clock.now()))

    def _renew(self, damage: str) -> Any:
        facts = salvaged_facts(self.file)
        self.real_ledger.close()
        aside = put_aside(self.state, self.clock.now())
        self.real_ledger = self._begun(Opened(open_ledger(self.state), damage, aside, facts))
        self.ledger._ledger = self.real_ledger
        return self.ledger

    @staticmethod
    def _begun(opened: Opened) -> SqliteLedger:
        opened.ledger._database.rows("PRAGMA synchronous = OFF")
        if opened.aside is not None:
            begin_anew(opened.ledger, Mishap(Why.DAMAGED, opened.damage, str(opened.aside)), opened.facts)
        return opened.ledger

    async def cycle(self, cause: Cause | None = None) -> Finished:
        finished = await super().cycle(cause)
        await self.engine.ledger_watch.note()
        return finished

    def mutations(self) -> int:
        """Return how often something was written. Starting a bulk query is a mutation that changes nothing."""
        return super().mutations() - self.shop.ledger.by_field["bulkOperationRunQuery"]

    def put_aside(self) -> list[Path]:
        return sorted(self.state.glob("ledger.damaged-*.db"))

    def delete_ledger(self) -> None:
        for ending in ENDINGS:
            Path(f"{self.file}{ending}").unlink(missing_ok=True)

    def keep_copy(self) -> Path:
        """Return a copy of the ledger as it is now, made while the engine may run."""
        copy = self.folder / "ledger.copy"
        with closing(sqlite3.connect(self.file)) as ours, closing(sqlite3.connect(copy)) as theirs:
            ours.backup(theirs)
        return copy

    def put_back(self, copy: Path) -> None:
        self.delete_ledger()
        shutil.copy(copy, self.file)
