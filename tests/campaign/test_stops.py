"""The campaign of stopped engines in short; its long form is `python -m tests.campaign stops`. Section 1.5, G3."""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.campaign import stops
from tests.campaign.telling import Tally

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="whether a process is stopped is read from /proc")


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_an_engine_that_slept_through_its_lease_writes_nothing_older() -> None:
    tally = Tally("stops", 7)
    stops.one_block(tally, "7:0", 1, with_lease=True, longest=2.0)
    assert tally.violations == []
    assert tally.counts["late writes"] == 0


def test_without_a_lease_nobody_takes_over_from_a_process_that_sleeps() -> None:
    tally = Tally("stops", 7)
    stops.one_block(tally, "7:3", 1, with_lease=False, longest=1.0)
    assert tally.violations == []
    assert tally.counts["not taken over while it slept"] == 1
