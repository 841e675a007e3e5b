"""The campaign of damaged ledgers in short; its long form is `python -m tests.campaign ledgers`. S4, S5."""

from __future__ import annotations

import random
import sys

import pytest

from tests.campaign import ledgers
from tests.campaign.telling import Tally

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


@pytest.mark.parametrize("harm", ["flip_a_page"])
def test_s5_a_harmed_ledger_is_found_out_and_nothing_is_made_twice(harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(self: ledgers.Damaging) -> str:
        getattr(self, harm)()
        return harm

    monkeypatch.setattr(ledgers.Damaging, "damage", chosen)
    tally = Tally("ledgers", 7)
    ledgers.one_block(tally, f"{random.Random(harm).random()}", 1)
    assert tally.violations == []
    assert tally.rounds == 1
