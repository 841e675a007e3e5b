"""A comparison that is stopped goes on; an aged one begins anew and says so; RMS is never asked for too much."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from rms_console.adapters.store.drift import open_drift_pad
from rms_console.contract.commands import Verify
from rms_console.contract.drift import Difference, DriftCause, DriftKind, DriftRun
from rms_console.engine.drift import desk, running
from rms_console.engine.drift.examining import Freshness
from rms_console.engine.drift.running import FEWEST, MOST, STALE, begin_anew, next_slice
from rms_console.engine.offload import P, T
from rms_console.errors import StoreBusy
from tests.drift.conftest import Make
from tests.drift.place import DriftPlace
from tests.drift.test_engine import NO_SWEEP, stocked
from tests.engine.world import Killed, tuned
from tests.inline import InlineOffload

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def a_run(run_id: str, at: datetime = NOW, **changes: object) -> DriftRun:
    run = DriftRun(run_id, "verify", at.isoformat())
    for name, value in changes.items():
        setattr(run, name, value)
    return run


def a_difference(style: str, **changes: object) -> Difference:
    return Difference(DriftKind.PRICE, DriftCause.HAND_EDIT, style, 1, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kept", "run_id", "note"),
    [
        (None, "new", ""),
        (a_run("old", stage="store", read_at=NOW.isoformat(), after=70), "new", "goes-on"),
        (a_run("old", stage="store", read_at=(NOW - STALE - timedelta(minutes=1)).isoformat()), "new", "aged"),
        (a_run("old", stage="shop"), "new", "cut-short"),
        (a_run("old", stage="done"), "new", ""),
        (a_run("old", stage="heal", read_at=NOW.isoformat()), "new", ""),
    ],
)
def test_what_was_not_finished_goes_on_while_its_picture_of_the_shop_holds(
    tmp_path: Path, kept: DriftRun | None, run_id: str, note: str
) -> None:
    pad = open_drift_pad(tmp_path / "drift.db")
    if kept is not None:
        pad.note(kept, ["A"], [a_difference("B")])
    run = begin_anew(pad, kept, a_run("new"), NOW)
    goes_on = note == "goes-on"
    assert (run.run_id, run.note, run.after) == (run_id, note, 70 if goes_on else -1)
    assert pad.suspects("", 10) == (("A",) if goes_on else ())
    assert len(pad.differences(10)) == int(goes_on)
    pad.close()


def test_the_pad_survives_and_is_one_comparisons_alone(tmp_path: Path) -> None:
    pad = open_drift_pad(tmp_path / "drift.db")
    pad.note(a_run("one", after=7), ["A", "B"], [a_difference("A"), a_difference("C", waiting="queued")])
    with pytest.raises(StoreBusy):
        open_drift_pad(tmp_path / "drift.db")
    pad.close()
    again = open_drift_pad(tmp_path / "drift.db")
    kept = again.load()
    assert kept is not None
    assert (kept.run_id, kept.after) == ("one", 7)
    assert again.suspects("A", 10) == ("B",)
    assert [one.is_known for one in again.differences(10)] == [False, True]
    assert again.styles_found("", 10, ["hand_edit"]) == ("A",)
    assert again.styles_found("", 10, ["lost_write"]) == ()
    again.close()


def test_a_pad_that_cannot_be_read_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "drift.db").write_bytes(b"no database at all, by no means" * 40)
    pad = open_drift_pad(tmp_path / "drift.db")
    assert pad.load() is None
    pad.close()


def test_a_pad_that_says_nothing_to_this_version_is_thrown_away(tmp_path: Path) -> None:
    open_drift_pad(tmp_path / "drift.db").close()
    with closing(sqlite3.connect(tmp_path / "drift.db")) as connection, connection:
        connection.execute("INSERT INTO run VALUES (1, ?)", ('{"of another version": 1}',))
    with closing(open_drift_pad(tmp_path / "drift.db")) as pad:
        assert pad.load() is None


def test_the_same_difference_found_twice_stands_once(tmp_path: Path) -> None:
    pad = open_drift_pad(None)
    pad.note(a_run("one"), (), [a_difference("A")])
    pad.note(a_run("one"), (), [a_difference("A", waiting="queued")])
    assert [one.waiting for one in pad.differences(10)] == ["queued"]
    pad.close()


def test_slices_grow_slowly_and_shrink_at_once() -> None:
    assert next_slice(50, 0.05) == 100
    assert next_slice(400, 4.0) == 100
    assert next_slice(400, 1.0) == 400
    assert next_slice(FEWEST, 30.0) == FEWEST
    assert next_slice(MOST, 0.01) == MOST


async def test_a_killed_engine_goes_on_where_it_was(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop is not read a second time, and nothing that was compared is compared again."""
    monkeypatch.setattr(desk, "DriftRun", partial(DriftRun, slice=2))
    monkeypatch.setattr(running, "next_slice", lambda size, took: 2)
    place = await stocked(make, NO_SWEEP, styles=8)
    place.hand.price("SKU-11", "1.00")
    place.hand.price("SKU-81", "2.00")
    asked = place.shop.ledger.by_field
    place.die_at_note = 4
    with pytest.raises(Killed):
        await _compare_and_die(place)
    await place.collect()
    place.pads[-1].close()
    place.die_at_note = 0
    reads = asked["bulkOperationRunQuery"]
    async with place.service():
        await place.wait(120)
        report = await place.report()
    assert asked["bulkOperationRunQuery"] == reads
    assert (report.facts["note"], report.facts["compared"], report.facts["found"]) == ("goes-on", 16, 2)


async def _compare_and_die(place: DriftPlace) -> None:
    async with place.service() as engine:
        engine.drift.ask("first", "verify")
        await place.wait(60)


async def test_while_rms_is_away_the_report_waits_and_then_says_why(make: Make) -> None:
    """No report is made of half a store: it tries again, and then tells what was in the way."""
    place = await stocked(make)
    async with place.service():
        place.hand.price("SKU-11", "1.00")
        place.wire.is_cut = True
        await place.send(Verify())
        await place.wait(10)
        place.wire.is_cut = False
        await place.wait(120)
        assert (await place.report()).facts["found"] == 1
        place.wire.is_cut = True
        await place.send(Verify())
        await place.wait(300)
        report = await place.report()
    assert report.facts["problem"]
    assert report.facts["equal"] is False


async def test_one_reading_of_changes_serves_all_who_asked_before_it_began() -> None:
    """Eight products that are looked at side by side do not ask RMS eight times."""
    begun, goes_on = 0, asyncio.Event()

    async def read() -> None:
        nonlocal begun
        begun += 1
        await goes_on.wait()

    fresh = Freshness(read)
    first = [asyncio.ensure_future(fresh()) for _ in range(8)]
    await asyncio.sleep(0)
    late = asyncio.ensure_future(fresh())
    await asyncio.sleep(0)
    goes_on.set()
    await asyncio.gather(*first, late)
    assert begun == 2


async def test_a_comparison_that_is_asked_for_as_the_engine_starts_shares_the_one_pad(make: Make) -> None:
    """The look for what was not finished opens the pad too, and it can be opened only once."""
    place = await stocked(make)
    async with place.service(tuned(NO_SWEEP)) as engine:
        await engine.drift.close()
        engine.deps.disk = SlowOffload()
        first, second = await asyncio.gather(engine.drift.opened(), engine.drift.opened())
        assert first is second


class SlowOffload(InlineOffload):
    """Gives others a turn before each call, as a thread does."""

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        await asyncio.sleep(0)
        return call(*args, **kwargs)


async def test_the_latest_report_outlives_a_restart(make: Make) -> None:
    place = await stocked(make)
    async with place.service():
        place.hand.price("SKU-11", "1.00")
        await place.verify()
    async with place.service() as engine:
        report = await place.report()
        assert (report.facts["found"], report.rows[0]["shop"]) == (1, "1.00")
        assert engine.drift.view().last_found == 1
        assert engine.drift.view().stage == ""
