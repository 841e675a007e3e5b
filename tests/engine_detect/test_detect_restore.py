"""A database that goes back in time: noticed at the next poll, everything compared, and said loudly."""

from __future__ import annotations

from pathlib import Path

import pytest

from rms_console.contract.events import EventName
from rms_console.domain.position import Detection
from tests.engine.world import SETTINGS, shoes, tuned
from tests.engine_detect.conftest import Make
from tests.engine_detect.place import Place

HOUR = 3600.0
BOTH = pytest.mark.parametrize("detection", list(Detection))
WATCHING = tuned(SETTINGS, watch_s=10.0, interval_s=300.0, sweep_s=0.0)


async def lived_in(make: Make, detection: str) -> tuple[Place, Path]:
    """Return a place at work for two hours since a copy of its database was made, with the copy."""
    place = make(detection=detection, settings=WATCHING)
    place.store.add(shoes(8, 2))
    await place.start()
    await place.converge()
    copy = place.folder / "copy.db"
    place.trouble.back_up(copy)
    for number in range(24):
        place.clock.advance(HOUR / 12)
        place.store.change((11, 21, 31, 41)[number % 4], Quantity=float(50 + number), Price=20000.0 + number)
        await place.cycle()
    place.store.add(shoes(2, 2, first=9))
    await place.cycle()
    place.assert_equal()
    return place, copy


@BOTH
@pytest.mark.parametrize("in_place", [True, False])
async def test_d13_a_restored_database_is_noticed_in_one_poll_and_the_shop_follows_it(
    make: Make, detection: str, in_place: bool
) -> None:
    """D13: values that went back arrive without a stamp that says so; items that are gone again stop selling."""
    place, copy = await lived_in(make, detection)
    place.trouble.restore(copy, in_place=in_place)
    place.clock.advance(60)
    await place.cycle()
    assert place.names().count(EventName.SOURCE_RESTORED) == 1
    assert "went-back" in {fact["reason"] for fact in place.facts(EventName.SOURCE_RESTORED)} or not in_place
    assert any(line.level in ("ERROR", "WARN") and "everything is compared" in line.template for line in place.log)
    await place.converge()
    assert [place.stock(item) for item in (11, 21, 91, 101)] == [5, 5, 0, 0]
    assert place.price(11)[0] == "15000.00"
    for number in range(4):
        place.clock.advance(60)
        place.store.change(31, Quantity=float(number))
        await place.cycle()
        assert place.stock(31) == number
    assert place.names().count(EventName.SOURCE_RESTORED) == 1
    await place.assert_quiet()


@BOTH
async def test_d13_a_running_engine_notices_at_its_next_look(make: Make, detection: str) -> None:
    """D13: the watch looks every ten seconds; nobody has to ask."""
    place, copy = await lived_in(make, detection)
    await place.stop()
    async with place.service():
        await place.wait(30)
        place.trouble.restore(copy)
        await place.wait(15)
        assert place.names().count(EventName.SOURCE_RESTORED) == 1
        await place.wait(60)
        assert (place.stock(11), place.stock(91)) == (5, 0)


@BOTH
async def test_d13_a_restore_while_the_engine_was_down_is_noticed_at_the_start(make: Make, detection: str) -> None:
    """D13: the watermark outlives the process, the memory of rows does not."""
    place, copy = await lived_in(make, detection)
    await place.stop()
    place.trouble.restore(copy)
    await place.start()
    await place.converge()
    assert place.names().count(EventName.SOURCE_RESTORED) == 1
    assert (place.stock(11), place.stock(91)) == (5, 0)


async def test_d13_work_after_a_restore_cannot_hide_it_where_another_file_took_its_place(make: Make) -> None:
    """D13: the tills have written beyond the old watermark before the first poll."""
    place, copy = await lived_in(make, Detection.ROWVERSION)
    place.trouble.restore(copy, in_place=False)
    for number in range(60):
        place.store.change(51, Quantity=float(number))
    place.clock.advance(60)
    await place.cycle()
    assert [fact["reason"] for fact in place.facts(EventName.SOURCE_RESTORED)] == ["replaced"]
    await place.converge()
    assert (place.stock(11), place.stock(51), place.stock(91)) == (5, 59, 0)


async def test_d13_by_stamps_work_after_a_restore_does_not_hide_it(make: Make) -> None:
    """D13: the item that set the watermark is back at a stamp of long ago, whatever others wrote since."""
    place, copy = await lived_in(make, Detection.LAST_UPDATED)
    place.trouble.restore(copy)
    place.clock.advance(HOUR)
    place.store.change(51, Quantity=8.0)
    await place.cycle()
    assert [fact["reason"] for fact in place.facts(EventName.SOURCE_RESTORED)] == ["went-back"]
    await place.converge()
    assert (place.stock(11), place.stock(51), place.stock(91)) == (5, 8, 0)


@BOTH
async def test_d13_a_crash_right_after_the_discovery_still_compares_everything(
    make: Make, detection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D13, S1: the comparison is asked for before the old watermark is given up."""
    place, copy = await lived_in(make, detection)
    place.trouble.restore(copy)
    place.clock.advance(60)
    reset = place.real_ledger.reset_watermark

    def die(position: object) -> None:
        reset(None)
        raise RuntimeError("power cut")

    monkeypatch.setattr(place.real_ledger, "reset_watermark", die)
    finished = await place.cycle()
    assert finished.fault is not None
    await place.restart()
    await place.converge()
    assert (place.stock(11), place.stock(91)) == (5, 0)


@BOTH
async def test_d13_an_ordinary_day_raises_no_false_alarm(make: Make, detection: str) -> None:
    """D13: quiet hours, an open transaction, an old row deleted, a restart: none of them is a restore."""
    place, _ = await lived_in(make, detection)
    for _ in range(3):
        place.clock.advance(HOUR)
        await place.cycle()
    opened = place.trouble.begin(12, Quantity=1.0)
    place.store.change(21, Quantity=2.0)
    await place.cycle()
    opened.commit()
    await place.cycle()
    place.trouble.delete([61])
    await place.cycle()
    await place.restart()
    place.clock.advance(9 * HOUR)
    await place.cycle()
    place.store.change(22, Quantity=3.0)
    await place.cycle()
    assert EventName.SOURCE_RESTORED not in place.names()


async def test_d13_another_database_that_detects_otherwise_is_taken_up_without_a_restart(make: Make) -> None:
    """D13: the file put in its place knows stamps only; the engine starts its reading anew."""
    place, copy = await lived_in(make, "auto")
    await place.stop()
    async with place.service():
        await place.wait(30)
        place.trouble.restore(copy, in_place=False)
        place.tills.execute("ALTER TABLE Item DROP COLUMN DBTimeStamp")
        await place.wait(300)
        assert (place.stock(11), place.stock(91)) == (5, 0)
        place.tills.execute(
            f"UPDATE Item SET Quantity = 3, LastUpdated = '{place.clock.now():%Y-%m-%d} 23:59:59.000' WHERE ID = 21"
        )
        await place.wait(300)
        assert place.stock(21) == 3
        assert place.engine.recovery.fault is None


@pytest.mark.parametrize("is_begun_anew", [False, True])
async def test_d13_a_database_that_goes_back_behind_an_open_transaction_loses_nothing(
    make: Make, is_begun_anew: bool
) -> None:
    """D13: the watermark still fits, as it waited; what was read above it is undone, and its versions come again."""
    place, _ = await lived_in(make, Detection.ROWVERSION)
    copy = place.folder / "lately.db"
    opened = place.trouble.begin(12, Quantity=1.0)
    place.trouble.back_up(copy)
    for price in (18000.0, 18500.0):
        for item in (11, 21, 31):
            place.store.change(item, Price=price)
    await place.cycle()
    assert [place.price(item)[0] for item in (11, 21, 31)] == ["18500.00"] * 3
    opened.roll_back()
    place.trouble.restore(copy)
    if is_begun_anew:
        await place.restart()
    place.clock.advance(60)
    await place.cycle()
    await place.cycle()
    place.assert_equal()
    assert "18500.00" not in [place.price(item)[0] for item in (11, 21, 31)]
    for price in (12000.0, 12500.0):
        for item in (11, 21, 31):
            place.store.change(item, Price=price)
    await place.cycle()
    assert [place.price(item)[0] for item in (11, 21, 31)] == ["12500.00"] * 3


async def test_d13_by_stamps_a_database_that_goes_back_by_seconds_loses_nothing(make: Make) -> None:
    """D13: a row in the window is still there, so that nothing says restored; the newest one, just read, is undone."""
    place, _ = await lived_in(make, Detection.LAST_UPDATED)
    place.clock.advance(60)
    place.store.change(21, Price=18000.0)
    copy = place.folder / "lately.db"
    place.trouble.back_up(copy)
    place.clock.advance(2)
    place.store.change(12, Price=18500.0)
    await place.cycle()
    await place.cycle()
    assert [place.price(item)[0] for item in (12, 21)] == ["18500.00", "18000.00"]
    place.trouble.restore(copy)
    place.clock.advance(30)
    await place.cycle()
    await place.cycle()
    assert place.price(21)[0] == "18000.00"
    place.assert_equal()
