"""What waits for nobody looks like no trouble in the queue."""

from __future__ import annotations

import pytest

from rms_console.tui.glyphs import UNICODE
from rms_console.tui.screens.queue import queue_line
from rms_console.tui.view import View, Words
from tests.tui.fakeport import NOW, a_snapshot

VIEW = View(Words("en", UNICODE), NOW, a_snapshot())


@pytest.mark.parametrize(("code", "role"), [("stock-held", ""), ("not-in-view", ""), ("guard-price-jump", "warn")])
def test_what_is_looked_at_again_by_itself_warns_of_nothing(code: str, role: str) -> None:
    row = {"sku": "SKU-11", "state": "held", "code": code, "message": "why", "enqueued_at": NOW.isoformat()}
    (state,) = (part for part in queue_line(row, VIEW) if part.text.strip() == "held")
    assert state.role == role
