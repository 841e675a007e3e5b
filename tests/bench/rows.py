"""The list of runs with 10,000 rows read: from key to picture by rows, pages and ends; memory."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import quantiles

from textual.events import Key
from textual.pilot import Pilot
from textual.strip import Strip

from rms_console.contract.queries import Subject
from rms_console.tui.app import ConsoleApp
from rms_console.tui.setup import Leave
from rms_console.tui.widgets.rows import RowList
from tests.bench.loglines import high, memory_mb
from tests.tui.fakeport import FakePort, a_setup
from tests.tui.pages.test_lists import a_run

ROWS = 10_000
ROUNDS = 40
KEYS = ("down", "up", "pagedown", "pageup", "home", "end")


async def pressed(rows: RowList, key: str) -> float:
    """Return the time from a key to the first line drawn anew, in ms."""
    drawn = asyncio.Event()
    own_draw = rows.render_line

    def seen(y: int) -> Strip:
        drawn.set()
        return own_draw(y)

    rows.render_line = seen  # type: ignore[method-assign]
    began = time.perf_counter()
    rows.app.post_message(Key(key, None))
    try:
        async with asyncio.timeout(1.0):
            await drawn.wait()
    except TimeoutError:
        return 0.0  # nothing to draw: at the end already
    finally:
        rows.render_line = own_draw  # type: ignore[method-assign]
    return 1000 * (time.perf_counter() - began)


async def read_all(pilot: Pilot[Leave], port: FakePort) -> float:
    """Go to the end until nothing more comes; return the seconds that took."""
    began, asked = time.perf_counter(), -1
    while len(port.asked) != asked:
        asked = len(port.asked)
        await pilot.press("end")
        await pilot.pause(0.05)
    return time.perf_counter() - began


async def scroll() -> None:
    before = memory_mb()
    port = FakePort(pages={Subject.ACTIVITY: [a_run(number) for number in range(ROWS, 0, -1)]})
    with tempfile.TemporaryDirectory() as folder:
        app = ConsoleApp(port, a_setup(Path(folder)))
        async with app.run_test(size=(120, 40)) as pilot:
            app.action_page("activity")
            await pilot.pause(0.5)
            took = await read_all(pilot, port)
            rows = app.screen.query_one(RowList)
            waits = [await pressed(rows, key) for _ in range(ROUNDS) for key in KEYS]
            drawn = [wait for wait in waits if wait]
            print(
                f"{len(rows.rows):,} runs read in {took:.1f} s; key to picture p50 {quantiles(drawn, n=2)[0]:.0f} ms, "
                f"p95 {high(drawn):.0f} ms, most {max(drawn):.0f} ms over {len(drawn)} keys"
            )
    print(f"memory: {before:.0f} MB before, {memory_mb():.0f} MB at most")


def main() -> None:
    asyncio.run(scroll())
