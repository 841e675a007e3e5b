"""Every kind of difference is found, each time, with its cause; and nothing else is told."""

from __future__ import annotations

import pytest

from tests.drift.conftest import Make
from tests.drift.seeds import Seeder
from tests.engine.world import tuned

EACH = 4


@pytest.mark.parametrize("detection", ["rowversion", "last_updated"])
async def test_every_seeded_difference_is_found_and_no_other_is_told(make: Make, detection: str) -> None:
    """D8, D9, W3, W5, W6, W7: hands, sales, lost writes, rows without stamps, deleted things, twins."""
    place = make(settings=tuned(sweep_s=0.0, interval_s=100_000.0), detection=detection)
    seeder = Seeder(place, EACH)
    await place.start()
    await place.converge()
    place.clock.advance(3 * 3600)
    seeder.before()
    await place.converge()
    place.clock.advance(3 * 3600)
    await place.cycle()
    await place.stop()
    async with place.service():
        assert (await place.verify()).rows == ()
        seeder.after()
        page = await place.verify()
        told = {(row["sku"] or row["style"], row["kind"], row["cause"]) for row in page.rows}
        assert told - seeder.expected == set(), "told, and not so"
        assert seeder.expected - told == set(), "so, and not told"
        assert len(page.rows) == len(seeder.expected) == 14 * EACH
        assert not any(row["waiting"] for row in page.rows)
        missed = {row["miss"] for row in page.rows if row["cause"] == "missed_change"}
    assert missed == {"no_stamp", "deleted"}
