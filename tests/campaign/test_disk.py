"""The campaign of full disks in short; its long form is `python -m tests.campaign disk`. S6."""

from __future__ import annotations

import sys

import pytest

from tests.campaign import disk
from tests.campaign.telling import Tally

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a running process are set by prlimit")


def test_s6_nothing_is_pushed_that_cannot_be_recorded_and_it_converges_when_space_is_back() -> None:
    tally = Tally("disk", 7)
    disk.one_round(tally, "7:0", "limit on the state")
    assert tally.violations == []
    assert tally.counts["limit on the state: lives on"] == 1
