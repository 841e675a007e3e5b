"""What a page has to say is told whole, in the console's language, with every key of it in the palette."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import Input

from rms_console.contract.snapshot import ConnectionView
from rms_console.contract.state import Health
from rms_console.engine.links import NO_REDIS
from rms_console.tui.keys import ON_ROWS
from rms_console.tui.lines import text_of, width_of
from rms_console.tui.screens.links import links_lines
from rms_console.tui.screens.lock import lock_lines
from rms_console.tui.widgets.sheet import Sheet
from tests.tui.fakeport import FakePort, a_snapshot
from tests.tui.pages.test_lists import ROWS
from tests.tui.pages.watching import opened, settled, shown
from tests.tui.test_overview import a_view

LONG = "mapping.locations is not set; " + "it is supposed that this one stands for that one, " * 4 + "END"


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [38, 78])
def test_warnings_and_advice_are_told_whole(language: str, width: int) -> None:
    view = a_view(language)
    links = links_lines(replace(view, snapshot=a_snapshot(warnings=(LONG,))), width)
    assert " ".join("".join(map(text_of, links)).split()).endswith("END")
    advice = lock_lines(view, width)[11:]
    assert all(width_of(row) <= width for row in advice)
    told = "One engine at a time writes. The system frees the lock by itself when this process ends."
    assert " ".join(text_of(row) for row in advice) == view.words.phrase(told)


def test_what_the_engine_tells_of_a_connection_is_in_the_language() -> None:
    redis = ConnectionView("redis", Health.OFF, None, None, NO_REDIS)
    view = replace(a_view("es"), snapshot=a_snapshot(connections=(redis,)))
    text = "\n".join(map(text_of, links_lines(view, 78)))
    assert view.words.phrase(NO_REDIS) in text
    assert NO_REDIS not in text


async def test_connections_scroll_by_the_keys_of_lists_and_say_how_much_is_below(tmp_path: Path) -> None:
    async with opened(FakePort(), "links", tmp_path) as (app, pilot):
        assert "more lines" in shown(app)
        await pilot.press("G")
        await settled(pilot, lambda: "more lines" not in shown(app))
        assert "WARNINGS" in shown(app)
        await pilot.press("g")
        await settled(pilot, lambda: app.screen.query_one(Sheet).scroll_offset.y == 0)


@pytest.mark.parametrize("page", ["activity", "queue"])
async def test_keys_of_lists_are_in_the_palette_of_a_list(tmp_path: Path, page: str) -> None:
    async with opened(FakePort(pages=ROWS), page, tmp_path, language="es") as (app, _):
        ids = [str(command.help).split()[-1] for command in app.get_system_commands(app.screen)]
        assert {act.id for act in ON_ROWS} <= set(ids)
        assert len(ids) == len(set(ids))


async def test_what_a_page_cannot_do_is_not_in_its_palette(tmp_path: Path) -> None:
    async with opened(FakePort(), "lock", tmp_path) as (app, pilot):
        assert not any("list." in str(command.help) for command in app.get_system_commands(app.screen))
        app.action_page("logs")
        await pilot.pause()
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert len(titles) == len(set(titles))
        assert sum("Find: text" in title for title in titles) <= 1


async def test_the_palette_asks_in_the_language_and_does_what_is_chosen(tmp_path: Path) -> None:
    async with opened(FakePort(pages=ROWS), "activity", tmp_path, language="es") as (app, pilot):
        await settled(pilot, lambda: "#" in shown(app))
        await pilot.press("colon")
        await settled(pilot, lambda: isinstance(app.screen, CommandPalette))
        assert app.screen.query_one(Input).placeholder == app.words.phrase("Find any action by its name")
        await pilot.press(*"Copiar la fila")
        await settled(pilot, lambda: "list.copy" in shown(app))
        await pilot.press("enter")
        clip = app.setup.clip_file
        await settled(pilot, lambda: clip.exists() and clip.read_text(encoding="utf-8"))


async def test_the_banners_key_starts_a_dead_engine_again_on_the_queue_too(tmp_path: Path) -> None:
    async with opened(FakePort(pages=ROWS), "queue", tmp_path) as (app, pilot):
        app.setup.engine.crash = "KeyError cycle.py:12"  # type: ignore[misc]
        await pilot.press("R")
        await settled(pilot, lambda: app.setup.engine.restarts == 1)  # type: ignore[attr-defined]
