"""S3: restarted inside a group of rows with one stamp, at every position."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Make
from tests.engine.world import shoes, tuned

ROWS = 9


@pytest.mark.parametrize("versions", [False, True])
@pytest.mark.parametrize("place", range(ROWS + 1))
async def test_s3_killed_inside_a_tie_group_at_every_position_loses_and_repeats_nothing(
    make: Make, place: int, versions: bool
) -> None:
    """D1, S3: nine rows of one stamp, read one a run; the process dies after `place` of them, again and again."""
    world = make(versions=versions, on_disk=True)
    world.store.add(shoes(ROWS))
    narrow = tuned(max_items_per_run=1)
    await world.start(narrow)
    for _ in range(place):
        await world.cycle()
    await world.collect()
    await world.start(narrow)
    await world.cycle()
    await world.collect()
    await world.start()
    await world.converge()
    world.assert_equal()
    assert len(world.styles()) == ROWS
    stamps = {row["LastUpdated"] for row in world.store.rows()}
    assert len(stamps) == 1, "they have to share one stamp, or this shows nothing"
    await world.assert_quiet()
