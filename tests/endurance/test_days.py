"""Some days of a small store: what the month measures is measured, and is able to say that something grows."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from unittest import mock

from rms_console.engine.retention import Retention
from tests.endurance.days import Shape, live_month

SMALL = Shape(days=4, from_day=2, styles=12, sizes=3, changes_a_day=30, kept=timedelta(days=1))
TOO_FEW_DAYS = ("log", "memory")
"""What needs more days than these to come to rest."""


def test_an_engine_does_not_grow_with_its_age() -> None:
    told = live_month(3, SMALL)
    assert not told.wrong
    assert told.changes > 80
    grown = [one.told() for one in told.verdicts if not one.is_flat and one.bound.name not in TOO_FEW_DAYS]
    assert not grown
    assert told.last.engine_objects > 1000
    assert told.last.rows["cycles"] > 100


def test_history_that_nobody_drops_shows_as_growth() -> None:
    async def tidy(self: Retention) -> int:
        return 0

    with mock.patch.object(Retention, "tidy", tidy):
        told = live_month(3, dataclasses.replace(SMALL, days=3, from_day=1))
    assert "rows.cycles" in [one.bound.name for one in told.verdicts if not one.is_flat]
    assert not told.is_good
