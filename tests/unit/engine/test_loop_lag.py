"""The engine's loop is late when something holds it up."""

from __future__ import annotations

import asyncio
import time

from rms_console.adapters.loop_lag import ENOUGH, TimedLoopLag


async def test_a_loop_that_is_held_up_is_late_by_as_much() -> None:
    lag = TimedLoopLag(every_s=0.001)
    lag.begin()
    assert lag.p99_s() is None
    for _ in range(2 * ENOUGH):
        time.sleep(0.02)  # noqa: ASYNC251  # this is what holds it up
        await asyncio.sleep(0.002)
    lag.end()
    measured = lag.p99_s()
    assert measured is not None
    assert measured >= 0.015
    taken = lag.p99_s()
    await asyncio.sleep(0.01)
    assert lag.p99_s() == taken, "nothing is measured any more"
