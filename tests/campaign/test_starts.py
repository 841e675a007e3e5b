"""The campaign of double starts in short; its long form is `python -m tests.campaign starts`. S8."""

from __future__ import annotations

import sys

import pytest

from tests.campaign import starts
from tests.campaign.telling import Tally

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork")


def test_s8_of_two_engines_started_together_one_runs_and_one_exits_4() -> None:
    tally = Tally("starts", 7)
    starts.one_block(tally, "7:0", 4)
    assert tally.violations == []
    assert tally.counts["first refused"] + tally.counts["second refused"] == 4
    assert tally.counts["real pairs"] == 1
