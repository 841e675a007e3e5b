"""Remembers, across a crash, which products were being pushed: a product that takes the process down is found."""

from __future__ import annotations

import json
from collections.abc import Iterable

from rms_console.engine.deps import Deps

FACT = "in_flight"
CRASHES_ALLOWED = 4


class InFlight:
    """A durable list of the products being pushed, each with the crashes it was present at.

    After a crash its products are suspects: they are pushed one at a time, so that the next crash names one alone.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._suspects: dict[str, int] = {}

    async def load(self) -> None:
        text = await self._deps.disk(self._deps.ledger.get_fact, FACT)
        self._suspects = {style: int(count) + 1 for style, count in json.loads(text).items()} if text else {}

    def suspects(self, styles: Iterable[str]) -> list[str]:
        return [style for style in styles if style in self._suspects]

    def is_poison(self, style: str) -> bool:
        return self._suspects.get(style, 0) > CRASHES_ALLOWED

    async def begin(self, styles: Iterable[str]) -> None:
        """Note durably that these are being pushed now; other suspects keep their count."""
        marks = {style: self._suspects.get(style, 0) for style in styles}
        waiting = {style: count - 1 for style, count in self._suspects.items() if style not in marks}
        await self._write(waiting | marks)

    async def end(self, styles: Iterable[str]) -> None:
        """These are through: no longer suspect."""
        for style in styles:
            self._suspects.pop(style, None)
        await self._write({style: count - 1 for style, count in self._suspects.items()})

    async def _write(self, marks: dict[str, int]) -> None:
        await self._deps.disk(self._deps.ledger.set_fact, FACT, json.dumps(marks) if marks else None)
