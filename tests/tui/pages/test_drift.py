"""The drift page: what differs with its three values, what equal and never compared look like, and the mending."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rms_console.contract.commands import HealDrift, Verify
from rms_console.contract.drift import Difference, DriftCause, DriftKind, DriftReport, difference_row
from rms_console.contract.queries import Page, Subject
from rms_console.contract.state import Mode
from rms_console.engine.drift.reporting import facts_of
from rms_console.tui.glyphs import UNICODE
from rms_console.tui.lines import fit, text_of, width_of
from rms_console.tui.screens.dialogs import Confirm
from rms_console.tui.screens.drift import drift_detail, drift_line
from rms_console.tui.view import View, Words
from tests.tui.fakeport import NOW, FakePort, a_snapshot
from tests.tui.pages.watching import HOSTILE, opened, settled, shown

EDITED = Difference(
    DriftKind.PRICE,
    DriftCause.HAND_EDIT,
    "24YM0001",
    11,
    "SKU-11",
    "price",
    "15000",
    "15000",
    "1.00",
    product_id="gid://shopify/Product/1",
    title="Zapato",
)
MISSED = replace(EDITED, cause=DriftCause.MISSED_CHANGE, sku="SKU-12", item_id=12, miss="joined_table")
WAITS = replace(EDITED, kind=DriftKind.QUANTITY, sku="SKU-13", item_id=13, field="stock", waiting="queued")
TWICE = Difference(DriftKind.DUPLICATE, DriftCause.SHARED, "24YM0002", sku="SKU-21", shop="Zapato (1), Copia (2)")
ALL = (EDITED, MISSED, WAITS, TWICE)
DONE = DriftReport("c1", "verify", ended_at=NOW.isoformat(), compared=1200, found=3, waiting=1)


def answer(*found: Difference, report: DriftReport = DONE, **facts: Any) -> Page:
    rows = tuple(difference_row(number, one) for number, one in enumerate(found, start=1))
    return Page(Subject.DRIFT, rows, len(rows), facts={**facts_of(report), "stage": "", **facts})


def a_port(page: Page) -> FakePort:
    port = FakePort()
    port.answers[Subject.DRIFT] = page
    return port


async def test_differences_stand_with_their_three_values(tmp_path: Path) -> None:
    async with opened(a_port(answer(*ALL)), "overview", tmp_path) as (app, pilot):
        await pilot.press("V")
        await settled(pilot, lambda: "SKU-12" in shown(app))
        screen = shown(app)
        assert "3 news, 1 known" in screen
        assert "edited by hand in the shop" in screen
        assert "1.00" in screen
        await pilot.press("down")
        await settled(pilot, lambda: "joined table, no stamp moved" in shown(app))


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (answer(report=replace(DONE, found=0, waiting=0)), "The shop is equal to the store."),
        (answer(report=DriftReport()), "not compared yet"),
        (answer(report=replace(DONE, problem="RMS does not answer")), "RMS does not answer"),
        (answer(stage="confirm"), "looking again"),
    ],
)
async def test_an_empty_list_says_what_it_means(tmp_path: Path, page: Page, told: str) -> None:
    async with opened(a_port(page), "drift", tmp_path) as (app, pilot):
        await settled(pilot, lambda: told in shown(app))


async def test_v_compares_now_without_a_question(tmp_path: Path) -> None:
    port = a_port(answer(*ALL))
    async with opened(port, "drift", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "SKU-11" in shown(app))
        await pilot.press("V")
        await settled(pilot, lambda: port.sent)
    assert isinstance(port.sent[0].request, Verify)
    assert port.sent[0].request.heal is False


async def test_one_is_mended_after_a_yes_that_states_numbers(tmp_path: Path) -> None:
    port = a_port(answer(*ALL))
    async with opened(port, "drift", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "SKU-11" in shown(app))
        await pilot.press("M")
        await settled(pilot, lambda: isinstance(app.screen, Confirm))
        assert "2 values of it" in shown(app)
        await pilot.press("escape")
        await settled(pilot, lambda: not isinstance(app.screen, Confirm))
        assert port.sent == []
        await pilot.press("M")
        await settled(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await settled(pilot, lambda: port.sent)
    assert port.sent[0].request == HealDrift((1,), "console", DONE.run_id)


async def test_all_are_mended_after_a_yes_that_states_numbers(tmp_path: Path) -> None:
    port = a_port(answer(*ALL))
    async with opened(port, "drift", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "SKU-11" in shown(app))
        await pilot.press("A")
        await settled(pilot, lambda: "3 of 1200 items differ" in shown(app))
        await pilot.press("y")
        await settled(pilot, lambda: port.sent)
    assert port.sent[0].request == HealDrift((), "console", DONE.run_id)


async def test_while_the_engine_observes_nothing_is_said_to_be_written(tmp_path: Path) -> None:
    port = a_port(answer(*ALL))
    port.now = a_snapshot(mode=Mode.OBSERVE)
    async with opened(port, "drift", tmp_path) as (app, pilot):
        await settled(pilot, lambda: "SKU-11" in shown(app))
        for key in ("M", "A"):
            await pilot.press(key)
            await settled(pilot, lambda: isinstance(app.screen, Confirm))
            said = " ".join(shown(app).split())
            assert "would be written over" in said
            assert "nothing is written" in said
            assert "are written over" not in said
            await pilot.press("escape")
            await settled(pilot, lambda: not isinstance(app.screen, Confirm))


@pytest.mark.parametrize(
    ("mode", "told"), [(Mode.LIVE, "writes it again at once"), (Mode.OBSERVE, "nothing is written")]
)
def test_what_is_advised_is_what_the_engine_would_do(mode: Mode, told: str) -> None:
    view = View(Words("en", UNICODE), NOW, a_snapshot(mode=mode))
    lost = difference_row(1, replace(EDITED, cause=DriftCause.LOST_WRITE))
    said = " ".join(text_of(line) for line in drift_detail(lost, view, 120))
    assert told in said
    assert ("writes it again" in said) is (mode is Mode.LIVE)
    # What is for a person to decide is so in either mode.
    assert "another SKU" in " ".join(text_of(line) for line in drift_detail(difference_row(1, TWICE), view, 120))


async def test_what_no_run_can_mend_is_not_asked_for(tmp_path: Path) -> None:
    port = a_port(answer(TWICE))
    async with opened(port, "drift", tmp_path, (100, 30)) as (app, pilot):
        await settled(pilot, lambda: "SKU-21" in shown(app))
        assert "Give one of them another SKU" in shown(app)
        await pilot.press("M", "A")
        await settled(pilot, lambda: "nothing that a run could mend" in " ".join(n.message for n in app._notifications))
    assert port.sent == []


async def test_hostile_values_stay_text_on_screens_of_any_size(tmp_path: Path) -> None:
    row = dict.fromkeys(difference_row(1, EDITED), HOSTILE) | {"number": 1}
    port = a_port(Page(Subject.DRIFT, (row, {"number": 2}), facts={"stage": HOSTILE}))
    for size in ((120, 40), (80, 24), (40, 10)):
        async with opened(port, "drift", tmp_path, size) as (app, pilot):
            await settled(pilot, lambda: "STORE AND SHOP" in shown(app))
            assert not {"\x1b", "\x07", "\u202e", "\u2028"} & set(shown(app))
            await pilot.press("enter", "down")
            await pilot.pause()
            assert app.is_running


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [80, 120])
def test_rows_and_details_fit_and_speak_the_language(language: str, width: int) -> None:
    words = Words(language, UNICODE)
    view = View(words, NOW, a_snapshot())
    for one in ALL:
        row = difference_row(1, one)
        assert width_of(fit(drift_line(row, words), width)) <= width
        lines = drift_detail(row, view, width)
        assert all(width_of(line) <= width for line in lines)
        assert one.style in text_of(lines[0])
    told = " ".join(text_of(line) for line in drift_detail(difference_row(1, EDITED), view, width))
    assert ("editado a mano" if language == "es" else "edited by hand") in told
