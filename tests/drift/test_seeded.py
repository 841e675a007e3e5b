"""Every kind of difference is found, each time, with its cause; and nothing else is told.

`python -m tests.bench drift-kinds` does the same with a hundred of each.
"""

from __future__ import annotations

import pytest

from rms_console.domain.drift import DriftCause, DriftKind
from tests.drift.conftest import Make
from tests.drift.seeds import SETTINGS, Seeder, told_of

EACH = 4


@pytest.mark.parametrize("detection", ["rowversion", "last_updated"])
async def test_every_seeded_difference_is_found_and_no_other_is_told(make: Make, detection: str) -> None:
    """D8, D9, W3, W5, W6, W7: hands, sales, lost writes, rows without stamps, deleted things, twins."""
    place = make(settings=SETTINGS, detection=detection)
    seeder = Seeder(place, EACH)
    await seeder.settle()
    async with place.service():
        assert (await place.verify()).rows == ()
        seeder.after()
        page = await place.verify()
        told = {told_of(row) for row in page.rows}
        assert told - seeder.expected.keys() == set(), "told, and not so"
        assert seeder.expected.keys() - told == set(), "so, and not told"
        assert len(page.rows) == len(seeder.expected) == len(set(seeder.expected.values())) * EACH
        assert not any(row["waiting"] for row in page.rows)
        missed = {row["miss"] for row in page.rows if row["cause"] == "missed_change"}
    assert missed == {"no_stamp", "deleted"}
    # A queued change is known, and no news; all else there is a seed of.
    assert {kind for _, kind, _ in seeder.expected} == {kind.value for kind in DriftKind}
    assert {cause for _, _, cause in seeder.expected} == {cause.value for cause in DriftCause} - {"pending"}
