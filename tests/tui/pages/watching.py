"""What the tests of pages share: a console over a fake engine, opened on one page, and the text on its screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from rms_console.tui.app import ConsoleApp
from tests.tui.fakeport import FakePort, a_setup

HOSTILE = "[/] [@click=app.full_sync]x[/] \x1b[2J\x1b]52;c;aGk=\x07 \u202eevil\u2028 \ud800"
"""Markup, escape sequences, a clipboard write, a turned text direction, a line break, half a character."""
WITHIN_S = 20.0


def shown(app: ConsoleApp) -> str:
    """Return the text on the screen, line by line."""
    rows = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in row).rstrip() for row in rows)


async def settled(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the console work until the condition holds."""
    end = asyncio.get_running_loop().time() + WITHIN_S
    while not condition():
        assert asyncio.get_running_loop().time() < end, f"it did not come to that:\n{shown(pilot.app)}"  # type: ignore[arg-type]
        await pilot.pause(0.02)


@asynccontextmanager
async def opened(
    port: FakePort, page: str, folder: Path, size: tuple[int, int] = (80, 24), **setup: Any
) -> AsyncIterator[tuple[ConsoleApp, Pilot[Any]]]:
    """Open the console on one page and wait until the engine is known."""
    app = ConsoleApp(port, a_setup(folder, **setup))
    async with app.run_test(size=size) as pilot:
        await settled(pilot, lambda: app.follower.snapshot is not None or app.follower.problem)
        app.action_page(page)
        await pilot.pause()
        yield app, pilot
