"""The log page with 100,000 lines kept and 1,000 more a second: cost of a tick, from key to picture, memory."""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from pathlib import Path
from statistics import mean, quantiles

from textual.events import Key
from textual.strip import Strip

from rms_console.tui.app import ConsoleApp
from rms_console.tui.follow import LOGS_KEPT
from rms_console.tui.logfind import Finder, parse
from rms_console.tui.view import LogRow
from rms_console.tui.widgets.logview import LogView
from tests.tui.fakeport import NOW, FakePort, a_setup

SECONDS = 4.0
A_SECOND = 1000
SEARCHES = ("", "productos 77", "re:item \\d+7 .*variantes", "!productos 5")


def a_row(number: int) -> LogRow:
    level = "WARN" if number % 50 == 0 else "INFO"
    name = f"Producto sincronizado 24YM{number:05d}"
    text = f"{name}: item {number % 997} con {number % 9} variantes, productos {number % 100}"
    return LogRow(number, NOW, level, "ToShopify", text)


def memory_mb() -> float:
    """Return the greatest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def high(values: list[float]) -> float:
    """Return what 95 of 100 values do not exceed."""
    return quantiles(values, n=20)[-1]


async def feed(app: ConsoleApp) -> None:
    """Add lines as the follower does: five batches a second."""
    number = LOGS_KEPT
    while True:
        app.follower.logs.extend(a_row(number + place) for place in range(A_SECOND // 5))
        number += A_SECOND // 5
        await asyncio.sleep(0.2)


async def pressed(log: LogView, key: str) -> float:
    """Return the time from a key to the first line drawn anew, in ms."""
    drawn = asyncio.Event()
    own_draw = log.render_line

    def seen(y: int) -> Strip:
        drawn.set()
        return own_draw(y)

    log.render_line = seen  # type: ignore[method-assign]
    began = time.perf_counter()
    log.app.post_message(Key(key, None))
    await drawn.wait()
    log.render_line = own_draw  # type: ignore[method-assign]
    return 1000 * (time.perf_counter() - began)


async def watch(log: LogView, finder: Finder) -> tuple[list[float], list[float], float]:
    """Return the cost of each tick and the time from key to picture, in ms; and how long the search took, in s."""
    ticks, keys = list[float](), list[float]()
    own_tick = log.tick

    def timed() -> None:
        began = time.perf_counter()
        own_tick()
        ticks.append(1000 * (time.perf_counter() - began))

    log.tick = timed  # type: ignore[method-assign]
    began = time.perf_counter()
    log.find(finder)
    while not log.state.is_whole:  # noqa: ASYNC110  # the search tells nobody that it ended
        await asyncio.sleep(0.005)
    searched = time.perf_counter() - began
    ticks.clear()
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        for key in ("up", "down"):
            keys.append(await pressed(log, key))
            await asyncio.sleep(0.05)
    log.tick = own_tick  # type: ignore[method-assign]
    return ticks, keys, searched


async def lines() -> None:
    before = memory_mb()
    with tempfile.TemporaryDirectory() as folder:
        app = ConsoleApp(FakePort(), a_setup(Path(folder)))
        app.follower.logs.extend(map(a_row, range(LOGS_KEPT)))
        async with app.run_test(size=(120, 40)) as pilot:
            app.action_page("logs")
            await pilot.pause(0.5)
            feeding = asyncio.ensure_future(feed(app))
            for search in SEARCHES:
                log = app.screen.query_one(LogView)
                cpu = time.process_time()
                ticks, keys, searched = await watch(log, parse(search))
                cpu = 100 * (time.process_time() - cpu) / (SECONDS + searched)
                print(
                    f"{search or 'all lines':28} tick mean {mean(ticks):.2f} ms, p95 {high(ticks):.2f} ms;"
                    f" key to picture p50 {quantiles(keys, n=2)[0]:.0f} ms, p95 {high(keys):.0f} ms;"
                    f" search of all {searched:.2f} s; {cpu:.0f} % of a core; found {log.state.found}"
                )
            feeding.cancel()
    print(f"memory: {before:.0f} MB before, {memory_mb():.0f} MB at most, {LOGS_KEPT} lines kept")


def main() -> None:
    asyncio.run(lines())
