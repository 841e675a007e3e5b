"""What an engine holds in memory and keeps on disk, at one instant."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import psutil

from rms_console.adapters.store.opening import FILE_NAME
from rms_console.domain.histogram import Histogram
from tests.endurance.place import Place

_CODE = (type, ModuleType, BuiltinFunctionType, CodeType)
"""What is not looked into: it leads to the whole program, and does not grow."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One measurement. Memory of the engine alone is what can be reached from its parts; `others` is the rest of the
    interpreter's objects without the shop's, where what leaks from the loop would be."""

    day: int
    changes: int
    engine_objects: int
    engine_bytes: int
    others: int
    shop_bytes: int
    tasks: int
    rss: int
    handles: int
    ledger: int
    wal: int
    log: int
    events: int
    alerts: int
    rows: dict[str, int]

    @property
    def memory(self) -> int:
        """Resident memory without what the embedded shop holds, which grows as its shop does."""
        return self.rss - self.shop_bytes

    def figure(self, name: str) -> float:
        """Return a figure by name; `rows.NAME` are those of a table."""
        if name.startswith("rows."):
            return float(self.rows.get(name[5:], 0))
        return float(getattr(self, name))


def holding(place: Place, day: int, changes: int) -> Holding:
    """Measure a place whose engine is at rest."""
    gc.collect()
    life, state = place.alive, place.state
    engine_objects, engine_bytes = held_by(
        (life.engine, life.client, life.real_ledger, life.timer, life.lease, *life.tasks),
        (place, place.shop, place.store, place.line, place.clock, place.loop, life, life.log, life.death),
    )
    life.death.steps.clear()
    around = (place, place.store, place.line, place.clock, place.loop, life)
    _, shop_bytes = held_by((place.shop,), around)
    return Holding(
        day,
        changes,
        engine_objects,
        engine_bytes,
        len(gc.get_objects()) - _tracked((place.shop,), around),
        shop_bytes,
        len(asyncio.all_tasks(place.loop)),
        psutil.Process().memory_info().rss,
        _handles(),
        _size(state / FILE_NAME),
        _size(state / f"{FILE_NAME}-wal"),
        sum(path.stat().st_size for path in place.logs.iterdir()),
        len(life.engine.journal._events),
        len(life.engine.alerts.present),
        _rows(state / FILE_NAME),
    )


def held_by(roots: Iterable[object], without: Iterable[object]) -> tuple[int, int]:
    """Return how many objects can be reached from some roots and not through others, and their bytes."""
    count = size = 0
    for one in _reached(roots, without):
        count += 1
        size += sys.getsizeof(one)
    return count, size


def _tracked(roots: Iterable[object], without: Iterable[object]) -> int:
    return sum(gc.is_tracked(one) for one in _reached(roots, without))


def _reached(roots: Iterable[object], without: Iterable[object]) -> Iterator[object]:
    seen = {id(one) for one in without}
    stack = list(roots)
    while stack:
        one = stack.pop()
        if id(one) in seen or isinstance(one, _CODE):
            continue
        seen.add(id(one))
        yield one
        stack += _parts(one)


def _parts(one: Any) -> Iterable[object]:
    """Return what an object holds. A function holds its closure; what it can name is the program's.

    A ring of a fixed length (events, past alerts, batches) is not looked into: it fills up, as it is meant to, and is
    empty again after a crash. Nor is what a histogram counts: there is one a day and kind for thirty days, which is as
    long as a month lasts here.
    """
    if isinstance(one, Histogram):
        return ()
    if isinstance(one, FunctionType):
        return (one.__closure__, one.__defaults__)
    if isinstance(one, deque) and one.maxlen is not None:
        return ()
    return gc.get_referents(one)


def _handles() -> int:
    own = Path("/proc/self/fd")
    return sum(1 for _ in own.iterdir()) if own.is_dir() else psutil.Process().num_handles()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _rows(file: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
