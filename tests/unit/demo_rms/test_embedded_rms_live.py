"""The embedded store at work."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rms_console.adapters.rms import open_source
from rms_console.demo.rms import LiveStore, StoreEvent, Till, create_store
from rms_console.domain.position import Detection
from tests.ports.rms_file import Hand, Reader
from tests.unit.demo_rms.test_embedded_rms_store import dump

ZONE = "America/Costa_Rica"


class Ticking:
    """A clock that moves on by two seconds whenever somebody looks."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=2)
        return self.at


def made(path: Path, skus: int = 300) -> Path:
    create_store(path, skus=skus, seed=7, zone=ZONE, now=Ticking())
    return path


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=0.05, isolation_level=None)) as connection:
        yield connection


def work(store: LiveStore, steps: int) -> list[StoreEvent]:
    return [event for _ in range(steps) for event in store.step()]


def test_the_same_seed_and_clock_give_the_same_day(tmp_path: Path) -> None:
    days = []
    for name, seed in (("a.db", 1), ("b.db", 1), ("c.db", 2)):
        path = made(tmp_path / name)
        days.append((work(LiveStore(path, seed=seed, now=Ticking()), 100), dump(path)))
    assert days[0] == days[1]
    assert days[0] != days[2]


def test_a_restart_goes_on_where_the_day_was_left(tmp_path: Path) -> None:
    whole, parts, clock = made(tmp_path / "whole.db"), made(tmp_path / "parts.db"), Ticking()
    expected = work(LiveStore(whole, now=Ticking()), 60)
    got = [event for _ in range(6) for event in work(LiveStore(parts, now=clock), 10)]
    assert got == expected


def test_a_thousand_steps_show_every_kind_of_event_and_keep_the_store_sound(tmp_path: Path) -> None:
    path = made(tmp_path / "store.db", skus=600)
    with opened(path) as connection:
        negative_before = _count(connection, "Quantity < 0")
        before = _count(connection, "1")
    events = work(LiveStore(path, now=Ticking()), 1000)
    kinds = Counter(event.kind for event in events)
    assert set(kinds) == {
        "sale",
        "return",
        "receipt",
        "transfer",
        "price",
        "offer",
        "offer-end",
        "withdrawn",
        "back",
        "new",
        "refiled",
    }
    with opened(path) as connection:
        assert _count(connection, "Quantity < 0") <= negative_before
        assert _count(connection, "LastUpdated IS NULL OR Price IS NULL OR Price < 0") == 0
        assert _count(connection, "1") == before + sum(len(e.item_ids) for e in events if e.kind == "new")
        ((rows, versions, highest),) = connection.execute(
            "SELECT count(*), count(DISTINCT DBTimeStamp), max(DBTimeStamp) FROM Item"
        )
        assert rows == versions
        assert connection.execute("SELECT Value FROM Demo_State WHERE Name = 'dbts'").fetchone() == (highest,)
        ((shown,),) = connection.execute("SELECT count(*) FROM View_Items")
        assert shown == _count(connection, "ItemType = 0")
        ((pieces,),) = connection.execute("SELECT sum(Quantity) FROM Item WHERE ItemType = 0")
        assert 0.5 * 4 * rows < pieces < 2 * 6 * rows


def _count(connection: sqlite3.Connection, condition: str) -> int:
    ((count,),) = connection.execute(f"SELECT count(*) FROM Item WHERE {condition}")
    return int(count)


def test_every_event_names_rows_that_carry_its_stamp(tmp_path: Path) -> None:
    path = made(tmp_path / "store.db")
    store = LiveStore(path, now=Ticking())
    for _ in range(200):
        for event in store.step():
            with opened(path) as connection:
                stamps = {
                    connection.execute("SELECT LastUpdated FROM Item WHERE ID = ?", (item_id,)).fetchone()[0]
                    for item_id in event.item_ids
                }
            assert stamps == {event.at.isoformat(" ", "milliseconds")}
            assert event.text.startswith(event.kind)
            assert "\n" not in event.text


def test_new_styles_never_take_a_code_that_is_in_use(tmp_path: Path) -> None:
    path = made(tmp_path / "store.db")
    with opened(path) as connection:
        codes = [row[0] for row in connection.execute("SELECT ItemLookupCode FROM Item")]
    events = [event for event in work(LiveStore(path, now=Ticking()), 700) if event.kind == "new"]
    assert len(events) > 10
    with opened(path) as connection:
        after = [row[0] for row in connection.execute("SELECT ItemLookupCode FROM Item")]
    assert len(after) - len(set(after)) == len(codes) - len(set(codes))


def test_a_locked_store_waits_and_then_does_the_same_thing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = made(tmp_path / "first.db"), made(tmp_path / "second.db")
    expected = work(LiveStore(first, now=Ticking()), 5)
    store = LiveStore(second, now=Ticking(), patience_s=0.01)
    with opened(second) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert store.step() == []
        connection.execute("ROLLBACK")
    assert [event.text for event in work(store, 5)] == [event.text for event in expected]


def test_a_store_whose_file_is_gone_does_nothing_and_makes_none(tmp_path: Path) -> None:
    assert LiveStore(tmp_path / "gone.db", zone=ZONE).step() == []
    assert not (tmp_path / "gone.db").exists()


@pytest.mark.parametrize("detection", list(Detection))
def test_the_source_reads_every_event_while_the_store_works(tmp_path: Path, detection: Detection) -> None:
    path = made(tmp_path / "store.db")
    clock = Hand()
    store = LiveStore(path, now=clock)
    with closing(open_source(f"sqlite:///{path}", zone=ZONE, detection=detection, now=clock)) as source:
        engine = Reader(source, source.starting_point(24), 10)
        engine.poll()
        for _ in range(120):
            clock.move(2)
            touched = {item_id for event in store.step() for item_id in event.item_ids}
            assert touched <= engine.poll()
            assert source.read_items(sorted(touched)).deleted == frozenset()


def test_the_source_reads_on_while_another_thread_writes(tmp_path: Path) -> None:
    path = made(tmp_path / "store.db")
    touched: set[int] = set()
    done = threading.Event()

    def day() -> None:
        store = LiveStore(path, speed=60_000)
        stop = threading.Event()
        seen = 0

        def tell(event: StoreEvent) -> None:
            nonlocal seen
            touched.update(event.item_ids)
            seen += 1
            if seen >= 150:
                stop.set()

        store.run(stop, tell)
        done.set()

    with closing(open_source(f"sqlite:///{path}", zone=ZONE)) as source:
        engine = Reader(source, source.starting_point(0), 50)
        thread = threading.Thread(target=day)
        thread.start()
        while not done.is_set():
            engine.poll()
        thread.join()
        engine.poll()
        assert touched <= engine.arrived


def test_a_store_at_speed_nought_stands_still(tmp_path: Path) -> None:
    path = made(tmp_path / "store.db", skus=20)
    before = dump(path)
    stop = threading.Event()
    threading.Timer(0.02, stop.set).start()
    LiveStore(path, speed=0).run(stop, lambda event: None)
    assert dump(path) == before


def test_a_till_writes_one_item_with_stamp_and_version(tmp_path: Path) -> None:
    path = made(tmp_path / "store.db")
    with opened(path) as connection:
        ((version,),) = connection.execute("SELECT max(DBTimeStamp) FROM Item")
    at = Till(path, now=Ticking()).update(1005, Quantity=41.0)
    with opened(path) as connection:
        row = connection.execute("SELECT Quantity, LastUpdated, DBTimeStamp FROM Item WHERE ID = 1005").fetchone()
    assert row == (41.0, at.isoformat(" ", "milliseconds"), version + 1)
    assert at.isoformat() == "2026-11-24T12:00:02"


def test_a_transaction_that_fails_writes_nothing(tmp_path: Path) -> None:
    path = made(tmp_path / "store.db")
    before = dump(path)

    def stumble() -> None:
        with Till(path, now=Ticking()).transaction() as writer:
            writer.update(1005, {"Quantity": 99.0})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stumble()
    assert dump(path) == before
