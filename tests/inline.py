"""Blocking work done at once, on the loop: for deterministic tests."""

from __future__ import annotations

from collections.abc import Callable

from rms_console.engine.offload import P, T


class InlineOffload:
    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return call(*args, **kwargs)

    def close(self) -> None:
        return None
