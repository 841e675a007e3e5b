"""The lock page: owner, time left, the claim in the shop and the lease in Redis."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rms_console.contract.rights import RightState, RightView
from rms_console.contract.state import LockStatus
from rms_console.tui.lines import text_of, width_of
from rms_console.tui.screens.lock import lock_lines
from rms_console.tui.view import View
from tests.tui.fakeport import NOW, a_snapshot
from tests.tui.test_overview import a_view

OTHER = "caja-2.tienda.local"


def told(language: str, claim: RightView | None, lease: RightView | None, width: int = 78) -> list[str]:
    seen = a_snapshot()
    lock = replace(
        seen.lock,
        status=LockStatus.HELD_BY_OTHER,
        ends_at=None if lease is None else lease.ends_at,
        claim=claim,
        lease=lease,
    )
    view: View = replace(a_view(language), snapshot=replace(seen, lock=lock))
    lines = lock_lines(view, width)
    assert all(width_of(row) <= width for row in lines)
    return [text_of(row).strip() for row in lines]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_standby_shows_whose_the_shop_is_and_until_when(language: str) -> None:
    since = NOW - timedelta(hours=3)
    claim = RightView(RightState.OTHER, OTHER, 43210, since, 17, seen_at=NOW - timedelta(seconds=12))
    lease = RightView(RightState.OTHER, OTHER, 43210, since, 5, NOW + timedelta(seconds=23))
    shown = "\n".join(told(language, claim, lease))
    assert shown.count(OTHER) == 2
    assert "43210" in shown
    words = {
        "en": ("unless it is renewed", "number 17", "number 5"),
        "es": ("si no se renueva", "número 17", "número 5"),
    }
    assert all(word in shown for word in words[language])
    assert "23" in shown


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("state", list(RightState))
def test_every_state_has_its_words_and_fits(language: str, state: RightState) -> None:
    shown = told(language, RightView(state, seen_at=NOW), RightView(state))
    assert len(shown) >= 12


def test_hostile_host_names_stay_text() -> None:
    hostile = RightView(RightState.OTHER, "a\x1b]52;c;eA==\x07b[red]", 1)
    assert "\x1b" not in "".join(told("en", hostile, None))
