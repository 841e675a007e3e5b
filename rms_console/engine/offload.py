"""Blocking work off the loop: one thread per resource, so that neither SQL nor the disk ever stops the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Offload(Protocol):
    """Runs a blocking call somewhere else and gives its result."""

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    def close(self) -> None: ...


class ThreadOffload:
    """One thread for one resource: calls keep their order and a resource sees one thread only."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        # Shielded: a cancelled caller must not leave a half-awaited transaction behind.
        return await asyncio.shield(loop.run_in_executor(self._pool, lambda: call(*args, **kwargs)))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
