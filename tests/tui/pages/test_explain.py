"""Why an item is in the shop or not, in the console: asked for by name, told by rules, harmless, in any width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rms_console.contract.queries import Page, Query, Subject
from rms_console.tui.screens.explain import ExplainPage
from tests.tui.fakeport import FakePort
from tests.tui.pages.watching import HOSTILE, opened, settled, shown

ROW: dict[str, Any] = {
    "item_id": 7,
    "sku": "SKU-7",
    "style": "24YM0007",
    "title": "Zapato",
    "in_shop": True,
    "answer": "It is in the shop; to be sent: price",
    "steps": [
        {"rule": "rms", "says": "yes", "message": "it is in RMS, ItemID 7", "code": ""},
        {"rule": "price", "says": "note", "message": "it has no price", "code": "price-missing"},
    ],
    "values": [{"field": "price", "rms": "17000", "ledger": "15000", "shop": "15000"}],
    "history": [
        {
            "at": "2026-11-20T10:00:00+00:00",
            "cycle": 3,
            "result": "updated",
            "by": "ana",
            "reason": "",
            "message": "",
            "changes": [{"item_id": 7, "sku": "SKU-7", "field": "price", "before": "1", "after": "15000"}],
        }
    ],
}


def a_port(*rows: dict[str, Any], problem: str = "") -> FakePort:
    port = FakePort()
    port.answers[Subject.EXPLAIN] = Page(Subject.EXPLAIN, rows, problem=problem)
    return port


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 10)])
async def test_it_is_asked_for_by_name_and_told(tmp_path: Path, size: tuple[int, int]) -> None:
    port = a_port(ROW)
    async with opened(port, "overview", tmp_path, size, language="en") as (app, pilot):
        await pilot.press("W", *"SKU-7", "enter")
        await settled(pilot, lambda: "to be sent: price" in " ".join(shown(app).split()))
        assert isinstance(app.screen, ExplainPage)
        asked: list[Query] = [one for one in port.asked if one.subject is Subject.EXPLAIN]
        assert {one.key for one in asked} == {"SKU-7"}
        if size[1] >= 24:
            text = shown(app)
            assert "[price-missing]" in text
            assert "17000" in text
            assert "HISTORY" in text
        await pilot.press("escape")
        await settled(pilot, lambda: app.screen is app._pages["overview"])


async def test_nobody_knows_it(tmp_path: Path) -> None:
    async with opened(a_port(problem="not-found"), "overview", tmp_path, language="es") as (app, pilot):
        await pilot.press("W", *"nada", "enter")
        await settled(pilot, lambda: "no tiene el artículo nada" in shown(app))


async def test_hostile_text_is_harmless(tmp_path: Path) -> None:
    row = {**ROW, "title": HOSTILE, "answer": HOSTILE, "steps": [{**ROW["steps"][1], "message": HOSTILE}]}
    async with opened(a_port(row), "overview", tmp_path, language="en") as (app, pilot):
        await pilot.press("W", *"x", "enter")
        await settled(pilot, lambda: "evil" in shown(app))
        assert not any(sign in shown(app) for sign in ("\x1b", "\u202e", "\u2028"))
