"""Clocks that are wrong and ticks that are coarse: every change arrives, none hides another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rms_console.domain.position import Detection
from tests.engine.world import shoes
from tests.engine_detect.conftest import Make

BOTH = pytest.mark.parametrize("detection", list(Detection))
TICKS = (".000", ".003", ".007")
"""The last digits that SQL Server's `datetime` knows: it counts in 1/300 s."""


@BOTH
async def test_d5_a_till_two_hours_ahead_hides_none_of_200_right_rows(make: Make, detection: str) -> None:
    """D5: one row from the future, then 200 right ones in polls of their own, then one more from the future."""
    place = make(detection=detection)
    place.store.add(shoes(205, 1))
    await place.start()
    await place.converge()
    place.clock.advance(60)
    place.trouble.write_with_clock(2051, timedelta(hours=2), Quantity=1.0)
    await place.cycle()
    assert place.stock(2051) == 1
    for style in range(1, 201):
        place.clock.advance(20)
        place.store.change(style * 10 + 1, Quantity=float(style))
        if style % 10 == 0:
            await place.cycle()
            place.assert_equal()
    place.trouble.write_with_clock(2051, timedelta(hours=2), Quantity=2.0)
    await place.cycle()
    place.assert_equal()
    assert (await place.engine.snapshot()).source.watermark_lag_s == 0


@BOTH
async def test_d5_a_till_an_hour_behind_is_seen_by_version_at_once_and_by_value_at_the_next_sweep(
    make: Make, detection: str
) -> None:
    """D5: a stamp from long before the window tells nothing; the value does."""
    place = make(detection=detection)
    place.store.add(shoes(5, 1))
    async with place.service():
        await place.wait(3 * 3600)
        place.store.change(21, Quantity=8.0)
        await place.wait(600)
        place.trouble.write_with_clock(11, timedelta(hours=-1), Quantity=1.0)
        await place.wait(300)
        assert (place.stock(11) == 1) is (detection == Detection.ROWVERSION)
        await place.wait(2 * 3600)
    place.assert_equal()


@pytest.mark.parametrize("edge", range(1, 13))
async def test_d7_s3_ticks_around_the_edge_lose_and_repeat_nothing(make: Make, edge: int) -> None:
    """D7, S3: rows at .000, .003 and .007, four to each tick; the process ends after each page, inside a tick too."""
    place = make(detection=Detection.LAST_UPDATED)
    place.store.add(shoes(12, 1))
    await place.start()
    await place.converge()
    place.clock.advance(3600)
    at = place.trouble.local().replace(microsecond=0)
    base = at.isoformat(" ")
    for number in range(1, 13):
        stamp = base + TICKS[(number - 1) // 4]
        place.trouble.write_unstamped(number * 10 + 1, Quantity=float(number), LastUpdated=stamp)
        if number == edge:
            await place.cycle()
            await place.restart()
    await place.cycle()
    place.assert_equal()
    before = place.mutations()
    for _ in range(3):
        place.clock.advance(1)
        await place.cycle()
    assert place.mutations() == before
    assert place.counts().waiting == 0
