"""The demo's console with 1,000 log lines a second while its first backlog drains; keys are timed from inside.

From a key's arrival in the application to the end of the paint that follows it, and what each report costs the engine.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

from textual.events import Key

from rms_console.cli import main
from rms_console.contract.ports import LogLine
from rms_console.engine.service import EngineService
from rms_console.tui import start
from rms_console.tui.app import ConsoleApp
from rms_console.tui.view import LogRow

LINES_A_SECOND = 1000
KEYS = 300
BEGIN_AFTER_S = 3.0
HISTORY = 100_000

waits: list[float] = []
reports: list[float] = []
out = Path(sys.argv[1])


def shout(engine: EngineService) -> None:
    """Write log lines as fast as asked for, on a thread of its own, and time each call."""
    number = 0
    began = time.monotonic()
    while not engine.is_stopping:
        due = int((time.monotonic() - began) * LINES_A_SECOND)
        while number < due:
            at = time.perf_counter()
            engine.deps.log.write(LogLine("INFO", "Flood", "line {number}", {"number": number}))
            reports.append(time.perf_counter() - at)
            number += 1
        time.sleep(0.01)


class Timed(ConsoleApp):
    """Presses keys itself, through the same door as the driver, and waits for the paint."""

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self.press_many(), exit_on_error=False)

    async def press_many(self) -> None:
        await asyncio.sleep(BEGIN_AFTER_S)
        self.action_page("logs")
        now = self.now()
        self.follower.logs.extend(
            LogRow(n - HISTORY, now, "INFO", "History", f"older line {n}") for n in range(HISTORY)
        )
        for place in range(KEYS):
            name = ("up", "down", "pageup", "pagedown")[place % 4]
            painted = asyncio.Event()
            began = time.perf_counter()
            self.post_message(Key(name, None))
            await asyncio.sleep(0)
            self.screen.call_after_refresh(painted.set)
            await painted.wait()
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(0.05)
        self.tell()

    def tell(self) -> None:
        waits.sort()
        reports.sort()
        mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seen = self.follower.snapshot
        text = (
            f"{LINES_A_SECOND} log lines/s, backlog draining, {len(self.follower.logs):,} lines kept, 120x40:\n"
            f"key to paint p50 {at(waits, 0.5) * 1000:.0f} ms, p95 {at(waits, 0.95) * 1000:.0f} ms (reach <= 60), "
            f"p99 {at(waits, 0.99) * 1000:.0f} ms (reach <= 100)\n"
            f"report call of the engine p50 {at(reports, 0.5) * 1e6:.0f} us, p99 {at(reports, 0.99) * 1e6:.0f} us, "
            f"most {reports[-1] * 1000:.1f} ms over {len(reports):,} calls (reach <= 1 ms)\n"
            f"lines dropped by the screen {self.follower.logs_dropped}; memory at most {mb:.0f} MB (reach <= 200); "
            f"products pushed meanwhile {seen.today.products if seen else 0}\n"
        )
        (out / "report.part").write_text(text, encoding="utf-8")
        (out / "report.part").rename(out / "report.txt")


def at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


if __name__ == "__main__":
    run = EngineService.run

    async def run_and_shout(self: EngineService) -> Any:
        threading.Thread(target=shout, args=(self,), daemon=True).start()
        return await run(self)

    EngineService.run = run_and_shout  # type: ignore[method-assign]
    setattr(start, "ConsoleApp", Timed)  # noqa: B010  # the name it was imported by
    sys.argv = ["rms-console", "--lang", "en", "--log-dir", str(out / "logs"), "--demo"]
    main()
