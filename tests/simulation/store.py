"""RMS as the simulation has it: the embedded store, with trouble between it and its reader that can be armed."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast

from rms_console.adapters.rms import SqlSource, open_source
from rms_console.contract.ports import Source
from rms_console.demo.rms import RmsFaults, StoreTrouble, with_faults
from rms_console.demo.rms.till import VERSION
from rms_console.domain.position import Position
from rms_console.domain.rows import ChangesRead, RowsRead
from rms_console.errors import SourceSchemaChanged, SourceUnavailable
from tests.engine_detect.place import TillStore
from tests.simulation.clockwork import SimClock

_QUIET = frozenset({"statements", "pool_use", "close"})


@dataclass(slots=True)
class ArmedRead:
    """A fault that befalls the next reads it fits."""

    kind: str
    times: int = 1
    share: float = 0.5


@dataclass
class FaultySource:
    """The real source, with what may stand between."""

    inner: Source
    dice: Random
    fired: Callable[[str], None]
    armed: list[ArmedRead] = field(default_factory=list)
    hides: Callable[[Iterable[int]], None] = lambda item_ids: None
    read: Callable[[], None] = lambda: None
    """Called with every reading of whole items."""
    gone: str = ""
    """Why nothing can be read just now, as a kind of fault."""

    def __getattr__(self, name: str) -> Any:
        answer = getattr(self.inner, name)
        if name in _QUIET:
            return answer

        def ask(*args: Any, **kwargs: Any) -> Any:
            self._before()
            return self._after(answer(*args, **kwargs))

        return ask

    def read_changes(self, after: Position, limit: int) -> ChangesRead:
        self._before()
        read: ChangesRead = self._after(self.inner.read_changes(after, limit))
        return read

    def read_items(self, item_ids: Any) -> RowsRead:
        self._before()
        self.read()
        read: RowsRead = self._after(self.inner.read_items(item_ids))
        if fault := self._take("rms.empty_reply"):
            hidden = read.hidden | {row.item_id for row in read.rows} | {row.item_id for row in read.unreadable}
            if read.rows:
                self.fired(fault.kind)
            self.hides(hidden)
            return RowsRead((), (), hidden, read.deleted)
        if fault := self._take("rms.short_reply"):
            kept = tuple(row for row in read.rows if self.dice.random() >= fault.share)
            if len(kept) < len(read.rows):
                self.fired(fault.kind)
            lost = {row.item_id for row in read.rows} - {row.item_id for row in kept}
            self.hides(lost)
            return dataclasses.replace(read, rows=kept, hidden=read.hidden | lost)
        return read

    def _take(self, kind: str) -> ArmedRead | None:
        for one in self.armed:
            if one.kind == kind:
                one.times -= 1
                if one.times <= 0:
                    self.armed.remove(one)
                return one
        return None

    def _before(self) -> None:
        if self.gone:
            self.fired(self.gone)
            raise _ERRORS[self.gone]()
        if fault := self._take("rms.read_error"):
            self.fired(fault.kind)
            raise SourceUnavailable("the connection to RMS was lost")

    def _after(self, answer: Any) -> Any:
        if fault := self._take("rms.lost_mid_read"):
            self.fired(fault.kind)
            raise SourceUnavailable("the connection was lost in the middle of the answer")
        return answer


def _locked() -> Exception:
    return SourceUnavailable("rows are locked by another program", code="rms-locked")


def _schema() -> Exception:
    return SourceSchemaChanged("the view has no column Price")


def _down() -> Exception:
    return SourceUnavailable("the server does not answer")


_ERRORS: dict[str, Callable[[], Exception]] = {
    "rms.locked": _locked,
    "rms.schema_changed": _schema,
    "rms.down": _down,
}


class Store:
    """The till's side of RMS, and the reader's."""

    def __init__(
        self, folder: Path, clock: SimClock, zone: str, detection: str, dice: Random, fired: Callable[[str], None]
    ) -> None:
        self.path = folder / "rms.db"
        self.clock = clock
        self.tills = TillStore(self.path, clock.real, zone)
        self._make_quick()
        self.faults = RmsFaults()
        self.trouble = StoreTrouble(self.path, self.faults, zone=zone, now=clock.real)
        self.sql: SqlSource = open_source(self.tills.url, zone=zone, detection=detection, now=clock.real, pooling=True)
        inner = with_faults(cast(Source, self.sql), self.faults, sleep=lambda seconds: None)
        self.source = FaultySource(inner, dice, fired)

    def _make_quick(self) -> None:
        """A world of its own needs no disk: nobody cuts the power of RMS."""
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("PRAGMA journal_mode = MEMORY")
            db.execute("PRAGMA synchronous = OFF")

    def rows(self) -> list[sqlite3.Row]:
        """Return the committed truth: the view's columns, with the flags of `Item`."""
        with closing(sqlite3.connect(self.path)) as db:
            db.row_factory = sqlite3.Row
            return db.execute(
                "SELECT v.*, i.Inactive, i.ItemCannotBeSold, i.WebItem, i.SaleType, i.QuantityCommitted, i.LastUpdated "
                "FROM View_Items v JOIN Item i ON i.ID = v.ItemID ORDER BY v.ItemID"
            ).fetchall()

    def version(self) -> int:
        """Return the highest row version that was ever given."""
        with self.tills.till.transaction() as writer:
            return int(str(writer.get(VERSION)))

    def close(self) -> None:
        self.sql.close()
