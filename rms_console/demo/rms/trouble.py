"""What goes wrong in a store's database itself: late commits, restores, joined tables, wrong clocks, raw SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from rms_console.demo.rms.events import StoreEvent
from rms_console.demo.rms.faults import RmsFaults
from rms_console.demo.rms.till import VERSION, Clock, Till, Writer, stamp_text, utc_now

DIRT: tuple[Mapping[str, object], ...] = (
    {"Price": "22.123,90"},
    {"Price": None},
    {"Price": 0.0},
    {"Price": 22123.9 * 10**7},
    {"Quantity": "doce"},
    {"SubDescription1": None},
    {"SubDescription1": "   "},
    {"ItemLookupCode": " "},
    {"Description": "\x00\x1b[31mROJO\u202e"},
    {"SaleType": 1, "SalePrice": 1.0, "SaleStartDate": "mañana", "SaleEndDate": None},
)
"""Values that were seen, or could be seen, in rows of real stores."""


class OpenTransaction:
    """A row that some program writes and does not commit yet. Stamp and version are those of its beginning.

    With `is_seen` the row shows at once, as to a reader that does not wait for locks (NOLOCK), and a roll-back takes
    it away again.
    """

    def __init__(
        self, till: Till, faults: RmsFaults, item_id: int, columns: Mapping[str, object], is_seen: bool
    ) -> None:
        self._till = till
        self._faults = faults
        self._item_id = item_id
        with till.transaction() as writer:
            self.version = int(str(writer.get(VERSION))) + 1
            writer.set(VERSION, self.version)
            self.began_at = writer.at
            self._after = {**columns, "LastUpdated": stamp_text(writer.at), "DBTimeStamp": self.version}
            (row,) = writer.rows("SELECT * FROM Item WHERE ID = ?", item_id)
            self._before = {name: row[name] for name in self._after}
            if is_seen:
                write_row(writer, item_id, self._after)
        faults.open_versions.add(self.version)

    def commit(self) -> None:
        with self._till.transaction() as writer:
            write_row(writer, self._item_id, self._after)
        self._faults.open_versions.discard(self.version)

    def roll_back(self) -> None:
        """Take back what was seen. Whoever wrote the row meanwhile keeps it."""
        with self._till.transaction() as writer:
            if writer.rows("SELECT 1 FROM Item WHERE ID = ? AND DBTimeStamp = ?", self._item_id, self.version):
                write_row(writer, self._item_id, self._before)
        self._faults.open_versions.discard(self.version)


class StoreTrouble:
    """Does to one embedded store what no till should do. `faults` learns of transactions that stay open."""

    def __init__(
        self, path: Path, faults: RmsFaults | None = None, *, zone: str | None = None, now: Clock = utc_now
    ) -> None:
        self.path = path
        self.faults = faults or RmsFaults()
        self._zone = zone
        self._now = now
        self._till = Till(path, zone=zone, now=now)

    def local(self) -> datetime:
        """Return the store's local time, as the next row would be stamped."""
        with self._till.transaction() as writer:
            return writer.at

    def begin(self, item_id: int, *, is_seen: bool = False, **columns: object) -> OpenTransaction:
        """Begin a transaction that writes one item and stays open."""
        return OpenTransaction(self._till, self.faults, item_id, columns, is_seen)

    def write_with_clock(self, item_id: int, ahead: timedelta, **columns: object) -> datetime:
        """Write an item from a till whose clock is wrong by `ahead`; return the stamp the row got."""
        return Till(self.path, zone=self._zone, now=lambda: self._now() + ahead).update(item_id, **columns)

    def write_unstamped(self, item_id: int, **columns: object) -> None:
        """Write an item by raw SQL, as an integrator's script does: neither stamp nor version moves."""
        with self._till.transaction() as writer:
            write_row(writer, item_id, columns)

    def rename_category(self, item_id: int, name: str) -> None:
        """Rename the category an item is filed under, for all that are: no row of `Item` is touched."""
        with self._till.transaction() as writer:
            writer.run(
                "UPDATE Category SET Name = ? WHERE ID = (SELECT CategoryID FROM Item WHERE ID = ?)", name, item_id
            )

    def set_tax(self, percent: float) -> None:
        with self._till.transaction() as writer:
            writer.run("UPDATE Tax SET Percentage = ?", percent)

    def set_other_stock(self, item_id: int, quantity: float) -> None:
        """Count an item at the second location, whose table no stamp of `Item` covers."""
        with self._till.transaction() as writer:
            writer.run("INSERT OR REPLACE INTO Bodega57 VALUES (?, ?)", item_id, quantity)

    def delete(self, item_ids: Iterable[int]) -> None:
        with self._till.transaction() as writer:
            for item_id in item_ids:
                writer.run("DELETE FROM Item WHERE ID = ?", item_id)

    def spoil(self, item_id: int, random: Random) -> Mapping[str, object]:
        """Write values that no item should have, stamped as a till would; return them."""
        dirt = random.choice(DIRT)
        self._till.update(item_id, **dirt)
        return dirt

    def back_up(self, copy: Path) -> None:
        """Copy the database as it is now."""
        with closing(sqlite3.connect(self.path)) as ours, closing(sqlite3.connect(copy)) as theirs:
            ours.backup(theirs)

    def restore(self, copy: Path, *, in_place: bool = True) -> None:
        """Put an older copy in the database's place: its counter of versions goes back too.

        `in_place` overwrites the contents, so that the file stays the same; else another file takes its place.
        """
        if in_place:
            with closing(sqlite3.connect(copy)) as theirs, closing(sqlite3.connect(self.path)) as ours:
                theirs.backup(ours)
            return
        draft = self.path.with_suffix(".restored")
        with closing(sqlite3.connect(copy)) as theirs, closing(sqlite3.connect(draft)) as ours:
            theirs.backup(ours)
        for ending in ("-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)
        draft.replace(self.path)


def write_row(writer: Writer, item_id: int, columns: Mapping[str, object]) -> None:
    """Write columns of one item exactly as given."""
    names = ", ".join(f"{name} = ?" for name in columns)
    writer.run(f"UPDATE Item SET {names} WHERE ID = ?", *columns.values(), item_id)


class Mischief:
    """Trouble by chance, one kind a `step`: what happens follows from the seed alone.

    Restores are left out: whoever rehearses one wants to choose its moment.
    """

    def __init__(self, trouble: StoreTrouble, *, seed: int = 7) -> None:
        self._trouble = trouble
        self._random = Random(f"mischief {seed}")
        self._open: list[OpenTransaction] = []
        self._kinds: tuple[Callable[[int], str], ...] = (
            self._late,
            self._end_one,
            self._ahead,
            self._unstamped,
            self._renamed,
            self._moved,
            self._deleted,
            self._spoilt,
        )

    def step(self) -> StoreEvent:
        """Do one thing that goes wrong and say which."""
        item_id = self._any_item()
        kind = self._random.choice(self._kinds)
        text = kind(item_id)
        return StoreEvent("mischief", (item_id,), text, self._trouble.local())

    def end(self) -> None:
        """Let every transaction that is still open come to its end."""
        while self._open:
            self._end_one(0)

    def _any_item(self) -> int:
        with closing(sqlite3.connect(self._trouble.path)) as connection:
            items = [row[0] for row in connection.execute("SELECT ID FROM Item ORDER BY ID")]
        return int(self._random.choice(items))

    def _late(self, item_id: int) -> str:
        is_seen = self._random.random() < 0.3
        self._open.append(self._trouble.begin(item_id, is_seen=is_seen, Quantity=float(self._random.randrange(9))))
        return f"a transaction stays open on {item_id}"

    def _end_one(self, item_id: int) -> str:
        if not self._open:
            return "nothing is open"
        ended = self._open.pop(self._random.randrange(len(self._open)))
        if self._random.random() < 0.3:
            ended.roll_back()
            return f"version {ended.version} is rolled back"
        ended.commit()
        return f"version {ended.version} is committed late"

    def _ahead(self, item_id: int) -> str:
        self._trouble.write_with_clock(item_id, timedelta(hours=2), Quantity=float(self._random.randrange(9)))
        return f"a till two hours ahead writes {item_id}"

    def _unstamped(self, item_id: int) -> str:
        self._trouble.write_unstamped(item_id, Quantity=float(self._random.randrange(9)))
        return f"a script writes {item_id} without a stamp"

    def _renamed(self, item_id: int) -> str:
        self._trouble.rename_category(item_id, f"Categoría {self._random.randrange(1000)}")
        return f"the category of {item_id} is renamed"

    def _moved(self, item_id: int) -> str:
        self._trouble.set_other_stock(item_id, float(self._random.randrange(9)))
        return f"stock of {item_id} at the second location moves"

    def _deleted(self, item_id: int) -> str:
        self._trouble.delete([item_id])
        return f"{item_id} is deleted"

    def _spoilt(self, item_id: int) -> str:
        dirt = self._trouble.spoil(item_id, self._random)
        return f"{item_id} gets {', '.join(f'{name} = {value!r}' for name, value in dirt.items())}"
