"""Limits of time, by the engine's clock and not the loop's, so that they can be tested."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from rms_console.contract.ports import Clock


@contextmanager
def after(clock: Clock, seconds: float, call: Callable[[], None]) -> Iterator[None]:
    """Call once, `seconds` from now, unless the block has ended before."""

    async def ring() -> None:
        await clock.sleep(seconds)
        call()

    task = asyncio.ensure_future(ring())
    try:
        yield
    finally:
        task.cancel()


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, or cancel it when it takes longer.

    Raises:
        TimeoutError: it did.
    """
    task = asyncio.ensure_future(work)
    late = False

    def stop() -> None:
        nonlocal late
        late = True
        task.cancel()

    with after(clock, seconds, stop):
        try:
            await task
        except asyncio.CancelledError:
            task.cancel()
            if late:
                raise TimeoutError from None
            raise
